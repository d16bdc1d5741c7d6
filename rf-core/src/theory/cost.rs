//! Channels, learnable parameters and multiply-accumulates of a layer.
//!
//! Multiply-accumulates count one per weight use and output unit, padding included, biases not; pools, norms and
//! activations count none.

use super::axis::check;
use super::fault::{Fault, LIMIT};
use super::kind::is_single;
use super::row::Row;
use crate::graph::{Activation, MAX_RANK, Merge, Node, Norm, Op, PerAxis, UNKNOWN, Window};

/// Fills channels, parameters and multiply-accumulates of a layer with one input.
pub(crate) const fn layer(op: &Op, input: &Row, row: &mut Row, rank: usize) -> Result<(), Fault> {
    row.set_free();
    if matches!(*op, Op::Dropout | Op::Identity | Op::Activation(Activation::Relu)) {
        return Ok(());
    }
    let channels = match input_channels(op, input) {
        Ok(channels) => channels,
        Err(fault) => return Err(fault),
    };
    match *op {
        Op::Conv { channels: out, window, groups, bias } => {
            convolution(out, channels, &window, groups, bias, units(row, rank), row, rank)
        }
        Op::DepthwiseConv { multiplier, window, bias } => {
            if let Err(fault) = check("multiplier", multiplier, 1) {
                return Err(fault);
            }
            let out = multiplier * channels;
            if out > LIMIT {
                return Err(Fault::TooLarge { what: "channels" });
            }
            convolution(out, channels, &window, channels, bias, units(row, rank), row, rank)
        }
        Op::ConvTranspose { channels: out, window, groups, bias, .. } => {
            // Each input unit meets every weight once.
            convolution(out, channels, &window, groups, bias, units(input, rank), row, rank)
        }
        Op::Linear { features, bias } => linear(features, channels, bias, input, row, rank),
        Op::Flatten => flatten(channels, input, row, rank),
        Op::PixelShuffle { factor } => {
            let parts = product(&factor, rank);
            if channels % parts != 0 {
                return Err(Fault::Divide { what: "the shuffled units", channels, divisor: parts });
            }
            row.set_channels(channels / parts);
            Ok(())
        }
        Op::PixelUnshuffle { factor } => {
            row.set_channels(match channels.checked_mul(product(&factor, rank)) {
                Some(channels) if channels <= LIMIT => channels,
                _ => return Err(Fault::TooLarge { what: "channels" }),
            });
            Ok(())
        }
        Op::ChannelShuffle { groups } => match check("groups", groups, 1) {
            Ok(()) if channels % groups == 0 => Ok(()),
            Ok(()) => Err(Fault::Divide { what: "groups", channels, divisor: groups }),
            Err(fault) => Err(fault),
        },
        Op::Narrow { first, channels: kept } => narrow(first, kept, channels, row),
        Op::Opaque { channels: out, .. } => {
            row.set_channels(out);
            if out == UNKNOWN { Ok(()) } else { check("channels", out, 1) }
        }
        Op::Norm { norm: Norm::Batch | Norm::LayerChannels | Norm::Instance, affine } => {
            per_channel(affine, row)
        }
        Op::Norm { norm, affine } => normalisation(norm, affine, channels, row, rank),
        Op::SqueezeExcite { squeeze } => {
            if let Err(fault) = check("squeeze", squeeze, 1) {
                return Err(fault);
            }
            let weights = 2 * (channels as u64) * (squeeze as u64);
            row.set_cost(weights + (channels + squeeze) as u64, Some(weights));
            Ok(())
        }
        Op::Attention { heads, bias } => attention(heads, bias, channels, row, rank),
        Op::Activation(Activation::Prelu) => {
            row.set_cost(1, Some(0));
            Ok(())
        }
        Op::Activation(Activation::PreluPerChannel) => {
            row.set_cost(channels as u64, Some(0));
            Ok(())
        }
        Op::Custom { channels: out, params, .. } => custom(out, params, row),
        _ => Ok(()),
    }
}

/// The input's channels, where the layer needs to know them.
const fn input_channels(op: &Op, input: &Row) -> Result<i64, Fault> {
    let needs = matches!(
        op,
        Op::Conv { .. }
            | Op::DepthwiseConv { .. }
            | Op::ConvTranspose { .. }
            | Op::Linear { .. }
            | Op::Flatten
            | Op::PixelShuffle { .. }
            | Op::PixelUnshuffle { .. }
            | Op::SqueezeExcite { .. }
            | Op::Attention { .. }
            | Op::ChannelShuffle { .. }
            | Op::Narrow { .. }
            | Op::Activation(Activation::PreluPerChannel)
            | Op::Norm { affine: true, .. }
            | Op::Norm { norm: Norm::Group { .. }, .. }
    );
    if needs && input.channels() == UNKNOWN { Err(Fault::NeedsChannels) } else { Ok(input.channels()) }
}

/// The product of the first `rank` entries, saturated.
const fn product(factors: &PerAxis, rank: usize) -> i64 {
    let mut product: i64 = 1;
    let mut axis = 0;
    while axis < rank {
        product = saturated(product, factors[axis]);
        axis += 1;
    }
    product
}

/// Units of a feature map, `None` where an extent is not known or the product is too large.
const fn units(row: &Row, rank: usize) -> Option<u64> {
    let mut units = Some(1);
    let mut axis = 0;
    while axis < rank {
        let extent = row.extent(axis);
        units = match units {
            Some(units) if extent != UNKNOWN => scale(units, extent as u64),
            _ => None,
        };
        axis += 1;
    }
    units
}

// The compiler's interpreter takes ten times as long for `checked_mul` and `saturating_mul`, which call others.
const fn scale(a: u64, b: u64) -> Option<u64> {
    let wide = a as u128 * b as u128;
    if wide > u64::MAX as u128 { None } else { Some(wide as u64) }
}

const fn saturated(a: i64, b: i64) -> i64 {
    let wide = a as i128 * b as i128;
    if wide > i64::MAX as i128 { i64::MAX } else { wide as i64 }
}

/// `out · in/groups · Π kernel` weights, each used `uses` times.
#[expect(clippy::too_many_arguments, reason = "a convolution has that many")]
const fn convolution(
    out: i64,
    channels: i64,
    window: &Window,
    groups: i64,
    bias: bool,
    uses: Option<u64>,
    row: &mut Row,
    rank: usize,
) -> Result<(), Fault> {
    // Tested here and named there: the compiler's interpreter takes its time for a call.
    if out < 1 || out > LIMIT {
        return check("channels", out, 1);
    }
    if groups < 1 || groups > LIMIT {
        return check("groups", groups, 1);
    }
    if channels % groups != 0 {
        return Err(Fault::Divide { what: "groups", channels, divisor: groups });
    }
    if out % groups != 0 {
        return Err(Fault::Divide { what: "groups", channels: out, divisor: groups });
    }
    row.set_channels(out);
    let taps = product(&window.kernel, rank) as u64;
    let weights = match scale((out as u64) * ((channels / groups) as u64), taps) {
        Some(weights) if weights < u64::MAX / 2 => weights,
        _ => return Err(Fault::Params),
    };
    let macs = match uses {
        Some(uses) => scale(weights, uses),
        None => None,
    };
    row.set_cost(weights + if bias { out as u64 } else { 0 }, macs);
    Ok(())
}

/// The number of features that a flattened map has.
const fn features(channels: i64, input: &Row, rank: usize) -> Result<i64, Fault> {
    let mut features = channels;
    let mut axis = 0;
    while axis < rank {
        features = saturated(features, input.extent(axis));
        axis += 1;
    }
    if features > LIMIT { Err(Fault::TooLarge { what: "features" }) } else { Ok(features) }
}

const fn flatten(channels: i64, input: &Row, row: &mut Row, rank: usize) -> Result<(), Fault> {
    match features(channels, input, rank) {
        Ok(features) => {
            row.set_channels(features);
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

const fn linear(
    out: i64,
    channels: i64,
    bias: bool,
    input: &Row,
    row: &mut Row,
    rank: usize,
) -> Result<(), Fault> {
    if let Err(fault) = check("features", out, 1) {
        return Err(fault);
    }
    let features = match features(channels, input, rank) {
        Ok(features) => features as u64,
        Err(fault) => return Err(fault),
    };
    row.set_channels(out);
    let weights = features * (out as u64);
    row.set_cost(weights + if bias { out as u64 } else { 0 }, Some(weights));
    Ok(())
}

const fn normalisation(
    norm: Norm,
    affine: bool,
    channels: i64,
    row: &mut Row,
    rank: usize,
) -> Result<(), Fault> {
    let mut entries = if affine { channels as u64 } else { 0 };
    match norm {
        Norm::Group { groups } => {
            if let Err(fault) = check("groups", groups, 1) {
                return Err(fault);
            }
            if channels % groups != 0 {
                return Err(Fault::Divide { what: "groups", channels, divisor: groups });
            }
        }
        Norm::LocalResponse { size } => {
            if let Err(fault) = check("size", size, 1) {
                return Err(fault);
            }
            entries = 0;
        }
        // One scale and shift for each channel of each unit, as in `nn.LayerNorm([C, H, W])`.
        Norm::Layer if affine => {
            entries = match units(row, rank) {
                Some(units) => match scale(entries, units) {
                    Some(entries) if entries < u64::MAX / 4 => entries,
                    _ => return Err(Fault::Params),
                },
                None => return Err(Fault::NeedsExtent { axis: first_unknown(row) }),
            };
        }
        Norm::Batch | Norm::LayerChannels | Norm::Layer | Norm::Instance => {}
    }
    row.set_cost(2 * entries, Some(0));
    Ok(())
}

/// A scale and a shift for each channel.
pub(crate) const fn per_channel(affine: bool, row: &mut Row) -> Result<(), Fault> {
    if !affine {
        row.set_free();
    } else if row.channels() == UNKNOWN {
        return Err(Fault::NeedsChannels);
    } else {
        row.set_cost(2 * row.channels() as u64, Some(0));
    }
    Ok(())
}

const fn first_unknown(row: &Row) -> usize {
    let mut axis = 0;
    while axis + 1 < MAX_RANK && row.extent(axis) != UNKNOWN {
        axis += 1;
    }
    axis
}

/// Projections to queries, keys, values and back (`4·C²` weights) and two products over all pairs of units.
const fn attention(heads: i64, bias: bool, channels: i64, row: &mut Row, rank: usize) -> Result<(), Fault> {
    if let Err(fault) = check("heads", heads, 1) {
        return Err(fault);
    }
    if channels % heads != 0 {
        return Err(Fault::Divide { what: "heads", channels, divisor: heads });
    }
    let width = channels as u64;
    let weights = match scale(4 * width, width) {
        Some(weights) if weights < u64::MAX / 2 => weights,
        _ => return Err(Fault::Params),
    };
    row.set_cost(
        weights + if bias { 4 * width } else { 0 },
        match units(row, rank) {
            Some(units) => match (scale(weights, units), scale(units, units)) {
                (Some(projections), Some(pairs)) => match scale(pairs, 2 * width) {
                    Some(products) => projections.checked_add(products),
                    None => None,
                },
                _ => None,
            },
            None => None,
        },
    );
    Ok(())
}

const fn narrow(first: i64, kept: i64, channels: i64, row: &mut Row) -> Result<(), Fault> {
    if let Err(fault) = check("first channel", first, 0) {
        return Err(fault);
    }
    if let Err(fault) = check("channels", kept, 1) {
        return Err(fault);
    }
    if first + kept > channels {
        return Err(Fault::Channels { wanted: first + kept, channels });
    }
    row.set_channels(kept);
    Ok(())
}

const fn custom(out: i64, params: i64, row: &mut Row) -> Result<(), Fault> {
    if let Err(fault) = check("channels", out, 0) {
        return Err(fault);
    }
    if let Err(fault) = check("params", params, 0) {
        return Err(fault);
    }
    if out > 0 {
        row.set_channels(out);
    }
    row.set_cost(params as u64, None);
    Ok(())
}

/// The channels of a merge: their sum for a concatenation, else the ones that all share. One channel serves all
/// in a product (a spatial gate) and in a single unit.
pub(crate) const fn merged_channels(
    merge: Merge,
    node: &Node<'_>,
    rows: &[Row],
    rank: usize,
) -> Result<i64, Fault> {
    let mut channels = rows[node.inputs[0]].channels();
    let mut lends = spreads(merge, &rows[node.inputs[0]], rank);
    let mut k = 1;
    while k < node.inputs.len() {
        let row = &rows[node.inputs[k]];
        let other = row.channels();
        let spread = spreads(merge, row, rank);
        if matches!(merge, Merge::Concat) {
            channels = if channels == UNKNOWN || other == UNKNOWN { UNKNOWN } else { channels + other };
            if channels > LIMIT {
                return Err(Fault::TooLarge { what: "channels" });
            }
        } else if channels == UNKNOWN || (lends && other != UNKNOWN) {
            channels = other;
            lends = spread;
        } else if other != channels && other != UNKNOWN && !spread {
            return Err(Fault::MergeChannels { input: k, first: channels, other });
        }
        k += 1;
    }
    Ok(channels)
}

/// Whether a map's one channel may stand beside many.
const fn spreads(merge: Merge, row: &Row, rank: usize) -> bool {
    row.channels() == 1 && (matches!(merge, Merge::Mul) || is_single(row, rank))
}
