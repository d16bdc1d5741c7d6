//! Holes of a support, asked in const context.
//!
//! Most layers read units whose fields touch, and then there are no holes and nothing to trace: a support without holes
//! is its hull, which the table has. Where fields do not touch, or a layer further back has holes that this one may
//! close, the sets are traced with arrays of fixed size.

use super::between::{STEPS, traced};
use super::interval::{Interval, max, min};
use super::kind::broadcasts;
use super::layer::Layer;
use super::map::{AxisMap, gcd};
use super::row::Row;
use super::strand::AxisRow;
use super::support::Scope;
use super::table::Table;
use super::text::Text;
use crate::graph::Op;

/// Most layers that are asked whether what they read touches.
const NODES: usize = 4096;

/// How many of the pixels from its first to its last a unit reads along an axis.
#[derive(Clone, Copy)]
struct Used {
    count: i64,
    extent: i64,
}

/// The local support of one unit along one axis; `None` where it is too large for const evaluation.
const fn used(layer: &Layer<'_>, axis: usize, unit: i64, steps: &mut i64) -> Option<Used> {
    let extent = layer.axis(axis).field(layer.table.phases, unit).extent();
    // One pixel, or none, has no room for a hole.
    if extent < 2 {
        return Some(Used { count: extent, extent });
    }
    let scope = Scope { axis, bounded: false, global: false };
    match traced(layer, Interval { first: unit, last: unit }, 0, scope, steps) {
        Some((count, hull)) => Some(Used { count, extent: hull.extent() }),
        None => None,
    }
}

/// The first axis with a unit whose support has a hole; `Err` where that takes too long for const evaluation.
const fn first_hole(layer: &Layer<'_>) -> Result<Option<(usize, Used)>, ()> {
    let distinct = if layer.data().uniform() { 1 } else { layer.rank() };
    let (mut axis, mut steps) = (0, STEPS);
    while axis < distinct {
        let units = if touches_throughout(layer, axis) { 0 } else { max(layer.period(axis), 1) };
        let mut unit = 0;
        while unit < units {
            match used(layer, axis, unit, &mut steps) {
                Some(used) if used.count < used.extent => return Ok(Some((axis, used))),
                Some(_) => {}
                None => return Err(()),
            }
            unit += 1;
        }
        axis += 1;
    }
    Ok(None)
}

/// Whether at every layer that leads to this one the fields of the units that a unit reads touch, one after another,
/// along local paths; then no support has a hole. A false answer may be too careful.
const fn touches_throughout(layer: &Layer<'_>, axis: usize) -> bool {
    if layer.node >= NODES {
        return false;
    }
    let mut whole = [true; NODES];
    let mut node = 1;
    while node <= layer.node {
        whole[node] = reads_whole(&layer.table, node, &whole) && touches(&layer.table, node, axis);
        node += 1;
    }
    whole[layer.node]
}

/// Whether all inputs of a node are free of holes.
const fn reads_whole(table: &Table<'_>, node: usize, whole: &[bool]) -> bool {
    let inputs = table.graph.nodes[node].inputs;
    let mut k = 0;
    while k < inputs.len() {
        if !whole[inputs[k]] {
            return false;
        }
        k += 1;
    }
    true
}

/// Whether the fields touch that a unit of one layer unites, for every unit.
const fn touches(table: &Table<'_>, node: usize, axis: usize) -> bool {
    let inputs = table.graph.nodes[node].inputs;
    if matches!(table.graph.nodes[node].op, Op::Merge(_)) {
        let mut k = 1;
        while k < inputs.len() {
            if !inputs_touch(table, node, k, axis) {
                return false;
            }
            k += 1;
        }
        return true;
    }
    let input = &table.rows[inputs[0]];
    let (step, several) = match table.rows[node].map(axis) {
        AxisMap::Window { kernel, dilation, .. } => (dilation, kernel > 1),
        AxisMap::Transposed { kernel, stride, dilation, .. } => {
            let common = gcd(stride, dilation);
            (dilation / common, kernel > stride / common)
        }
        AxisMap::Nearest { .. } | AxisMap::All => (1, false),
        AxisMap::Linear { .. } | AxisMap::Adaptive { .. } => (1, true),
        AxisMap::Resample { taps, .. } => (1, taps > 1),
    };
    !several || neighbours_touch(input, axis, step, table.phases)
}

/// Whether the field of each unit touches that of the unit `step` further on.
const fn neighbours_touch(row: &Row, axis: usize, step: i64, phases: &[Interval]) -> bool {
    let row = row.axis(axis);
    let mut unit = 0;
    while row.count == 1 && unit < row.strands[0].period {
        // Behind a unit without a field the next one would have to touch the one before.
        let (here, next) = (row.field(phases, unit), row.field(phases, unit + step));
        if here.is_empty() || next.is_empty() || !touch(here, next) {
            return false;
        }
        unit += 1;
    }
    row.count < 2
}

/// Whether each unit's field through input `k` of a merge touches its field through the inputs before.
const fn inputs_touch(table: &Table<'_>, node: usize, k: usize, axis: usize) -> bool {
    let inputs = table.graph.nodes[node].inputs;
    let (merge, new) = (&table.rows[node], &table.rows[inputs[k]]);
    if broadcasts(new, merge, table.graph.rank) {
        return true;
    }
    let new = new.axis(axis);
    let mut period = period(&new);
    let mut other = 0;
    while other < k {
        let before = table.rows[inputs[other]].axis(axis);
        period = period / gcd(period, self::period(&before)) * self::period(&before);
        if before.count > 1 || new.count > 1 || drift_apart(&before, &new) {
            return false;
        }
        other += 1;
    }
    let mut unit = 0;
    while unit < period {
        let mut seen = Interval::EMPTY;
        let mut other = 0;
        while other < k {
            if !broadcasts(&table.rows[inputs[other]], merge, table.graph.rank) {
                seen = seen.hull(table.rows[inputs[other]].axis(axis).field(table.phases, unit));
            }
            other += 1;
        }
        if !touch(seen, new.field(table.phases, unit)) {
            return false;
        }
        unit += 1;
    }
    true
}

const fn period(row: &AxisRow) -> i64 {
    if row.count == 0 { 1 } else { row.strands[0].period }
}

/// Whether two rows' fields move by different jumps: where they touch for some units, they do not for others.
const fn drift_apart(a: &AxisRow, b: &AxisRow) -> bool {
    if a.count == 0 || b.count == 0 {
        return false;
    }
    let (a, b) = (&a.strands[0], &b.strands[0]);
    a.advance * b.period != b.advance * a.period
}

/// Whether two fields leave no pixel between them. Nothing touches everything.
const fn touch(a: Interval, b: Interval) -> bool {
    a.is_empty() || b.is_empty() || max(a.first, b.first) <= min(a.last, b.last) + 1
}

/// Whether every unit reads, along each axis, all pixels from its first to its last.
pub(crate) const fn is_dense(layer: &Layer<'_>) -> Option<bool> {
    match first_hole(layer) {
        Ok(hole) => Some(hole.is_none()),
        Err(()) => None,
    }
}

/// The hole of a layer that is not dense, in words.
pub(crate) const fn explain(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not dense");
    let Ok(Some((axis, used))) = first_hole(layer) else { return };
    text.str(": its receptive field spans ").int(used.extent).str(" px");
    if layer.rank() > 1 {
        text.str(" along the ").str(super::message::axis_name(layer.rank(), axis));
    }
    text.str(" and uses ").int(used.count);
}
