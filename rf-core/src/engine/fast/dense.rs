//! Dense layers: one row of features.
use std::vec;
use std::vec::Vec;

use super::map::{Map, add_scaled};
use crate::engine::rng::dispatch;

/// Independent partial sums of a dot product: what the vector unit adds side by side.
const LANES: usize = 64;

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
    dispatch(|| {
        for (out, row) in out.iter_mut().zip(weight.chunks_exact(x.len())) {
            *out = dot(row, x);
        }
    });
}

/// `weightᵀ · g`, `n` values.
pub(super) fn backward(weight: &[f32], g: &[f32], n: usize) -> Vec<f32> {
    let mut sum = vec![0.0; n];
    dispatch(|| g.iter().zip(weight.chunks_exact(n)).for_each(|(&g, row)| add_scaled(&mut sum, row, g)));
    sum
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            sums[l] += a[l] * b[l];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
