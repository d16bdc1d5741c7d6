//! Saved runs: a versioned file, replaced whole.
//!
//! Little-endian: magic, version, fingerprint, the parts, the samples' moments, the groups' sums, and a hash of all
//! before it, so that a file cut short anywhere is told from a whole one.
use std::format;
use std::fs;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

use super::job::Hash;
use super::tally::{GROUPS, Tally};
use crate::engine::Error;
use crate::graph::MAX_RANK;

const MAGIC: &[u8; 8] = b"RFERF\r\n\x1a";
const VERSION: u64 = 1;

/// Writes beside the file and renames: a kill at any moment leaves the old file or the new one.
pub(super) fn write(path: &Path, fingerprint: u64, tally: &Tally) -> Result<(), Error> {
    let beside = beside(path);
    let failed = |e: std::io::Error| Error::File { path: path.into(), what: format!("{e}") };
    let write = || {
        let mut file = fs::File::create(&beside)?;
        std::io::Write::write_all(&mut file, &encode(fingerprint, tally))?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| {
        // A half-written neighbour is of no use to anyone; that it could not be removed changes nothing.
        let _ = fs::remove_file(&beside);
        failed(e)
    })
}

/// Whether the file can be written, before work is spent. Leaves nothing behind.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    let beside = beside(path);
    let failed = |e: std::io::Error| Error::File { path: path.into(), what: format!("{e}") };
    if path.is_dir() {
        return Err(Error::File { path: path.into(), what: "it is a folder".into() });
    }
    fs::File::create(&beside).and_then(|_| fs::remove_file(&beside)).map_err(failed)
}

/// Reads a run with this fingerprint; `None` where there is no file.
pub(super) fn read(path: &Path, fingerprint: u64, pixels: usize) -> Result<Option<Tally>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::File { path: path.into(), what: format!("{e}") }),
    };
    decode(&bytes, fingerprint, pixels).map(Some).map_err(|what| match what {
        Fault::Format(what) => Error::Format { path: path.into(), what },
        Fault::Foreign => Error::Foreign {
            what: format!("`{}` is of another network or of other settings", path.display()),
        },
    })
}

/// A name of our own beside the file, so that two runs never share a half-written one.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn encode(fingerprint: u64, tally: &Tally) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    let mut word = |w: u64| out.extend(w.to_le_bytes());
    let pixels = tally.energy[0].len() as u64;
    for w in [VERSION, fingerprint, pixels, tally.dead, tally.parts.len() as u64, tally.moments.len() as u64]
    {
        word(w);
    }
    for &(seed, first, end) in &tally.parts {
        [seed, first, end].into_iter().for_each(&mut word);
    }
    let maps = tally.energy.iter().chain(&tally.amplitude).flatten();
    for value in tally.moments.as_flattened().iter().chain(maps) {
        word(value.to_bits());
    }
    let mut hash = Hash(0);
    hash.bytes(&out);
    out.extend(hash.0.to_le_bytes());
    out
}

enum Fault {
    Format(String),
    Foreign,
}

fn decode(bytes: &[u8], fingerprint: u64, pixels: usize) -> Result<Tally, Fault> {
    let format = |what: &str| Fault::Format(what.into());
    let Some(body) = bytes.strip_prefix(MAGIC) else { return Err(format("not a saved run")) };
    let words: Vec<u64> = body.chunks_exact(8).map(word).collect();
    let [version, saved, size, dead, parts, moments, ..] = words[..] else { return Err(format("cut short")) };
    if version != VERSION {
        return Err(Fault::Format(format!("of format {version}, this library reads {VERSION}")));
    }
    let expected = [parts.checked_mul(3), moments.checked_mul(4), size.checked_mul(2 * GROUPS as u64)]
        .into_iter()
        .try_fold(7_u64, |sum, part| sum.checked_add(part?));
    if body.len() % 8 != 0 || expected != Some(words.len() as u64) {
        return Err(format("cut short or damaged"));
    }
    let mut hash = Hash(0);
    hash.bytes(&bytes[..bytes.len() - 8]);
    if words.last() != Some(&hash.0) {
        return Err(format("damaged: its check sum is wrong"));
    }
    if saved != fingerprint || size != pixels as u64 {
        return Err(Fault::Foreign);
    }
    let mut values = words[6..].iter().copied();
    let mut take = |n: usize| -> Vec<u64> { values.by_ref().take(n).collect() };
    let parts = take(3 * parts as usize).chunks_exact(3).map(|p| (p[0], p[1], p[2])).collect();
    let floats = |words: Vec<u64>| words.into_iter().map(f64::from_bits).collect::<Vec<f64>>();
    let rows = floats(take(4 * moments as usize));
    let mut maps = || -> Vec<Vec<f64>> { (0..GROUPS).map(|_| floats(take(pixels))).collect() };
    let (energy, amplitude) = (maps(), maps());
    let moments = rows.chunks_exact(1 + MAX_RANK).map(|r| [r[0], r[1], r[2], r[3]]).collect();
    Ok(Tally { parts, dead, moments, energy, amplitude })
}

fn word(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    all.copy_from_slice(bytes);
    u64::from_le_bytes(all)
}
