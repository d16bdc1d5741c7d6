//! Backward: a layer's gradient, sent to those of its inputs that lie towards the target.
use std::boxed::Box;
use std::rc::Rc;
use std::vec::Vec;

use super::layer::{Layer, is_one};
use super::map::Map;
use super::window::{Shares, scatter, shuffled};
use super::{Kept, dense};
use crate::engine::activation::pointwise;
use crate::engine::reference::linear::channel_of;
use crate::engine::reference::{self, At};
use crate::engine::{Reads, vector};
use crate::graph::{Activation, MAX_RANK, Merge, Norm, Op};

impl Layer<'_, '_, '_> {
    /// Sends the layer's gradient to those of its inputs.
    pub(super) fn backward(&self, g: Map, keep: Kept, gradients: &mut [Option<Map>]) {
        let cone = self.cone;
        let to: Vec<(usize, usize)> =
            self.inputs().iter().copied().enumerate().filter(|&(_, s)| cone.passes[s]).collect();
        let &[(_, first), ..] = &to[..] else { return };
        let blank = || Map::zeros(cone.channels(first), cone.regions[first]);
        match (*self.op(), keep) {
            (Op::Conv { .. } | Op::DepthwiseConv { .. } | Op::ConvTranspose { .. }, _) => {
                let accumulate = gradients[first].is_some();
                let stale = || Map::stale(cone.channels(first), cone.regions[first]);
                let into = gradients[first].get_or_insert_with(stale);
                self.convolve(&g, into, false, accumulate);
            }
            (_, Kept::Winners(winners)) => scatter(&g, &winners, gradients[first].get_or_insert_with(blank)),
            (
                Op::Pool { .. }
                | Op::AdaptivePool { .. }
                | Op::GlobalPool { .. }
                | Op::Upsample { .. }
                | Op::Resize { .. }
                | Op::Pad { .. },
                _,
            ) => {
                let into = gradients[first].get_or_insert_with(blank);
                Shares::new(cone, self.node).backward(&g, into);
            }
            (Op::PixelShuffle { factor }, _) => {
                let into = gradients[first].get_or_insert_with(blank);
                let coarse = (into.channels, into.region);
                shuffled(factor, (g.channels, g.region), coarse, |o, i| into.values[i] += g.values[o]);
            }
            (Op::PixelUnshuffle { factor }, _) => {
                let into = gradients[first].get_or_insert_with(blank);
                let fine = (into.channels, into.region);
                shuffled(factor, fine, (g.channels, g.region), |i, o| into.values[i] += g.values[o]);
            }
            (Op::ChannelShuffle { .. } | Op::Narrow { .. }, _) => {
                let mut part = Map::zeros(cone.channels(first), g.region);
                let channels = part.channels;
                let rows = part.values.chunks_exact_mut(channels).zip(g.values.chunks_exact(g.channels));
                for (to, from) in rows {
                    for (c, v) in from.iter().enumerate() {
                        to[channel_of(self.op(), c, channels)] += v;
                    }
                }
                self.give(gradients, first, part, 1.0);
            }
            (Op::Linear { .. } | Op::Flatten, _) => {
                let inside = cone.inside(first);
                let flat = if let Op::Flatten = self.op() {
                    g.values.to_vec()
                } else {
                    dense::backward(&self.weight(0), &g.values, cone.channels(first) * inside.count())
                };
                self.give(gradients, first, Map::from_planes(cone.channels(first), inside, &flat), 1.0);
            }
            (Op::Norm { norm: Norm::Batch, affine }, _) if !self.fast.absorbed[self.node] => {
                let (mut g, scale) = (g, self.batch_norm(self.node, affine).0);
                for row in g.values.chunks_exact_mut(scale.len()) {
                    row.iter_mut().zip(&scale).for_each(|(v, s)| *v *= s);
                }
                self.give(gradients, first, g, 1.0);
            }
            (Op::Norm { norm: Norm::Batch, .. } | Op::Dropout | Op::Identity, _) => {
                self.give(gradients, first, g, 1.0);
            }
            (_, Kept::Mask(mask)) => {
                let mut g = g;
                vector::masked(&mut g.values[..], &mask[..]);
                self.give(gradients, first, g, 1.0);
            }
            (Op::Merge(Merge::Add), _) => self.sum_backward(g, &to, gradients),
            (Op::Merge(Merge::Concat), _) => self.concat_backward(&g, &to, gradients),
            (Op::Activation(a), Kept::Values(x)) if a != Activation::Softmax => {
                let (mut g, slopes, x) = (g, self.slopes(), x[0].on(cone.regions[self.node]));
                let rows = g.values.chunks_exact_mut(slopes.len()).zip(x.values.chunks_exact(slopes.len()));
                for (g, x) in rows {
                    for ((g, x), slope) in g.iter_mut().zip(x).zip(&slopes) {
                        *g *= pointwise(a, f64::from(*x), *slope).1 as f32;
                    }
                }
                self.give(gradients, first, g, 1.0);
            }
            (_, Kept::Values(x)) => self.reference_backward(&g, &x, &to, gradients),
            _ => {}
        }
    }

    /// Adds to the gradient of a node; the first to come moves in.
    fn give(&self, gradients: &mut [Option<Map>], node: usize, g: Map, scale: f32) {
        match &mut gradients[node] {
            Some(sum) => sum.add(&g, scale),
            None if is_one(scale) && g.region == self.cone.regions[node] => gradients[node] = Some(g),
            None if is_one(scale) => gradients[node] = Some(g.on(self.cone.regions[node])),
            empty => {
                let mut sum = Map::zeros(g.channels, self.cone.regions[node]);
                sum.add(&g, scale);
                *empty = Some(sum);
            }
        }
    }

    fn sum_backward(&self, g: Map, to: &[(usize, usize)], gradients: &mut [Option<Map>]) {
        let scale = |j: usize| self.cone.scales[self.node].get(j).map_or(1.0, |&s| s as f32);
        let mut plain = Vec::new();
        for &(j, source) in to {
            if self.cone.reads(self.node, j) == Reads::One || self.cone.channels(source) != g.channels {
                self.give(gradients, source, self.gather(j, source, &g), scale(j));
            } else {
                plain.push((j, source));
            }
        }
        // Whose region is the sum's own comes last and takes the map itself.
        plain.sort_by_key(|&(_, source)| self.cone.regions[source] == g.region);
        let Some((last, rest)) = plain.split_last() else { return };
        for &(j, source) in rest {
            match &mut gradients[source] {
                Some(sum) => sum.add(&g, scale(j)),
                empty if is_one(scale(j)) => *empty = Some(g.on(self.cone.regions[source])),
                _ => self.give(gradients, source, g.clone(), scale(j)),
            }
        }
        self.give(gradients, last.1, g, scale(last.0));
    }

    /// The adjoint of [`Self::spread`].
    fn gather(&self, j: usize, source: usize, g: &Map) -> Map {
        let mut out = Map::zeros(self.cone.channels(source), self.cone.regions[source]);
        let alone = self.cone.reads(self.node, j) == Reads::One;
        for (row, index) in g.values.chunks_exact(g.channels).zip(g.region.indices()) {
            let unit = out.region.position(if alone { [0; MAX_RANK] } else { index }).unwrap_or(0);
            for (c, v) in row.iter().enumerate() {
                out.values[unit * out.channels + if out.channels == 1 { 0 } else { c }] += v;
            }
        }
        out
    }

    fn concat_backward(&self, g: &Map, to: &[(usize, usize)], gradients: &mut [Option<Map>]) {
        for &(j, source) in to {
            let first: usize = self.inputs()[..j].iter().map(|&i| self.cone.channels(i)).sum();
            let mut part = Map::zeros(self.cone.channels(source), g.region);
            let channels = part.channels;
            for (row, all) in part.values.chunks_exact_mut(channels).zip(g.values.chunks_exact(g.channels)) {
                row.copy_from_slice(&all[first..first + channels]);
            }
            self.give(gradients, source, part, 1.0);
        }
    }

    fn reference_backward(
        &self,
        g: &Map,
        x: &[Rc<Map>],
        to: &[(usize, usize)],
        gradients: &mut [Option<Map>],
    ) {
        let (g, weights) = (g.to_tensor(), self.tensors());
        let inputs: Vec<reference::Tensor> = x.iter().map(|x| x.to_tensor()).collect();
        let borrowed: Vec<&reference::Tensor> = inputs.iter().collect();
        let at = At { cone: self.cone, node: self.node, op: self.op(), weights: &weights };
        let value = Box::new({
            let mut out = reference::Tensor::zeros(g.channels, g.region);
            if *self.op() == Op::Activation(Activation::Softmax) {
                reference::nonlinear::forward(at, &borrowed, &mut out);
            }
            out
        });
        for &(j, source) in to {
            let mut into = reference::Tensor::zeros(self.cone.channels(source), self.cone.regions[source]);
            match *self.op() {
                Op::Norm { norm, .. } => reference::norm::backward(at, norm, borrowed[0], &g, &mut into),
                Op::Attention { heads, .. } => {
                    reference::attention::backward(at, heads as usize, borrowed[0], &g, &mut into);
                }
                _ => reference::nonlinear::backward(at, j, &borrowed, &value, &g, &mut into),
            }
            self.give(gradients, source, Map::from_tensor(&into), 1.0);
        }
    }
}
