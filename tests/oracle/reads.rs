//! Which units of its inputs one unit of a layer reads, straight from each layer's definition.

use rf_core::graph::{Graph, Op, Resample, Resize, Window};

use super::shape::{Shape, broadcast, removed, sides};

/// How a layer reads one of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Through an index map on each axis: [`reads`].
    Local(usize),
    /// Each unit reads every unit of the input's finite map.
    Global(usize),
}

impl Edge {
    /// The layer that is read.
    #[must_use]
    pub fn input(self) -> usize {
        match self {
            Self::Local(input) | Self::Global(input) => input,
        }
    }
}

/// The ways in which layer `node` reads its inputs.
#[must_use]
pub fn edges(graph: &Graph<'_>, shapes: &[Shape], node: usize) -> Vec<Edge> {
    let layer = &graph.nodes[node];
    let first = || layer.inputs[0];
    match layer.op {
        Op::Input { .. } => vec![],
        // Of a single unit, all is that unit: nothing is global about it.
        ref op if reads_all(op) && shapes[first()].single() => vec![Edge::Local(first())],
        // A gate: the unit itself, and statistics of all.
        Op::SqueezeExcite { .. } => vec![Edge::Local(first()), Edge::Global(first())],
        Op::Norm { norm, .. } if norm.spatial() => vec![Edge::Local(first()), Edge::Global(first())],
        ref op if reads_all(op) => vec![Edge::Global(first())],
        Op::Merge(merge) => {
            let inputs: Vec<Shape> = layer.inputs.iter().map(|&input| shapes[input]).collect();
            let edge = |&input: &usize| {
                if broadcast(merge, &inputs, shapes[input]) {
                    Edge::Global(input)
                } else {
                    Edge::Local(input)
                }
            };
            layer.inputs.iter().map(edge).collect()
        }
        _ => vec![Edge::Local(first())],
    }
}

/// Whether the layer's units read every unit of their input.
fn reads_all(op: &Op) -> bool {
    match op {
        Op::GlobalPool { .. }
        | Op::Linear { .. }
        | Op::Flatten
        | Op::Attention { .. }
        | Op::SqueezeExcite { .. } => true,
        Op::Custom { global, .. } => *global,
        Op::Norm { norm, .. } => norm.spatial(),
        _ => false,
    }
}

/// The input indices that output index `unit` of a local layer reads along one axis, as if both maps went on
/// without end. `units` is the extent of the input, which `same` and adaptive pools depend on.
#[must_use]
pub fn reads(op: &Op, axis: usize, units: i64, unit: i64) -> Vec<i64> {
    match op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Pool { window, .. }
        | Op::Custom { window, .. } => slide(window, axis, units, unit),
        Op::ConvTranspose { window, output_padding, .. } => gather(window, axis, output_padding[axis], unit),
        Op::AdaptivePool { output, .. } => adaptive(units, output[axis], unit),
        Op::Upsample { factor, mode: Resize::Linear } => interpolate(factor[axis], unit),
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } => vec![unit.div_euclid(factor[axis])],
        Op::Resize { axes } => resampled(axes[axis], unit),
        Op::PixelUnshuffle { factor } => {
            (0..factor[axis]).map(|offset| unit * factor[axis] + offset).collect()
        }
        Op::Pad { sides } => vec![unit - sides.before[axis]],
        _ => vec![unit],
    }
}

/// The input indices that are left for a layer to read along one axis: a pool in `ceil_mode` hangs over the end of
/// the padded map, and where that end was cropped (padding below 0) the units beyond it are gone.
#[must_use]
pub fn left(op: &Op, axis: usize, units: i64) -> std::ops::Range<i64> {
    match op {
        Op::Pool { window, .. } => 0..units + sides(window, axis, units).1.min(0),
        _ => 0..units,
    }
}

/// Output `i` lies at `x = (num·i + offset) / den`. Nearest reads the last unit that is not beyond `x`; an interpolation
/// reads the units less than half its taps away, or `x` itself where that is a unit.
#[must_use]
pub fn resampled(along: Resample, unit: i64) -> Vec<i64> {
    let Resample { num, offset, den, taps, .. } = along;
    let x = num * unit + offset;
    let mut near = (x / den - taps - 1)..=(x / den + taps + 1);
    if taps == 1 {
        return near.rfind(|n| n * den <= x).into_iter().collect();
    }
    let whole = near.clone().find(|n| n * den == x);
    let within = near.filter(|n| 2 * (n * den - x).abs() < taps * den);
    whole.map_or_else(|| within.collect(), |n| vec![n])
}

fn slide(window: &Window, axis: usize, units: i64, unit: i64) -> Vec<i64> {
    let (before, _) = sides(window, axis, units);
    (0..window.kernel[axis])
        .map(|tap| unit * window.stride[axis] - before + tap * window.dilation[axis])
        .collect()
}

/// Input unit `n` of a transposed convolution writes to `n * stride + tap * dilation - before`: try all that could.
fn gather(window: &Window, axis: usize, output_padding: i64, unit: i64) -> Vec<i64> {
    let (k, s, d) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    let (before, _) = removed(window, axis, output_padding);
    let reach = k * d + before.abs() + unit.abs() + 1;
    let writes = |n: &i64| (0..k).any(|tap| n * s + tap * d - before == unit);
    (-reach..=reach).filter(writes).collect()
}

/// `⌊i·n/m⌋ .. ⌈(i+1)·n/m⌉−1` (`torch.nn.AdaptiveAvgPool2d`).
fn adaptive(units: i64, output: i64, unit: i64) -> Vec<i64> {
    let first = (unit * units).div_euclid(output);
    let end = -(-(unit + 1) * units).div_euclid(output);
    (first..end).collect()
}

/// Linear interpolation between half-pixel centres: output `i` lies at `(i + 1/2) / f - 1/2` of the input.
fn interpolate(factor: i64, unit: i64) -> Vec<i64> {
    let (position, scale) = (2 * unit + 1 - factor, 2 * factor);
    let below = position.div_euclid(scale);
    if position.rem_euclid(scale) == 0 { vec![below] } else { vec![below, below + 1] }
}
