//! The fast engine: the cone of one unit, in `f32`.
//!
//! Forward runs only where the gradient needs a value, over the window of each map that the unit depends on; a map
//! is dropped after its last reader, and what the way back needs of it is kept in its smallest form: a ReLU keeps
//! one byte a value, a maximum pool the winners. Backward runs only towards the target.
//!
//! Convolutions (plain, grouped, depthwise, transposed) are products by gathered rows; layers that mix units only
//! are products over axes. What is rare or small (normalisations with statistics, gates, products, attention)
//! is handed to the reference engine's functions, which are exact and slow: layers that read all of their input
//! cost the whole map, whichever engine runs them.
mod buffer;
mod convolve;
mod dense;
mod kernel;
mod lattice;
mod map;
mod pack;
mod plan;
#[cfg(test)]
mod tests;
mod window;
mod winograd;

use std::borrow::Cow;
use std::boxed::Box;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use self::buffer::Buffer;
use self::convolve::convolve;
use self::map::Map;
use self::pack::{Kernel, Shape};
use self::plan::{Channels, Plan};
use self::window::{Shares, scatter, shuffled};
use super::activation::pointwise;
use super::reference::linear::channel_of;
use super::reference::{self, At, norm::EPSILON};
use super::vector;
use super::{Cone, Error, Reads, Tensor};
use crate::graph::{Activation, MAX_RANK, Merge, Norm, Op, Pool};
use crate::theory::AxisMap;

/// A cone prepared for many samples.
#[derive(Clone, Debug)]
pub struct Fast {
    /// Per node, how many readers its value has in a forward run.
    readers: Vec<usize>,
    /// Per convolution, the batch norm that is folded into its weights.
    folded: Vec<Option<usize>>,
    /// Per node, whether it is a batch norm that has been folded.
    absorbed: Vec<bool>,
    /// Per convolution, how it runs forward and backward.
    plans: Vec<[Option<Plan>; 2]>,
}

/// Where the tensors of a node come from: `(node, position)`.
pub type Lookup<'w> = dyn Fn(usize, usize) -> Tensor<'w> + 'w;

/// What the way back needs of a layer's inputs.
enum Kept {
    Nothing,
    /// Per value, whether its gradient passes.
    Mask(Buffer<u8>),
    /// Per value of the output, the unit it came from.
    Winners(Buffer<u32>),
    /// The inputs themselves.
    Values(Vec<Rc<Map>>),
}

impl Fast {
    /// Prepares a cone.
    pub fn new(cone: &Cone<'_>) -> Result<Self, Error> {
        let nodes = cone.graph.nodes;
        let mut readers = vec![0; nodes.len()];
        for i in (0..nodes.len()).filter(|&i| runs(cone, i)) {
            let layer = || nodes[i].name.into();
            match nodes[i].op {
                Op::Custom { .. } => {
                    let what = "a custom layer has no values";
                    return Err(Error::Unsupported { layer: layer(), what });
                }
                Op::Opaque { operator, .. } => {
                    return Err(Error::Unsupported { layer: layer(), what: operator });
                }
                _ => {}
            }
            nodes[i].inputs.iter().for_each(|&j| readers[j] += 1);
        }
        let mut all = vec![0; nodes.len()];
        nodes.iter().take(cone.node + 1).for_each(|n| n.inputs.iter().for_each(|&j| all[j] += 1));
        let (mut folded, mut absorbed) = (vec![None; nodes.len()], vec![false; nodes.len()]);
        for (i, node) in nodes.iter().enumerate().take(cone.node + 1) {
            let Op::Norm { norm: Norm::Batch, .. } = node.op else { continue };
            let source = node.inputs[0];
            let folds = matches!(
                nodes[source].op,
                Op::Conv { .. } | Op::DepthwiseConv { .. } | Op::ConvTranspose { .. }
            );
            if folds && all[source] == 1 && source != cone.target {
                folded[source] = Some(i);
                absorbed[i] = true;
            }
        }
        let plans = (0..nodes.len()).map(|i| plans(cone, i)).collect();
        Ok(Self { readers, folded, absorbed, plans })
    }

    /// The gradient at the target, `units × channels`, of the unit's channels times `combination`.
    ///
    /// `input` holds `channels × units` of the input's region; it may be empty where no value is needed.
    #[must_use]
    pub fn gradient(
        &self,
        cone: &Cone<'_>,
        weights: &Lookup<'_>,
        input: &[f32],
        combination: &[f32],
    ) -> Vec<f32> {
        let kept = self.forward(cone, weights, input);
        self.backward(cone, weights, kept, combination)
    }

    fn forward(&self, cone: &Cone<'_>, weights: &Lookup<'_>, input: &[f32]) -> Vec<Kept> {
        let mut values: Vec<Option<Rc<Map>>> = vec![None; cone.graph.nodes.len()];
        let mut left = self.readers.clone();
        let mut kept: Vec<Kept> = Vec::with_capacity(values.len());
        for i in 0..=cone.node {
            let mut keep = Kept::Nothing;
            if runs(cone, i) {
                let mut inputs = Vec::new();
                for &j in cone.graph.nodes[i].inputs {
                    left[j] -= 1;
                    let value = if left[j] == 0 { values[j].take() } else { values[j].clone() };
                    inputs.extend(value);
                }
                let layer = Layer { cone, node: i, weights, fast: self };
                let (out, saved) = layer.forward(inputs, input);
                keep = saved;
                values[i] = if left[i] > 0 { out.map(Rc::new) } else { None };
            }
            kept.push(keep);
        }
        kept
    }

    fn backward(
        &self,
        cone: &Cone<'_>,
        weights: &Lookup<'_>,
        mut kept: Vec<Kept>,
        combination: &[f32],
    ) -> Vec<f32> {
        let mut gradients: Vec<Option<Map>> = vec![None; cone.graph.nodes.len()];
        let mut seed = Map::zeros(cone.channels(cone.node), cone.regions[cone.node]);
        seed.values.copy_from_slice(combination);
        gradients[cone.node] = Some(seed);
        for i in (cone.target + 1..=cone.node).rev().filter(|&i| cone.passes[i]) {
            let Some(gradient) = gradients[i].take() else { continue };
            let keep = core::mem::replace(&mut kept[i], Kept::Nothing);
            let layer = Layer { cone, node: i, weights, fast: self };
            layer.backward(gradient, keep, &mut gradients);
        }
        gradients[cone.target].take().map_or_else(|| vec![0.0; cone.size(cone.target)], |g| g.values.to_vec())
    }
}

/// Whether a node does anything in a forward run: its value is needed, or the way back needs its inputs.
fn runs(cone: &Cone<'_>, i: usize) -> bool {
    let node = &cone.graph.nodes[i];
    let asks =
        cone.passes[i] && !super::layer::affine(&node.op) && node.inputs.iter().any(|&j| cone.passes[j]);
    i <= cone.node && !cone.regions[i].is_empty() && (cone.valued[i] || asks)
}

/// How a convolution runs forward and backward, where it does.
fn plans(cone: &Cone<'_>, i: usize) -> [Option<Plan>; 2] {
    let (node, out) = (&cone.graph.nodes[i], cone.channels(i));
    let Some(&input) = node.inputs.first() else { return [None, None] };
    let groups = match node.op {
        Op::Conv { groups, .. } | Op::ConvTranspose { groups, .. } => groups as usize,
        Op::DepthwiseConv { .. } => cone.channels(input),
        _ => return [None, None],
    };
    let Reads::Local(maps) = cone.reads(i, 0) else { return [None, None] };
    let (source, here, there) = (cone.channels(input), cone.regions[i], cone.regions[input]);
    let forward = Channels { source, out, from: source / groups, to: out / groups };
    let backward = Channels { source: out, out: source, from: forward.to, to: forward.from };
    let back = i <= cone.node && cone.passes[i] && cone.passes[input];
    [
        runs(cone, i).then(|| Plan::new(&maps, there, here, forward)),
        back.then(|| Plan::new(&maps.map(adjoint), here, there, backward)),
    ]
}

/// One layer at work.
struct Layer<'l, 'g, 'w> {
    cone: &'l Cone<'g>,
    node: usize,
    weights: &'l Lookup<'w>,
    fast: &'l Fast,
}

impl Layer<'_, '_, '_> {
    fn op(&self) -> &Op {
        &self.cone.graph.nodes[self.node].op
    }

    fn inputs(&self) -> &[usize] {
        self.cone.graph.nodes[self.node].inputs
    }

    fn weight(&self, k: usize) -> Cow<'_, [f32]> {
        (self.weights)(self.node, k).into_values()
    }

    fn zeros(&self) -> Map {
        Map::zeros(self.cone.channels(self.node), self.cone.regions[self.node])
    }

    /// The layer's value where it is needed, and what the way back needs.
    fn forward(&self, mut inputs: Vec<Rc<Map>>, input: &[f32]) -> (Option<Map>, Kept) {
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
    fn slopes(&self) -> Vec<f64> {
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

    /// Sends the layer's gradient to those of its inputs.
    fn backward(&self, g: Map, keep: Kept, gradients: &mut [Option<Map>]) {
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
                for (to, from) in
                    part.values.chunks_exact_mut(channels).zip(g.values.chunks_exact(g.channels))
                {
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

    /// A convolution forward, or its gradient backward.
    fn convolve(&self, source: &Map, out: &mut Map, forward: bool, accumulate: bool) {
        let Reads::Local(maps) = self.cone.reads(self.node, 0) else { return };
        let Some(plan) = &self.fast.plans[self.node][usize::from(!forward)] else { return };
        let input = self.cone.channels(self.inputs()[0]);
        let output = self.cone.channels(self.node);
        let taps: usize = maps.iter().map(kernel_of).product();
        let weights = (self.weights)(self.node, 0);
        let folded = self.fast.folded[self.node].map(|n| match self.cone.graph.nodes[n].op {
            Op::Norm { affine, .. } => self.batch_norm(n, affine),
            _ => (vec![1.0; output], vec![0.0; output]),
        });
        let (groups, biased, transposed) = match *self.op() {
            Op::Conv { groups, bias, .. } => (groups as usize, bias, false),
            Op::DepthwiseConv { bias, .. } => (input, bias, false),
            Op::ConvTranspose { groups, bias, .. } => (groups as usize, bias, true),
            _ => return,
        };
        let (per_in, per_out) = (input / groups, output / groups);
        // PyTorch's layouts: `[out, in / groups, taps]`, and `[in, out / groups, taps]` where transposed.
        let (rows, columns) = if transposed { (per_in, per_out) } else { (per_out, per_in) };
        let scale = folded.as_ref().map(|f| (&f.0[..], forward));
        let shape = Shape { groups, rows, columns, taps };
        let kernel = Kernel::new(&weights, shape, forward != transposed, scale);
        if !forward {
            return convolve(source, plan, &kernel, None, out, accumulate);
        }
        let mut bias = biased.then(|| self.weight(1).into_owned());
        if let Some((scale, shift)) = &folded {
            let bias = bias.get_or_insert_with(|| vec![0.0; output]);
            bias.iter_mut().zip(scale.iter().zip(shift)).for_each(|(b, (a, s))| *b = *b * a + s);
        }
        convolve(source, plan, &kernel, bias.as_deref(), out, accumulate);
    }

    /// What a batch norm multiplies each channel by, and adds.
    fn batch_norm(&self, node: usize, affine: bool) -> (Vec<f32>, Vec<f32>) {
        let first = if affine { 2 } else { 0 };
        let tensor = |k: usize| (self.weights)(node, k).into_values();
        let (mean, variance) = (tensor(first), tensor(first + 1));
        let given = affine.then(|| (tensor(0), tensor(1)));
        let scale = |c: usize| given.as_ref().map_or(1.0, |g| g.0[c]) / (variance[c] + EPSILON as f32).sqrt();
        let shift = |c: usize| given.as_ref().map_or(0.0, |g| g.1[c]);
        (0..mean.len()).map(|c| (scale(c), shift(c) - mean[c] * scale(c))).unzip()
    }

    fn tensors(&self) -> Vec<Vec<f64>> {
        let count = super::params::of(self.cone, self.node).len();
        (0..count).map(|k| self.weight(k).iter().map(|&v| f64::from(v)).collect()).collect()
    }

    fn by_reference(
        &self,
        inputs: &[Rc<Map>],
        run: impl FnOnce(At<'_, '_>, &Op, &[&reference::Tensor], &mut reference::Tensor),
    ) -> reference::Tensor {
        let inputs: Vec<reference::Tensor> = inputs.iter().map(|x| x.to_tensor()).collect();
        let borrowed: Vec<&reference::Tensor> = inputs.iter().collect();
        let weights = self.tensors();
        let at = At { cone: self.cone, node: self.node, op: self.op(), weights: &weights };
        let mut out = reference::Tensor::zeros(self.cone.channels(self.node), self.cone.regions[self.node]);
        run(at, self.op(), &borrowed, &mut out);
        out
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

/// Exactly 1: a factor that was never set.
fn is_one(scale: f32) -> bool {
    scale.to_bits() == 1.0_f32.to_bits()
}

fn kernel_of(map: &AxisMap) -> usize {
    match *map {
        AxisMap::Window { kernel, .. } | AxisMap::Transposed { kernel, .. } => kernel as usize,
        _ => 1,
    }
}

/// The map from input to outputs of a map from output to inputs.
fn adjoint(map: AxisMap) -> AxisMap {
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => {
            AxisMap::Transposed { kernel, stride, dilation, before }
        }
        AxisMap::Transposed { kernel, stride, dilation, before } => {
            AxisMap::Window { kernel, stride, dilation, before }
        }
        other => other,
    }
}
