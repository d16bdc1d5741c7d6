//! What a run has found.
use std::path::Path;
use std::vec::Vec;

use super::save;
use super::symmetry::{Symmetry, average};
use super::tally::{GROUPS, Tally};
use crate::effective::{FieldMap, Frame, Quantity};
use crate::engine::{Error, Region};
use crate::graph::MAX_RANK;

/// A sampled effective field.
#[derive(Clone, Debug)]
pub struct Sampled {
    pub(super) tally: Tally,
    pub(super) frame: Frame,
    pub(super) fingerprint: u64,
    pub(super) symmetries: Vec<Symmetry>,
    energy: FieldMap,
    amplitude: FieldMap,
}

impl Sampled {
    pub(super) fn new(
        tally: Tally,
        frame: Frame,
        fingerprint: u64,
        symmetries: Vec<Symmetry>,
    ) -> Result<Self, Error> {
        let n = tally.samples() as f64;
        let dead = |_| Error::AllDead { samples: tally.samples() };
        let energy = map(&tally.energy, None, n, &frame, &symmetries, Quantity::Energy).map_err(dead)?;
        let amplitude =
            map(&tally.amplitude, None, n, &frame, &symmetries, Quantity::Amplitude).map_err(dead)?;
        Ok(Self { tally, frame, fingerprint, symmetries, energy, amplitude })
    }

    /// The primary map: per pixel the mean over samples of `Σ_c g²`.
    #[must_use]
    pub const fn energy(&self) -> &FieldMap {
        &self.energy
    }

    /// Per pixel the mean over samples of `Σ_c |g|`.
    #[must_use]
    pub const fn amplitude(&self) -> &FieldMap {
        &self.amplitude
    }

    /// Number of samples, dead ones included.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.tally.samples()
    }

    /// Number of samples whose gradient is zero everywhere: narrow ReLU networks have some.
    #[must_use]
    pub const fn dead(&self) -> u64 {
        self.tally.dead
    }

    /// Number of flips and rotations that the maps are averaged over, 1 for none.
    #[must_use]
    pub fn symmetries(&self) -> usize {
        self.symmetries.len()
    }

    /// The standard deviation of the energy along an axis about the field's true centre, in pixels, and its
    /// standard error. Axes that a symmetry exchanges share their samples.
    #[must_use]
    pub fn sigma(&self, axis: usize) -> (f64, f64) {
        let alike = |a: usize| self.symmetries.iter().any(|s| s.takes(a, axis));
        let count = (0..MAX_RANK).filter(|&a| alike(a)).count().max(1) as f64;
        self.tally.sigma(core::array::from_fn(|a| if alike(a) { 1.0 / count } else { 0.0 }))
    }

    /// The standard error of any figure of the energy map, by leaving out an eighth of the samples at a time
    /// (the jackknife of Quenouille and Tukey). NaN where fewer than eight samples are live.
    #[must_use]
    pub fn standard_error(&self, figure: impl Fn(&FieldMap) -> f64) -> f64 {
        let n = self.samples() as f64;
        let maps: Option<Vec<FieldMap>> = (0..GROUPS)
            .map(|g| {
                map(&self.tally.energy, Some(g), n, &self.frame, &self.symmetries, Quantity::Energy).ok()
            })
            .collect();
        let Some(maps) = maps.filter(|_| self.samples() - self.dead() >= GROUPS as u64) else {
            return f64::NAN;
        };
        let figures: Vec<f64> = maps.iter().map(figure).collect();
        let groups = GROUPS as f64;
        let mean = figures.iter().sum::<f64>() / groups;
        (figures.iter().map(|f| (f - mean).powi(2)).sum::<f64>() * (groups - 1.0) / groups).sqrt()
    }

    /// Joins a run of other samples of the same unit with the same settings.
    pub fn merge(mut self, other: &Self) -> Result<Self, Error> {
        if self.fingerprint != other.fingerprint {
            return Err(Error::Foreign { what: "another network or other settings".into() });
        }
        self.tally.merge(&other.tally).map_err(|(seed, sample)| Error::Foreign {
            what: std::format!("sample {sample} of seed {seed} is in both runs"),
        })?;
        Self::new(self.tally, self.frame, self.fingerprint, self.symmetries)
    }

    /// Writes all of it to a file, replacing the file whole.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::write(path.as_ref(), self.fingerprint, &self.tally)
    }
}

/// The mean map, with one group left out if asked.
fn map(
    groups: &[Vec<f64>],
    without: Option<usize>,
    samples: f64,
    frame: &Frame,
    symmetries: &[Symmetry],
    quantity: Quantity,
) -> Result<FieldMap, crate::effective::MapError> {
    let mut sum = std::vec![0.0; groups[0].len()];
    for (_, group) in groups.iter().enumerate().filter(|&(g, _)| Some(g) != without) {
        sum.iter_mut().zip(group).for_each(|(s, v)| *s += v / samples);
    }
    let region = Region { low: frame.pixels.origin, len: frame.pixels.extents.map(|e| e as usize) };
    FieldMap::new(Frame { quantity, ..*frame }, average(&sum, &region, symmetries))
}
