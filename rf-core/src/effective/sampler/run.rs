//! Samples on threads, added up in their order.
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;
use std::vec::Vec;

use super::builder::{Erf, Progress};
use super::job::{Contribution, Job};
use super::save::{self, Journal};
use super::symmetry::{Symmetry, symmetries};
use super::tally::Tally;
use super::{Input, Sampled};
use crate::engine::Error;

pub(super) fn run(mut erf: Erf<'_>) -> Result<Sampled, Error> {
    let job = Job::new(&mut erf)?;
    let symmetries = allowed(&job, erf.symmetrise);
    let mut tally = Tally::new(erf.seed, erf.first, pixels(&job));
    let mut journal = None;
    if let Some(path) = &erf.save {
        let (opened, saved) = Journal::open(path, &job, tally)?;
        continues(&saved, &erf)?;
        (tally, journal) = (saved, Some(opened));
    }
    let threads = erf.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let left = erf.samples.saturating_sub(tally.samples());
    let mut keeper = Keeper { tally, began: Instant::now(), journal, job: &job, erf: &mut erf };
    if left > 0 && keeper.satisfied().is_continue() {
        if threads == 1 || left == 1 { keeper.alone(left)? } else { keeper.shared(left, threads)? }
    }
    if let Some(journal) = &mut keeper.journal {
        journal.gather(&job, &keeper.tally)?;
    }
    let tally = keeper.tally;
    if tally.samples() == 0 {
        return Err(Error::Stopped);
    }
    Sampled::new(tally, job.frame, job.fingerprint, symmetries)
}

pub(super) fn load(mut erf: Erf<'_>, path: &Path) -> Result<Sampled, Error> {
    let job = Job::new(&mut erf)?;
    let symmetries = allowed(&job, erf.symmetrise);
    Sampled::new(save::read(path, &job)?.tally, job.frame, job.fingerprint, symmetries)
}

fn pixels(job: &Job<'_>) -> usize {
    job.cone.regions[job.cone.target].count()
}

/// The symmetries to average over: given weights and images have none.
fn allowed(job: &Job<'_>, symmetrise: bool) -> Vec<Symmetry> {
    let mut symmetries = symmetries(&job.cone);
    if !symmetrise || !job.supply.drawn() || matches!(job.input, Input::Images(_)) {
        symmetries.truncate(1);
    }
    symmetries
}

/// A saved run is resumed only where it is a beginning of the one asked for.
fn continues(saved: &Tally, erf: &Erf<'_>) -> Result<(), Error> {
    match saved.parts[..] {
        [(seed, first, _)] if seed == erf.seed && first == erf.first => Ok(()),
        [(seed, first, _)] => Err(Error::Foreign {
            what: std::format!(
                "it starts at sample {first} of seed {seed}, asked for is sample {} of seed {}",
                erf.first,
                erf.seed
            ),
        }),
        _ => Err(Error::Foreign { what: "it is a merge of several runs, which cannot be continued\nhelp: `load` it, and merge more runs with it".into() }),
    }
}

/// Adds samples up and decides when to save, to report and to stop.
struct Keeper<'k, 'a> {
    tally: Tally,
    began: Instant,
    journal: Option<Journal>,
    job: &'k Job<'a>,
    erf: &'k mut Erf<'a>,
}

impl Keeper<'_, '_> {
    /// Takes the next sample in order.
    fn take(&mut self, sample: &Contribution) -> Result<ControlFlow<()>, Error> {
        self.tally.add(sample, &self.job.frame);
        if let Some(journal) = &mut self.journal {
            journal.append(sample, self.job, &self.tally)?;
        }
        let progress = Progress {
            done: self.tally.samples(),
            samples: self.erf.samples,
            dead: self.tally.dead,
            relative_error: self.tally.relative_error(self.job.frame.rank),
            elapsed: self.began.elapsed(),
        };
        if let Some(report) = &mut self.erf.progress
            && report(&progress).is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        Ok(self.satisfied())
    }

    /// Whether the asked precision is reached. At least eight live samples must agree on it.
    fn satisfied(&self) -> ControlFlow<()> {
        let Some(precision) = self.erf.precision else { return ControlFlow::Continue(()) };
        let enough = self.tally.samples() - self.tally.dead >= 8
            && self.tally.relative_error(self.job.frame.rank).is_some_and(|e| e <= precision);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn alone(&mut self, left: u64) -> Result<(), Error> {
        let first = self.erf.first + self.tally.samples();
        for index in first..first + left {
            if self.take(&self.job.sample(index)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Threads take the next index each; samples that come early wait for their turn. A thread never runs further
    /// ahead than a few samples, so that a slow one does not make the others pile up memory.
    fn shared(&mut self, left: u64, threads: usize) -> Result<(), Error> {
        let first = self.erf.first + self.tally.samples();
        let end = first + left;
        let (next, stop) = (AtomicU64::new(first), AtomicBool::new(false));
        let job = self.job;
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(2 * threads);
            for _ in 0..threads {
                let (sender, next, stop) = (sender.clone(), &next, &stop);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= end || sender.send((index, job.sample(index))).is_err() {
                            break;
                        }
                        // A busy machine gets its turn between two samples.
                        thread::yield_now();
                    }
                });
            }
            drop(sender);
            let result = self.in_order(first, &receiver);
            stop.store(true, Ordering::Relaxed);
            // Dropping the receiver wakes the senders that wait for room.
            drop(receiver);
            result
        })
    }

    fn in_order(
        &mut self,
        first: u64,
        receiver: &mpsc::Receiver<(u64, Result<Contribution, Error>)>,
    ) -> Result<(), Error> {
        let (mut early, mut turn) = (BTreeMap::new(), first);
        for (index, sample) in receiver {
            early.insert(index, sample?);
            while let Some(sample) = early.remove(&turn) {
                turn += 1;
                if self.take(&sample)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
