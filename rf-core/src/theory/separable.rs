//! Whether the axes of a merge can be answered for one by one.
//!
//! Along one path what a unit reads is a product of sets, one per axis, and empty where one of them is. Where some units
//! read nothing through a path along the height, its sets along the width are not theirs. It does no harm where the
//! other path sees as much along the width, or nothing along the height either.

use super::compose::Pool;
use super::extremes::{joint_period, seen};
use super::interval::{Interval, min};
use super::map::gcd;
use super::row::Row;
use super::strand::AxisRow;

/// So many units are looked at; a longer period counts as inseparable.
const UNITS: i64 = 1 << 12;

/// Whether the union of two paths' fields along each axis is every unit's own. A false answer may be too careful.
pub(super) const fn separable(a: &Row, b: &Row, rank: usize, pool: &Pool<'_>) -> bool {
    let mut axis = 0;
    while axis < rank && !pool.counting {
        let (one, other) = (a.axis(axis), b.axis(axis));
        if (lacks(&one, &other, pool.phases) && !within(a, b, axis, rank, pool.phases))
            || (lacks(&other, &one, pool.phases) && !within(b, a, axis, rank, pool.phases))
        {
            return false;
        }
        axis += 1;
    }
    true
}

/// Whether some unit sees nothing through `a`, and something through `b`.
const fn lacks(a: &AxisRow, b: &AxisRow, phases: &[Interval]) -> bool {
    let (mut unit, period) = (0, common_period(a, b));
    while unit < period {
        let local = a.field(phases, unit).is_empty() && !b.field(phases, unit).is_empty();
        if local || (seen(a, phases, unit).is_empty() && !seen(b, phases, unit).is_empty()) {
            return true;
        }
        unit += 1;
    }
    period == UNITS
}

/// Whether all that units see through `a` along the axes other than `except` they see through `b` too.
const fn within(a: &Row, b: &Row, except: usize, rank: usize, phases: &[Interval]) -> bool {
    let mut axis = 0;
    while axis < rank {
        if axis != except && !axis_within(&a.axis(axis), &b.axis(axis), phases) {
            return false;
        }
        axis += 1;
    }
    true
}

const fn axis_within(a: &AxisRow, b: &AxisRow, phases: &[Interval]) -> bool {
    // With other jumps they drift apart.
    let together = a.count == 1 && b.count == 1 && a.strands[0].same_jump(&b.strands[0]);
    if a.count > 0 && !together {
        return false;
    }
    let (mut unit, period) = (0, common_period(a, b));
    while unit < period {
        let local = b.field(phases, unit).contains(a.field(phases, unit));
        if !local || !seen(b, phases, unit).contains(seen(a, phases, unit)) {
            return false;
        }
        unit += 1;
    }
    period < UNITS
}

/// Units after which all repeat that two paths see, [`UNITS`] at the most.
const fn common_period(a: &AxisRow, b: &AxisRow) -> i64 {
    let (first, other) = (joint_period(a), joint_period(b));
    let turns = first / gcd(first, other);
    if turns > UNITS / other { UNITS } else { min(turns * other, UNITS) }
}
