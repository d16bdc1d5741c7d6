//! Merges: the union of several paths' fields, and whether they line up.

use super::compose::{Composed, Pool, extremes, leads, phase_extremes, union};
use super::cost;
use super::fault::Fault;
use super::kind::{broadcasts, is_single};
use super::reach::reach_of_map;
use super::row::{NONE, Row};
use super::separable::separable;
use super::shortest::join_shortest;
use super::strand::{AxisRow, STRANDS, Strand};
use crate::graph::{Graph, Merge, Node, UNKNOWN};

/// A merge: the union of what its inputs see.
pub(crate) const fn merge(
    graph: &Graph<'_>,
    index: usize,
    merge: Merge,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    if !matches!(merge, Merge::Concat) && are_alike(node.inputs, before) {
        *row = before[node.inputs[0]];
        row.set_free();
        row.set_identity();
        let mut k = 1;
        while k < node.inputs.len() {
            if let Err(fault) = join(graph, index, row, &before[node.inputs[k]], pool) {
                return Err(fault);
            }
            k += 1;
        }
        return Ok(());
    }
    row_of_unlike(graph, index, merge, before, row, pool)
}

/// Whether all inputs have the same shape.
pub(crate) const fn are_alike(inputs: &[usize], rows: &[Row]) -> bool {
    let shape = rows[inputs[0]].shape();
    let mut k = 1;
    while k < inputs.len() {
        if rows[inputs[k]].shape() != shape {
            return false;
        }
        k += 1;
    }
    true
}

/// A merge of maps that may differ in channels and extents.
const fn row_of_unlike(
    graph: &Graph<'_>,
    index: usize,
    merge: Merge,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    let lead = leader(node, before, graph.rank);
    let outline = &before[node.inputs[lead]];
    *row = *outline;
    row.unname_shape();
    row.set_free();
    match cost::merged_channels(merge, node, before, graph.rank) {
        Ok(channels) => row.set_channels(channels),
        Err(fault) => return Err(fault),
    }
    row.set_identity();
    let strict = matches!(merge, Merge::Concat) || is_single(outline, graph.rank);
    let mut k = 0;
    while k < node.inputs.len() {
        let other = &before[node.inputs[k]];
        if k != lead {
            if let Err(fault) = same_extents(outline, other, graph.rank, k, strict) {
                return Err(fault);
            }
            let joined = if broadcasts(other, outline, graph.rank) {
                spread(graph, index, node.inputs[k], before, row, pool)
            } else {
                adopt_extents(row, other, graph.rank);
                join(graph, index, row, other, pool)
            };
            if let Err(fault) = joined {
                return Err(fault);
            }
        }
        k += 1;
    }
    Ok(())
}

/// The position among the inputs of the one that lends the merge its extents: the first that is not one unit.
const fn leader(node: &Node<'_>, rows: &[Row], rank: usize) -> usize {
    let mut k = 0;
    while k < node.inputs.len() {
        if !is_single(&rows[node.inputs[k]], rank) {
            return k;
        }
        k += 1;
    }
    0
}

/// Equal extents, or one unit that is spread over all (unless `strict`).
const fn same_extents(
    first: &Row,
    other: &Row,
    rank: usize,
    input: usize,
    strict: bool,
) -> Result<(), Fault> {
    if !strict && is_single(other, rank) {
        return Ok(());
    }
    let mut axis = 0;
    while axis < rank {
        let (a, b) = (first.extent(axis), other.extent(axis));
        if a != b && a != UNKNOWN && b != UNKNOWN {
            return Err(Fault::MergeExtent { axis, input, first: a, other: b });
        }
        axis += 1;
    }
    if first.flat() == other.flat() { Ok(()) } else { Err(Fault::Flat) }
}

/// What one input does not know of its extents another may.
const fn adopt_extents(row: &mut Row, other: &Row, rank: usize) {
    let mut axis = 0;
    while axis < rank {
        if row.extent(axis) == UNKNOWN {
            row.set_extent(axis, other.extent(axis));
        }
        axis += 1;
    }
}

/// Adds the paths of one more input to a merge.
pub(crate) const fn join(
    graph: &Graph<'_>,
    index: usize,
    row: &mut Row,
    other: &Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    row.meet(other);
    let uniform = row.uniform() && other.uniform();
    row.set_uniform(uniform);
    let distinct = if uniform { 1 } else { graph.rank };
    let sparse = graph.rank > 1 && (row.is_sparse(distinct) || other.is_sparse(distinct));
    if sparse && row.inseparable() == NONE && !separable(row, other, graph.rank, pool) {
        row.set_inseparable(index);
    }
    let mut axis = 0;
    while axis < distinct {
        if !row.unite(other, axis, index)
            && let Err(fault) = join_rare(index, row, other, axis, pool)
        {
            return Err(fault);
        }
        axis += 1;
    }
    row.set_branched();
    if uniform {
        row.spread_field(graph.rank);
    }
    Ok(())
}

/// Adds the paths of one more input along an axis where fields have phases, reaches or several jumps.
const fn join_rare(
    index: usize,
    row: &mut Row,
    other: &Row,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let (mut entry, from) = (row.axis(axis), other.axis(axis));
    if let Err(fault) = join_reach(&mut entry, &from, pool) {
        return Err(fault);
    }
    if row.misaligned() == NONE && !aligned(&entry, &from, pool) {
        row.set_misaligned(index);
    }
    if let Err(fault) = join_axis(&mut entry, &from, axis, pool) {
        return Err(fault);
    }
    row.set_axis(axis, &entry);
    Ok(())
}

/// Adds an input whose single unit is spread over all: a global path, that brings nothing else.
const fn spread(
    graph: &Graph<'_>,
    index: usize,
    input: usize,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let other = &before[input];
    row.sees_too(other);
    if row.global() == NONE {
        row.set_global(if other.global() == NONE { index } else { other.global() });
    }
    let uniform = row.uniform() && other.uniform();
    row.set_uniform(uniform);
    let distinct = if uniform { 1 } else { graph.rank };
    let mut axis = 0;
    while axis < distinct {
        let reach = match reach_of_map(graph, before, input, axis, pool) {
            Ok(reach) => reach,
            Err(fault) => return Err(fault),
        };
        let mut entry = row.axis(axis);
        if let Err(fault) = join_reach(&mut entry, &AxisRow { reach, ..AxisRow::NEUTRAL }, pool) {
            return Err(fault);
        }
        row.set_axis(axis, &entry);
        axis += 1;
    }
    if uniform {
        row.spread_field(graph.rank);
    }
    Ok(())
}

/// The union of what global paths reach.
pub(super) const fn join_reach(
    entry: &mut AxisRow,
    from: &AxisRow,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    if from.reach.is_empty() {
        return Ok(());
    }
    if entry.reach.is_empty() || (entry.reach_period == 1 && from.reach_period == 1) {
        (entry.reach_period, entry.reach_offset) = (from.reach_period, from.reach_offset);
    } else {
        match union(&entry.reaching(), &from.reaching(), pool) {
            Ok(Composed { strand, .. }) => {
                (entry.reach_period, entry.reach_offset) = (strand.period, strand.offset);
            }
            Err(fault) => return Err(fault),
        }
    }
    entry.reach = entry.reach.hull(from.reach);
    Ok(())
}

/// Whether two inputs of a merge share jump and centre. One without local paths has neither.
const fn aligned(a: &AxisRow, b: &AxisRow, pool: &Pool<'_>) -> bool {
    if pool.counting {
        return true;
    }
    let (first, other) = (first_leading(a, 0, pool), first_leading(b, 0, pool));
    if first == a.count || other == b.count {
        return true;
    }
    let one_each =
        first_leading(a, first + 1, pool) == a.count && first_leading(b, other + 1, pool) == b.count;
    let (first, other) = (&a.strands[first], &b.strands[other]);
    one_each && first.same_jump(other) && first.centre.equals(other.centre)
}

/// The first strand from `s` on that leads somewhere, or the number of strands.
const fn first_leading(axis: &AxisRow, mut s: usize, pool: &Pool<'_>) -> usize {
    while s < axis.count && !leads(&axis.strands[s], pool.phases) {
        s += 1;
    }
    s
}

/// The union along one axis, strand by strand, and the shorter of the two shortest paths.
const fn join_axis(
    entry: &mut AxisRow,
    from: &AxisRow,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    if from.count == 0 {
        return Ok(());
    }
    join_shortest(entry, from, pool);
    let mut s = 0;
    while s < from.count {
        if let Err(fault) = join_strand(entry, &from.strands[s], axis, pool) {
            return Err(fault);
        }
        s += 1;
    }
    if entry.count > 1 && !pool.counting {
        (entry.smallest, entry.largest) = extremes(entry, pool.phases);
    }
    Ok(())
}

const fn join_strand(
    entry: &mut AxisRow,
    strand: &Strand,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let mut s = 0;
    while s < entry.count {
        if entry.strands[s].same_jump(strand) {
            let composed = match union(&entry.strands[s], strand, pool) {
                Ok(composed) => composed,
                Err(fault) => return Err(fault),
            };
            entry.strands[s] = composed.strand;
            entry.smallest = composed.smallest;
            entry.largest = composed.largest;
            return Ok(());
        }
        s += 1;
    }
    if s == STRANDS {
        return Err(Fault::TooManyJumps { axis });
    }
    entry.strands[s] = *strand;
    entry.count = s + 1;
    if s == 0 {
        (entry.smallest, entry.largest) = phase_extremes(strand, pool);
    }
    Ok(())
}
