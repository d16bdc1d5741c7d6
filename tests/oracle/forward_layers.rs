//! What each layer of the naive run computes.

use rf_core::graph::{
    Activation, MAX_RANK, Merge, Norm, Op, Padding, PerAxis, Pool, Resample, Resize, Sides, Window,
};

use super::forward::{Map, Weights};
use super::{index, points};

/// Runs one layer that has a single input.
pub(super) fn layer(op: &Op, rank: usize, x: &Map, w: &mut Weights) -> Map {
    match *op {
        Op::Conv { channels, window, groups, bias } => convolve(x, channels, &window, groups, bias, w),
        Op::DepthwiseConv { multiplier, window, bias } => {
            convolve(x, multiplier * x.channels, &window, x.channels, bias, w)
        }
        Op::Custom { channels, window, params, global } => {
            let out = if channels > 0 { channels } else { x.channels };
            let map = convolve(x, out, &window, 1, false, w);
            (w.drawn, w.used) = (params, 0);
            if global { add_mean(&map, x) } else { map }
        }
        Op::ConvTranspose { channels, window, output_padding, groups, bias } => {
            transpose(x, channels, &window, output_padding, groups, bias, w)
        }
        Op::Pool { pool, window, ceil_mode, .. } => pooled(x, pool, &window, ceil_mode),
        Op::AdaptivePool { pool, output } => adaptive(x, pool, output),
        Op::GlobalPool { pool } => adaptive(x, pool, [1; MAX_RANK]),
        Op::Upsample { factor, mode } => upsample(x, factor, mode),
        Op::Resize { axes } => resized(x, &axes),
        Op::PixelShuffle { factor } => shuffle(x, factor, rank),
        Op::PixelUnshuffle { factor } => unshuffle(x, factor, rank),
        Op::Pad { sides } => padded(x, sides),
        Op::Linear { features, bias } => linear(x, features, bias, w),
        Op::Flatten => {
            let channels = i64::try_from(x.values.len()).expect("a small map");
            Map { channels, extents: [1; MAX_RANK], flat: true, values: x.values.clone() }
        }
        Op::Norm { norm, affine } => normalised(x, norm, affine, w),
        Op::SqueezeExcite { squeeze } => squeeze_excite(x, squeeze, w),
        Op::Attention { bias, .. } => attention(x, bias, w),
        Op::Activation(Activation::Softmax) => softmax(x),
        Op::Activation(Activation::Prelu) => {
            let slope = w.draw();
            each(x, |value| value + slope)
        }
        Op::Activation(_) => each(x, |value| value + 1.0),
        Op::Dropout | Op::Identity => x.clone(),
        _ => panic!("no such layer: {op:?}"),
    }
}

fn each(x: &Map, f: impl Fn(f64) -> f64) -> Map {
    Map { values: x.values.iter().map(|&value| f(value)).collect(), ..x.clone() }
}

/// The map with zeros around it, or less of it where a side is negative.
fn padded(x: &Map, sides: Sides) -> Map {
    let extents = std::array::from_fn(|axis| sides.before[axis] + x.extents[axis] + sides.after[axis]);
    let inside = |unit: PerAxis| (0..MAX_RANK).all(|axis| (0..x.extents[axis]).contains(&unit[axis]));
    Map::fill(x.channels, extents, |channel, unit| {
        let source = std::array::from_fn(|axis| unit[axis] - sides.before[axis]);
        if inside(source) { x.get(channel, source) } else { 0.0 }
    })
}

/// The map padded as a window asks.
fn padded_for(x: &Map, window: &Window) -> Map {
    let mut sides = Sides { before: [0; MAX_RANK], after: [0; MAX_RANK] };
    for axis in 0..MAX_RANK {
        let reach = (window.kernel[axis] - 1) * window.dilation[axis];
        let stride = window.stride[axis];
        let units = x.extents[axis];
        let outputs = (units + stride - 1) / stride;
        let total = ((outputs - 1) * stride + reach + 1 - units).max(0);
        (sides.before[axis], sides.after[axis]) = match window.padding[axis] {
            Padding::Explicit { before, after } => (before, after),
            Padding::Causal => (reach, 0),
            Padding::Same => (total / 2, total - total / 2),
            Padding::SameLower => (total - total / 2, total / 2),
        };
    }
    padded(x, sides)
}

/// The offsets of a window's taps.
fn taps(window: &Window) -> Vec<PerAxis> {
    let scaled = |tap: PerAxis| std::array::from_fn(|axis| tap[axis] * window.dilation[axis]);
    points([0; MAX_RANK], window.kernel).into_iter().map(scaled).collect()
}

fn convolve(x: &Map, channels: i64, window: &Window, groups: i64, bias: bool, w: &mut Weights) -> Map {
    let padded = padded_for(x, window);
    let taps = taps(window);
    let extents = std::array::from_fn(|axis| {
        let reach = (window.kernel[axis] - 1) * window.dilation[axis];
        let (mut count, mut start) = (0, 0);
        while start + reach < padded.extents[axis] {
            (count, start) = (count + 1, start + window.stride[axis]);
        }
        count
    });
    let per_group = x.channels / groups;
    let mut y = Map::filled(channels, extents, 0.0);
    let units = y.units();
    for out in 0..channels {
        let first = out / (channels / groups) * per_group;
        for from in first..first + per_group {
            for tap in &taps {
                let weight = w.draw();
                for &unit in &units {
                    let source = std::array::from_fn(|axis| unit[axis] * window.stride[axis] + tap[axis]);
                    *y.at(out, unit) += w.times(weight, padded.get(from, source));
                }
            }
        }
    }
    add_bias(y, &w.bias(bias, channels))
}

fn add_bias(mut y: Map, bias: &[f64]) -> Map {
    for channel in 0..y.channels {
        for unit in y.units() {
            *y.at(channel, unit) += bias[index(channel)];
        }
    }
    y
}

/// Adds each unit, times the kernel, into a buffer; then cuts it.
fn transpose(
    x: &Map,
    channels: i64,
    window: &Window,
    output_padding: PerAxis,
    groups: i64,
    bias: bool,
    w: &mut Weights,
) -> Map {
    let buffer = std::array::from_fn(|axis| {
        (x.extents[axis] - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1
    });
    let mut y = Map::filled(channels, buffer, 0.0);
    let (out_group, in_group) = (channels / groups, x.channels / groups);
    for from in 0..x.channels {
        let first = from / in_group * out_group;
        for out in first..first + out_group {
            for tap in taps(window) {
                let weight = w.draw();
                for unit in x.units() {
                    let target = std::array::from_fn(|axis| unit[axis] * window.stride[axis] + tap[axis]);
                    *y.at(out, target) += w.times(weight, x.get(from, unit));
                }
            }
        }
    }
    let mut sides = Sides { before: [0; MAX_RANK], after: [0; MAX_RANK] };
    for axis in 0..MAX_RANK {
        let wanted = x.extents[axis] * window.stride[axis];
        let total = buffer[axis] + output_padding[axis] - wanted;
        let (before, after) = match window.padding[axis] {
            Padding::Explicit { before, after } => (before, after),
            Padding::Same => (total.div_euclid(2), total - total.div_euclid(2)),
            Padding::SameLower => (total - total.div_euclid(2), total.div_euclid(2)),
            Padding::Causal => (0, total),
        };
        (sides.before[axis], sides.after[axis]) = (-before, output_padding[axis] - after);
    }
    add_bias(padded(&y, sides), &w.bias(bias, channels))
}

/// Combines what a window found; a maximum that lets NaN through.
fn combine(pool: Pool, values: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
    match pool {
        Pool::Max => values.iter().copied().fold(f64::NEG_INFINITY, larger),
        Pool::Avg => values.iter().sum(),
    }
}

/// Pooling as `torch` does it: the number of windows by its formula, and each cut to the map.
fn pooled(x: &Map, pool: Pool, window: &Window, ceil_mode: bool) -> Map {
    let padded = padded_for(x, window);
    let before: PerAxis = std::array::from_fn(|axis| match window.padding[axis] {
        Padding::Explicit { before, .. } => before,
        Padding::Causal => (window.kernel[axis] - 1) * window.dilation[axis],
        small_side => {
            let total = padded.extents[axis] - x.extents[axis];
            if small_side == Padding::Same { total / 2 } else { total - total / 2 }
        }
    });
    let extents = std::array::from_fn(|axis| {
        let room = padded.extents[axis] - (window.kernel[axis] - 1) * window.dilation[axis] - 1;
        let stride = window.stride[axis];
        if !ceil_mode {
            return room.div_euclid(stride) + 1;
        }
        let mut count = (room + stride - 1).div_euclid(stride) + 1;
        while (count - 1) * stride >= before[axis] + x.extents[axis].min(padded.extents[axis] - before[axis])
        {
            count -= 1;
        }
        count
    });
    Map::fill(x.channels, extents, |channel, unit| {
        let mut values = vec![];
        for tap in taps(window) {
            let source: PerAxis = std::array::from_fn(|axis| unit[axis] * window.stride[axis] + tap[axis]);
            if (0..MAX_RANK).all(|axis| source[axis] < padded.extents[axis]) {
                values.push(padded.get(channel, source));
            }
        }
        combine(pool, &values)
    })
}

fn adaptive(x: &Map, pool: Pool, output: PerAxis) -> Map {
    Map::fill(x.channels, output, |channel, unit| {
        let from = std::array::from_fn(|axis| unit[axis] * x.extents[axis] / output[axis]);
        let to = std::array::from_fn(|axis| {
            let end = (unit[axis] + 1) * x.extents[axis];
            end / output[axis] + i64::from(end % output[axis] != 0)
        });
        let values: Vec<f64> = points(from, to).into_iter().map(|unit| x.get(channel, unit)).collect();
        combine(pool, &values)
    })
}

/// Resizes by whole factors; linear as `torch.nn.functional.interpolate(align_corners = False)` does.
#[expect(clippy::cast_precision_loss, reason = "small indices")]
fn upsample(x: &Map, factor: PerAxis, mode: Resize) -> Map {
    let extents = std::array::from_fn(|axis| x.extents[axis] * factor[axis]);
    Map::fill(x.channels, extents, |channel, unit| {
        if mode == Resize::Nearest {
            return x.get(channel, std::array::from_fn(|axis| unit[axis] / factor[axis]));
        }
        // Corner by corner of the cell around the position; a corner without weight is not looked at.
        let mut value = 0.0;
        for corner in points([0; MAX_RANK], [2; MAX_RANK]) {
            let mut weight = 1.0;
            let mut source = [0; MAX_RANK];
            for axis in 0..MAX_RANK {
                let scale = factor[axis] as f64;
                let position = ((unit[axis] as f64 + 0.5) / scale - 0.5).max(0.0);
                // Halves of 1/3 and the like are not exact: a weight below 1e-9 is none.
                let below = (position + 1e-9).floor();
                let above_weight = (position - below).max(0.0);
                weight *= if corner[axis] == 1 { above_weight } else { 1.0 - above_weight };
                source[axis] = (below as i64 + corner[axis]).min(x.extents[axis] - 1);
            }
            if weight > 1e-9 {
                value += weight * x.get(channel, source);
            }
        }
        value
    })
}

/// The sum of what each axis' position is interpolated from, all weights one; beyond the borders there is nothing.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn resized(x: &Map, axes: &[Resample; MAX_RANK]) -> Map {
    let extents = axes.map(|along| along.extent);
    Map::fill(x.channels, extents, |channel, unit| {
        let near = |axis: usize| {
            let Resample { num, offset, den, taps, .. } = axes[axis];
            let x = (num * unit[axis] + offset) as f64 / den as f64;
            let between = taps > 1 && (x - x.round()).abs() > 1e-9;
            let first = (x + 1e-9).floor() as i64 - if between { taps / 2 - 1 } else { 0 };
            (first, first + if between { taps } else { 1 })
        };
        let ends = [near(0), near(1), near(2)];
        let all = points(ends.map(|end| end.0), ends.map(|end| end.1));
        let inside = |unit: &&PerAxis| (0..MAX_RANK).all(|axis| (0..x.extents[axis]).contains(&unit[axis]));
        all.iter().filter(inside).map(|&source| x.get(channel, source)).sum()
    })
}

/// `torch.nn.PixelShuffle`: channel `c * r^rank + offset` goes to the unit's corner `offset`.
fn shuffle(x: &Map, factor: PerAxis, rank: usize) -> Map {
    let product: i64 = factor[..rank].iter().product();
    let extents = std::array::from_fn(|axis| x.extents[axis] * factor[axis]);
    Map::fill(x.channels / product, extents, |channel, unit| {
        let offset = (0..rank).fold(0, |offset, axis| offset * factor[axis] + unit[axis] % factor[axis]);
        x.get(channel * product + offset, std::array::from_fn(|axis| unit[axis] / factor[axis]))
    })
}

fn unshuffle(x: &Map, factor: PerAxis, rank: usize) -> Map {
    let product: i64 = factor[..rank].iter().product();
    let extents = std::array::from_fn(|axis| x.extents[axis] / factor[axis]);
    Map::fill(x.channels * product, extents, |channel, unit| {
        let mut offset = channel % product;
        let mut source = [0; MAX_RANK];
        for axis in (0..rank).rev() {
            source[axis] = unit[axis] * factor[axis] + offset % factor[axis];
            offset /= factor[axis];
        }
        x.get(channel / product, source)
    })
}

fn linear(x: &Map, features: i64, bias: bool, w: &mut Weights) -> Map {
    let mut y = Map { flat: true, ..Map::filled(features, [1; MAX_RANK], 0.0) };
    for out in 0..features {
        for &value in &x.values {
            let weight = w.draw();
            *y.at(out, [0; MAX_RANK]) += w.times(weight, value);
        }
    }
    add_bias(y, &w.bias(bias, features))
}

/// Mean and deviation over the units and channels that `of` names.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn standard(x: &Map, channel: i64, unit: PerAxis, of: impl Fn(i64, PerAxis) -> bool) -> f64 {
    let mut values = vec![];
    for other in 0..x.channels {
        for place in x.units() {
            if of(other, place) {
                values.push(x.get(other, place));
            }
        }
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (x.get(channel, unit) - mean) / (variance + 1e-5).sqrt()
}

fn normalised(x: &Map, norm: Norm, affine: bool, w: &mut Weights) -> Map {
    let mut y = Map::fill(x.channels, x.extents, |channel, unit| match norm {
        Norm::Batch => x.get(channel, unit) + 1.0,
        Norm::LayerChannels => standard(x, channel, unit, |_, place| place == unit),
        Norm::Layer => standard(x, channel, unit, |_, _| true),
        Norm::Instance => standard(x, channel, unit, |other, _| other == channel),
        Norm::Group { groups } => {
            let size = x.channels / groups;
            standard(x, channel, unit, |other, _| other / size == channel / size)
        }
        Norm::LocalResponse { size } => {
            let near =
                (channel - size / 2..=channel + (size - 1) / 2).filter(|c| (0..x.channels).contains(c));
            let energy: f64 = near.map(|other| x.get(other, unit).powi(2)).sum();
            x.get(channel, unit) / (1.0 + energy).powf(0.75)
        }
    });
    if affine && !matches!(norm, Norm::LocalResponse { .. }) {
        for channel in 0..x.channels {
            let (mut scale, mut shift) = (w.draw(), w.draw());
            for unit in x.units() {
                // `torch.nn.LayerNorm` has a scale and a shift for each value that it normalises.
                if norm == Norm::Layer && unit != [0; MAX_RANK] {
                    (scale, shift) = (w.draw(), w.draw());
                }
                let value = y.get(channel, unit);
                *y.at(channel, unit) = scale * value + shift;
            }
        }
    }
    y.flat = x.flat;
    y
}

fn squeeze_excite(x: &Map, squeeze: i64, w: &mut Weights) -> Map {
    let pooled = adaptive(x, Pool::Avg, [1; MAX_RANK]);
    let hidden = linear(&pooled, squeeze, true, w);
    let gate = linear(&hidden, x.channels, true, w);
    Map::fill(x.channels, x.extents, |channel, unit| x.get(channel, unit) * gate.get(channel, [0; MAX_RANK]))
}

/// Self-attention with one head's arithmetic; heads share weights out and change neither count nor reach.
fn attention(x: &Map, bias: bool, w: &mut Weights) -> Map {
    let one = Window::new([1; MAX_RANK]);
    let [query, key, value] = [0; 3].map(|_| convolve(x, x.channels, &one, 1, bias, w));
    // Every pair of units multiplies all channels twice: query by key, and score by value.
    let units = i64::try_from(x.units().len()).expect("a small map");
    w.used += 2 * x.channels * units * units;
    let dot =
        |a: PerAxis, b: PerAxis| (0..x.channels).map(|c| query.get(c, a) * key.get(c, b)).sum::<f64>() * 1e-9;
    let mixed = Map::fill(x.channels, x.extents, |channel, unit| {
        let scores: Vec<f64> = x.units().into_iter().map(|other| dot(unit, other).exp()).collect();
        let total: f64 = scores.iter().sum();
        let weighted =
            x.units().into_iter().zip(&scores).map(|(other, score)| score * value.get(channel, other));
        weighted.sum::<f64>() / total
    });
    convolve(&mixed, x.channels, &one, 1, bias, w)
}

fn softmax(x: &Map) -> Map {
    let mut y = Map::fill(x.channels, x.extents, |channel, unit| {
        let sum: f64 = (0..x.channels).map(|other| x.get(other, unit).abs() + 1.0).sum();
        x.get(channel, unit) / sum
    });
    y.flat = x.flat;
    y
}

/// Adds the input's mean to every unit: a layer that the language only knows as global.
fn add_mean(map: &Map, x: &Map) -> Map {
    let mean: f64 = x.values.iter().sum();
    each(map, |value| value + mean)
}

/// A merge; an input of a single unit goes to every unit.
pub(super) fn merged(merge: Merge, inputs: &[&Map]) -> Map {
    let widest =
        inputs.iter().max_by_key(|map| (map.units().len(), map.channels)).expect("a merge reads something");
    let values_of = |map: &Map, channel: i64, unit: PerAxis| {
        let unit = if map.extents == [1; MAX_RANK] { [0; MAX_RANK] } else { unit };
        map.get(channel.min(map.channels - 1), unit)
    };
    if merge == Merge::Concat {
        let values = inputs.iter().flat_map(|map| map.values.iter().copied()).collect();
        let channels = inputs.iter().map(|map| map.channels).sum();
        return Map { channels, values, ..(*widest).clone() };
    }
    let mut y = Map::fill(widest.channels, widest.extents, |channel, unit| {
        let values: Vec<f64> = inputs.iter().map(|map| values_of(map, channel, unit)).collect();
        match merge {
            Merge::Mul => values.iter().product(),
            Merge::Max => combine(Pool::Max, &values),
            _ => values.iter().sum(),
        }
    });
    y.flat = widest.flat;
    y
}
