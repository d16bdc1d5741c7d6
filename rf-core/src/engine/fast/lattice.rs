//! The outputs of a window, sorted so that all in a lattice read their inputs in the same pattern.
use std::vec::Vec;

use super::kernel::Run;
use crate::engine::Region;
use crate::graph::MAX_RANK;
use crate::theory::AxisMap;

/// Outputs `first, first + step, ..` of one axis, and where their taps read.
#[derive(Clone, Debug)]
struct Phase {
    /// Offset in the output region.
    first: usize,
    step: usize,
    count: usize,
    /// Per tap, its index in the kernel and the input index that the first output reads.
    taps: Vec<(usize, i64)>,
    /// Input indices from one output to the next.
    stride: i64,
}

/// The phases of an axis: one for a convolution, as many as the stride for a transposed one.
fn phases(map: AxisMap, low: i64, len: usize) -> Vec<Phase> {
    let (outputs, stride) = map.steps();
    (0..len.min(outputs as usize))
        .map(|first| {
            let i = low + first as i64;
            let progression = map.taps(i);
            let tap = |t: i64| {
                let n = progression.first + t * progression.step;
                let index = match map {
                    AxisMap::Transposed { stride, dilation, before, .. } => {
                        (i + before - n * stride) / dilation
                    }
                    _ => t,
                };
                (index as usize, n)
            };
            let step = outputs as usize;
            let taps = (0..progression.count).map(tap).collect();
            Phase { first, step, count: (len - first).div_ceil(step), taps, stride }
        })
        .collect()
}

/// All outputs of one combination of phases.
#[derive(Clone, Debug)]
pub(super) struct Lattice {
    axes: [Phase; MAX_RANK],
}

impl Lattice {
    /// The first unit that the first output reads.
    pub(super) fn position(&self, region: &Region) -> usize {
        let lowest = |a: usize| self.axes[a].taps.iter().map(|t| t.1).min().unwrap_or(0);
        region.position(core::array::from_fn(lowest)).unwrap_or(0)
    }

    /// The outputs two by two along the first axis: first ones, second ones, and where their number is odd
    /// the last pair once more, of which the first output is done already.
    pub(super) fn pairs(&self) -> Option<([Self; 2], Option<Self>)> {
        let along = &self.axes[0];
        if along.count < 2 || along.step != 1 || self.axes.iter().any(|p| p.taps.is_empty()) {
            return None;
        }
        let part = |first: usize, count: usize| {
            let mut part = self.clone();
            let phase = &mut part.axes[0];
            phase.first += first;
            phase.taps.iter_mut().for_each(|t| t.1 += first as i64 * along.stride);
            (phase.step, phase.stride, phase.count) = (2, 2 * along.stride, count);
            part
        };
        let half = along.count / 2;
        let odd = (along.count % 2 == 1).then(|| part(along.count - 2, 1));
        Some(([part(0, half), part(1, half)], odd))
    }
}

/// A window between two regions.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pub lattices: Vec<Lattice>,
    /// The smallest box with all inputs that are read.
    pub reads: Region,
    out: Region,
    kernel: [usize; MAX_RANK],
}

impl Gather {
    pub(super) fn new(maps: &[AxisMap; MAX_RANK], out: Region) -> Self {
        let axes: [Vec<Phase>; MAX_RANK] = core::array::from_fn(|a| phases(maps[a], out.low[a], out.len[a]));
        let mut lattices = Vec::new();
        for x in &axes[0] {
            for y in &axes[1] {
                for z in &axes[2] {
                    lattices.push(Lattice { axes: [x.clone(), y.clone(), z.clone()] });
                }
            }
        }
        let bounds = |a: usize| {
            let ends = axes[a]
                .iter()
                .flat_map(|p| p.taps.iter().flat_map(|&(_, n)| [n, n + (p.count as i64 - 1) * p.stride]));
            ends.fold((i64::MAX, i64::MIN), |(low, high), n| (low.min(n), high.max(n)))
        };
        let bounds: [(i64, i64); MAX_RANK] = core::array::from_fn(bounds);
        let reads = if bounds.iter().any(|b| b.0 > b.1) {
            Region::EMPTY
        } else {
            Region::between(bounds.map(|b| b.0), bounds.map(|b| b.1))
        };
        let kernel = maps.map(|m| match m {
            AxisMap::Window { kernel, .. } | AxisMap::Transposed { kernel, .. } => kernel as usize,
            _ => 1,
        });
        Self { lattices, reads, out, kernel }
    }

    /// The taps of a lattice: flat kernel index, and offset in units from a row's base, smallest first.
    pub(super) fn taps(&self, lattice: &Lattice, region: &Region) -> Vec<(usize, usize)> {
        self.taps_from(lattice, region, lattice.position(region))
    }

    /// The same, counted from another base.
    pub(super) fn taps_from(&self, lattice: &Lattice, region: &Region, base: usize) -> Vec<(usize, usize)> {
        let mut taps = Vec::new();
        let [x, y, z] = &lattice.axes;
        for &(tx, nx) in &x.taps {
            for &(ty, ny) in &y.taps {
                for &(tz, nz) in &z.taps {
                    let flat = (tx * self.kernel[1] + ty) * self.kernel[2] + tz;
                    taps.push((flat, region.position([nx, ny, nz]).unwrap_or(0) - base));
                }
            }
        }
        taps.sort_by_key(|t| t.1);
        taps
    }

    /// Units of the result from one output to the next along the first axis.
    pub(super) fn apart(&self) -> usize {
        self.out.len[1] * self.out.len[2]
    }

    /// Whether the window is three by three of neighbours, moving by one, on the first two axes alone.
    pub(super) fn is_three_by_three(&self) -> bool {
        let [lattice] = &self.lattices[..] else { return false };
        let dense = |p: &Phase, k: usize| {
            let mut at: Vec<i64> = p.taps.iter().map(|t| t.1).collect();
            at.sort_unstable();
            p.step == 1 && p.stride == 1 && at.len() == k && at.windows(2).all(|w| w[1] == w[0] + 1)
        };
        let [x, y, z] = &lattice.axes;
        dense(x, 3) && dense(y, 3) && dense(z, 1)
    }

    /// Per output of a lattice, the unit at its first tap and the output's own unit.
    pub(super) fn rows(&self, lattice: &Lattice, region: &Region) -> Vec<(usize, usize)> {
        let [x, y, z] = &lattice.axes;
        if lattice.axes.iter().any(|p| p.taps.is_empty()) {
            return Vec::new();
        }
        let base = lattice.position(region);
        let strides = [region.len[1] * region.len[2], region.len[2], 1];
        let out = [self.out.len[1] * self.out.len[2], self.out.len[2], 1];
        let mut rows = Vec::with_capacity(x.count * y.count * z.count);
        for i in 0..x.count {
            for j in 0..y.count {
                for k in 0..z.count {
                    let from = base
                        + i * x.stride as usize * strides[0]
                        + j * y.stride as usize * strides[1]
                        + k * z.stride as usize * strides[2];
                    let to = (x.first + i * x.step) * out[0]
                        + (y.first + j * y.step) * out[1]
                        + z.first
                        + k * z.step;
                    rows.push((from, to));
                }
            }
        }
        rows
    }
}

/// Runs of consecutive values: neighbouring taps join where a tap's channels are all of its unit's.
pub(super) fn runs(units: impl Iterator<Item = usize>, channels: usize, all: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for unit in units {
        let offset = unit * all;
        match runs.last_mut() {
            Some(run) if run.offset + run.len == offset && channels == all => run.len += channels,
            _ => runs.push(Run { offset, len: channels }),
        }
    }
    runs
}
