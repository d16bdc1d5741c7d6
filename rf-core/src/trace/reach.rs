//! Questions forward: which units a pixel reaches, and which inputs suit a network.

use alloc::vec;
use alloc::vec::Vec;

use super::TraceError;
use super::axis_set::AxisSet;
use crate::graph::UNKNOWN;
use crate::theory::support::{Scope, edge};
use crate::theory::{Layer, Table};

/// The units of `layer`, along `axis`, that depend on index `from` of the earlier layer `source`: its projective
/// field, on the real, finite feature maps.
///
/// # Errors
/// [`TraceError`] where the layer is at fault, stands before the source, or an extent is not known.
pub fn projective(
    source: &Layer<'_>,
    from: i64,
    layer: &Layer<'_>,
    axis: usize,
) -> Result<AxisSet, TraceError> {
    let table = layer.table();
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if source.index() > layer.index() {
        return Err(TraceError::Order);
    }
    if axis >= table.graph().rank {
        return Err(TraceError::Unit);
    }
    let scope = Scope { axis, bounded: true, global: true };
    let mut reached: Vec<Vec<bool>> = vec![Vec::new(); layer.index() + 1];
    for node in source.index()..=layer.index() {
        let extent = table.layer(node).data().extent(axis);
        if extent == UNKNOWN {
            return Err(TraceError::Unknown);
        }
        reached[node] = if node == source.index() {
            (0..extent).map(|unit| unit == from).collect()
        } else {
            (0..extent).map(|unit| depends(table, node, unit, scope, &reached)).collect()
        };
    }
    let members =
        reached[layer.index()].iter().zip(0..).filter(|&(&reached, _)| reached).map(|(_, unit)| unit);
    Ok(AxisSet::from_sorted(members.collect()))
}

/// Whether unit `unit` of `node` reads a unit that is reached.
fn depends(table: &Table<'_>, node: usize, unit: i64, scope: Scope, reached: &[Vec<bool>]) -> bool {
    table.graph().nodes[node].inputs.iter().enumerate().any(|(k, &input)| {
        let edge = edge(table, node, k, scope);
        let hit = |index: i64| {
            usize::try_from(index).is_ok_and(|index| reached[input].get(index).copied().unwrap_or(false))
        };
        let tapped = edge.map.is_some_and(|map| {
            let taps = map.taps(unit);
            (0..taps.count).map(|t| taps.first + t * taps.step).any(|index| index <= edge.last && hit(index))
        });
        tapped || (!edge.all.is_empty() && reached[input].contains(&true))
    })
}

/// The smallest extent, the same along all axes, that every layer of the network accepts, up to `limit`.
///
/// Not every larger one need do: a decoder's skips fit only multiples of its [`Layer::tile_multiple`].
#[must_use]
pub fn smallest_input(table: &Table<'_>, limit: i64) -> Option<i64> {
    (1..=limit).find(|&extent| fits(table, extent))
}

fn fits(table: &Table<'_>, extent: i64) -> bool {
    use crate::graph::{Graph, Op};
    use crate::theory::TableBuf;
    let graph = table.graph();
    let mut nodes = graph.nodes.to_vec();
    let Some(first) = nodes.first_mut() else { return false };
    let Op::Input { channels, mut extents } = first.op else { return false };
    extents[..graph.rank].fill(extent);
    first.op = Op::Input { channels, extents };
    let resized = TableBuf::new(&Graph { nodes: &nodes, ..*graph });

    resized.table().layers().all(|layer| layer.fault().is_none())
}

/// The layers whose shortest path exceeds an input of `extent` pixels along every axis (Richter et al. 2021):
/// they cannot integrate more of the image.
pub fn unproductive<'a>(table: &Table<'a>, extent: i64) -> impl Iterator<Item = Layer<'a>> + use<'a> {
    let rank = table.graph().rank;
    table.layers().filter(move |layer| (0..rank).all(|axis| layer.shortest(axis) > extent))
}
