//! Maximum pools, activations, gates, products and maxima.
use std::vec;
use std::vec::Vec;

use super::linear::taps;
use super::{At, Tensor};
use crate::engine::Reads;
use crate::engine::activation::{pointwise, sigmoid};
use crate::graph::{Activation, MAX_RANK, Merge, Op, PerAxis};

pub(in crate::engine) fn forward(at: At<'_, '_>, inputs: &[&Tensor], out: &mut Tensor) {
    let x = inputs[0];
    match *at.op {
        Op::Activation(Activation::Softmax) => softmax(x, out),
        Op::Activation(a) => {
            let units = out.region.count();
            let own = values_at(x, out).into_iter().enumerate();
            out.values = own.map(|(i, x)| pointwise(a, x, slope(at, i / units)).0).collect();
        }
        Op::SqueezeExcite { .. } => {
            let gate = Gate::new(at, x);
            let own = values_at(x, out);
            let units = out.region.count();
            for (at, y) in out.values.iter_mut().enumerate() {
                *y = own[at] * gate.scale[at / units];
            }
        }
        Op::Merge(merge) => {
            for c in 0..out.channels {
                for (u, index) in out.region.indices().enumerate() {
                    let operands = operands(at, inputs, c, index);
                    out.values[c * out.region.count() + u] = match merge {
                        Merge::Mul => operands.iter().map(|o| o.1).product(),
                        _ => operands[largest(&operands)].1,
                    };
                }
            }
        }
        _ => {
            for c in 0..out.channels {
                for (u, index) in out.region.indices().enumerate() {
                    out.values[c * out.region.count() + u] =
                        winner(at, x, c, index).map_or(0.0, |i| x.values[i]);
                }
            }
        }
    }
}

pub(in crate::engine) fn backward(
    at: At<'_, '_>,
    j: usize,
    inputs: &[&Tensor],
    value: &Tensor,
    out: &Tensor,
    gradient: &mut Tensor,
) {
    let x = inputs[j];
    match *at.op {
        Op::Activation(Activation::Softmax) => {
            for (u, index) in out.region.indices().enumerate() {
                let (y, g) = (value.across(u), out.across(u));
                let mean: f64 = y.iter().zip(&g).map(|(y, g)| y * g).sum();
                for c in 0..out.channels {
                    add(gradient, c, index, y[c] * (g[c] - mean));
                }
            }
        }
        Op::Activation(a) => {
            let own = values_at(x, out);
            for (u, index) in out.region.indices().enumerate() {
                for c in 0..out.channels {
                    let at_flat = c * out.region.count() + u;
                    add(gradient, c, index, out.values[at_flat] * pointwise(a, own[at_flat], slope(at, c)).1);
                }
            }
        }
        Op::SqueezeExcite { .. } => Gate::new(at, x).backward(at, x, out, gradient),
        Op::Merge(merge) => {
            for c in 0..out.channels {
                for (u, index) in out.region.indices().enumerate() {
                    let g = out.values[c * out.region.count() + u];
                    let operands = operands(at, inputs, c, index);
                    let factor: f64 = match merge {
                        Merge::Mul => {
                            operands.iter().enumerate().filter(|&(k, _)| k != j).map(|(_, o)| o.1).product()
                        }
                        _ => f64::from(u8::from(largest(&operands) == j)),
                    };
                    gradient.values[operands[j].0] += g * factor;
                }
            }
        }
        _ => {
            for c in 0..out.channels {
                for (u, index) in out.region.indices().enumerate() {
                    if let Some(i) = winner(at, x, c, index) {
                        gradient.values[i] += out.values[c * out.region.count() + u];
                    }
                }
            }
        }
    }
}

/// The slope of a `prelu`: one for all channels, or each its own.
fn slope(at: At<'_, '_>, channel: usize) -> f64 {
    at.weights.first().map_or(0.0, |w| w[channel.min(w.len() - 1)])
}

fn add(t: &mut Tensor, c: usize, index: PerAxis, value: f64) {
    if let Some(i) = t.position(c, index) {
        t.values[i] += value;
    }
}

/// The input at the output's own units.
pub(super) fn values_at(x: &Tensor, out: &Tensor) -> Vec<f64> {
    let mut values = Vec::with_capacity(out.values.len());
    for c in 0..out.channels {
        values.extend(out.region.indices().map(|index| x.position(c, index).map_or(0.0, |i| x.values[i])));
    }
    values
}

fn softmax(x: &Tensor, out: &mut Tensor) {
    for (u, index) in out.region.indices().enumerate() {
        let values: Vec<f64> =
            (0..x.channels).map(|c| x.position(c, index).map_or(0.0, |i| x.values[i])).collect();
        let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = values.iter().map(|v| (v - top).exp()).sum();
        for c in 0..out.channels {
            out.values[c * out.region.count() + u] = (values[c] - top).exp() / sum;
        }
    }
}

/// Position of the window's first largest value; padding never wins.
fn winner(at: At<'_, '_>, x: &Tensor, c: usize, index: PerAxis) -> Option<usize> {
    let candidates: Vec<usize> = if let Reads::Local(maps) = at.cone.reads(at.node, 0) {
        taps(&maps, index).into_iter().filter_map(|(from, _)| x.position(c, from)).collect()
    } else {
        let all = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
        all.indices().filter_map(|from| x.position(c, from)).collect()
    };
    candidates.into_iter().reduce(|best, i| if x.values[i] > x.values[best] { i } else { best })
}

/// Position and value of each input of a merge.
fn operands(at: At<'_, '_>, inputs: &[&Tensor], c: usize, index: PerAxis) -> Vec<(usize, f64)> {
    let one = |(j, x): (usize, &&Tensor)| {
        let from = if at.cone.reads(at.node, j) == Reads::One { [0; MAX_RANK] } else { index };
        let i = x.position(if x.channels == 1 { 0 } else { c }, from).unwrap_or(0);
        (i, x.values[i])
    };
    inputs.iter().enumerate().map(one).collect()
}

fn largest(operands: &[(usize, f64)]) -> usize {
    (1..operands.len()).fold(0, |best, k| if operands[k].1 > operands[best].1 { k } else { best })
}

/// Squeeze and excite (Hu et al. 2018): one factor per channel from the channel means.
struct Gate {
    hidden: Vec<f64>,
    scale: Vec<f64>,
}

impl Gate {
    fn new(at: At<'_, '_>, x: &Tensor) -> Self {
        let all = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
        let mean = |c| all.indices().filter_map(|i| x.position(c, i)).map(|i| x.values[i]).sum::<f64>();
        let pooled: Vec<f64> = (0..x.channels).map(|c| mean(c) / all.count() as f64).collect();
        let hidden: Vec<f64> =
            affine(&at.weights[0], &at.weights[1], &pooled).into_iter().map(|h| h.max(0.0)).collect();
        let scale = affine(&at.weights[2], &at.weights[3], &hidden).into_iter().map(sigmoid).collect();
        Self { hidden, scale }
    }

    fn backward(&self, at: At<'_, '_>, x: &Tensor, out: &Tensor, gradient: &mut Tensor) {
        let own = values_at(x, out);
        let units = out.region.count();
        let mut before_sigmoid = vec![0.0; x.channels];
        for c in 0..x.channels {
            for (u, index) in out.region.indices().enumerate() {
                let g = out.values[c * units + u];
                add(gradient, c, index, g * self.scale[c]);
                before_sigmoid[c] += g * own[c * units + u];
            }
            before_sigmoid[c] *= self.scale[c] * (1.0 - self.scale[c]);
        }
        let mut hidden = transpose(&at.weights[2], &before_sigmoid, self.hidden.len());
        for (h, v) in hidden.iter_mut().zip(&self.hidden) {
            *h *= f64::from(u8::from(*v > 0.0));
        }
        let pooled = transpose(&at.weights[0], &hidden, x.channels);
        let all = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
        for (c, p) in pooled.into_iter().enumerate() {
            all.indices().for_each(|index| add(gradient, c, index, p / all.count() as f64));
        }
    }
}

/// `weight · x + bias`.
pub(super) fn affine(weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let row = |o: usize| weight[o * x.len()..][..x.len()].iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    bias.iter().enumerate().map(|(o, b)| b + row(o)).collect()
}

/// `weightᵀ · g` with `columns` results.
pub(super) fn transpose(weight: &[f64], g: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).map(|i| g.iter().enumerate().map(|(o, g)| g * weight[o * columns + i]).sum()).collect()
}
