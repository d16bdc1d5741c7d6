//! Linear layers as lists of links.
use std::vec;
use std::vec::Vec;

use super::{At, Tensor};
use crate::engine::{Canvas, Reads, Region};
use crate::graph::{MAX_RANK, Merge, Norm, Op, PerAxis, Pool};
use crate::theory::AxisMap;

/// Whether the layer is linear up to a bias.
pub(super) fn is(op: &Op) -> bool {
    match op {
        Op::Pool { pool, .. } | Op::AdaptivePool { pool, .. } | Op::GlobalPool { pool } => *pool == Pool::Avg,
        Op::Norm { norm, .. } => *norm == Norm::Batch,
        Op::Merge(merge) => matches!(merge, Merge::Add | Merge::Concat),
        Op::Conv { .. }
        | Op::DepthwiseConv { .. }
        | Op::ConvTranspose { .. }
        | Op::Upsample { .. }
        | Op::PixelShuffle { .. }
        | Op::PixelUnshuffle { .. }
        | Op::Resize { .. }
        | Op::ChannelShuffle { .. }
        | Op::Narrow { .. }
        | Op::Pad { .. }
        | Op::Linear { .. }
        | Op::Flatten
        | Op::Dropout
        | Op::Identity => true,
        _ => false,
    }
}

pub(super) fn forward(at: At<'_, '_>, inputs: &[&Tensor], out: &mut Tensor) {
    for (j, input) in inputs.iter().enumerate() {
        let (shape, into) = (Shape::of(input), Shape::of(out));
        links(at, j, into, shape, &mut |o, i, w| out.values[o] += w * input.values[i]);
    }
    let units = out.region.count();
    for (c, b) in bias(at, out.channels).into_iter().enumerate() {
        out.values[c * units..][..units].iter_mut().for_each(|v| *v += b);
    }
}

pub(super) fn backward(at: At<'_, '_>, j: usize, out: &Tensor, gradient: &mut Tensor) {
    links(at, j, Shape::of(out), Shape::of(gradient), &mut |o, i, w| gradient.values[i] += w * out.values[o]);
}

#[derive(Clone, Copy)]
struct Shape {
    channels: usize,
    region: Region,
}

impl Shape {
    fn of(t: &Tensor) -> Self {
        Self { channels: t.channels, region: t.region }
    }

    fn position(&self, channel: usize, index: PerAxis) -> Option<usize> {
        self.region.position(index).map(|at| channel * self.region.count() + at)
    }
}

/// What batch norm multiplies each channel by, and adds.
fn batch_norm(at: At<'_, '_>, affine: bool) -> (Vec<f64>, Vec<f64>) {
    let [mean, variance] = &at.weights[at.weights.len() - 2..] else { return (Vec::new(), Vec::new()) };
    let scale =
        |c: usize| if affine { at.weights[0][c] } else { 1.0 } / (variance[c] + super::norm::EPSILON).sqrt();
    let shift = |c: usize| if affine { at.weights[1][c] } else { 0.0 };
    (0..mean.len()).map(|c| (scale(c), shift(c) - mean[c] * scale(c))).unzip()
}

fn bias(at: At<'_, '_>, channels: usize) -> Vec<f64> {
    match *at.op {
        Op::Conv { bias: true, .. }
        | Op::DepthwiseConv { bias: true, .. }
        | Op::ConvTranspose { bias: true, .. }
        | Op::Linear { bias: true, .. } => at.weights[1].clone(),
        Op::Norm { affine, .. } => batch_norm(at, affine).1,
        _ => vec![0.0; channels],
    }
}

/// Calls `link(output, input, coefficient)` for every pair of values that the layer links.
fn links(at: At<'_, '_>, j: usize, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    match *at.op {
        Op::Conv { groups, .. } => convolution(at, groups as usize, out, input, link),
        Op::DepthwiseConv { .. } => convolution(at, input.channels, out, input, link),
        Op::ConvTranspose { groups, .. } => transposed(at, groups as usize, out, input, link),
        Op::Pool { window, count_include_pad, .. } => {
            average(at, window.kernel, count_include_pad, out, input, link);
        }
        Op::AdaptivePool { .. } => average(at, [1; MAX_RANK], false, out, input, link),
        Op::GlobalPool { .. } => global(at, out, input, link),
        Op::Upsample { .. } | Op::Resize { .. } => upsample(at, out, input, link),
        Op::ChannelShuffle { .. } | Op::Narrow { .. } => channels(at, out, input, link),
        Op::PixelShuffle { factor } => shuffle(factor, out, input, link),
        Op::PixelUnshuffle { factor } => shuffle(factor, input, out, &mut |o, i, w| link(i, o, w)),
        Op::Linear { .. } => dense(at, Some(&at.weights[0]), out, input, link),
        Op::Flatten => dense(at, None, out, input, link),
        Op::Norm { affine, .. } => {
            let (scale, _) = batch_norm(at, affine);
            each(at, out, input, &mut |c, o, i| link(o, i, scale[c]));
        }
        Op::Merge(_) => merge(at, j, out, input, link),
        _ => each(at, out, input, &mut |_, o, i| link(o, i, 1.0)),
    }
}

fn maps(at: At<'_, '_>, j: usize) -> [AxisMap; MAX_RANK] {
    match at.cone.reads(at.node, j) {
        Reads::Local(maps) => maps,
        _ => [AxisMap::IDENTITY; MAX_RANK],
    }
}

/// The input units that an output unit reads, each with the flat index of its tap.
pub(super) fn taps(maps: &[AxisMap; MAX_RANK], out: PerAxis) -> Vec<(PerAxis, usize)> {
    let mut all = vec![([0; MAX_RANK], 0)];
    for a in 0..MAX_RANK {
        let progression = maps[a].taps(out[a]);
        let mut next = Vec::new();
        for (index, flat) in all {
            for t in 0..progression.count {
                let n = progression.first + t * progression.step;
                let (tap, kernel) = match maps[a] {
                    AxisMap::Window { kernel, .. } => (t, kernel),
                    AxisMap::Transposed { kernel, stride, dilation, before } => {
                        ((out[a] + before - n * stride) / dilation, kernel)
                    }
                    _ => (t, progression.count),
                };
                let mut to = index;
                to[a] = n;
                next.push((to, flat * kernel as usize + tap as usize));
            }
        }
        all = next;
    }
    all
}

fn kernel_size(maps: &[AxisMap; MAX_RANK]) -> usize {
    let kernel = |m: &AxisMap| match *m {
        AxisMap::Window { kernel, .. } | AxisMap::Transposed { kernel, .. } => kernel as usize,
        _ => 1,
    };
    maps.iter().map(kernel).product()
}

/// Weight `[out, in / groups, taps]`.
fn convolution(
    at: At<'_, '_>,
    groups: usize,
    out: Shape,
    input: Shape,
    link: &mut dyn FnMut(usize, usize, f64),
) {
    let maps = maps(at, 0);
    let (size, weight) = (kernel_size(&maps), &at.weights[0]);
    let (per_in, per_out) = (input.channels / groups, out.channels / groups);
    for (o, index) in out.region.indices().enumerate() {
        for (from, tap) in taps(&maps, index) {
            let Some(i) = input.region.position(from) else { continue };
            for co in 0..out.channels {
                for ci in 0..per_in {
                    let source = co / per_out * per_in + ci;
                    let w = weight[(co * per_in + ci) * size + tap];
                    link(co * out.region.count() + o, source * input.region.count() + i, w);
                }
            }
        }
    }
}

/// Weight `[in, out / groups, taps]`.
fn transposed(
    at: At<'_, '_>,
    groups: usize,
    out: Shape,
    input: Shape,
    link: &mut dyn FnMut(usize, usize, f64),
) {
    let maps = maps(at, 0);
    let (size, weight) = (kernel_size(&maps), &at.weights[0]);
    let (per_in, per_out) = (input.channels / groups, out.channels / groups);
    for (o, index) in out.region.indices().enumerate() {
        for (from, tap) in taps(&maps, index) {
            let Some(i) = input.region.position(from) else { continue };
            for ci in 0..input.channels {
                for co in 0..per_out {
                    let target = ci / per_in * per_out + co;
                    let w = weight[(ci * per_out + co) * size + tap];
                    link(target * out.region.count() + o, ci * input.region.count() + i, w);
                }
            }
        }
    }
}

/// Mean over the window. PyTorch divides by the window's part inside the padded input, or inside the input.
fn average(
    at: At<'_, '_>,
    kernel: PerAxis,
    count_pad: bool,
    out: Shape,
    input: Shape,
    link: &mut dyn FnMut(usize, usize, f64),
) {
    let maps = maps(at, 0);
    for index in out.region.indices() {
        let inside: Vec<_> =
            taps(&maps, index).into_iter().filter(|t| input.region.position(t.0).is_some()).collect();
        let divisor = if count_pad { padded_count(at, &maps, kernel, index) } else { inside.len() as i64 };
        for c in 0..out.channels {
            for &(from, _) in &inside {
                if let (Some(o), Some(i)) = (out.position(c, index), input.position(c, from)) {
                    link(o, i, 1.0 / divisor as f64);
                }
            }
        }
    }
}

fn padded_count(at: At<'_, '_>, maps: &[AxisMap; MAX_RANK], kernel: PerAxis, index: PerAxis) -> i64 {
    let (extents, after) =
        (at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]).len, at.cone.layers[at.node].after);
    (0..MAX_RANK)
        .map(|a| {
            let taps = maps[a].taps(index[a]);
            let beyond = (0..kernel[a])
                .filter(|t| taps.first + t * taps.step >= extents[a] as i64 + after[a])
                .count() as i64;
            if at.cone.canvas == Canvas::Input { kernel[a] - beyond } else { kernel[a] }
        })
        .product()
}

fn global(at: At<'_, '_>, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    let all = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    for c in 0..out.channels {
        for from in all.indices() {
            if let Some(i) = input.position(c, from) {
                // Beyond its borders a pooled map goes on with its one value.
                let units = out.region.count();
                (0..units).for_each(|u| link(c * units + u, i, 1.0 / all.count() as f64));
            }
        }
    }
}

/// Nearest, or linear between half-pixel centres; at real borders the last unit is repeated.
fn upsample(at: At<'_, '_>, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    let maps = maps(at, 0);
    let (low, high) = (input.region.low, input.region.high());
    for index in out.region.indices() {
        for (from, _) in taps(&maps, index) {
            let w: f64 = (0..MAX_RANK).map(|a| share(maps[a], index[a], from[a])).product();
            let from = core::array::from_fn(|a| from[a].clamp(low[a], high[a]));
            for c in 0..out.channels {
                if let (Some(o), Some(i)) = (out.position(c, index), input.position(c, from)) {
                    link(o, i, w);
                }
            }
        }
    }
}

/// The input channel of each output channel.
fn channels(at: At<'_, '_>, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    for c in 0..out.channels {
        let from = channel_of(at.op, c, input.channels);
        for index in out.region.indices() {
            if let (Some(o), Some(i)) = (out.position(c, index), input.position(from, index)) {
                link(o, i, 1.0);
            }
        }
    }
}

/// The channel that a layer which only moves channels reads for its channel `c`.
pub(in crate::engine) fn channel_of(op: &Op, c: usize, input: usize) -> usize {
    match *op {
        Op::ChannelShuffle { groups } => {
            c % groups as usize * (input / groups as usize) + c / groups as usize
        }
        Op::Narrow { first, .. } => first as usize + c,
        _ => c,
    }
}

/// The weight of input `n` in output `i`: 1 minus its distance from the source coordinate, or Keys' cubic of it.
fn share(map: AxisMap, i: i64, n: i64) -> f64 {
    match map {
        AxisMap::Resample { num, offset, den, taps } if map.taps(i).count > 1 => {
            let distance = ((num * i + offset) as f64 / den as f64 - n as f64).abs();
            if taps == 2 { 1.0 - distance } else { cubic(distance) }
        }
        AxisMap::Linear { factor } => {
            1.0 - ((2 * i + 1 - factor) as f64 / (2 * factor) as f64 - n as f64).abs()
        }
        _ => 1.0,
    }
}

/// Keys' cubic convolution kernel with PyTorch's a = −3/4 (Keys 1981, eq. 4).
pub(in crate::engine) fn cubic(x: f64) -> f64 {
    let a = -0.75;
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    }
}

/// `fine[c, i] = coarse[c · r + phase, i / factor]`, where `phase` is the row-major `i mod factor`.
fn shuffle(factor: PerAxis, fine: Shape, coarse: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    let ratio: i64 = factor.iter().product();
    for index in fine.region.indices() {
        let phase = (0..MAX_RANK).fold(0, |p, a| p * factor[a] + index[a].rem_euclid(factor[a]));
        let from = core::array::from_fn(|a| index[a].div_euclid(factor[a]));
        for c in 0..fine.channels {
            let channel = c * ratio as usize + phase as usize;
            if let (Some(o), Some(i)) = (fine.position(c, index), coarse.position(channel, from)) {
                link(o, i, 1.0);
            }
        }
    }
}

fn dense(
    at: At<'_, '_>,
    weight: Option<&Vec<f64>>,
    out: Shape,
    input: Shape,
    link: &mut dyn FnMut(usize, usize, f64),
) {
    let all = at.cone.inside(at.cone.graph.nodes[at.node].inputs[0]);
    let features = input.channels * all.count();
    for c in 0..input.channels {
        for (u, from) in all.indices().enumerate() {
            let Some(i) = input.position(c, from) else { continue };
            let f = c * all.count() + u;
            match weight {
                Some(w) => (0..out.channels).for_each(|o| link(o, i, w[o * features + f])),
                None => link(f, i, 1.0),
            }
        }
    }
}

/// Every output value with the input value that its map points at.
fn each(at: At<'_, '_>, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, usize)) {
    let maps = maps(at, 0);
    for index in out.region.indices() {
        let from = core::array::from_fn(|a| maps[a].taps(index[a]).first);
        for c in 0..out.channels {
            if let (Some(o), Some(i)) = (out.position(c, index), input.position(c, from)) {
                link(c, o, i);
            }
        }
    }
}

/// A sum or a concatenation: input `j` goes to its own channels.
fn merge(at: At<'_, '_>, j: usize, out: Shape, input: Shape, link: &mut dyn FnMut(usize, usize, f64)) {
    let inputs = at.cone.graph.nodes[at.node].inputs;
    let concat = *at.op == Op::Merge(Merge::Concat);
    let first: usize = if concat { inputs[..j].iter().map(|&i| at.cone.channels(i)).sum() } else { 0 };
    let channels = if concat { input.channels } else { out.channels };
    let scale = if concat { 1.0 } else { at.cone.scales[at.node].get(j).copied().unwrap_or(1.0) };
    let alone = at.cone.reads(at.node, j) == Reads::One;
    for index in out.region.indices() {
        let from = if alone { [0; MAX_RANK] } else { index };
        for c in 0..channels {
            let source = if input.channels == 1 { 0 } else { c };
            if let (Some(o), Some(i)) = (out.position(first + c, index), input.position(source, from)) {
                link(o, i, scale);
            }
        }
    }
}
