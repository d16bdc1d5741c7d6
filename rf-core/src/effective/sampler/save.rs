//! Saved runs: sums of samples, replaced whole now and then, and after them a journal of the samples since.
//!
//! Little-endian words. The sums: magic, version, fingerprint, counts, the parts, the samples' moments, the groups'
//! sums, and a hash of all before it. Then records of one sample each: its index, its energy and its amplitude, and a
//! hash. A record is appended as soon as its sample is added up, so a kill at any moment loses only the samples under
//! way: of a record that was being written a part is left, which is cut off.
use std::format;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

use super::job::{Contribution, Hash, Job};
use super::tally::{GROUPS, Tally};
use crate::engine::Error;
use crate::graph::MAX_RANK;
use crate::whole::{beside, write_whole};

const MAGIC: &[u8; 8] = b"RFERF\r\n\x1a";
const VERSION: u64 = 1;

/// The journal grows to the size of the sums, and to this in any case, before it is added to them: what is written
/// over a run stays within a few times what its samples take.
const JOURNAL: usize = 4 << 20;

/// The file of a run under way. It is locked, so that no second run appends to it.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of the sums, and of the records behind them.
    base: usize,
    records: usize,
}

impl Journal {
    /// Opens or makes the file. The tally is what it holds so far.
    pub(super) fn open(path: &Path, job: &Job<'_>, empty: Tally) -> Result<(Self, Tally), Error> {
        let failed = |e: io::Error| failed(path, &e);
        if path.is_dir() {
            return Err(Error::File { path: path.into(), what: "it is a folder".into() });
        }
        match File::options().read(true).write(true).open(path) {
            Ok(mut file) => {
                lock(&file, path)?;
                let mut bytes = Vec::new();
                io::Read::read_to_end(&mut file, &mut bytes).map_err(failed)?;
                let read = parse(&bytes, path, job)?;
                file.set_len((read.base + read.records) as u64).map_err(failed)?;
                let mut journal = Self { path: path.into(), file, base: read.base, records: read.records };
                io::Seek::seek(&mut journal.file, io::SeekFrom::End(0)).map_err(failed)?;
                Ok((journal, read.tally))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let (file, base) = fresh(path, job.fingerprint, &empty)?;
                Ok((Self { path: path.into(), file, base, records: 0 }, empty))
            }
            Err(e) => Err(failed(e)),
        }
    }

    /// Appends a sample, already added to the tally.
    pub(super) fn append(
        &mut self,
        sample: &Contribution,
        job: &Job<'_>,
        tally: &Tally,
    ) -> Result<(), Error> {
        let index = tally.parts.last().map_or(0, |part| part.2 - 1);
        let record = record(index, sample);
        self.file.write_all(&record).map_err(|e| failed(&self.path, &e))?;
        self.records += record.len();
        if self.records >= self.base.max(JOURNAL) { self.gather(job, tally) } else { Ok(()) }
    }

    /// Adds the journal to the sums.
    pub(super) fn gather(&mut self, job: &Job<'_>, tally: &Tally) -> Result<(), Error> {
        if self.records > 0 {
            (self.file, self.base) = fresh(&self.path, job.fingerprint, tally)?;
            self.records = 0;
        }
        Ok(())
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::File { path: path.into(), what: error.to_string() }
}

#[expect(clippy::incompatible_msrv, reason = "this feature needs 1.89 as it is")]
fn lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(Error::File { path: path.into(), what: "another run is writing to it".into() })
        }
        // A file system without locks is as good as any other for a single run.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// A new file in place of the old one, locked before it gets its name.
fn fresh(path: &Path, fingerprint: u64, tally: &Tally) -> Result<(File, usize), Error> {
    let failed = |e: io::Error| failed(path, &e);
    let beside = beside(path, "part").map_err(failed)?;
    let file = File::options().write(true).create(true).truncate(false).open(&beside).map_err(failed)?;
    lock(&file, path)?;
    let bytes = encode(fingerprint, tally);
    let write = |mut file: &File| {
        // What a killed run may have left.
        file.set_len(0)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write(&file).map_err(|e| {
        // A half-written neighbour is of no use to anyone; that it could not be removed changes nothing.
        let _ = fs::remove_file(&beside);
        failed(e)
    })?;
    Ok((file, bytes.len()))
}

/// Writes a finished run.
pub(super) fn write(path: &Path, fingerprint: u64, tally: &Tally) -> Result<(), Error> {
    write_whole(path, &encode(fingerprint, tally)).map_err(|e| failed(path, &e))
}

/// What a file holds.
pub(super) struct Read {
    pub(super) tally: Tally,
    base: usize,
    records: usize,
}

/// Reads a saved run of this job.
pub(super) fn read(path: &Path, job: &Job<'_>) -> Result<Read, Error> {
    let bytes = fs::read(path).map_err(|e| failed(path, &e))?;
    parse(&bytes, path, job)
}

fn parse(bytes: &[u8], path: &Path, job: &Job<'_>) -> Result<Read, Error> {
    decode(bytes, job).map_err(|what| match what {
        Fault::Format(what) => Error::Format { path: path.into(), what },
        Fault::Foreign => Error::Foreign {
            what: format!("`{}` is of another network or of other settings", path.display()),
        },
    })
}

fn encode(fingerprint: u64, tally: &Tally) -> Vec<u8> {
    let pixels = tally.energy[0].len() as u64;
    let (parts, moments) = (tally.parts.len() as u64, tally.moments.len() as u64);
    let mut words = Vec::from([VERSION, fingerprint, pixels, tally.dead, parts, moments]);
    words.extend(tally.parts.iter().flat_map(|&(seed, first, end)| [seed, first, end]));
    let maps = tally.energy.iter().chain(&tally.amplitude).flatten();
    words.extend(tally.moments.as_flattened().iter().chain(maps).map(|value| value.to_bits()));
    let mut bytes = MAGIC.to_vec();
    bytes.extend(hashed(words));
    bytes
}

fn record(index: u64, sample: &Contribution) -> Vec<u8> {
    let mut words = Vec::from([index]);
    words.extend(sample.energy.iter().chain(&sample.amplitude).map(|value| value.to_bits()));
    hashed(words)
}

/// The words and their hash, as bytes.
fn hashed(mut words: Vec<u64>) -> Vec<u8> {
    words.push(hash(&words));
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn hash(words: &[u64]) -> u64 {
    let mut hash = Hash::new();
    for &word in words {
        hash.word(word);
    }
    hash.0
}

enum Fault {
    Format(String),
    Foreign,
}

fn decode(bytes: &[u8], job: &Job<'_>) -> Result<Read, Fault> {
    let format = |what: &str| Fault::Format(what.into());
    let Some(body) = bytes.strip_prefix(MAGIC) else { return Err(format("not a saved run")) };
    // Bytes beyond the last whole word are of a record that was being written.
    let words: Vec<u64> = body.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect();
    let [version, saved, size, dead, parts, moments, ..] = words[..] else { return Err(format("cut short")) };
    if version != VERSION {
        return Err(Fault::Format(format!("of format {version}, this library reads {VERSION}")));
    }
    let length = [parts.checked_mul(3), moments.checked_mul(4), size.checked_mul(2 * GROUPS as u64)]
        .into_iter()
        .try_fold(7_u64, |sum, part| sum.checked_add(part?))
        .and_then(|length| usize::try_from(length).ok());
    let Some((sums, journal)) = length.and_then(|length| words.split_at_checked(length)) else {
        return Err(format("cut short"));
    };
    let Some((check, sums)) = sums.split_last() else { return Err(format("cut short")) };
    if *check != hash(sums) {
        return Err(format("damaged: its check sum is wrong"));
    }
    let pixels = job.cone.regions[job.cone.target].count();
    if saved != job.fingerprint || size != pixels as u64 {
        return Err(Fault::Foreign);
    }
    let mut values = sums[6..].iter().copied();
    let mut take = |n: usize| -> Vec<u64> { values.by_ref().take(n).collect() };
    let parts = take(3 * parts as usize).chunks_exact(3).map(|p| (p[0], p[1], p[2])).collect();
    let rows = floats(&take(4 * moments as usize));
    let mut maps = || -> Vec<Vec<f64>> { (0..GROUPS).map(|_| floats(&take(pixels))).collect() };
    let (energy, amplitude) = (maps(), maps());
    let moments = rows.chunks_exact(1 + MAX_RANK).map(|r| [r[0], r[1], r[2], r[3]]).collect();
    let mut tally = Tally { parts, dead, moments, energy, amplitude };
    let records = journal.chunks_exact(2 + 2 * pixels);
    let records = records.map(|record| replay(record, job, &mut tally)).sum::<Result<usize, Fault>>()?;
    Ok(Read { tally, base: MAGIC.len() + 8 * (sums.len() + 1), records: 8 * records })
}

/// Adds the sample of a record; its length in words.
fn replay(record: &[u64], job: &Job<'_>, tally: &mut Tally) -> Result<usize, Fault> {
    let next = tally.parts.last().map(|part| part.2);
    let [index, values @ .., check] = record else { return Ok(0) };
    if *check != hash(&record[..record.len() - 1]) || Some(*index) != next {
        return Err(Fault::Format("damaged: a sample's check sum is wrong".into()));
    }
    let (energy, amplitude) = values.split_at(values.len() / 2);
    tally.add(&Contribution { energy: floats(energy), amplitude: floats(amplitude) }, &job.frame);
    Ok(record.len())
}

fn floats(words: &[u64]) -> Vec<f64> {
    words.iter().copied().map(f64::from_bits).collect()
}
