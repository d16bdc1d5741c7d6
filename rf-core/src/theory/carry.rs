//! Fields through one layer: all strands of an axis, the shortest path, what is reached through global layers.

use super::axis::Axis;
use super::compose::{Composed, Pool, compose, compose_reach, extremes, kept, leads};
use super::fault::Fault;
use super::interval::Interval;
use super::kind::Kind;
use super::map::AxisMap;
use super::row::Row;
use super::shortest::{compose_others, least};
use super::strand::{AxisRow, DROPPED, GHOST, Strand};
use crate::graph::Op;

/// Carries the fields of a window that repeats an earlier one; all else stands in `row` already.
pub(super) const fn slide_on(op: &Op, row: &mut Row, rank: usize, pool: &mut Pool<'_>) -> Result<(), Fault> {
    let distinct = if row.uniform() { 1 } else { rank };
    let [[_, kernel, stride, dilation, before], ..] = row.maps;
    let (mut window, mut axis, mut starved) = ([kernel, stride, dilation, before], 0, false);
    loop {
        match row.slide(axis, window) {
            Ok(true) => {}
            Ok(false) => {
                let resolved = Axis { map: row.map(axis), extent: row.extent(axis) };
                match carry(op, Kind::Local, axis, resolved, row, pool) {
                    Ok(ends) => starved = starved || ends,
                    Err(fault) => return Err(fault),
                }
            }
            Err(fault) => return Err(fault),
        }
        axis += 1;
        if axis == distinct {
            break;
        }
        window = row.window(axis);
    }
    if row.uniform() {
        row.spread_field(rank);
    }
    if starved {
        starve(row, rank, pool);
    }
    let [.., reads] = row.fixed;
    row.set_reads(reads);
    Ok(())
}

/// A layer along one axis; whether a path ends there. `row` starts as a copy of its input's.
pub(super) const fn layer_axis(
    op: &Op,
    kind: Kind,
    axis: usize,
    resolved: Axis,
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<bool, Fault> {
    let map = if let Kind::Pointwise = kind { AxisMap::IDENTITY } else { resolved.map };
    if let (Kind::Local, AxisMap::Window { kernel, stride, dilation, before }) = (kind, map) {
        match row.slide(axis, [kernel, stride, dilation, before]) {
            Ok(false) => {}
            Ok(true) => {
                row.set_extent(axis, resolved.extent);
                row.set_map(axis, map);
                return Ok(false);
            }
            Err(fault) => return Err(fault),
        }
    }
    carry(op, kind, axis, Axis { map, extent: resolved.extent }, row, pool)
}

/// The same whatever the strands of the input are.
const fn carry(
    op: &Op,
    kind: Kind,
    axis: usize,
    Axis { map, extent }: Axis,
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<bool, Fault> {
    let from = row.axis(axis);
    let mut entry = from;
    entry.extent = extent;
    entry.map = map;
    let mut ends = false;
    if let Kind::Global = kind {
        let keep_grid = match op {
            Op::Attention { .. } => true,
            Op::Opaque { .. } => extent == from.extent,
            _ => false,
        };
        if keep_grid && entry.count > 1 && !pool.counting {
            drop_strands(&mut entry, pool);
        }
        forget_local(&mut entry, keep_grid);
    } else if !keeps_fields(map, &from, extent) {
        if let Err(fault) = compose_axis(&from, &mut entry, map, row.branched(), pool) {
            return Err(fault);
        }
        if let Err(fault) = compose_reach(&mut entry, map, pool) {
            return Err(fault);
        }
        ends = is_lost(&entry, pool) || (entry.reach.is_empty() && !from.reach.is_empty());
    }
    row.set_axis(axis, &entry);
    Ok(ends)
}

/// Whether each unit sees what the input's unit of the same number sees, and the extents over units stay too:
/// where jumps differ these hang on how many units there are.
const fn keeps_fields(map: AxisMap, from: &AxisRow, extent: i64) -> bool {
    matches!(map, AxisMap::Window { kernel: 1, stride: 1, before: 0, .. })
        && (from.count < 2 || extent == from.extent)
}

/// Behind a global layer no local path is left. Attention keeps the grid: its units still have their places.
const fn forget_local(entry: &mut AxisRow, keep_grid: bool) {
    let mut s = 0;
    while s < entry.count {
        // No phases stand there: every unit reads as empty.
        entry.strands[s].unit0 = Interval::EMPTY;
        if !entry.strands[s].is_dropped() {
            entry.strands[s].offset = GHOST;
        }
        s += 1;
    }
    if !keep_grid {
        entry.count = 0;
    }
    entry.short = Strand::EMPTY;
    entry.others = 0;
    entry.smallest = 0;
    entry.largest = 0;
    entry.shortest = 0;
}

/// Drops the strands that give no grid.
const fn drop_strands(entry: &mut AxisRow, pool: &Pool<'_>) {
    let (kept, mut s) = (kept(entry, pool.phases), 0);
    while s < entry.count {
        if !kept[s] {
            entry.strands[s].offset = DROPPED;
        }
        s += 1;
    }
}

/// Whether there were local paths, and none leads anywhere any more.
const fn is_lost(entry: &AxisRow, pool: &Pool<'_>) -> bool {
    let (mut lost, mut s) = (false, 0);
    while s < entry.count && !pool.counting {
        if leads(&entry.strands[s], pool.phases) {
            return false;
        }
        lost = lost || !entry.strands[s].is_ghost();
        s += 1;
    }
    lost
}

/// A path that leads nowhere along one axis leads nowhere at all: its units read no pixel.
pub(super) const fn starve(row: &mut Row, rank: usize, pool: &Pool<'_>) {
    let (mut lost, mut unreached, mut axis) = (false, false, 0);
    while axis < rank {
        let entry = row.axis(axis);
        lost = lost || is_lost(&entry, pool);
        unreached = unreached || entry.reach.is_empty();
        axis += 1;
    }
    axis = 0;
    while axis < rank && (lost || unreached) {
        let mut entry = row.axis(axis);
        if lost {
            forget_local(&mut entry, true);
        }
        if unreached {
            (entry.reach, entry.reach_period) = (Interval::EMPTY, 1);
        }
        row.set_axis(axis, &entry);
        axis += 1;
    }
}

/// Carries all strands and the shortest path of one axis through a layer's map.
const fn compose_axis(
    from: &AxisRow,
    entry: &mut AxisRow,
    map: AxisMap,
    branched: bool,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let mut s = 0;
    while s < from.count {
        let composed = match compose(&from.strands[s], map, pool) {
            Ok(composed) => composed,
            Err(fault) => return Err(fault),
        };
        entry.strands[s] = composed.strand;
        entry.smallest = composed.smallest;
        entry.largest = composed.largest;
        s += 1;
    }
    if from.count > 1 && !pool.counting {
        (entry.smallest, entry.largest) = extremes(entry, pool.phases);
    }
    if !branched {
        entry.short = entry.strands[0];
        entry.shortest = entry.smallest;
        if entry.smallest == 0 && !pool.counting {
            let (strand, smallest, largest) = (entry.short, entry.smallest, entry.largest);
            entry.shortest = least(&Composed { strand, smallest, largest }, pool.phases);
        }
        return Ok(());
    }
    match compose(&from.short, map, pool) {
        Ok(composed) => {
            entry.short = composed.strand;
            entry.shortest = least(&composed, pool.phases);
            if from.others > 0 {
                compose_others(from, entry, map, pool);
            }
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}
