//! The shortest path: at each merge the one that stays shortest whatever follows, or all that may become it.
//!
//! Of two paths with one jump and no phases the one with the smaller extent stays the shorter, for every later layer
//! adds the same to both. With other jumps, or with phases that lean to different sides, the wider one can be the
//! shorter further on. Then a row keeps both: one in the row, the others in [`Scratch`](super::scratch::Scratch), until
//! one is shorter than another for every unit and every layer that may follow ([`stays_shorter`]). A path that found no
//! room is dropped, and what the row says is a bound from then on.

use super::compose::{Composed, Pool, compose, phase_extremes};
use super::interval::{Interval, max, min};
use super::map::{AxisMap, gcd};
use super::scratch::Scratch;
use super::strand::{AxisRow, Strand};

/// Carries the other candidates of `from` through a layer's map, and takes the shortest of all into account.
pub(crate) const fn compose_others(from: &AxisRow, entry: &mut AxisRow, map: AxisMap, pool: &mut Pool<'_>) {
    (entry.others, entry.others_at) = (0, pool.scratch.paths_used);
    let mut k = 0;
    while k < from.others {
        let path = Strand::unpack(pool.scratch.paths[from.others_at + k]);
        let mut side = Pool::new(pool.scratch.phases, Scratch::none());
        side.used = pool.scratch.phases_used;
        let composed = compose(&path, map, &mut side);
        pool.scratch.phases_used = side.used;
        match composed {
            // Through a path that carries nothing any more no unit sees anything.
            Ok(Composed { largest: 0, .. }) => {}
            Ok(composed) => {
                let smallest = least(&composed, pool.scratch.phases);
                keep(entry, &composed.strand, smallest, &mut pool.scratch);
            }
            Err(_) => drop_path(entry, &mut pool.scratch),
        }
        k += 1;
    }
}

/// The smallest extent over the units that a path leads to at all; 0 where it leads to none.
pub(crate) const fn least(path: &Composed, phases: &[Interval]) -> i64 {
    if path.smallest > 0 || path.largest == 0 {
        return path.smallest;
    }
    let (mut least, mut unit) = (path.largest, 0);
    while unit < path.strand.period {
        let field = path.strand.field(phases, unit);
        if !field.is_empty() {
            least = min(least, field.extent());
        }
        unit += 1;
    }
    least
}

const fn drop_path(entry: &mut AxisRow, scratch: &mut Scratch<'_>) {
    entry.bound = true;
    scratch.lacking = true;
}

/// Adds a candidate whose phases stand in the scratch.
const fn keep(entry: &mut AxisRow, path: &Strand, smallest: i64, scratch: &mut Scratch<'_>) {
    // 0 says that no path before was left.
    entry.shortest = if entry.shortest == 0 { smallest } else { min(entry.shortest, smallest) };
    if scratch.paths_used < scratch.paths.len() {
        scratch.paths[scratch.paths_used] = path.pack();
        scratch.paths_used += 1;
        entry.others += 1;
    } else {
        drop_path(entry, scratch);
    }
}

/// Unites the candidates of a merge's inputs. Before extents are known, a period that suits either.
pub(crate) const fn join_shortest(entry: &mut AxisRow, from: &AxisRow, pool: &mut Pool<'_>) {
    if pool.counting && !entry.short.is_ghost() && !from.short.is_ghost() && entry.count > 0 {
        let (a, b) = (entry.short.period, from.short.period);
        entry.short.period = a / gcd(a, b) * b;
        entry.short.advance = 0;
        return;
    }
    entry.bound = entry.bound || from.bound;
    let (none, no_other) = if pool.counting {
        (entry.count == 0 || entry.short.is_ghost(), from.short.is_ghost())
    } else {
        (entry.shortest == 0, from.shortest == 0)
    };
    if none || no_other {
        if none {
            (entry.short, entry.shortest) = (from.short, from.shortest);
            (entry.others, entry.others_at) = (from.others, from.others_at);
        }
        return;
    }
    let (a, b) = (phase_extremes(&entry.short, pool), phase_extremes(&from.short, pool));
    let mut loser = from.short;
    if a.1 == 0 || (b.1 > 0 && (b.1 < a.1 || (b.1 == a.1 && b.0 < a.0))) {
        (loser, entry.short) = (entry.short, from.short);
    }
    entry.shortest = min(entry.shortest, from.shortest);
    let settled = min(a.1, b.1) == 0 || stays_shorter(&entry.short, pool.phases, &loser, pool.phases);
    if settled && entry.others + from.others == 0 {
        return;
    }
    let (first, first_at) = (entry.others, entry.others_at);
    (entry.others, entry.others_at) = (0, pool.scratch.paths_used);
    if !settled {
        match copied(&loser, pool) {
            Ok(loser) => keep(entry, &loser, entry.shortest, &mut pool.scratch),
            Err(()) => drop_path(entry, &mut pool.scratch),
        }
    }
    contend(entry, first, first_at, pool);
    contend(entry, from.others, from.others_at, pool);
}

/// Keeps those of `count` candidates from `at` on that may still become shorter than the ones kept.
const fn contend(entry: &mut AxisRow, count: usize, at: usize, pool: &mut Pool<'_>) {
    let mut k = 0;
    while k < count {
        let path = Strand::unpack(pool.scratch.paths[at + k]);
        let mut beaten = stays_shorter(&entry.short, pool.phases, &path, pool.scratch.phases);
        let mut other = 0;
        while other < entry.others && !beaten {
            let rival = Strand::unpack(pool.scratch.paths[entry.others_at + other]);
            beaten = stays_shorter(&rival, pool.scratch.phases, &path, pool.scratch.phases);
            other += 1;
        }
        if !beaten {
            keep(entry, &path, entry.shortest, &mut pool.scratch);
        }
        k += 1;
    }
}

/// The same path with its phases in the scratch.
const fn copied(path: &Strand, pool: &mut Pool<'_>) -> Result<Strand, ()> {
    if path.period == 1 {
        return Ok(*path);
    }
    let offset = pool.scratch.phases_used;
    if offset + path.period as usize > pool.scratch.phases.len() {
        return Err(());
    }
    let mut unit = 0;
    while unit < path.period {
        pool.scratch.phases[offset + unit as usize] = path.field(pool.phases, unit);
        unit += 1;
    }
    pool.scratch.phases_used = offset + path.period as usize;
    Ok(Strand { offset, ..*path })
}

/// Whether each unit that path `b` leads to sees no more through `a`, behind any layers that may follow. A false answer
/// may be too careful.
const fn stays_shorter(a: &Strand, in_a: &[Interval], b: &Strand, in_b: &[Interval]) -> bool {
    if !a.same_jump(b) {
        return a.advance * b.period < b.advance * a.period && is_narrower(a, in_a, b, in_b);
    }
    if a.period == 1 && b.period == 1 {
        // A path that leads nowhere is no shorter one.
        return a.unit0.is_empty() == b.unit0.is_empty() && a.unit0.extent() <= b.unit0.extent();
    }
    // One shift that puts every field of `a` within `b`'s: what any set of units sees is then as much narrower.
    let (mut least, mut most) = (i64::MIN, i64::MAX);
    let (period, mut unit) = (a.period / gcd(a.period, b.period) * b.period, 0);
    while unit < period && least <= most {
        let (inner, outer) = (a.field(in_a, unit), b.field(in_b, unit));
        if inner.is_empty() != outer.is_empty() {
            return false;
        }
        if !inner.is_empty() {
            least = max(least, inner.last - outer.last);
            most = min(most, inner.first - outer.first);
        }
        unit += 1;
    }
    least <= most
}

/// Whether the fields of `a`, which moves less from unit to unit, seen from where each unit is, lie within a width that
/// all fields of `b` have in common.
const fn is_narrower(a: &Strand, in_a: &[Interval], b: &Strand, in_b: &[Interval]) -> bool {
    let (outer, inner) = (band(a, in_a, true), band(b, in_b, false));
    match (outer, inner) {
        (Some(outer), Some(inner)) => outer as i128 * b.period as i128 <= inner as i128 * a.period as i128,
        _ => false,
    }
}

/// How far the last pixels of a path's fields lie from the first ones, each seen from its unit's own place, in pixels
/// times the period: at most (`widest`) or at least. `None` where a unit sees nothing.
const fn band(path: &Strand, phases: &[Interval], widest: bool) -> Option<i64> {
    let (mut first, mut last) = (0, 0);
    let mut unit = 0;
    while unit < path.period {
        let field = path.field(phases, unit);
        if field.is_empty() {
            return None;
        }
        let place = unit * path.advance;
        let (low, high) = (field.first * path.period - place, field.last * path.period - place);
        if unit == 0 {
            (first, last) = (low, high);
        } else if widest {
            (first, last) = (min(first, low), max(last, high));
        } else {
            (first, last) = (max(first, low), min(last, high));
        }
        unit += 1;
    }
    Some(last - first)
}
