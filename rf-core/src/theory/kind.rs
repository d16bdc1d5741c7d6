//! What a layer is to the theory, from its operation alone.

use super::row::Row;
use crate::graph::{MAX_RANK, Op, Padding, Resample, Window};

/// What a unit of a layer depends on.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Its own input unit.
    Pointwise,
    /// A window.
    Local,
    /// Its own input unit and, beside it, all others.
    Gate,
    /// All of the layer's input.
    Global,
}

pub(super) const fn kind(op: &Op) -> Kind {
    match op {
        Op::Activation(_) | Op::Dropout | Op::Identity | Op::ChannelShuffle { .. } | Op::Narrow { .. } => {
            Kind::Pointwise
        }
        Op::Norm { norm, .. } if !norm.spatial() => Kind::Pointwise,
        Op::SqueezeExcite { .. } | Op::Norm { .. } => Kind::Gate,
        Op::GlobalPool { .. }
        | Op::Linear { .. }
        | Op::Flatten
        | Op::Attention { .. }
        | Op::Opaque { .. }
        | Op::Custom { global: true, .. } => Kind::Global,
        _ => Kind::Local,
    }
}

/// Whether each unit depends on its own input unit and, beside it, on all others.
pub(crate) const fn is_gate(op: &Op) -> bool {
    matches!(kind(op), Kind::Gate)
}

/// Layers that make no sense once the spatial axes are gone.
pub(super) const fn needs_space(op: &Op) -> bool {
    !matches!(
        op,
        Op::Linear { .. }
            | Op::Flatten
            | Op::Activation(_)
            | Op::Dropout
            | Op::Identity
            | Op::Norm { .. }
            | Op::ChannelShuffle { .. }
            | Op::Narrow { .. }
            | Op::Opaque { .. }
            | Op::Custom { .. }
    )
}

pub(crate) const fn is_single(row: &Row, rank: usize) -> bool {
    let mut axis = 0;
    while axis < rank {
        if row.extent(axis) != 1 {
            return false;
        }
        axis += 1;
    }
    true
}

/// Whether a merge spreads an input's single unit over all of its own. Then what it carries is a global path.
pub(crate) const fn broadcasts(input: &Row, merge: &Row, rank: usize) -> bool {
    is_single(input, rank) && !is_single(merge, rank)
}

/// Whether a layer's arguments are the same along all axes.
pub(super) const fn is_uniform(op: &Op, rank: usize) -> bool {
    match op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Pool { window, .. }
        | Op::Custom { window, .. } => alike(window, rank),
        Op::ConvTranspose { window, output_padding, .. } => {
            alike(window, rank) && equal(output_padding, rank)
        }
        Op::AdaptivePool { output: numbers, .. }
        | Op::Upsample { factor: numbers, .. }
        | Op::PixelShuffle { factor: numbers }
        | Op::PixelUnshuffle { factor: numbers } => equal(numbers, rank),
        Op::Resize { axes } => same_resample(axes, rank),
        Op::Opaque { extents, .. } => equal(extents, rank),
        Op::Pad { sides } => equal(&sides.before, rank) && equal(&sides.after, rank),
        _ => true,
    }
}

const fn equal(numbers: &[i64; MAX_RANK], rank: usize) -> bool {
    (rank < 2 || numbers[0] == numbers[1]) && (rank < 3 || numbers[0] == numbers[2])
}

const fn alike(window: &Window, rank: usize) -> bool {
    let (kernel, stride, dilation) = (&window.kernel, &window.stride, &window.dilation);
    let mut axis = 1;
    while axis < rank {
        if kernel[0] != kernel[axis] || stride[0] != stride[axis] || dilation[0] != dilation[axis] {
            return false;
        }
        if !same_padding(window.padding[0], window.padding[axis]) {
            return false;
        }
        axis += 1;
    }
    true
}

const fn same_resample(along: &[Resample; MAX_RANK], rank: usize) -> bool {
    let Resample { num, offset, den, taps, extent } = along[0];
    let mut axis = 1;
    while axis < rank {
        let other = &along[axis];
        if num != other.num || offset != other.offset || den != other.den {
            return false;
        }
        if taps != other.taps || extent != other.extent {
            return false;
        }
        axis += 1;
    }
    true
}

const fn same_padding(a: Padding, b: Padding) -> bool {
    match (a, b) {
        (
            Padding::Explicit { before, after },
            Padding::Explicit { before: other_before, after: other_after },
        ) => before == other_before && after == other_after,
        (Padding::Same, Padding::Same)
        | (Padding::SameLower, Padding::SameLower)
        | (Padding::Causal, Padding::Causal) => true,
        _ => false,
    }
}
