//! Sums over samples, in the order of the samples.
use std::vec;
use std::vec::Vec;

use super::job::Contribution;
use crate::effective::{Frame, PixelBox};
use crate::graph::MAX_RANK;

/// Samples are dealt to so many groups in turn: leaving one out at a time gives the error of any figure.
pub(super) const GROUPS: usize = 8;

/// All that a run has found so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tally {
    /// Seed, first sample and one past the last, of each run in it.
    pub parts: Vec<(u64, u64, u64)>,
    /// Samples with a gradient of zero everywhere.
    pub dead: u64,
    /// Per sample: total energy, then per axis the energy's second moment about the centre.
    pub moments: Vec<[f64; 1 + MAX_RANK]>,
    /// Per group, the sum of the energy maps.
    pub energy: Vec<Vec<f64>>,
    /// Per group, the sum of the amplitude maps.
    pub amplitude: Vec<Vec<f64>>,
}

impl Tally {
    pub(super) fn new(seed: u64, first: u64, pixels: usize) -> Self {
        Self {
            parts: vec![(seed, first, first)],
            dead: 0,
            moments: Vec::new(),
            energy: vec![vec![0.0; pixels]; GROUPS],
            amplitude: vec![vec![0.0; pixels]; GROUPS],
        }
    }

    pub(super) fn samples(&self) -> u64 {
        self.moments.len() as u64
    }

    /// Samples outside a group.
    pub(super) fn outside(&self, group: usize) -> u64 {
        // How many of the first `end` indices are in it.
        let below = |end: u64| (end + (GROUPS - 1 - group) as u64) / GROUPS as u64;
        self.samples() - self.parts.iter().map(|&(_, first, end)| below(end) - below(first)).sum::<u64>()
    }

    /// Adds the next sample of the last part.
    pub(super) fn add(&mut self, sample: &Contribution, frame: &Frame) {
        let Some(part) = self.parts.last_mut() else { return };
        let group = (part.2 % GROUPS as u64) as usize;
        part.2 += 1;
        let moments = moments(&sample.energy, frame);
        self.dead += u64::from(moments[0] <= 0.0);
        self.moments.push(moments);
        accumulate(&mut self.energy[group], &sample.energy);
        accumulate(&mut self.amplitude[group], &sample.amplitude);
    }

    /// Adds another run of other samples. `Err` names a sample that is in both.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), (u64, u64)> {
        for a in &self.parts {
            for b in &other.parts {
                if a.0 == b.0 && a.1 < b.2 && b.1 < a.2 {
                    return Err((a.0, a.1.max(b.1)));
                }
            }
        }
        self.parts.extend(&other.parts);
        self.dead += other.dead;
        self.moments.extend(&other.moments);
        for group in 0..GROUPS {
            accumulate(&mut self.energy[group], &other.energy[group]);
            accumulate(&mut self.amplitude[group], &other.amplitude[group]);
        }
        Ok(())
    }

    /// σ along an axis and its standard error; the error is infinite below two live samples.
    ///
    /// σ² is a ratio of means, so its error is that of the residuals `m₂ − σ² m₀` (the delta method).
    pub(super) fn sigma(&self, weights: [f64; MAX_RANK]) -> (f64, f64) {
        let second = |m: &[f64; 1 + MAX_RANK]| (0..MAX_RANK).map(|a| weights[a] * m[1 + a]).sum::<f64>();
        let total: f64 = self.moments.iter().map(|m| m[0]).sum();
        if total <= 0.0 {
            return (f64::NAN, f64::INFINITY);
        }
        let variance = self.moments.iter().map(second).sum::<f64>() / total;
        let n = self.moments.len() as f64;
        if n < 2.0 {
            return (variance.sqrt(), f64::INFINITY);
        }
        let squares: f64 = self.moments.iter().map(|m| (second(m) - variance * m[0]).powi(2)).sum();
        let error = (squares * n / (n - 1.0)).sqrt() / total;
        let sigma = variance.sqrt();
        (sigma, if sigma > 0.0 { error / (2.0 * sigma) } else { 0.0 })
    }

    /// The relative standard error of σ over all axes of a map.
    pub(super) fn relative_error(&self, rank: usize) -> Option<f64> {
        let share = 1.0 / rank as f64;
        let (sigma, error) = self.sigma(core::array::from_fn(|a| if a < rank { share } else { 0.0 }));
        let live = self.samples() - self.dead;
        if sigma > 0.0 { (live > 1).then_some(error / sigma) } else { (live > 1).then_some(0.0) }
    }
}

fn accumulate(into: &mut [f64], from: &[f64]) {
    into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}

/// Total, and second moments about the centre per axis.
fn moments(energy: &[f64], frame: &Frame) -> [f64; 1 + MAX_RANK] {
    let PixelBox { origin, extents } = frame.pixels;
    let mut moments = [0.0; 1 + MAX_RANK];
    let square = |a: usize, offset: usize| ((origin[a] + offset as i64) as f64 - frame.centre[a]).powi(2);
    let mut middle = vec![0.0; extents[1] as usize];
    let mut inner = vec![0.0; extents[2] as usize];
    for (at, row) in energy.chunks_exact(extents[2] as usize).enumerate() {
        let sum: f64 = row.iter().sum();
        accumulate(&mut inner, row);
        middle[at % extents[1] as usize] += sum;
        moments[0] += sum;
        moments[1] += sum * square(0, at / extents[1] as usize);
    }
    moments[2] = middle.iter().enumerate().map(|(i, v)| v * square(1, i)).sum();
    moments[3] = inner.iter().enumerate().map(|(i, v)| v * square(2, i)).sum();
    moments
}
