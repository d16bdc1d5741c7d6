//! Forward: a layer's value where it is needed, and what the way back needs of its inputs.
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use super::buffer::Buffer;
use super::layer::{Layer, is_one};
use super::map::Map;
use super::window::{Shares, shuffled};
use super::{Kept, dense};
use crate::engine::activation::pointwise;
use crate::engine::reference::linear::channel_of;
use crate::engine::{Reads, reference, vector};
use crate::graph::{Activation, MAX_RANK, Merge, Norm, Op, Pool};

impl Layer<'_, '_, '_> {
    /// The layer's value where it is needed, and what the way back needs.
    pub(super) fn forward(&self, mut inputs: Vec<Rc<Map>>, input: &[f32]) -> (Option<Map>, Kept) {
        let cone = self.cone;
        let value = |map| (Some(map), Kept::Nothing);
        match *self.op() {
            Op::Input { .. } => value(Map::from_planes(cone.channels(0), cone.regions[0], input)),
            Op::Conv { .. } | Op::DepthwiseConv { .. } | Op::ConvTranspose { .. } => {
                let mut out = Map::stale(cone.channels(self.node), cone.regions[self.node]);
                self.convolve(&inputs[0], &mut out, true, false);
                value(out)
            }
            Op::Pool { pool: Pool::Max, .. }
            | Op::AdaptivePool { pool: Pool::Max, .. }
            | Op::GlobalPool { pool: Pool::Max } => {
                let (out, winners) = Shares::new(cone, self.node).largest(&inputs[0]);
                (Some(out), if cone.passes[self.node] { Kept::Winners(winners) } else { Kept::Nothing })
            }
            Op::Pool { .. }
            | Op::AdaptivePool { .. }
            | Op::GlobalPool { .. }
            | Op::Upsample { .. }
            | Op::Resize { .. }
            | Op::Pad { .. } => value(Shares::new(cone, self.node).forward(&inputs[0])),
            Op::PixelShuffle { factor } => {
                let (mut out, x) = (self.zeros(), &inputs[0]);
                let fine = (out.channels, out.region);
                shuffled(factor, fine, (x.channels, x.region), |o, i| out.values[o] = x.values[i]);
                value(out)
            }
            Op::PixelUnshuffle { factor } => {
                let (mut out, x) = (self.zeros(), &inputs[0]);
                let coarse = (out.channels, out.region);
                shuffled(factor, (x.channels, x.region), coarse, |i, o| out.values[o] = x.values[i]);
                value(out)
            }
            Op::ChannelShuffle { .. } | Op::Narrow { .. } => {
                let (mut out, x) = (self.zeros(), self.own(inputs.swap_remove(0)));
                let rows = out.values.chunks_exact_mut(self.cone.channels(self.node));
                for (to, from) in rows.zip(x.values.chunks_exact(x.channels)) {
                    for (c, v) in to.iter_mut().enumerate() {
                        *v = from[channel_of(self.op(), c, from.len())];
                    }
                }
                value(out)
            }
            Op::Linear { bias, .. } => {
                let x = dense::flatten(&inputs[0].on(cone.inside(self.inputs()[0])));
                let mut out = self.zeros();
                dense::forward(&self.weight(0), &x, &mut out.values);
                if bias {
                    vector::add_scaled(&mut out.values[..], &self.weight(1)[..], 1.0);
                }
                value(out)
            }
            Op::Flatten => {
                let mut out = self.zeros();
                out.values.copy_from_slice(&dense::flatten(&inputs[0].on(cone.inside(self.inputs()[0]))));
                value(out)
            }
            Op::Norm { norm: Norm::Batch, affine } if !self.fast.absorbed[self.node] => {
                let mut out = self.own(inputs.swap_remove(0));
                let (scale, shift) = self.batch_norm(self.node, affine);
                for row in out.values.chunks_exact_mut(scale.len()) {
                    row.iter_mut().zip(scale.iter().zip(&shift)).for_each(|(v, (a, b))| *v = *v * a + b);
                }
                value(out)
            }
            Op::Norm { norm: Norm::Batch, .. } | Op::Dropout | Op::Identity => {
                value(self.own(inputs.swap_remove(0)))
            }
            Op::Activation(Activation::Relu) => self.relu(inputs.swap_remove(0)),
            Op::Activation(a) if a != Activation::Softmax => {
                let x = inputs.swap_remove(0);
                let slopes = self.slopes();
                let mut out = self.own(Rc::clone(&x));
                for row in out.values.chunks_exact_mut(slopes.len()) {
                    for (v, slope) in row.iter_mut().zip(&slopes) {
                        *v = pointwise(a, f64::from(*v), *slope).0 as f32;
                    }
                }
                (Some(out), self.keep(vec![x]))
            }
            Op::Merge(Merge::Add) => value(self.sum(inputs)),
            Op::Merge(Merge::Concat) => value(self.concat(&inputs)),
            _ => {
                let out = self.by_reference(&inputs, |at, op, x, out| match *op {
                    Op::Norm { norm, .. } => reference::norm::forward(at, norm, x[0], out),
                    Op::Attention { heads, .. } => {
                        reference::attention::forward(at, heads as usize, x[0], out);
                    }
                    _ => reference::nonlinear::forward(at, x, out),
                });
                (Some(Map::from_tensor(&out)), self.keep(inputs))
            }
        }
    }

    fn keep(&self, inputs: Vec<Rc<Map>>) -> Kept {
        if self.cone.passes[self.node] { Kept::Values(inputs) } else { Kept::Nothing }
    }

    /// The input on the layer's own region, in place where nobody else reads it.
    fn own(&self, x: Rc<Map>) -> Map {
        let region = self.cone.regions[self.node];
        if x.region == region { Rc::unwrap_or_clone(x) } else { x.on(region) }
    }

    fn relu(&self, x: Rc<Map>) -> (Option<Map>, Kept) {
        let mut out = self.own(x);
        if !self.cone.passes[self.node] {
            vector::relu(&mut out.values[..]);
            return (Some(out), Kept::Nothing);
        }
        let mut mask = Buffer::stale(out.values.len());
        vector::relu_masked(&mut out.values[..], &mut mask[..]);
        (self.cone.valued[self.node].then_some(out), Kept::Mask(mask))
    }

    /// The slopes of a `prelu`, one a channel.
    pub(super) fn slopes(&self) -> Vec<f64> {
        let channels = self.cone.channels(self.node);
        match self.op() {
            Op::Activation(Activation::Prelu) => vec![f64::from(self.weight(0)[0]); channels],
            Op::Activation(Activation::PreluPerChannel) => {
                self.weight(0).iter().map(|&slope| f64::from(slope)).collect()
            }
            _ => vec![0.0; channels],
        }
    }

    fn sum(&self, inputs: Vec<Rc<Map>>) -> Map {
        let scale = |j: usize| self.cone.scales[self.node].get(j).map_or(1.0, |&s| s as f32);
        let whole = |x: &Rc<Map>| {
            x.region == self.cone.regions[self.node] && x.channels == self.cone.channels(self.node)
        };
        let mut rest: Vec<(usize, Rc<Map>)> = inputs.into_iter().enumerate().collect();
        // The first input that is ours alone becomes the sum.
        let first = rest.iter().position(|(j, x)| Rc::strong_count(x) == 1 && whole(x) && is_one(scale(*j)));
        let mut out = first.map_or_else(|| self.zeros(), |f| Rc::unwrap_or_clone(rest.remove(f).1));
        for (j, x) in rest {
            let spread;
            let x = if self.cone.reads(self.node, j) == Reads::One || x.channels != out.channels {
                spread = self.spread(j, &x);
                &spread
            } else {
                &x
            };
            out.add(x, scale(j));
        }
        out
    }

    /// A broadcast input, written out.
    fn spread(&self, j: usize, x: &Map) -> Map {
        let mut out = self.zeros();
        let (channels, alone) = (out.channels, self.cone.reads(self.node, j) == Reads::One);
        let indices = out.region.indices();
        for (row, index) in out.values.chunks_exact_mut(channels).zip(indices) {
            let unit = x.region.position(if alone { [0; MAX_RANK] } else { index }).unwrap_or(0);
            for (c, v) in row.iter_mut().enumerate() {
                *v = x.values[unit * x.channels + if x.channels == 1 { 0 } else { c }];
            }
        }
        out
    }

    fn concat(&self, inputs: &[Rc<Map>]) -> Map {
        let mut out = self.zeros();
        let (all, mut first) = (out.channels, 0);
        for x in inputs {
            let cropped;
            let x = if x.region == out.region {
                &**x
            } else {
                cropped = x.on(out.region);
                &cropped
            };
            for (row, part) in out.values.chunks_exact_mut(all).zip(x.values.chunks_exact(x.channels)) {
                row[first..first + x.channels].copy_from_slice(part);
            }
            first += x.channels;
        }
        out
    }
}
