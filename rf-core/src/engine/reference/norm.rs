//! Normalisations with statistics of the input itself.
use std::vec;
use std::vec::Vec;

use super::nonlinear::values_at;
use super::{At, Tensor};
use crate::graph::{Norm, PerAxis};

/// PyTorch's default.
pub(crate) const EPSILON: f64 = 1e-5;

/// PyTorch's `LocalResponseNorm`: α, β, k.
pub(crate) const LOCAL_RESPONSE: (f64, f64, f64) = (1e-4, 0.75, 1.0);

/// The values that share a mean and a variance, and the values that are normalised by them.
struct Set {
    statistics: Vec<usize>,
    members: Vec<(usize, usize, usize)>,
}

/// Mean, and one over the standard deviation.
fn moments(x: &Tensor, set: &Set) -> (f64, f64) {
    let n = set.statistics.len() as f64;
    let mean = set.statistics.iter().map(|&i| x.values[i]).sum::<f64>() / n;
    let variance = set.statistics.iter().map(|&i| (x.values[i] - mean).powi(2)).sum::<f64>() / n;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

pub(in crate::engine) fn forward(at: At<'_, '_>, norm: Norm, x: &Tensor, out: &mut Tensor) {
    if let Norm::LocalResponse { size } = norm {
        return local_response(size, x, out);
    }
    for set in sets(at, norm, x, out) {
        let (mean, inverse) = moments(x, &set);
        for (c, o, i) in set.members {
            out.values[o] = (x.values[i] - mean) * inverse * scale(at, c) + shift(at, c);
        }
    }
}

/// `y = (x − μ) / σ · w`: the gradient goes to `x` itself and, through μ and σ, to every value of the statistics.
pub(in crate::engine) fn backward(
    at: At<'_, '_>,
    norm: Norm,
    x: &Tensor,
    out: &Tensor,
    gradient: &mut Tensor,
) {
    if let Norm::LocalResponse { size } = norm {
        return local_response_backward(size, x, out, gradient);
    }
    for set in sets(at, norm, x, out) {
        let (mean, inverse) = moments(x, &set);
        let (mut to_mean, mut to_spread) = (0.0, 0.0);
        for &(c, o, i) in &set.members {
            let g = out.values[o] * scale(at, c) * inverse;
            gradient.values[i] += g;
            to_mean -= g;
            to_spread -= g * (x.values[i] - mean) * inverse;
        }
        let n = set.statistics.len() as f64;
        for &i in &set.statistics {
            gradient.values[i] += to_mean / n + to_spread / n * (x.values[i] - mean) * inverse;
        }
    }
}

fn scale(at: At<'_, '_>, c: usize) -> f64 {
    at.weights.first().map_or(1.0, |w| w[c])
}

fn shift(at: At<'_, '_>, c: usize) -> f64 {
    at.weights.get(1).map_or(0.0, |b| b[c])
}

fn sets(at: At<'_, '_>, norm: Norm, x: &Tensor, out: &Tensor) -> Vec<Set> {
    let member = |c: usize, index: PerAxis| Some((c, out.position(c, index)?, x.position(c, index)?));
    if norm == Norm::LayerChannels {
        let set = |index| {
            let members: Vec<_> = (0..x.channels).filter_map(|c| member(c, index)).collect();
            Set { statistics: members.iter().map(|m| m.2).collect(), members }
        };
        return out.region.indices().map(set).collect();
    }
    let inside = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    let width = match norm {
        Norm::Group { groups } => x.channels / groups as usize,
        Norm::Instance => 1,
        _ => x.channels,
    };
    let mut sets = Vec::new();
    for first in (0..x.channels).step_by(width) {
        let mut set = Set { statistics: Vec::new(), members: Vec::new() };
        for c in first..first + width {
            set.statistics.extend(inside.indices().filter_map(|index| x.position(c, index)));
            set.members.extend(out.region.indices().filter_map(|index| member(c, index)));
        }
        sets.push(set);
    }
    sets
}

/// The channels `c − size/2 ..` that channel `c` of `channels` is divided by.
fn neighbours(c: usize, size: i64, channels: usize) -> core::ops::Range<usize> {
    let (before, size) = ((size / 2) as usize, size as usize);
    c.saturating_sub(before)..(c + size - before).min(channels)
}

fn divisors(x: &[f64], size: i64) -> Vec<f64> {
    let (alpha, _, k) = LOCAL_RESPONSE;
    let sum = |c| x[neighbours(c, size, x.len())].iter().map(|v| v * v).sum::<f64>();
    (0..x.len()).map(|c| k + alpha * sum(c) / size as f64).collect()
}

fn local_response(size: i64, x: &Tensor, out: &mut Tensor) {
    let (units, own) = (out.region.count(), values_at(x, out));
    for u in 0..units {
        let column: Vec<f64> = (0..x.channels).map(|c| own[c * units + u]).collect();
        for (c, d) in divisors(&column, size).into_iter().enumerate() {
            out.values[c * units + u] = column[c] * d.powf(-LOCAL_RESPONSE.1);
        }
    }
}

fn local_response_backward(size: i64, x: &Tensor, out: &Tensor, gradient: &mut Tensor) {
    let (alpha, beta, _) = LOCAL_RESPONSE;
    let (units, own) = (out.region.count(), values_at(x, out));
    for (u, index) in out.region.indices().enumerate() {
        let column: Vec<f64> = (0..x.channels).map(|c| own[c * units + u]).collect();
        let (d, g) = (divisors(&column, size), out.across(u));
        let mut sums = vec![0.0; x.channels];
        for c in 0..x.channels {
            sums[c] += g[c] * d[c].powf(-beta);
            let common = -2.0 * alpha * beta / size as f64 * g[c] * column[c] * d[c].powf(-beta - 1.0);
            for n in neighbours(c, size, x.channels) {
                sums[n] += common * column[n];
            }
        }
        for (c, s) in sums.into_iter().enumerate() {
            if let Some(i) = gradient.position(c, index) {
                gradient.values[i] += s;
            }
        }
    }
}
