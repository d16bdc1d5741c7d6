//! The table of a network of literals, for the rustdoc of its type: hovering over the name shows it. It decides
//! nothing; `rf-core` computes it here as it does in const context.

use rf_core::graph as hub;
use rf_core::theory::TableBuf;

use crate::ast::MergeKind;
use crate::model::{Axes, Bool, Int, Model, Node, Norm, Op, Pad, Pads, Source, What, Window};
use crate::parse::spelled;

/// Most layers of a network that has its table in the docs: more would be felt in each build.
const LAYERS: usize = 1000;
/// Largest kernel, stride, dilation, padding or factor.
const LARGEST: i64 = 4096;
/// Largest number of units along an axis; upsampling multiplies it.
const UNITS: i64 = 1 << 14;

/// The table as text; nothing where an argument is an expression, a layer is at fault, or it would take long.
pub(crate) fn table(model: &Model) -> Option<String> {
    if model.nodes.len() > LAYERS || model.inlines {
        return None;
    }
    let mut reader = Reader { rank: model.rank, units: 1 };
    let inputs: Vec<Vec<usize>> = model.nodes.iter().map(inputs).collect::<Option<_>>()?;
    let nodes = model.nodes.iter().zip(&inputs).map(|(node, inputs)| {
        let What::Layer(op) = &node.what else { return None };
        Some(hub::Node { name: &node.name, op: reader.op(op)?, inputs })
    });
    let nodes: Vec<_> = nodes.collect::<Option<_>>()?;
    let groups = model.groups.iter().map(|group| {
        let output = node(&group.output)?;
        let (first, end, stage) = (group.first, group.end, group.stage);
        Some(hub::Group { name: &group.name, first, end, output, stage })
    });
    let groups: Vec<_> = groups.collect::<Option<_>>()?;
    let (name, init) = (spelled(&model.header.name), hub::Init::default());
    let graph = hub::Graph { name: &name, rank: model.rank, nodes: &nodes, groups: &groups, init };
    let table = TableBuf::new(&graph);
    let sound = table.table().layers().all(|layer| layer.fault().is_none());
    sound.then(|| table.table().to_string())
}

/// The head of a table and one label's row.
pub(crate) fn row(table: &str, label: &str) -> Option<String> {
    let row = table.lines().find(|line| line.split(' ').next() == Some(label))?;
    Some(format!("{}\n{row}", table.lines().next()?))
}

fn inputs(node: &Node) -> Option<Vec<usize>> {
    node.inputs.iter().map(self::node).collect()
}

fn node(source: &Source) -> Option<usize> {
    match source {
        Source::Node(node) => Some(*node),
        Source::Inner(..) => None,
    }
}

struct Reader {
    rank: usize,
    /// A bound on the units along an axis, as far as upsampling goes.
    units: i64,
}

impl Reader {
    fn op(&mut self, op: &Op) -> Option<hub::Op> {
        Some(match op {
            Op::Input { channels, extents } => {
                let mut each = [1; 3];
                for (entry, extent) in each.iter_mut().zip(extents) {
                    *entry = int(extent)?;
                    self.units = self.units.max(*entry);
                }
                self.grown(1)?;
                hub::Op::Input { channels: int(channels)?, extents: each }
            }
            Op::Conv { channels, window, groups, bias } => hub::Op::Conv {
                channels: int(channels)?,
                window: self.window(window)?,
                groups: int(groups)?,
                bias: bool(bias)?,
            },
            Op::DepthwiseConv { multiplier, window, bias } => hub::Op::DepthwiseConv {
                multiplier: int(multiplier)?,
                window: self.window(window)?,
                bias: bool(bias)?,
            },
            Op::ConvTranspose { channels, window, output_padding, groups, bias } => {
                let window = self.window(window)?;
                self.grown(most(window.stride))?;
                let (channels, output_padding) = (int(channels)?, self.axes(output_padding, 0)?);
                hub::Op::ConvTranspose {
                    channels,
                    window,
                    output_padding,
                    groups: int(groups)?,
                    bias: bool(bias)?,
                }
            }
            Op::Pool { pool, window, ceil_mode, count_include_pad } => hub::Op::Pool {
                pool: self::pool(pool),
                window: self.window(window)?,
                ceil_mode: bool(ceil_mode)?,
                count_include_pad: bool(count_include_pad)?,
            },
            Op::AdaptivePool { pool, output } => {
                hub::Op::AdaptivePool { pool: self::pool(pool), output: self.axes(output, 1)? }
            }
            Op::GlobalPool { pool } => hub::Op::GlobalPool { pool: self::pool(pool) },
            Op::Upsample { factor, mode } => {
                let factor = self.axes(factor, 1)?;
                self.grown(most(factor))?;
                let mode = if *mode == "Linear" { hub::Resize::Linear } else { hub::Resize::Nearest };
                hub::Op::Upsample { factor, mode }
            }
            Op::PixelShuffle { factor } => {
                let factor = self.axes(factor, 1)?;
                self.grown(most(factor))?;
                hub::Op::PixelShuffle { factor }
            }
            Op::PixelUnshuffle { factor } => hub::Op::PixelUnshuffle { factor: self.axes(factor, 1)? },
            Op::Linear { features, bias } => hub::Op::Linear { features: int(features)?, bias: bool(bias)? },
            Op::Flatten => hub::Op::Flatten,
            Op::Norm { norm, affine } => hub::Op::Norm { norm: self::norm(norm)?, affine: bool(affine)? },
            Op::SqueezeExcite { squeeze } => hub::Op::SqueezeExcite { squeeze: int(squeeze)? },
            Op::Attention { heads, bias } => hub::Op::Attention { heads: int(heads)?, bias: bool(bias)? },
            Op::Prelu { per_channel } if bool(per_channel)? => {
                hub::Op::Activation(hub::Activation::PreluPerChannel)
            }
            Op::Prelu { .. } => hub::Op::Activation(hub::Activation::Prelu),
            Op::ChannelShuffle { groups } => hub::Op::ChannelShuffle { groups: int(groups)? },
            Op::Narrow { first, channels } => {
                hub::Op::Narrow { first: int(first)?, channels: int(channels)? }
            }
            // What the others compute is not in the table.
            Op::Activation { .. } => hub::Op::Activation(hub::Activation::Relu),
            Op::Dropout => hub::Op::Dropout,
            Op::Identity => hub::Op::Identity,
            Op::Merge(kind) => hub::Op::Merge(merge(*kind)),
            // Rare, and as many more conversions.
            Op::Pad { .. } | Op::Custom { .. } | Op::Resample { .. } | Op::Opaque { .. } => return None,
        })
    }

    /// Notes that a map grows by a factor; nothing where it grows too large.
    fn grown(&mut self, factor: i64) -> Option<()> {
        self.units = self.units.saturating_mul(factor.max(1));
        (self.units <= UNITS).then_some(())
    }

    fn window(&self, window: &Window) -> Option<hub::Window> {
        let made = hub::Window::new(self.axes(&window.kernel, 1)?);
        let (stride, dilation) = (self.axes(&window.stride, 1)?, self.axes(&window.dilation, 1)?);
        Some(made.stride(stride).padding(self.pads(&window.padding)?).dilation(dilation))
    }

    fn axes(&self, axes: &Axes, neutral: i64) -> Option<[i64; 3]> {
        let mut out = [neutral; 3];
        for (axis, entry) in out.iter_mut().enumerate().take(self.rank) {
            *entry = small(match axes {
                Axes::All(all) => all,
                Axes::Each(each) => each.get(axis)?,
            })?;
        }
        Some(out)
    }

    fn pads(&self, pads: &Pads) -> Option<[hub::Padding; 3]> {
        let mut out = [hub::Padding::ZERO; 3];
        for (axis, entry) in out.iter_mut().enumerate().take(self.rank) {
            *entry = pad(match pads {
                Pads::All(all) => all,
                Pads::Each(each) => each.get(axis)?,
            })?;
        }
        Some(out)
    }
}

fn pad(pad: &Pad) -> Option<hub::Padding> {
    Some(match pad {
        Pad::Both(both) => hub::Padding::both(small(both)?),
        Pad::Sides(before, after) => hub::Padding::Explicit { before: small(before)?, after: small(after)? },
        Pad::Word("Same") => hub::Padding::Same,
        Pad::Word("SameLower") => hub::Padding::SameLower,
        Pad::Word(_) => hub::Padding::Causal,
    })
}

fn int(int: &Int) -> Option<i64> {
    match int {
        Int::Lit(value) => Some(*value),
        Int::Expr(..) => None,
    }
}

fn small(given: &Int) -> Option<i64> {
    int(given).filter(|value| (-LARGEST..=LARGEST).contains(value))
}

fn most(numbers: [i64; 3]) -> i64 {
    numbers.into_iter().max().unwrap_or(1)
}

fn bool(bool: &Bool) -> Option<bool> {
    match bool {
        Bool::Lit(value) => Some(*value),
        Bool::Expr(_) => None,
    }
}

fn pool(pool: &str) -> hub::Pool {
    if pool == "Max" { hub::Pool::Max } else { hub::Pool::Avg }
}

fn norm(norm: &Norm) -> Option<hub::Norm> {
    Some(match norm {
        Norm::Batch => hub::Norm::Batch,
        Norm::Layer { spatial } if bool(spatial)? => hub::Norm::Layer,
        Norm::Layer { .. } => hub::Norm::LayerChannels,
        Norm::Group { groups } => hub::Norm::Group { groups: int(groups)? },
        Norm::Instance => hub::Norm::Instance,
        Norm::LocalResponse { size } => hub::Norm::LocalResponse { size: int(size)? },
    })
}

fn merge(kind: MergeKind) -> hub::Merge {
    match kind {
        MergeKind::Add => hub::Merge::Add,
        MergeKind::Concat => hub::Merge::Concat,
        MergeKind::Mul => hub::Merge::Mul,
        MergeKind::Max => hub::Merge::Max,
    }
}
