//! A layer's arguments along one axis, turned into its index map and its output extent.

use super::fault::{Fault, LIMIT};
use super::interval::{max, min};
use super::map::AxisMap;
use crate::graph::{Op, Padding, Resample, Sides, UNKNOWN, Window};

/// The index map of a layer along an axis and the number of its output units (or [`UNKNOWN`]).
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) map: AxisMap,
    pub(crate) extent: i64,
}

pub(crate) type Resolved = Result<Axis, Fault>;

/// Resolves a layer with one input along `axis`, where the input has `input` units.
pub(crate) const fn resolve(op: &Op, axis: usize, input: i64) -> Resolved {
    match *op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Custom { window, global: false, .. } => sliding(&window, axis, input, false),
        Op::Pool { window, ceil_mode, .. } => sliding(&window, axis, input, ceil_mode),
        Op::ConvTranspose { window, output_padding, .. } => {
            transposed(&window, output_padding[axis], axis, input)
        }
        Op::AdaptivePool { output, .. } => adaptive(output[axis], axis, input),
        Op::Upsample { factor, mode } => {
            upsample(factor[axis], matches!(mode, crate::graph::Resize::Linear), input)
        }
        Op::Resize { axes } => resample(axes[axis], input),
        Op::PixelShuffle { factor } => upsample(factor[axis], false, input),
        Op::PixelUnshuffle { factor } => unshuffle(factor[axis], axis, input),
        Op::Pad { sides } => pad(&sides, axis, input),
        Op::GlobalPool { .. } => Ok(Axis { map: AxisMap::All, extent: 1 }),
        // As many units as its window would leave, each of which may read anything.
        Op::Custom { window, global: true, .. } => match sliding(&window, axis, input, false) {
            Ok(axis) => Ok(Axis { map: AxisMap::All, ..axis }),
            Err(fault) => Err(fault),
        },
        Op::Linear { .. } | Op::Flatten => {
            if input == UNKNOWN {
                Err(Fault::NeedsExtent { axis })
            } else {
                Ok(Axis { map: AxisMap::All, extent: 1 })
            }
        }
        Op::Attention { .. } => Ok(Axis { map: AxisMap::All, extent: input }),
        Op::Opaque { extents, .. } if extents[axis] == UNKNOWN => {
            Ok(Axis { map: AxisMap::All, extent: UNKNOWN })
        }
        Op::Opaque { extents, .. } => finish(AxisMap::All, extents[axis], axis),
        Op::ChannelShuffle { .. }
        | Op::Narrow { .. }
        | Op::Input { .. }
        | Op::Norm { .. }
        | Op::SqueezeExcite { .. }
        | Op::Activation(_)
        | Op::Dropout
        | Op::Identity
        | Op::Merge(_) => Ok(Axis { map: AxisMap::IDENTITY, extent: input }),
    }
}

/// The units that a layer with one input of `input` units along `axis` gives, or [`UNKNOWN`]: for importers, which
/// need shapes before there is a table.
pub const fn output_extent(op: &Op, axis: usize, input: i64) -> Result<i64, Fault> {
    match resolve(op, axis, input) {
        Ok(resolved) => Ok(resolved.extent),
        Err(fault) => Err(fault),
    }
}

/// An argument within `least ..= LIMIT`.
pub(crate) const fn check(what: &'static str, value: i64, least: i64) -> Result<(), Fault> {
    if value < least {
        Err(Fault::TooSmall { what, value, least })
    } else if value > LIMIT {
        Err(Fault::TooLarge { what })
    } else {
        Ok(())
    }
}

/// The distance from a window's first tap to its last, `(kernel − 1) · dilation`.
const fn span(window: &Window, axis: usize) -> Result<i64, Fault> {
    let (kernel, stride, dilation) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    let positive = kernel > 0 && stride > 0 && dilation > 0;
    if positive && kernel <= LIMIT && stride <= LIMIT && dilation <= LIMIT {
        let span = (kernel - 1) * dilation;
        return if span > LIMIT { Err(Fault::TooLarge { what: "kernel extent" }) } else { Ok(span) };
    }
    if let Err(fault) = check("kernel", kernel, 1) {
        return Err(fault);
    }
    if let Err(fault) = check("stride", stride, 1) {
        return Err(fault);
    }
    match check("dilation", dilation, 1) {
        Ok(()) => Ok(0),
        Err(fault) => Err(fault),
    }
}

const fn check_padding(before: i64, after: i64) -> Result<(), Fault> {
    if before < -LIMIT || before > LIMIT || after < -LIMIT || after > LIMIT {
        Err(Fault::TooLarge { what: "padding" })
    } else {
        Ok(())
    }
}

/// A window that slides over the input: convolutions and pools.
const fn sliding(window: &Window, axis: usize, input: i64, ceil_mode: bool) -> Resolved {
    let span = match span(window, axis) {
        Ok(span) => span,
        Err(fault) => return Err(fault),
    };
    let (kernel, stride, dilation) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    let (before, after) = match window.padding[axis] {
        Padding::Explicit { before, after } => (before, after),
        Padding::Causal => (span, 0),
        Padding::Same | Padding::SameLower if input == UNKNOWN && stride > 1 => {
            // The extent modulo the stride decides. What comes before is least and largest at the two ends.
            let lower = matches!(window.padding[axis], Padding::SameLower);
            let (most, least) = (halves(span, lower), halves(max(span + 1 - stride, 0), lower));
            if most.0 != least.0 {
                return Err(Fault::SameNeedsExtent { axis });
            }
            most
        }
        Padding::Same => halves(same_total(input, stride, span), false),
        Padding::SameLower => halves(same_total(input, stride, span), true),
    };
    if let Err(fault) = check_padding(before, after) {
        return Err(fault);
    }
    let map = AxisMap::Window { kernel, stride, dilation, before };
    if input == UNKNOWN {
        return Ok(Axis { map, extent: UNKNOWN });
    }
    let padded = input + before + after;
    let free = padded - span - 1;
    if free < 0 && !(ceil_mode && free + stride > 0 && input + before + min(after, 0) > 0) {
        return Err(Fault::Window { axis, window: span + 1, padded });
    }
    let mut extent = free.div_euclid(stride) + 1;
    // PyTorch's ceil_mode: a last, partial window counts where it starts inside the input or its left padding; what
    // negative padding crops at the end is no longer input. The only window may be the partial one, where it hangs
    // over by less than a stride (`pooling_output_shape`, whose result `max_pool2d` refuses below 1).
    if ceil_mode && free % stride != 0 && extent * stride < input + before + min(after, 0) {
        extent += 1;
    }
    Ok(Axis { map, extent })
}

/// TensorFlow's `SAME`: as much padding as makes `ceil(input / stride)` windows fit.
const fn same_total(input: i64, stride: i64, span: i64) -> i64 {
    if input == UNKNOWN {
        return span;
    }
    let outputs = (input + stride - 1) / stride;
    max((outputs - 1) * stride + span + 1 - input, 0)
}

/// `total` units on two sides, an odd one after, or before where `lower`.
const fn halves(total: i64, lower: bool) -> (i64, i64) {
    let small = total.div_euclid(2);
    if lower { (total - small, small) } else { (small, total - small) }
}

/// A transposed convolution: `(input − 1)·stride − before − after + span + output_padding + 1` units.
const fn transposed(window: &Window, output_padding: i64, axis: usize, input: i64) -> Resolved {
    let span = match span(window, axis) {
        Ok(span) => span,
        Err(fault) => return Err(fault),
    };
    if let Err(fault) = check("output_padding", output_padding, 0) {
        return Err(fault);
    }
    let (kernel, stride, dilation) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    let (before, after) = match window.padding[axis] {
        Padding::Explicit { before, after } => (before, after),
        // `same` gives input · stride units; `causal` sees no later input, so all is cut after.
        Padding::Same => halves(span + 1 - stride + output_padding, false),
        Padding::SameLower => halves(span + 1 - stride + output_padding, true),
        Padding::Causal => (0, span + 1 - stride + output_padding),
    };
    if let Err(fault) = check_padding(before, after) {
        return Err(fault);
    }
    let map = AxisMap::Transposed { kernel, stride, dilation, before };
    if input == UNKNOWN {
        return Ok(Axis { map, extent: UNKNOWN });
    }
    finish(map, (input - 1) * stride - before - after + span + output_padding + 1, axis)
}

/// A map with a computed output extent, which must be positive and within bounds.
const fn finish(map: AxisMap, extent: i64, axis: usize) -> Resolved {
    if extent < 1 {
        Err(Fault::NothingLeft { axis, extent })
    } else if extent > LIMIT {
        Err(Fault::TooLarge { what: "extent" })
    } else {
        Ok(Axis { map, extent })
    }
}

const fn adaptive(output: i64, axis: usize, input: i64) -> Resolved {
    if let Err(fault) = check("output", output, 1) {
        return Err(fault);
    }
    if input == UNKNOWN {
        return Err(Fault::NeedsExtent { axis });
    }
    Ok(Axis { map: AxisMap::Adaptive { input, output }, extent: output })
}

const fn upsample(factor: i64, linear: bool, input: i64) -> Resolved {
    if let Err(fault) = check("factor", factor, 1) {
        return Err(fault);
    }
    let map = if linear { AxisMap::Linear { factor } } else { AxisMap::Nearest { factor } };
    if input == UNKNOWN { Ok(Axis { map, extent: UNKNOWN }) } else { finish(map, input * factor, 0) }
}

const fn resample(along: Resample, input: i64) -> Resolved {
    let Resample { num, offset, den, taps, extent } = along;
    if let Err(fault) = check("ratio", num, 1) {
        return Err(fault);
    }
    if let Err(fault) = check("ratio", den, 1) {
        return Err(fault);
    }
    if let Err(fault) = check("taps", taps, 1) {
        return Err(fault);
    }
    if offset < -LIMIT || offset > LIMIT {
        return Err(Fault::TooLarge { what: "offset" });
    }
    let map = AxisMap::Resample { num, offset, den, taps };
    if extent == UNKNOWN || input == UNKNOWN { Ok(Axis { map, extent }) } else { finish(map, extent, 0) }
}

const fn unshuffle(factor: i64, axis: usize, input: i64) -> Resolved {
    if let Err(fault) = check("factor", factor, 1) {
        return Err(fault);
    }
    let map = AxisMap::Window { kernel: factor, stride: factor, dilation: 1, before: 0 };
    if input == UNKNOWN {
        Ok(Axis { map, extent: UNKNOWN })
    } else if input % factor != 0 {
        Err(Fault::DivideExtent { axis, extent: input, factor })
    } else {
        Ok(Axis { map, extent: input / factor })
    }
}

const fn pad(sides: &Sides, axis: usize, input: i64) -> Resolved {
    let (before, after) = (sides.before[axis], sides.after[axis]);
    if let Err(fault) = check_padding(before, after) {
        return Err(fault);
    }
    let map = AxisMap::Window { kernel: 1, stride: 1, dilation: 1, before };
    if input == UNKNOWN {
        Ok(Axis { map, extent: UNKNOWN })
    } else {
        finish(map, input + before + after, axis)
    }
}
