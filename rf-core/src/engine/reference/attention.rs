//! Multi-head self-attention over all units inside the borders (Vaswani et al. 2017; PyTorch's layout).
use std::vec;
use std::vec::Vec;

use super::nonlinear::{affine, transpose};
use super::{At, Tensor};

/// Everything of one forward run: rows are units.
struct Run {
    /// Query, key and value in one row, `3 · channels`.
    projected: Vec<Vec<f64>>,
    /// Per head, the share of each unit (column) in each unit (row).
    shares: Vec<Vec<Vec<f64>>>,
    /// The mixed values before the last projection.
    mixed: Vec<Vec<f64>>,
}

fn bias(at: At<'_, '_>, k: usize, n: usize) -> Vec<f64> {
    // Tensors: in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias; without bias only the weights.
    if at.weights.len() == 4 { at.weights[k + 1].clone() } else { vec![0.0; n] }
}

fn last<'a>(at: At<'a, '_>) -> &'a [f64] {
    &at.weights[at.weights.len() / 2]
}

fn tokens(at: At<'_, '_>, x: &Tensor) -> Vec<Vec<f64>> {
    let inside = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    let row = |index| (0..x.channels).map(|c| x.position(c, index).map_or(0.0, |i| x.values[i])).collect();
    inside.indices().map(row).collect()
}

fn run(at: At<'_, '_>, heads: usize, x: &Tensor) -> Run {
    let (c, width) = (x.channels, x.channels / heads);
    let in_bias = bias(at, 0, 3 * c);
    let projected: Vec<Vec<f64>> =
        tokens(at, x).iter().map(|t| affine(&at.weights[0], &in_bias, t)).collect();
    let mut mixed = vec![vec![0.0; c]; projected.len()];
    let mut shares = Vec::new();
    for h in 0..heads {
        let mut rows = Vec::new();
        for (u, q) in projected.iter().enumerate() {
            let score = |k: &Vec<f64>| {
                (0..width).map(|d| q[h * width + d] * k[c + h * width + d]).sum::<f64>()
                    / (width as f64).sqrt()
            };
            let scores: Vec<f64> = projected.iter().map(score).collect();
            let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|s| (s - top).exp()).sum();
            let row: Vec<f64> = scores.iter().map(|s| (s - top).exp() / sum).collect();
            for d in h * width..(h + 1) * width {
                mixed[u][d] = row.iter().zip(&projected).map(|(p, v)| p * v[2 * c + d]).sum();
            }
            rows.push(row);
        }
        shares.push(rows);
    }
    Run { projected, shares, mixed }
}

pub(in crate::engine) fn forward(at: At<'_, '_>, heads: usize, x: &Tensor, out: &mut Tensor) {
    let out_bias = bias(at, 2, x.channels);
    let inside = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    for (row, index) in run(at, heads, x).mixed.iter().zip(inside.indices()) {
        for (c, v) in affine(last(at), &out_bias, row).into_iter().enumerate() {
            if let Some(o) = out.position(c, index) {
                out.values[o] = v;
            }
        }
    }
}

pub(in crate::engine) fn backward(
    at: At<'_, '_>,
    heads: usize,
    x: &Tensor,
    out: &Tensor,
    gradient: &mut Tensor,
) {
    let (c, width) = (x.channels, x.channels / heads);
    let inside = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    let Run { projected, shares, .. } = run(at, heads, x);
    let to_mixed: Vec<Vec<f64>> = inside
        .indices()
        .map(|index| {
            let g: Vec<f64> = (0..c).map(|c| out.position(c, index).map_or(0.0, |o| out.values[o])).collect();
            transpose(last(at), &g, c)
        })
        .collect();
    let mut to_projected = vec![vec![0.0; 3 * c]; projected.len()];
    for h in 0..heads {
        let lanes = h * width..(h + 1) * width;
        for (u, g) in to_mixed.iter().enumerate() {
            let to_share: Vec<f64> =
                projected.iter().map(|v| lanes.clone().map(|d| g[d] * v[2 * c + d]).sum()).collect();
            let mean: f64 = to_share.iter().zip(&shares[h][u]).map(|(s, p)| s * p).sum();
            for (k, p) in shares[h][u].iter().enumerate() {
                let to_score = p * (to_share[k] - mean) / (width as f64).sqrt();
                for d in lanes.clone() {
                    to_projected[k][2 * c + d] += p * g[d];
                    to_projected[u][d] += to_score * projected[k][c + d];
                    to_projected[k][c + d] += to_score * projected[u][d];
                }
            }
        }
    }
    for (g, index) in to_projected.iter().zip(inside.indices()) {
        for (channel, v) in transpose(&at.weights[0], g, c).into_iter().enumerate() {
            if let Some(i) = gradient.position(channel, index) {
                gradient.values[i] += v;
            }
        }
    }
}
