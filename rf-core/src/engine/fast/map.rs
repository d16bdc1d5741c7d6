//! Feature maps of the fast engine: unit by unit, all channels of a unit side by side.
use std::vec::Vec;

use super::buffer::Buffer;
use crate::engine::Region;
use crate::engine::reference::Tensor;
use crate::engine::vector::add_scaled;

/// Values over a region, `units × channels`: a unit's channels are what vector instructions and matrix products
/// run over.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub channels: usize,
    pub region: Region,
    pub values: Buffer<f32>,
}

impl Map {
    pub(super) fn zeros(channels: usize, region: Region) -> Self {
        let mut map = Self::stale(channels, region);
        map.values.fill(0.0);
        map
    }

    /// A map of arbitrary numbers, for those who overwrite them all.
    pub(super) fn stale(channels: usize, region: Region) -> Self {
        Self { channels, region, values: Buffer::stale(channels * region.count()) }
    }

    /// From channel-major values.
    pub(super) fn from_planes(channels: usize, region: Region, planes: &[f32]) -> Self {
        let (mut map, units) = (Self::zeros(channels, region), region.count());
        for (u, row) in map.values.chunks_exact_mut(channels).enumerate() {
            row.iter_mut().enumerate().for_each(|(c, v)| *v = planes[c * units + u]);
        }
        map
    }

    pub(super) fn to_tensor(&self) -> Tensor {
        let (mut t, units) = (Tensor::zeros(self.channels, self.region), self.region.count());
        for (u, row) in self.values.chunks_exact(self.channels).enumerate() {
            row.iter().enumerate().for_each(|(c, v)| t.values[c * units + u] = f64::from(*v));
        }
        t
    }

    pub(super) fn from_tensor(t: &Tensor) -> Self {
        let planes: Vec<f32> = t.values.iter().map(|&v| v as f32).collect();
        Self::from_planes(t.channels, t.region, &planes)
    }

    /// The part on `region`; zero where the map has nothing.
    pub(super) fn on(&self, region: Region) -> Self {
        let mut part = Self::stale(self.channels, region);
        let (c, mut done) = (self.channels, 0);
        overlap(&self.region, &region, |from, to, n| {
            part.values[done..to * c].fill(0.0);
            done = (to + n) * c;
            part.values[to * c..done].copy_from_slice(&self.values[from * c..(from + n) * c]);
        });
        part.values[done..].fill(0.0);
        part
    }

    /// Adds another map where the two overlap.
    pub(super) fn add(&mut self, other: &Self, scale: f32) {
        let c = self.channels;
        let whole = self.region;
        overlap(&other.region, &whole, |from, to, n| {
            let source = &other.values[from * c..(from + n) * c];
            add_scaled(&mut self.values[to * c..(to + n) * c], source, scale);
        });
    }
}

/// Calls `row(from, to, count)` for every run of units that two regions share.
fn overlap(from: &Region, to: &Region, mut row: impl FnMut(usize, usize, usize)) {
    let shared = from.clip(to);
    if shared.is_empty() {
        return;
    }
    // The innermost axis that is not trivial makes the run: axis 2, or axis 1 where axis 2 has one unit.
    let inner = if from.len[2] == 1 && to.len[2] == 1 { 1 } else { 2 };
    let mut heads = shared;
    heads.len[inner] = 1;
    for index in heads.indices() {
        if let (Some(a), Some(b)) = (from.position(index), to.position(index)) {
            row(a, b, shared.len[inner]);
        }
    }
}
