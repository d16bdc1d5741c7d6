//! What one layer does to the expected energy of a gradient that passes back through it.
//!
//! Let `e(x)` be the energy `E[g²]` of the gradient at a layer's output, averaged over channels. With weights
//! that are independent and have mean zero, gradients at different places, in different channels and along
//! different paths are uncorrelated, so energies add and every layer acts linearly on `e`: each entry spreads to
//! the units that it reads, the same on every axis up to a factor. The average over channels is enough, also
//! through grouped convolutions, as long as all channels of a concatenation carry the same energy: grouped or not,
//! a convolution of weight variance `v` sends `v · C_out / groups` times the average back to each tap's average.

use super::obstacle::Obstacle;
use crate::graph::{Activation, Init, MAX_RANK, Norm, Op, PerAxis, Pool, UNKNOWN};
use crate::theory::{AxisMap, Row, Taps, gcd};

/// How a layer's taps on one axis share what an output carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Each tap gets it whole: weights are in [`Step::gain`].
    Whole,
    /// The `k` taps get `1/k` each: one of them was the largest.
    Largest,
    /// The `k` taps get `1/k²` each, the square of their part in the mean.
    Mean,
}

/// A layer seen from behind.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// The factor of every tap.
    pub(crate) gain: f64,
    /// How taps share, per axis.
    pub(crate) share: Share,
    /// Whether `gain` is 1 for want of knowing it: harmless only where every path passes here.
    pub(crate) unknown: Option<Obstacle>,
    /// Whether the layer's inputs all carry the same energy in every channel, given that its outputs do or not.
    pub(crate) mixing: Mixing,
}

/// What a layer does to differences between channels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mixing {
    /// Every input channel gets a share of every output channel.
    All,
    /// Differences remain as they are.
    None,
    /// Creates differences: the place in space becomes a channel.
    Shuffles,
    /// Allows none: channels become places in space.
    Needs,
}

/// Whether a layer's input channels all carry the same energy, where its outputs do (`even`) or not.
pub(crate) const fn keeps_even(mixing: Mixing, even: bool) -> bool {
    match mixing {
        Mixing::All | Mixing::Needs => true,
        Mixing::None => even,
        Mixing::Shuffles => false,
    }
}

/// The variance of a layer's weights for `init`, whose gain is that of a ReLU in the two `he` rules; `None` where a
/// channel count is unknown or the layer has no weights.
///
/// Fans are PyTorch's: `fan_in = C_in / groups · k`, `fan_out = C_out · k` with `k` the number of taps of all axes;
/// fan-out is *not* divided by the groups, so a depthwise convolution starts with very small weights.
/// A transposed convolution counts by the flow of data: `fan_out = C_out · k` outputs that an input feeds.
///
/// Sources: He et al. 2015 (eq. 10 and 14), Glorot and Bengio 2010 (eq. 16), `LeCun` et al. 1998 (eq. 16).
#[must_use]
pub const fn weight_variance(op: &Op, input: &Row, init: Init, rank: usize) -> Option<f64> {
    let Some((fan_in, fan_out)) = fans(op, input, rank) else { return None };
    match init {
        Init::HeFanOut => Some(2.0 / fan_out),
        // Every other rule needs the input's channels.
        _ if fan_in <= 0.0 => None,
        Init::HeFanIn => Some(2.0 / fan_in),
        Init::Xavier => Some(2.0 / (fan_in + fan_out)),
        Init::LeCun => Some(1.0 / fan_in),
        Init::Uniform => Some(1.0 / (3.0 * fan_in)),
    }
}

/// `(fan_in, fan_out)` of a layer with weights; `fan_in` is negative where the input's channels are unknown.
#[expect(clippy::cast_precision_loss, reason = "channel counts are far below 2^53")]
const fn fans(op: &Op, input: &Row, rank: usize) -> Option<(f64, f64)> {
    let channels = input.channels() as f64;
    match *op {
        Op::Conv { channels: out, window, groups, .. }
        | Op::ConvTranspose { channels: out, window, groups, .. } => {
            let taps = volume(&window.kernel, rank);
            Some((channels * taps / groups as f64, out as f64 * taps))
        }
        Op::DepthwiseConv { .. } if input.channels() == UNKNOWN => None,
        Op::DepthwiseConv { multiplier, window, .. } => {
            let taps = volume(&window.kernel, rank);
            Some((taps, channels * multiplier as f64 * taps))
        }
        Op::Linear { features, .. } => {
            let mut units = channels;
            let mut axis = 0;
            while axis < rank {
                units *= input.extent(axis) as f64;
                axis += 1;
            }
            Some((units, features as f64))
        }
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "kernels are far below 2^53")]
const fn volume(kernel: &PerAxis, rank: usize) -> f64 {
    let mut product = 1.0;
    let mut axis = 0;
    while axis < rank {
        product *= kernel[axis] as f64;
        axis += 1;
    }
    product
}

/// What the layer `op`, which reads `input`, does to an energy that passes back.
///
/// The error is what has no closed form. Merges are the sweep's own business.
#[expect(clippy::cast_precision_loss, reason = "channel counts are far below 2^53")]
pub(crate) const fn step(op: &Op, input: &Row, init: Init, rank: usize) -> Result<Step, Obstacle> {
    let pass = Step { gain: 1.0, share: Share::Whole, unknown: None, mixing: Mixing::None };
    match *op {
        Op::Conv { channels, groups, .. } | Op::ConvTranspose { channels, groups, .. } => {
            weighted(op, input, init, rank, channels as f64 / groups as f64, groups == 1)
        }
        Op::DepthwiseConv { multiplier, .. } => weighted(op, input, init, rank, multiplier as f64, false),
        Op::Linear { features, .. } => weighted(op, input, init, rank, features as f64, true),
        Op::Pool { pool, .. } | Op::AdaptivePool { pool, .. } | Op::GlobalPool { pool } => {
            let share = if matches!(pool, Pool::Max) { Share::Largest } else { Share::Mean };
            Ok(Step { share, ..pass })
        }
        Op::PixelShuffle { factor } => {
            let parts = volume(&factor, rank);
            let mixing = if parts > 1.0 { Mixing::Shuffles } else { Mixing::None };
            Ok(Step { gain: 1.0 / parts, mixing, ..pass })
        }
        Op::PixelUnshuffle { .. } => Ok(Step { mixing: Mixing::Needs, ..pass }),
        Op::Norm { norm, .. } => match norm {
            Norm::Batch => Ok(pass),
            Norm::LayerChannels | Norm::LocalResponse { .. } => {
                Ok(Step { unknown: Some(Obstacle::ChannelNorm), ..pass })
            }
            Norm::Layer | Norm::Group { .. } | Norm::Instance => Err(Obstacle::SpatialNorm),
        },
        Op::Activation(activation) => match slope(activation) {
            Some(gain) => Ok(Step { gain, ..pass }),
            None => Ok(Step { unknown: Some(Obstacle::Activation), ..pass }),
        },
        Op::SqueezeExcite { .. } => Err(Obstacle::SqueezeExcite),
        Op::Attention { .. } => Err(Obstacle::Attention),
        Op::Custom { .. } => Err(Obstacle::Custom),
        Op::Opaque { .. } => Err(Obstacle::Opaque),
        Op::Resize { axes } if axes[0].taps > 2 || axes[1].taps > 2 || axes[2].taps > 2 => {
            Err(Obstacle::Cubic)
        }
        // The channels that it leaves out get nothing: fewer on average, and no longer alike.
        Op::Narrow { channels, .. } => {
            let kept = channels as f64 / input.channels() as f64;
            Ok(Step { gain: kept, mixing: Mixing::Shuffles, ..pass })
        }
        Op::Resize { .. }
        | Op::ChannelShuffle { .. }
        | Op::Input { .. }
        | Op::Upsample { .. }
        | Op::Pad { .. }
        | Op::Flatten
        | Op::Dropout
        | Op::Identity
        | Op::Merge(_) => Ok(pass),
    }
}

/// A layer with weights, `outputs` of which each input channel feeds per tap.
const fn weighted(
    op: &Op,
    input: &Row,
    init: Init,
    rank: usize,
    outputs: f64,
    mixes: bool,
) -> Result<Step, Obstacle> {
    let mixing = if mixes { Mixing::All } else { Mixing::None };
    match weight_variance(op, input, init, rank) {
        Some(variance) => Ok(Step { gain: variance * outputs, share: Share::Whole, unknown: None, mixing }),
        None => Err(Obstacle::Channels),
    }
}

/// `E[f′(z)²]` for a symmetric `z`, where that does not depend on the scale of `z`.
///
/// `relu6` counts as a ReLU: at initialisation few units reach 6.
const fn slope(activation: Activation) -> Option<f64> {
    match activation {
        Activation::Relu | Activation::Relu6 => Some(0.5),
        Activation::LeakyRelu { negative_slope } => Some(f64::midpoint(1.0, negative_slope * negative_slope)),
        // PyTorch starts its slope at 1/4.
        Activation::Prelu | Activation::PreluPerChannel => Some(f64::midpoint(1.0, 0.0625)),
        _ => None,
    }
}

/// The energy that tap `t` of `taps` gets from output `i`, [`Step::gain`] apart.
#[expect(clippy::cast_precision_loss, reason = "kernels and factors are far below 2^53")]
pub(crate) const fn weight(map: AxisMap, share: Share, i: i64, t: i64, taps: Taps) -> f64 {
    match (map, share) {
        (AxisMap::Linear { factor }, _) if taps.count == 2 => {
            let (numerator, denominator) = (2 * i + 1 - factor, 2 * factor);
            let second = numerator.rem_euclid(denominator) as f64 / denominator as f64;
            let part = if t == 0 { 1.0 - second } else { second };
            part * part
        }
        (AxisMap::Resample { num, offset, den, taps: 2 }, _) if taps.count == 2 => {
            let second = (num * i + offset).rem_euclid(den) as f64 / den as f64;
            let part = if t == 0 { 1.0 - second } else { second };
            part * part
        }
        (_, Share::Whole) => 1.0,
        (_, Share::Largest) => 1.0 / taps.count as f64,
        (_, Share::Mean) => 1.0 / (taps.count as f64 * taps.count as f64),
    }
}

/// All that output `i` gives to its taps on one axis.
pub(crate) const fn column(map: AxisMap, share: Share, i: i64, taps: Taps) -> f64 {
    let mut sum = 0.0;
    let mut t = 0;
    while t < taps.count {
        sum += weight(map, share, i, t, taps);
        t += 1;
    }
    sum
}

/// Whether all outputs give the same sum to their taps, so that marginals separate.
pub(crate) const fn even_columns(map: AxisMap, share: Share) -> bool {
    if matches!(share, Share::Largest) {
        return true;
    }
    match map {
        AxisMap::Window { .. } | AxisMap::Nearest { .. } | AxisMap::All => true,
        AxisMap::Transposed { kernel, stride, dilation, .. } => {
            let cycle = stride / gcd(stride, dilation);
            // Residues that no tap reaches leave dead units, which give nothing at all.
            kernel % cycle == 0 && gcd(stride, dilation) == 1
        }
        AxisMap::Linear { factor } => factor <= 2,
        AxisMap::Resample { taps, .. } => taps == 1,
        AxisMap::Adaptive { input, output } => input % output == 0,
    }
}

/// The taps of output `i` where the layer's input has `extent` units.
pub(crate) const fn taps(map: AxisMap, i: i64, extent: i64) -> Taps {
    match map {
        AxisMap::All => Taps { first: 0, step: 1, count: extent },
        _ => map.taps(i),
    }
}

/// Whether two index maps are equal: derived equality is not `const`.
pub(crate) const fn same_map(a: AxisMap, b: AxisMap) -> bool {
    use AxisMap::{Adaptive, All, Linear, Nearest, Resample, Transposed, Window};
    match (a, b) {
        (
            Window { kernel, stride, dilation, before },
            Window { kernel: k, stride: s, dilation: d, before: p },
        )
        | (
            Transposed { kernel, stride, dilation, before },
            Transposed { kernel: k, stride: s, dilation: d, before: p },
        ) => kernel == k && stride == s && dilation == d && before == p,
        (Nearest { factor }, Nearest { factor: f }) | (Linear { factor }, Linear { factor: f }) => {
            factor == f
        }
        (Resample { num, offset, den, taps }, Resample { num: n, offset: o, den: d, taps: t }) => {
            num == n && offset == o && den == d && taps == t
        }
        (Adaptive { input, output }, Adaptive { input: i, output: o }) => input == i && output == o,
        (All, All) => true,
        _ => false,
    }
}

/// Axes beyond the rank are neutral.
pub(crate) const NEUTRAL: PerAxis = [0; MAX_RANK];
