//! One change of one layer of the source: what it makes of an operation, what it costs, how it reads.

use super::super::interval::{max, min};
use super::super::text::Text;
use super::source::{Arg, Source, window};
use crate::graph::{Op, Padding, PerAxis, Window};

/// A change to one argument of one layer of the source.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub(crate) source: usize,
    pub(crate) arg: Arg,
    /// The axes that change.
    pub(crate) axes: [bool; 3],
    pub(crate) step: i64,
    /// Whether the padding goes with the window, so that the extent stays.
    pub(crate) padded: bool,
    /// Multiply-accumulates that it is expected to add.
    pub(crate) cost: u64,
    /// By how much arguments change.
    pub(crate) size: i64,
    /// Times that it was made larger, since it did not suffice.
    pub(crate) tries: u8,
    pub(crate) done: bool,
}

impl Change {
    /// Whether both come to the same.
    pub(crate) const fn is(&self, other: &Self) -> bool {
        let ([a, b, c], [x, y, z]) = (self.axes, other.axes);
        self.source == other.source
            && self.arg.letter() == other.arg.letter()
            && self.step == other.step
            && self.padded == other.padded
            && (a == x && b == y && c == z)
    }
}

/// The operation with the change made to it; `None` where an argument would leave its bounds.
pub(crate) const fn changed(op: &Op, change: &Change, source: &Source) -> Option<Op> {
    if let Arg::Channels = change.arg {
        return match *op {
            Op::Conv { channels, window, groups, bias } if channels + change.step > 0 => {
                Some(Op::Conv { channels: channels + change.step, window, groups, bias })
            }
            Op::ConvTranspose { channels, window, output_padding, groups, bias }
                if channels + change.step > 0 =>
            {
                let channels = channels + change.step;
                Some(Op::ConvTranspose { channels, window, output_padding, groups, bias })
            }
            Op::Linear { features, bias } if features + change.step > 0 => {
                Some(Op::Linear { features: features + change.step, bias })
            }
            _ => None,
        };
    }
    let Some(window) = window(op) else { return None };
    let Some(window) = slid(window, change, source) else { return None };
    Some(with_window(op, window))
}

const fn with_window(op: &Op, window: Window) -> Op {
    match *op {
        Op::Conv { channels, groups, bias, .. } => Op::Conv { channels, window, groups, bias },
        Op::DepthwiseConv { multiplier, bias, .. } => Op::DepthwiseConv { multiplier, window, bias },
        Op::ConvTranspose { channels, output_padding, groups, bias, .. } => {
            Op::ConvTranspose { channels, window, output_padding, groups, bias }
        }
        Op::Pool { pool, ceil_mode, count_include_pad, .. } => {
            Op::Pool { pool, window, ceil_mode, count_include_pad }
        }
        other => other,
    }
}

const fn slid(mut window: Window, change: &Change, source: &Source) -> Option<Window> {
    let mut axis = 0;
    while axis < 3 {
        if change.axes[axis] {
            let old = (window.kernel[axis] - 1) * window.dilation[axis];
            match change.arg {
                Arg::Dilation => window.dilation[axis] += change.step,
                Arg::Kernel => {
                    window.kernel[axis] += change.step;
                    if source.stride_follows() {
                        window.stride[axis] = window.kernel[axis];
                    }
                }
                Arg::Stride => window.stride[axis] += change.step,
                _ => {}
            }
            if window.kernel[axis] < 1 || window.dilation[axis] < 1 || window.stride[axis] < 1 {
                return None;
            }
            let grown = (window.kernel[axis] - 1) * window.dilation[axis] - old;
            let more = if let Arg::Padding = change.arg {
                change.step
            } else if !change.padded {
                0
            } else if grown % 2 == 0 {
                grown / 2
            } else {
                return None;
            };
            if more != 0 {
                match window.padding[axis] {
                    Padding::Explicit { before, after } if before == after && before + more >= 0 => {
                        window.padding[axis] = Padding::both(before + more);
                    }
                    _ => return None,
                }
            }
        }
        axis += 1;
    }
    Some(window)
}

/// Whether padding makes up for the window along the axes that change, so that it should go with it.
pub(crate) const fn is_padded(window: &Window, axes: [bool; 3]) -> bool {
    let mut at = 0;
    while at < 3 {
        let span = (window.kernel[at] - 1) * window.dilation[at];
        match window.padding[at] {
            _ if !axes[at] => {}
            Padding::Explicit { before, after } if before == after && 2 * before == span => {}
            _ => return false,
        }
        at += 1;
    }
    true
}

/// What a change of the output's shape counts for, beside the change of arguments: any that keeps it comes first.
pub(crate) const RESHAPED: i64 = 1 << 40;

/// By how much the arguments differ.
pub(crate) const fn size(before: &Op, after: &Op) -> i64 {
    let (Some(old), Some(new)) = (window(before), window(after)) else {
        return (channels(before) - channels(after)).abs();
    };
    most(old.kernel, new.kernel)
        + most(old.dilation, new.dilation)
        + most(old.stride, new.stride)
        + most(pads(&old), pads(&new))
        + (channels(before) - channels(after)).abs()
}

const fn most(a: PerAxis, b: PerAxis) -> i64 {
    max((a[0] - b[0]).abs(), max((a[1] - b[1]).abs(), (a[2] - b[2]).abs()))
}

const fn channels(op: &Op) -> i64 {
    match *op {
        Op::Conv { channels, .. } | Op::ConvTranspose { channels, .. } => channels,
        Op::Linear { features, .. } => features,
        _ => 0,
    }
}

const fn pads(window: &Window) -> PerAxis {
    let mut pads = [0; 3];
    let mut axis = 0;
    while axis < 3 {
        if let Padding::Explicit { before, .. } = window.padding[axis] {
            pads[axis] = before;
        }
        axis += 1;
    }
    pads
}

/// `kernel 3 -> 7, padding 1 -> 3`.
pub(crate) const fn describe(before: &Op, after: &Op, source: &Source, rank: usize, text: &mut Text) {
    if channels(before) != channels(after) {
        text.str(if let Op::Linear { .. } = before { "features " } else { "channels " });
        text.int(channels(before)).str(" -> ").int(channels(after));
    }
    let (Some(old), Some(new)) = (window(before), window(after)) else { return };
    let start = text.len();
    argument("kernel ", old.kernel, new.kernel, rank, start, text);
    if !source.stride_follows() {
        argument("stride ", old.stride, new.stride, rank, start, text);
    }
    argument("dilation ", old.dilation, new.dilation, rank, start, text);
    argument("padding ", pads(&old), pads(&new), rank, start, text);
}

const fn argument(name: &str, old: PerAxis, new: PerAxis, rank: usize, start: usize, text: &mut Text) {
    if most(old, new) == 0 {
        return;
    }
    if text.len() > start {
        text.str(", ");
    }
    text.str(name);
    per_axis(old, rank, text);
    text.str(" -> ");
    per_axis(new, rank, text);
}

/// `3`, or `(1, 7)` where axes differ.
const fn per_axis(numbers: PerAxis, rank: usize, text: &mut Text) {
    let mut alike = true;
    let mut axis = 1;
    while axis < rank {
        alike = alike && numbers[axis] == numbers[0];
        axis += 1;
    }
    if alike {
        text.int(numbers[0]);
        return;
    }
    let mut axis = 0;
    while axis < rank {
        text.str(if axis == 0 { "(" } else { ", " }).int(numbers[axis]);
        axis += 1;
    }
    text.str(")");
}

/// Multiply-accumulates that a layer with `macs` of them is expected to have more: weights grow with the kernel
/// and the channels; what a smaller stride adds behind it is not known yet.
pub(crate) const fn expected(before: &Op, after: &Op, macs: u64, all: u64) -> u64 {
    let mut scaled = macs as i128;
    if let (Some(old), Some(new)) = (window(before), window(after)) {
        let mut axis = 0;
        while axis < 3 {
            scaled = scaled * new.kernel[axis] as i128 / old.kernel[axis] as i128;
            if new.stride[axis] < old.stride[axis] {
                scaled += all as i128;
            }
            axis += 1;
        }
    }
    if channels(before) > 0 {
        scaled = scaled * channels(after) as i128 / channels(before) as i128;
    }
    let more = scaled - macs as i128;
    if more < 0 { 0 } else { min(more as i64, i64::MAX) as u64 }
}
