//! Files, written whole or not at all.

use std::format;
use std::io;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

use crate::effective::{Canvas, Estimate, Field, FieldMap, Quantity};
use crate::whole;

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

/// A file, whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PictureError> {
    whole::write_whole(path, bytes).map_err(|source| PictureError::Write { path: path.to_path_buf(), source })
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

/// Writes the frame, all figures with their standard errors, and the marginals as JSON; `name` says of what.
///
/// A figure is `{"value": [..], "error": [..]}`, one number per axis or one for the map; `null` where an error is not
/// known.
pub fn write_json(field: &dyn Field, name: &str, path: impl AsRef<Path>) -> Result<(), PictureError> {
    write_whole(path.as_ref(), json(field, name).as_bytes())
}

fn json(field: &dyn Field, name: &str) -> String {
    let map = field.map();
    let (frame, rank) = (map.frame(), map.rank());
    let mut lines = Vec::new();
    let mut entry = |key: &str, value: String| lines.push(format!("  {}: {value}", quoted(key)));
    entry("name", quoted(name));
    if let Some(sampling) = field.sampling() {
        entry("samples", format!("{}", sampling.samples));
        entry("dead", format!("{}", sampling.dead));
        entry("symmetries", format!("{}", sampling.symmetries));
    }
    entry("quantity", quoted(if frame.quantity == Quantity::Energy { "energy" } else { "amplitude" }));
    entry("canvas", quoted(if frame.canvas == Canvas::Unbounded { "unbounded" } else { "input" }));
    entry("origin", list(&frame.pixels.origin[..rank]));
    entry("shape", list(&frame.pixels.extents[..rank]));
    entry("centre", list(&frame.centre[..rank]));
    entry("theoretical_origin", list(&frame.theoretical.origin[..rank]));
    entry("theoretical_extent", list(&frame.theoretical.extents[..rank]));
    for figure in field.figures().0 {
        let numbers = |number: fn(&Estimate) -> f64| {
            list(&figure.values.iter().map(|estimate| Number(number(estimate))).collect::<Vec<_>>())
        };
        let (value, error) = (numbers(|estimate| estimate.value), numbers(|estimate| estimate.error));
        entry(&figure.name.replace(' ', "_"), format!("{{\"value\": {value}, \"error\": {error}}}"));
    }
    entry("total", format!("{}", map.total()));
    let marginals: Vec<String> = (0..rank).map(|axis| list(&map.marginal(axis))).collect();
    entry("marginals", format!("[{}]", marginals.join(", ")));
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// JSON knows no infinity and no NaN.
struct Number(f64);

impl core::fmt::Display for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0.is_finite() { self.0.fmt(f) } else { f.write_str("null") }
    }
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
