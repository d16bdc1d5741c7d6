//! What the theory says of every layer, in the engine's terms.
use std::vec::Vec;

use super::Error;
use crate::graph::{Graph, MAX_RANK, Merge, Norm, Op, Padding, PerAxis, Pool};
use crate::theory::{AxisMap, Row, TableBuf};

/// What one layer gives, and how it reads each of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// Channels of its output.
    pub channels: usize,
    /// Spatial axes of its output: 0 after `flatten` and `linear`.
    pub rank: usize,
    /// Extents of its output, [`UNKNOWN`](crate::graph::UNKNOWN) where not fixed; 1 beyond the rank.
    pub extents: PerAxis,
    /// One entry per input.
    pub reads: Vec<Reads>,
    /// Padding after the last unit, of pools alone: an average that counts padding needs it.
    pub after: PerAxis,
    /// Its row in the theory's table.
    pub row: Row,
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

/// The layers of a graph, in order.
pub(crate) fn layers(graph: &Graph<'_>) -> Result<Vec<Layer>, Error> {
    let table = TableBuf::new(graph);
    let mut layers: Vec<Layer> = Vec::with_capacity(graph.nodes.len());
    for (node, layer) in graph.nodes.iter().zip(table.table().layers()) {
        let row = *layer.data();
        if row.fault.is_some() {
            return Err(Error::Faulty { layer: node.name.into() });
        }
        let channels = usize::try_from(row.channels())
            .map_err(|_| Error::UnknownExtent { layer: node.name.into(), why: "nor are its channels" })?;
        let rank = if row.flat() { 0 } else { graph.rank };
        let extents = core::array::from_fn(|a| if a < rank { row.extent(a) } else { 1 });
        let reads = node.inputs.iter().map(|&j| reads(&node.op, &row, extents, &layers[j])).collect();
        layers.push(Layer { channels, rank, extents, reads, after: after(&node.op), row });
    }
    Ok(layers)
}

fn reads(op: &Op, row: &Row, extents: PerAxis, input: &Layer) -> Reads {
    match op {
        Op::Norm { norm, .. } if norm.spatial() => Reads::Gate,
        Op::SqueezeExcite { .. } => Reads::Gate,
        Op::GlobalPool { .. }
        | Op::Attention { .. }
        | Op::Opaque { .. }
        | Op::Custom { global: true, .. } => Reads::All,
        Op::Linear { .. } | Op::Flatten if input.rank > 0 => Reads::All,
        Op::Linear { .. } | Op::Flatten => Reads::Local([AxisMap::IDENTITY; MAX_RANK]),
        Op::Merge(_) if input.extents == [1; MAX_RANK] && extents != [1; MAX_RANK] => Reads::One,
        // Axes beyond the rank have one unit, which reads itself.
        _ => Reads::Local(core::array::from_fn(
            |a| if a < input.rank { row.map(a) } else { AxisMap::IDENTITY },
        )),
    }
}

/// Explicit padding after; `same` never leaves a window beyond it.
fn after(op: &Op) -> PerAxis {
    let Op::Pool { window, .. } = op else { return [0; MAX_RANK] };
    window.padding.map(|p| match p {
        Padding::Explicit { after, .. } => after,
        _ => i64::from(u32::MAX),
    })
}

/// Whether what a layer computes is affine in its input, so that its gradient needs no value.
pub(crate) fn affine(op: &Op) -> bool {
    match op {
        Op::Pool { pool, .. } | Op::AdaptivePool { pool, .. } | Op::GlobalPool { pool } => *pool == Pool::Avg,
        Op::Norm { norm, .. } => *norm == Norm::Batch,
        Op::Activation(_)
        | Op::SqueezeExcite { .. }
        | Op::Attention { .. }
        | Op::Opaque { .. }
        | Op::Custom { .. } => false,
        Op::Merge(merge) => matches!(merge, Merge::Add | Merge::Concat),
        _ => true,
    }
}
