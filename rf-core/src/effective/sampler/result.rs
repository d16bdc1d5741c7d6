//! What a run has found.
use std::path::Path;
use std::vec::Vec;

use super::save;
use super::symmetry::{Symmetry, average};
use super::tally::{GROUPS, Tally};
use crate::effective::figures::{collect, measure};
use crate::effective::{Canvas, Estimate, Field, FieldMap, Figures, Frame, Quantity, Sampling};
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

    /// The standard deviation of the energy along an axis about the field's true centre, in pixels. Axes that a
    /// symmetry exchanges share their samples.
    #[must_use]
    pub fn sigma(&self, axis: usize) -> Estimate {
        let alike = |a: usize| self.symmetries.iter().any(|s| s.takes(a, axis));
        let count = (0..MAX_RANK).filter(|&a| alike(a)).count().max(1) as f64;
        let (value, error) =
            self.tally.sigma(core::array::from_fn(|a| if alike(a) { 1.0 / count } else { 0.0 }));
        Estimate { value, error }
    }

    /// Any figure of the energy map; its standard error by leaving out an eighth of the samples at a time, or one of
    /// fewer than eight (the jackknife of Quenouille and Tukey). NaN where fewer than two samples are live.
    #[must_use]
    pub fn estimate(&self, figure: impl Fn(&FieldMap) -> f64) -> Estimate {
        let left_out = self.jackknife(|energy, _| Vec::from([figure(energy)]));
        Estimate { value: figure(&self.energy), error: spread(&left_out, 0) }
    }

    /// Figures of the energy and the amplitude without one group of samples each; nothing where too few are live.
    fn jackknife(&self, figures: impl Fn(&FieldMap, &FieldMap) -> Vec<f64>) -> Vec<Vec<f64>> {
        if self.samples() - self.dead() < 2 {
            return Vec::new();
        }
        let without = |sums: &[Vec<f64>], group: usize, quantity: Quantity| {
            let n = self.tally.outside(group) as f64;
            map(sums, Some(group), n, &self.frame, &self.symmetries, quantity).ok()
        };
        let group = |group: usize| {
            let energy = without(&self.tally.energy, group, Quantity::Energy)?;
            let amplitude = without(&self.tally.amplitude, group, Quantity::Amplitude)?;
            Some(figures(&energy, &amplitude))
        };
        let filled = (0..GROUPS).filter(|&group| self.tally.outside(group) < self.samples());
        filled.map(group).collect::<Option<_>>().unwrap_or_default()
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

    /// Writes all of it to a file, replacing the file whole. [`Erf::load`](super::Erf::load) reads it.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::write(path.as_ref(), self.fingerprint, &self.tally)
    }
}

impl Field for Sampled {
    fn map(&self) -> &FieldMap {
        &self.energy
    }

    fn figures(&self) -> Figures {
        let left_out = self.jackknife(|energy, amplitude| {
            measure(energy, amplitude).iter().map(|entry| entry.smooth).collect()
        });
        let mut figures = collect(&measure(&self.energy, &self.amplitude), |index, entry| Estimate {
            value: entry.value,
            error: spread(&left_out, index),
        });
        // Every sample counts by itself here, not an eighth of them.
        if let Some(sigma) = figures.0.iter_mut().find(|figure| figure.name == "sigma") {
            sigma.values = (0..self.frame.rank).map(|axis| self.sigma(axis)).collect();
        }
        figures
    }

    fn sampling(&self) -> Option<Sampling> {
        Some(Sampling { samples: self.samples(), dead: self.dead(), symmetries: self.symmetries() })
    }
}

/// How it was sampled, and all figures, a line each.
impl core::fmt::Display for Sampled {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let canvas = match self.frame.canvas {
            Canvas::Unbounded => "unbounded canvas",
            Canvas::Input => "real input",
        };
        let (samples, dead) = (self.samples(), self.dead());
        writeln!(f, "{samples} samples, {dead} dead, {} symmetries, {canvas}", self.symmetries())?;
        self.figures().fmt(f)
    }
}

/// The standard error of figure `index` from its values without one group each.
fn spread(left_out: &[Vec<f64>], index: usize) -> f64 {
    let groups = left_out.len() as f64;
    let values = || left_out.iter().map(|figures| figures[index]);
    let mean = values().sum::<f64>() / groups;
    // NaN where there are none.
    let error = (values().map(|f| (f - mean).powi(2)).sum::<f64>() * (groups - 1.0) / groups).sqrt();
    // What is left where all groups agree is rounding.
    if error < 1e-12 * mean.abs() { 0.0 } else { error }
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
