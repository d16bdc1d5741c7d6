//! Files, written whole or not at all.

use std::format;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::Vec;

use crate::effective::{Canvas, FieldMap, Quantity};

/// Why a picture or a file could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum PictureError {
    /// The file cannot be written.
    Write {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The map has one axis only, and the picture needs two.
    OneAxis,
    /// There is nothing to draw.
    Empty,
}

impl core::fmt::Display for PictureError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Write { path, source } => write!(f, "cannot write `{}`: {source}", path.display()),
            Self::OneAxis => {
                write!(f, "a heat map needs two axes, and this map has one\nhelp: draw its `profile` instead")
            }
            Self::Empty => write!(f, "there is nothing to draw: no map or no point was given"),
        }
    }
}

impl std::error::Error for PictureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Write { source, .. } => Some(source),
            Self::OneAxis | Self::Empty => None,
        }
    }
}

/// Writes `bytes` to a new file beside `path` and renames it, so that `path` is either old or whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PictureError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let worded = |source| PictureError::Write { path: path.to_path_buf(), source };
    let name = path
        .file_name()
        .ok_or_else(|| worded(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file")))?;
    let unique =
        format!(".{}.{}.{}", name.to_string_lossy(), process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let beside = path.with_file_name(unique);
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|source| {
        // What is left of a failed attempt is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&beside);
        worded(source)
    })
}

/// Writes the values as `.npy` (version 1.0, little-endian `f64`, C order), one dimension per axis.
pub fn write_npy(map: &FieldMap, path: impl AsRef<Path>) -> Result<(), PictureError> {
    write_whole(path.as_ref(), &npy(map))
}

fn npy(map: &FieldMap) -> Vec<u8> {
    let shape: Vec<String> = map.shape()[..map.rank()].iter().map(|extent| format!("{extent},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", shape.join(" "));
    // Magic, version and length take ten bytes; the whole header is a multiple of 64 and ends in a newline.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = Vec::from(*b"\x93NUMPY\x01\x00");
    bytes.extend(u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(header.bytes());
    for value in map.values() {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// Writes the frame, the figures and the marginals as JSON; `name` says of what.
pub fn write_json(map: &FieldMap, name: &str, path: impl AsRef<Path>) -> Result<(), PictureError> {
    write_whole(path.as_ref(), json(map, name).as_bytes())
}

fn json(map: &FieldMap, name: &str) -> String {
    let (frame, rank) = (map.frame(), map.rank());
    let mut lines = Vec::new();
    let mut entry = |key: &str, value: String| lines.push(format!("  \"{key}\": {value}"));
    entry("name", quoted(name));
    entry("quantity", quoted(if frame.quantity == Quantity::Energy { "energy" } else { "amplitude" }));
    entry("canvas", quoted(if frame.canvas == Canvas::Unbounded { "unbounded" } else { "input" }));
    entry("origin", list(&frame.pixels.origin[..rank]));
    entry("shape", list(&frame.pixels.extents[..rank]));
    entry("centre", list(&frame.centre[..rank]));
    entry("theoretical_origin", list(&frame.theoretical.origin[..rank]));
    entry("theoretical_extent", list(&frame.theoretical.extents[..rank]));
    entry("sigma", list(&map.sigma()[..rank]));
    entry("kurtosis", list(&map.kurtosis()[..rank]));
    for share in [0.5, 0.9, 0.9545, 0.99] {
        entry(&format!("extent_{share}"), list(&map.extent(share)[..rank]));
        entry(&format!("side_{share}"), format!("{}", map.side(share)));
    }
    entry("luo", format!("{}", map.luo()));
    entry("total", format!("{}", map.total()));
    let marginals: Vec<String> = (0..rank).map(|axis| list(&map.marginal(axis))).collect();
    lines.push(format!("  \"marginals\": [{}]", marginals.join(", ")));
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn list<T: core::fmt::Display>(values: &[T]) -> String {
    let items: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
    format!("[{}]", items.join(", "))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        letter if u32::from(letter) < 0x20 => format!("\\u{:04x}", u32::from(letter)),
        letter => String::from(letter),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
