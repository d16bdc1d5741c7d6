//! Feature maps of the fast engine: unit by unit, all channels of a unit side by side.
use std::vec::Vec;

use crate::engine::Region;
use crate::engine::reference::Tensor;
use crate::engine::vector::add_scaled;

/// Values over a region, `units × channels`: a unit's channels are what vector instructions and matrix products
/// run over.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Map {
    pub channels: usize,
    pub region: Region,
    pub values: Vec<f32>,
}

impl Map {
    pub(super) fn zeros(channels: usize, region: Region) -> Self {
        let mut map = Self::stale(channels, region);
        map.values.fill(0.0);
        map
    }

    /// A map of arbitrary numbers, for those who overwrite them all.
    pub(super) fn stale(channels: usize, region: Region) -> Self {
        let count = channels * region.count();
        let mut values = POOL.with_borrow_mut(|pool| {
            // The smallest that is large enough; one that is far too large is left to a larger map.
            let fits = |v: &Vec<f32>| v.len() >= count && v.len() <= 2 * count + 4096;
            let best = (0..pool.len()).filter(|&i| fits(&pool[i])).min_by_key(|&i| pool[i].len());
            best.map(|i| pool.swap_remove(i)).unwrap_or_default()
        });
        values.resize(count, 0.0);
        Self { channels, region, values }
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
        let mut part = Self::zeros(self.channels, region);
        let c = self.channels;
        overlap(&self.region, &region, |from, to, n| {
            part.values[to * c..(to + n) * c].copy_from_slice(&self.values[from * c..(from + n) * c]);
        });
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

impl Drop for Map {
    fn drop(&mut self) {
        let values = core::mem::take(&mut self.values);
        // Full length again, so that the next map finds its size. Room beyond what one network needs is given back.
        POOL.with_borrow_mut(|pool| {
            let kept: usize = pool.iter().map(Vec::len).sum();
            if !values.is_empty() && kept + values.len() <= POOL_SIZE {
                pool.push(values);
            }
        });
    }
}

/// Most values that a thread's idle maps may hold: 48 MiB.
const POOL_SIZE: usize = 12 << 20;

std::thread_local! {
    /// Maps that wait for their next use: fresh pages would cost as much as a small convolution.
    static POOL: core::cell::RefCell<Vec<Vec<f32>>> = const { core::cell::RefCell::new(Vec::new()) };
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
