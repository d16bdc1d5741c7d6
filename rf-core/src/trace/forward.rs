//! Forward over the layers: which units a pixel reaches.

use alloc::vec;
use alloc::vec::Vec;

use super::axis_set::AxisSet;
use super::mask::Mask;
use super::{TraceError, WORD_CAP};
use crate::graph::MAX_RANK;
use crate::theory::between::{forward, lay_maps};
use crate::theory::support::{Edge, Part, Scope, count, edge, lay_out};
use crate::theory::{AxisMap, Interval, Layer};

/// The units of `layer`, along `axis`, that depend on index `from` of the earlier layer `source`: its projective
/// field, on the real, finite feature maps.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::TableBuf;
/// use rf_core::trace::projective;
///
/// let window = Window::new([3, 1, 1]).stride([2, 1, 1]);
/// let mut net = GraphBuf::new("Net", 1, &[32]);
/// net.push("conv", Op::Conv { channels: 1, window, groups: 1, bias: false }, &[0]);
/// let lent = net.lend();
/// let table = TableBuf::new(&lent.graph());
/// let (input, conv) = (table.table().layer(0), table.table().row("conv"));
/// // Unit 2 reads pixels 4 to 6, unit 3 reads 6 to 8.
/// assert_eq!(projective(&input, 6, &conv, 0)?.members(), [2, 3]);
/// # Ok::<(), rf_core::trace::TraceError>(())
/// ```
///
/// # Errors
/// [`TraceError`] where the layer is at fault, stands before the source, or an extent is not known.
pub fn projective(
    source: &Layer<'_>,
    from: i64,
    layer: &Layer<'_>,
    axis: usize,
) -> Result<AxisSet, TraceError> {
    let (node, _) = orderly(source, layer)?;
    if axis >= layer.table().graph().rank {
        return Err(TraceError::Unit);
    }
    let (parts, words) = along(source, from, layer, axis)?;
    let part = parts[node];
    let members = (part.window.first..=part.window.last).filter(|&unit| part.get(&words, unit));
    Ok(AxisSet::from_sorted(members.collect()))
}

/// Exactly the units of `layer` that depend on unit `from` of the earlier layer `source`, over all axes, on the real,
/// finite feature maps. Like a [`mask`](super::mask()) it need not be a box.
///
/// # Errors
/// [`TraceError`] where the layer is at fault, stands before the source, where `from` has not one index per axis, an
/// extent is not known, or the maps take more than 4 GiB.
pub fn projective_mask(source: &Layer<'_>, from: &[i64], layer: &Layer<'_>) -> Result<Mask, TraceError> {
    let (node, until) = orderly(source, layer)?;
    let graph = layer.table().graph();
    if from.len() != graph.rank {
        return Err(TraceError::Unit);
    }
    // What is reached along each axis bounds what is reached over all.
    let mut boxes = vec![[Interval::EMPTY; MAX_RANK]; node + 1];
    for (axis, &index) in from.iter().enumerate() {
        let (parts, words) = along(source, index, layer, axis)?;
        for at in until..=node {
            boxes[at][axis] = count(parts[at], &words).1;
        }
    }
    let mut masks: Vec<Option<Mask>> = vec![None; node + 1];
    let mut own = Mask::new(graph.rank, boxes[until])?;
    if !own.is_void() {
        own.set(from);
    }
    masks[until] = Some(own);
    for at in until + 1..=node {
        let mut mask = Mask::new(graph.rank, boxes[at])?;
        for (k, &input) in graph.nodes[at].inputs.iter().enumerate() {
            if input < until || mask.is_void() {
                continue;
            }
            let edges = core::array::from_fn(|axis| {
                (axis < graph.rank)
                    .then(|| edge(layer.table(), at, k, Scope { axis, bounded: true, global: true }))
            });
            if let Some(marked) = &masks[input] {
                gather(marked, &edges, &mut mask)?;
            }
        }
        masks[at] = Some(mask);
    }
    match masks[node].take() {
        Some(mask) => mask.trimmed(),
        None => Mask::new(graph.rank, [Interval::EMPTY; MAX_RANK]),
    }
}

/// The indices of both layers, the source not behind the layer.
fn orderly(source: &Layer<'_>, layer: &Layer<'_>) -> Result<(usize, usize), TraceError> {
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if source.index() > layer.index() {
        return Err(TraceError::Order);
    }
    Ok((layer.index(), source.index()))
}

/// What is reached along one axis, of all layers from the source to the layer.
fn along(
    source: &Layer<'_>,
    from: i64,
    layer: &Layer<'_>,
    axis: usize,
) -> Result<(Vec<Part>, Vec<u64>), TraceError> {
    let (node, until) = (layer.index(), source.index());
    let mut parts = vec![Part::EMPTY; node + 1];
    if !lay_maps(layer.table(), node, until, axis, &mut parts) {
        return Err(TraceError::Unknown);
    }
    let used = lay_out(node, until, &mut parts);
    if used > WORD_CAP {
        return Err(TraceError::TooLarge);
    }
    let mut words = vec![0; used];
    let scope = Scope { axis, bounded: true, global: true };
    forward(layer.table(), node, (until, from), scope, &parts, &mut words);
    Ok((parts, words))
}

/// Marks in `outputs` all that read a unit that is marked.
fn gather(marked: &Mask, edges: &[Option<Edge>; MAX_RANK], outputs: &mut Mask) -> Result<(), TraceError> {
    if marked.is_empty() {
        return Ok(());
    }
    let rank = outputs.rank();
    if edges[..rank].iter().flatten().all(|edge| !edge.all.is_empty()) {
        outputs.fill();
        return Ok(());
    }
    // One axis after another: the taps of a layer are a product.
    let mut current = marked.clone();
    for (axis, edge) in edges[..rank].iter().flatten().enumerate() {
        let Some(map) = edge.map else { return Ok(()) };
        current = current.gathered(axis, outputs.window()[axis], (map, edge.last))?;
    }
    outputs.unite(&current);
    Ok(())
}

/// The indices that output `unit` taps, as far as they lie in `window`.
pub(super) fn tapped(map: AxisMap, unit: i64, last: i64, window: Interval) -> impl Iterator<Item = i64> {
    let taps = map.taps(unit);
    (0..taps.count)
        .map(move |t| taps.first + t * taps.step)
        .filter(move |&index| window.first <= index && index <= window.last.min(last))
}
