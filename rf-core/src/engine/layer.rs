//! Channels, extents and index maps of every layer.
use std::format;
use std::string::String;
use std::vec::Vec;

use super::Error;
use crate::graph::{Graph, MAX_RANK, Merge, Norm, Op, Padding, PerAxis, UNKNOWN, Window};
use crate::theory::AxisMap;

/// What one layer gives, and how it reads each of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Channels of its output.
    pub channels: usize,
    /// Spatial axes of its output: 0 after `flatten` and `linear`.
    pub rank: usize,
    /// Extents of its output, [`UNKNOWN`] where not fixed; 1 beyond the rank.
    pub extents: PerAxis,
    /// One entry per input.
    pub reads: Vec<Reads>,
    /// Padding after the last unit, of pools alone: an average that counts padding needs it.
    pub after: PerAxis,
}

/// Which units of an input a unit of a layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Those that the maps give.
    Local([AxisMap; MAX_RANK]),
    /// All.
    All,
    /// Its own, and all of them through statistics or a gate.
    Gate,
    /// The only one: an input of extent 1 beside larger ones.
    One,
}

const IDENTITY: Reads = Reads::Local([AxisMap::IDENTITY; MAX_RANK]);

/// The layers of a graph, in order.
pub(crate) fn layers(graph: &Graph<'_>) -> Result<Vec<Layer>, Error> {
    let mut layers: Vec<Layer> = Vec::with_capacity(graph.nodes.len());
    for node in graph.nodes {
        let inputs: Vec<&Layer> = node.inputs.iter().map(|&i| &layers[i]).collect();
        let layer = layer(graph.rank, &node.op, &inputs)
            .map_err(|what| Error::Shape { layer: node.name.into(), what })?;
        layers.push(layer);
    }
    Ok(layers)
}

fn layer(rank: usize, op: &Op, inputs: &[&Layer]) -> Result<Layer, String> {
    let keep = |reads| {
        let mut l = inputs[0].clone();
        l.reads = std::vec![reads];
        l.after = [0; MAX_RANK];
        l
    };
    let n = inputs.first().map_or([1; MAX_RANK], |l| l.extents);
    let local = |channels: i64, extents: PerAxis, maps| -> Result<Layer, String> {
        let layer = Layer {
            channels: usize::try_from(channels).map_err(|_| format!("{channels} channels"))?,
            rank: inputs[0].rank,
            extents,
            reads: std::vec![Reads::Local(maps)],
            after: [0; MAX_RANK],
        };
        if layer.extents.iter().any(|&e| e < 1 && e != UNKNOWN) {
            return Err(format!("window does not fit in input {n:?}"));
        }
        Ok(layer)
    };
    let channels_in = inputs.first().map_or(0, |l| l.channels as i64);
    match *op {
        Op::Input { channels, extents } => Ok(Layer {
            channels: usize::try_from(channels).map_err(|_| format!("{channels} channels"))?,
            rank,
            extents,
            reads: Vec::new(),
            after: [0; MAX_RANK],
        }),
        Op::Conv { channels, window, .. } | Op::Custom { channels, window, global: false, .. } => {
            let (extents, maps, _) = windows(&window, n, false);
            local(if channels == 0 { channels_in } else { channels }, extents, maps)
        }
        Op::DepthwiseConv { multiplier, window, .. } => {
            let (extents, maps, _) = windows(&window, n, false);
            local(channels_in * multiplier, extents, maps)
        }
        Op::ConvTranspose { channels, window, output_padding, .. } => {
            let mut extents = n;
            let mut maps = [AxisMap::IDENTITY; MAX_RANK];
            for a in 0..MAX_RANK {
                let (kernel, stride, dilation) = (window.kernel[a], window.stride[a], window.dilation[a]);
                let span = dilation * (kernel - 1) + 1;
                let (before, after) = match window.padding[a] {
                    Padding::Explicit { before, after } => (before, after),
                    Padding::Same | Padding::SameLower => {
                        let total = span - stride + output_padding[a];
                        (total.div_euclid(2), total - total.div_euclid(2))
                    }
                    Padding::Causal => (0, span - stride),
                };
                maps[a] = AxisMap::Transposed { kernel, stride, dilation, before };
                if n[a] != UNKNOWN {
                    extents[a] = (n[a] - 1) * stride - before - after + span + output_padding[a];
                }
            }
            local(channels, extents, maps)
        }
        Op::Pool { window, ceil_mode, .. } => {
            let (extents, maps, after) = windows(&window, n, ceil_mode);
            let mut layer = local(channels_in, extents, maps)?;
            layer.after = after;
            Ok(layer)
        }
        Op::AdaptivePool { output, .. } => {
            if (0..inputs[0].rank).any(|a| n[a] == UNKNOWN) {
                return Err("adaptive pool of an extent that is not known".into());
            }
            local(
                channels_in,
                core::array::from_fn(|a| if a < inputs[0].rank { output[a] } else { 1 }),
                core::array::from_fn(|a| {
                    if a < inputs[0].rank {
                        AxisMap::Adaptive { input: n[a], output: output[a] }
                    } else {
                        AxisMap::IDENTITY
                    }
                }),
            )
        }
        Op::GlobalPool { .. } => {
            let mut l = keep(Reads::All);
            l.extents = [1; MAX_RANK];
            Ok(l)
        }
        Op::Upsample { factor, mode } => {
            let map = |f| match mode {
                _ if f == 1 => AxisMap::IDENTITY,
                crate::graph::Resize::Nearest => AxisMap::Nearest { factor: f },
                crate::graph::Resize::Linear => AxisMap::Linear { factor: f },
            };
            local(channels_in, times(n, factor), factor.map(map))
        }
        Op::PixelShuffle { factor } => {
            let ratio: i64 = factor.iter().product();
            if channels_in % ratio != 0 {
                return Err(format!("{channels_in} channels do not divide into {ratio}"));
            }
            local(channels_in / ratio, times(n, factor), factor.map(|factor| AxisMap::Nearest { factor }))
        }
        Op::PixelUnshuffle { factor } => {
            let extents = core::array::from_fn(|a| if n[a] == UNKNOWN { UNKNOWN } else { n[a] / factor[a] });
            let maps = factor.map(|f| AxisMap::Window { kernel: f, stride: f, dilation: 1, before: 0 });
            local(channels_in * factor.iter().product::<i64>(), extents, maps)
        }
        Op::Pad { sides } => local(
            channels_in,
            core::array::from_fn(|a| {
                if n[a] == UNKNOWN { UNKNOWN } else { n[a] + sides.before[a] + sides.after[a] }
            }),
            sides.before.map(|before| AxisMap::Window { kernel: 1, stride: 1, dilation: 1, before }),
        ),
        Op::Linear { features, .. } => flat(features, inputs[0]),
        Op::Flatten => {
            if n.contains(&UNKNOWN) {
                return Err("flatten of an extent that is not known".into());
            }
            flat(channels_in * n.iter().product::<i64>(), inputs[0])
        }
        Op::Norm { norm, .. } => Ok(keep(if norm.spatial() { Reads::Gate } else { IDENTITY })),
        Op::SqueezeExcite { .. } => Ok(keep(Reads::Gate)),
        Op::Attention { .. } => Ok(keep(Reads::All)),
        Op::Activation(_) | Op::Dropout | Op::Identity => Ok(keep(IDENTITY)),
        Op::Merge(merge) => merged(merge, inputs),
        Op::Custom { .. } => Ok(keep(Reads::All)),
    }
}

fn flat(features: i64, input: &Layer) -> Result<Layer, String> {
    Ok(Layer {
        channels: usize::try_from(features).map_err(|_| format!("{features} features"))?,
        rank: 0,
        extents: [1; MAX_RANK],
        reads: std::vec![if input.rank == 0 { IDENTITY } else { Reads::All }],
        after: [0; MAX_RANK],
    })
}

fn merged(merge: Merge, inputs: &[&Layer]) -> Result<Layer, String> {
    let largest = inputs.iter().max_by_key(|l| (l.extents != [1; MAX_RANK], l.channels)).ok_or("no input")?;
    let mut layer = (*largest).clone();
    layer.after = [0; MAX_RANK];
    layer.reads.clear();
    for input in inputs {
        let alone = input.extents == [1; MAX_RANK] && largest.extents != [1; MAX_RANK];
        if input.extents != largest.extents && (!alone || merge == Merge::Concat) {
            return Err(format!("extents {:?} and {:?}", input.extents, largest.extents));
        }
        if merge != Merge::Concat && input.channels != layer.channels && input.channels != 1 {
            return Err(format!("channels {} and {}", input.channels, layer.channels));
        }
        layer.reads.push(if alone { Reads::One } else { IDENTITY });
    }
    if merge == Merge::Concat {
        layer.channels = inputs.iter().map(|l| l.channels).sum();
    }
    Ok(layer)
}

fn times(n: PerAxis, factor: PerAxis) -> PerAxis {
    core::array::from_fn(|a| if n[a] == UNKNOWN { UNKNOWN } else { n[a] * factor[a] })
}

/// Output extents, maps and padding after, of a window over extents `n`.
fn windows(w: &Window, n: PerAxis, ceil_mode: bool) -> (PerAxis, [AxisMap; MAX_RANK], PerAxis) {
    let (mut extents, mut maps, mut afters) = (n, [AxisMap::IDENTITY; MAX_RANK], [0; MAX_RANK]);
    for a in 0..MAX_RANK {
        let (kernel, stride, dilation) = (w.kernel[a], w.stride[a], w.dilation[a]);
        let span = dilation * (kernel - 1) + 1;
        let (before, after) = match w.padding[a] {
            Padding::Explicit { before, after } => (before, after),
            Padding::Causal => (span - 1, 0),
            Padding::Same | Padding::SameLower => {
                let total = if stride == 1 {
                    span - 1
                } else {
                    (((n[a] + stride - 1) / stride - 1) * stride + span - n[a]).max(0)
                };
                let smaller = total / 2;
                if w.padding[a] == Padding::Same {
                    (smaller, total - smaller)
                } else {
                    (total - smaller, smaller)
                }
            }
        };
        maps[a] = AxisMap::Window { kernel, stride, dilation, before };
        afters[a] = after;
        if n[a] != UNKNOWN {
            let room = n[a] + before + after - span;
            extents[a] = room.div_euclid(stride) + 1;
            if ceil_mode && room.rem_euclid(stride) != 0 && extents[a] * stride < n[a] + before {
                extents[a] += 1;
            }
        }
    }
    (extents, maps, afters)
}

/// Whether what a layer computes is affine in its input, so that its gradient needs no value.
pub(crate) fn affine(op: &Op) -> bool {
    use crate::graph::Pool;
    match op {
        Op::Pool { pool, .. } | Op::AdaptivePool { pool, .. } | Op::GlobalPool { pool } => *pool == Pool::Avg,
        Op::Norm { norm, .. } => *norm == Norm::Batch,
        Op::Activation(_) | Op::SqueezeExcite { .. } | Op::Attention { .. } | Op::Custom { .. } => false,
        Op::Merge(merge) => matches!(merge, Merge::Add | Merge::Concat),
        _ => true,
    }
}
