//! What global layers reach: the pixels that all units of a finite map together really read.
//!
//! The tables' fields go on beyond borders, but what a global layer sums up is a real map: padding brings nothing, and
//! a border that no window reads is lost for good (the last 2 of 226 pixels behind a 4×4 patch embedding). Three ways
//! lead to the hull of what is read, each exact where it answers and dearer than the one before: a path back on which
//! every layer reads all its input; the hulls of what every layer needs, where no border cuts a set with gaps; and
//! the sets themselves.

use super::compose::{EVERYTHING, Pool};
use super::fault::Fault;
use super::interval::{Interval, max, min};
use super::map::AxisMap;
use super::row::{ALL_AXES, Row};
use super::support::{Edge, Part, Scope, count, cut, edge, fill, lay_out, tap_hull, windows};
use super::table::Table;
use crate::graph::{Graph, Op, UNKNOWN};

/// The hull of the pixels along `axis` that the units of `node`'s map read, through local and global paths.
///
/// [`EVERYTHING`] where an extent is not known, and where phases are only counted.
pub(crate) const fn reach_of_map(
    graph: &Graph<'_>,
    rows: &[Row],
    node: usize,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<Interval, Fault> {
    let image = rows[0].extent(axis);
    if pool.counting || image == UNKNOWN || rows[node].extent(axis) == UNKNOWN {
        return Ok(EVERYTHING);
    }
    let table = Table { graph: *graph, rows, phases: &[], sound: false };
    let image = Interval { first: 0, last: image - 1 };
    if rows[node].sees_image(axis) {
        return Ok(image);
    }
    if loses_extent(rows, node, axis) {
        return Ok(image);
    }
    let scratch = &mut pool.scratch;
    if scratch.parts.len() <= node {
        scratch.lacking = true;
        return Err(Fault::Reach);
    }
    if hulls(&table, node, axis, scratch.parts) {
        return Ok(scratch.parts[0].window);
    }
    if scratch.bits.is_empty() {
        scratch.lacking = true;
        return Err(Fault::Reach);
    }
    clear(scratch.parts, node);
    let scope = Scope { axis, bounded: true, global: true };
    let units = Interval { first: 0, last: rows[node].extent(axis) - 1 };
    windows(&table, node, units, 0, scope, scratch.parts);
    let used = lay_out(node, 0, scratch.parts);
    if used > scratch.bits.len() {
        scratch.lacking = true;
        return Err(Fault::Reach);
    }
    let mut word = 0;
    while word < used {
        scratch.bits[word] = 0;
        word += 1;
    }
    fill(&table, node, 0, scope, scratch.parts, scratch.bits);
    Ok(count(scratch.parts[0], scratch.bits).1)
}

/// Whether some extent up to `node` is not known although the image's is, as an opaque layer may leave it: then all that
/// can be said is a bound.
const fn loses_extent(rows: &[Row], node: usize, axis: usize) -> bool {
    let mut index = 0;
    while index < node {
        if rows[index].extent(axis) == UNKNOWN {
            return true;
        }
        index += 1;
    }
    false
}

const fn clear(parts: &mut [Part], node: usize) {
    let mut index = 0;
    while index <= node {
        parts[index] = Part::EMPTY;
        index += 1;
    }
}

/// The axes, as bits, along which a layer reads all its input; a missing one may be too careful.
pub(crate) const fn reads(op: &Op, input: &Row, row: &Row, rank: usize) -> i64 {
    let (mut seen, mut axis) = (0, 0);
    while axis < rank {
        // A pool that hangs over a cropped end reads less than its windows say.
        if reads_all(row.map(axis), input.extent(axis), row.extent(axis)) && cut(op, axis) == 0 {
            seen |= if row.uniform() { ALL_AXES } else { 1 << axis };
        }
        if row.uniform() {
            break;
        }
        axis += 1;
    }
    seen
}

/// Whether `outputs` units read all of `inputs`; a false answer may be too careful.
const fn reads_all(map: AxisMap, inputs: i64, outputs: i64) -> bool {
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => {
            let whole = if stride == 1 {
                kernel == 1 || outputs >= dilation
            } else {
                (dilation == 1 || kernel == 1) && (kernel >= stride || outputs == 1)
            };
            let end = (outputs - 1) * stride - before + (kernel - 1) * dilation;
            whole && before >= 0 && end >= inputs - 1
        }
        AxisMap::Transposed { kernel, stride, dilation, before } => {
            (dilation == 1 || kernel == 1)
                && (kernel - 1) * dilation >= before
                && (inputs - 1) * stride - before < outputs
        }
        AxisMap::Resample { num, den, .. } => {
            let ends = (map.taps(0).first <= 0, map.taps(outputs - 1).last() >= inputs - 1);
            num <= den && ends.0 && ends.1
        }
        AxisMap::Nearest { .. } | AxisMap::Linear { .. } | AxisMap::Adaptive { .. } | AxisMap::All => true,
    }
}

/// Fills `parts` with the hull of what the map of `node` needs of every earlier one; false where that cannot be told
/// from hulls.
const fn hulls(table: &Table<'_>, node: usize, axis: usize, parts: &mut [Part]) -> bool {
    clear(parts, node);
    let scope = Scope { axis, bounded: true, global: true };
    let units = Interval { first: 0, last: table.rows[node].extent(axis) - 1 };
    parts[node] = Part { window: units, gap: 1, offset: 0 };
    let mut index = node;
    while index > 0 {
        let part = parts[index];
        let inputs = table.graph.nodes[index].inputs;
        let mut k = 0;
        while k < inputs.len() && !part.window.is_empty() {
            let edge = edge(table, index, k, scope);
            let units = table.rows[inputs[k]].extent(axis);
            let Some(needed) = needed(part, edge, units) else { return false };
            parts[inputs[k]] = unite(parts[inputs[k]], needed);
            k += 1;
        }
        index -= 1;
    }
    true
}

/// What the needed units of a layer read of one of its inputs, which has `units` units.
const fn needed(part: Part, edge: Edge, units: i64) -> Option<Part> {
    if !edge.all.is_empty() {
        return Some(Part { window: edge.all, gap: 1, offset: 0 });
    }
    let Some(map) = edge.map else { return Some(Part::EMPTY) };
    let Some(through) = through(map, part) else { return None };
    let window = through.window.intersection(Interval { first: 0, last: min(units - 1, edge.last) });
    let cut = window.first != through.window.first || window.last != through.window.last;
    // Where a border cuts a set with gaps, its new end is not known.
    if cut && through.gap > 1 && !through.window.is_empty() { None } else { Some(Part { window, ..through }) }
}

/// Hull and largest gap of what a set of units reads, where these follow from its own.
const fn through(map: AxisMap, part: Part) -> Option<Part> {
    let Part { window, gap, .. } = part;
    let single = window.first == window.last;
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => {
            let span = (kernel - 1) * dilation;
            let first = window.first * stride - before;
            let last = window.last * stride - before + span;
            let gap = if single {
                if kernel == 1 { 1 } else { dilation }
            } else if gap == 1 && stride == 1 && (kernel == 1 || window.extent() >= dilation) {
                1
            } else if kernel == 1 {
                gap * stride
            } else {
                max(dilation, gap * stride - span)
            };
            Some(Part { window: Interval { first, last }, gap, offset: 0 })
        }
        _ if gap > 1 && !single => None,
        AxisMap::Transposed { kernel, dilation, .. } if dilation > 1 && kernel > 1 => None,
        AxisMap::Resample { num, den, .. } if num > den && !single => None,
        _ => Some(Part { window: tap_hull(map, window), gap: 1, offset: 0 }),
    }
}

const fn unite(a: Part, b: Part) -> Part {
    if a.window.is_empty() || b.window.is_empty() {
        return if a.window.is_empty() { b } else { a };
    }
    let apart = max(a.window.first, b.window.first) - min(a.window.last, b.window.last);
    Part { window: a.window.hull(b.window), gap: max(apart, max(a.gap, b.gap)), offset: 0 }
}
