//! Dense layers: one row of features.
use std::vec;
use std::vec::Vec;

use super::map::Map;
use crate::engine::vector::{add_scaled, dot};

/// All values in PyTorch's order, channel by channel.
pub(super) fn flatten(map: &Map) -> Vec<f32> {
    let units = map.region.count();
    let mut flat = vec![0.0; map.values.len()];
    for (u, row) in map.values.chunks_exact(map.channels).enumerate() {
        row.iter().enumerate().for_each(|(c, v)| flat[c * units + u] = *v);
    }
    flat
}

/// `out = weight · x`.
pub(super) fn forward(weight: &[f32], x: &[f32], out: &mut [f32]) {
    for (out, row) in out.iter_mut().zip(weight.chunks_exact(x.len())) {
        *out = dot(row, x);
    }
}

/// `weightᵀ · g`, `n` values.
pub(super) fn backward(weight: &[f32], g: &[f32], n: usize) -> Vec<f32> {
    let mut sum = vec![0.0; n];
    for (&g, row) in g.iter().zip(weight.chunks_exact(n)) {
        add_scaled(&mut sum[..], row, g);
    }
    sum
}
