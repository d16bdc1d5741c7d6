//! Fields through one layer along one axis: the recurrence of the [module](super), for every index map.

use super::fault::{Fault, LIMIT};
use super::interval::Interval;
use super::map::{AxisMap, Taps, gcd};
use super::scratch::Scratch;
use super::strand::{AxisRow, Centre, STRANDS, Strand};

/// The phases of all strands, filled front to back. Where it has no room it only counts.
pub(crate) struct Pool<'a> {
    pub(crate) phases: &'a mut [Interval],
    pub(crate) used: usize,
    /// Only the number of phases is asked for.
    pub(crate) counting: bool,
    pub(crate) scratch: Scratch<'a>,
}

impl<'a> Pool<'a> {
    pub(crate) const fn new(phases: &'a mut [Interval], scratch: Scratch<'a>) -> Self {
        Self { phases, used: 0, counting: false, scratch }
    }

    /// A pool that counts.
    pub(crate) const fn counter() -> Self {
        Self { phases: &mut [], used: 0, counting: true, scratch: Scratch::none() }
    }

    /// Room for `count` phases, or the fault that says there is none.
    const fn reserve(&mut self, count: i64) -> Result<usize, Fault> {
        let offset = self.used;
        if count > LIMIT {
            return Err(Fault::TooLarge { what: "period" });
        }
        let used = offset.saturating_add(count as usize);
        if !self.counting && used > self.phases.len() {
            return Err(Fault::Phases { room: self.phases.len() });
        }
        self.used = used;
        Ok(offset)
    }
}

/// A strand and the smallest and largest extent over its phases.
#[derive(Clone, Copy)]
pub(crate) struct Composed {
    pub(crate) strand: Strand,
    pub(crate) smallest: i64,
    pub(crate) largest: i64,
}

// Asked of every phase, as `widened`: written out, since a call costs the compiler as much as all of it.
const fn too_far(field: Interval) -> bool {
    field.first <= field.last && (field.first < -LIMIT || field.last > LIMIT)
}

/// What `input` becomes behind a layer with index map `map`.
pub(crate) const fn compose(input: &Strand, map: AxisMap, pool: &mut Pool<'_>) -> Result<Composed, Fault> {
    let (period, advance) = match periods(input, map) {
        Ok(steps) => steps,
        Err(fault) => return Err(fault),
    };
    let (num, den) = map.middle();
    let centre = match centre(input, num, den) {
        Ok(centre) => centre,
        Err(fault) => return Err(fault),
    };
    let mut strand = Strand { period, advance, unit0: Interval::EMPTY, centre, offset: 0 };
    if input.is_ghost() {
        strand.offset = input.offset;
        return Ok(Composed { strand, smallest: 0, largest: 0 });
    }
    if period > 1 {
        strand.offset = match pool.reserve(period) {
            Ok(offset) => offset,
            Err(fault) => return Err(fault),
        };
        if pool.counting {
            return Ok(Composed { strand, smallest: 0, largest: 0 });
        }
    }
    let mut extremes = NO_EXTENT;
    let mut unit = 0;
    while unit < period {
        let field = hull(input, map, pool.phases, unit);
        if too_far(field) {
            return Err(Fault::TooLarge { what: "receptive field" });
        }
        if unit == 0 {
            strand.unit0 = field;
        }
        if period > 1 {
            pool.phases[strand.offset + unit as usize] = field;
        }
        extremes = widened(extremes, field);
        unit += 1;
    }
    Ok(Composed { strand, smallest: extremes.0, largest: extremes.1 })
}

/// The centre behind a layer whose first window has its middle at `num / den` input units.
const fn centre(input: &Strand, num: i64, den: i64) -> Result<Centre, Fault> {
    let old = input.centre;
    if input.period == 1 && den == old.den {
        return Ok(Centre { num: old.num + input.advance * num, den });
    }
    // old + (advance / period) · (num / den), in lowest terms.
    let moved_den = input.period as i128 * den as i128;
    let moved = input.advance as i128 * num as i128;
    let (top, bottom) = (old.num as i128 * moved_den + moved * old.den as i128, old.den as i128 * moved_den);
    let common = gcd_wide(top.abs(), bottom);
    let (top, bottom) = (top / common, bottom / common);
    if top.abs() > FAR || bottom > FAR {
        return Err(Fault::TooLarge { what: "receptive field" });
    }
    Ok(Centre { num: top as i64, den: bottom as i64 })
}

/// Products of two fit in an `i128` with room to spare.
const FAR: i128 = 1 << 62;

const fn gcd_wide(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if a == 0 { 1 } else { a }
}

/// Period and advance behind a layer: the least number of outputs whose taps move by whole input periods.
const fn periods(input: &Strand, map: AxisMap) -> Result<(i64, i64), Fault> {
    let (outputs, inputs) = map.steps();
    let common = gcd(input.period, inputs);
    let cycles = input.period / common;
    let (period, turns) = (outputs * cycles, inputs / common);
    if period > LIMIT || turns > LIMIT || turns * input.advance > LIMIT {
        return Err(Fault::TooLarge { what: "period" });
    }
    Ok((period, turns * input.advance))
}

/// The hull of what output `unit` sees: the union over its taps. Taps of one phase of the input move outward
/// one after another, so the first tap of each phase bounds it on the left and the last one on the right.
const fn hull(input: &Strand, map: AxisMap, phases: &[Interval], unit: i64) -> Interval {
    let taps = map.taps(unit);
    if taps.count == 0 {
        return Interval::EMPTY;
    }
    let distinct = if taps.step == 1 { input.period } else { input.period / gcd(input.period, taps.step) };
    if taps.count <= distinct {
        return hull_of_each(input, phases, taps);
    }
    let (mut field, mut t) = (Interval::EMPTY, 0);
    while t < distinct {
        let low = input.field(phases, taps.first + t * taps.step);
        let high = input.field(phases, taps.last() - t * taps.step);
        field = field.hull(low).hull(high);
        t += 1;
    }
    field
}

/// The same where each tap has a phase of its own. Most units of a decoder are read so, and what a call costs the compiler
/// is more than all that stands in its loop.
const fn hull_of_each(input: &Strand, phases: &[Interval], taps: Taps) -> Interval {
    let Strand { period, advance, offset, .. } = *input;
    if period == 1 {
        return input.field(phases, taps.first);
    }
    let (turns, further) = (taps.first.div_euclid(period), taps.step / period);
    let (mut phase, mut moved) = (taps.first - turns * period, turns * advance);
    let (mut first, mut last, mut t) = (i64::MAX, i64::MIN, 0);
    while t < taps.count {
        let index = offset + phase as usize;
        // While phases are counted none are there.
        let field = if index < phases.len() { phases[index] } else { Interval::EMPTY };
        if field.first <= field.last {
            if field.first + moved < first {
                first = field.first + moved;
            }
            if field.last + moved > last {
                last = field.last + moved;
            }
        }
        phase += taps.step - further * period;
        moved += further * advance;
        if phase >= period {
            phase -= period;
            moved += advance;
        }
        t += 1;
    }
    Interval { first, last }
}

/// The union of two strands of equal jump.
pub(crate) const fn union(a: &Strand, b: &Strand, pool: &mut Pool<'_>) -> Result<Composed, Fault> {
    if a.is_ghost() || b.is_ghost() {
        // Paths count more than a grid, that more than one which was dropped.
        let strand = if a.offset < b.offset { *a } else { *b };
        let (smallest, largest) = phase_extremes(&strand, pool);
        return Ok(Composed { strand, smallest, largest });
    }
    let period = a.period / gcd(a.period, b.period) * b.period;
    if period > LIMIT {
        return Err(Fault::TooLarge { what: "period" });
    }
    let unit0 = a.field(pool.phases, 0).hull(b.field(pool.phases, 0));
    let advance = a.advance * (period / a.period);
    let mut strand = Strand { period, advance, unit0, centre: a.centre, offset: 0 };
    if period == 1 {
        return Ok(Composed { strand, smallest: unit0.extent(), largest: unit0.extent() });
    }
    strand.offset = match pool.reserve(period) {
        Ok(offset) => offset,
        Err(fault) => return Err(fault),
    };
    if pool.counting {
        return Ok(Composed { strand, smallest: 0, largest: 0 });
    }
    let mut extremes = NO_EXTENT;
    let mut unit = 0;
    while unit < period {
        let field = a.field(pool.phases, unit).hull(b.field(pool.phases, unit));
        pool.phases[strand.offset + unit as usize] = field;
        extremes = widened(extremes, field);
        unit += 1;
    }
    Ok(Composed { strand, smallest: extremes.0, largest: extremes.1 })
}

/// Carries what global paths reach through a layer's map: to all units alike, but for those that read none that has
/// any.
pub(crate) const fn compose_reach(
    entry: &mut AxisRow,
    map: AxisMap,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    if entry.reach.is_empty() || (entry.reach_period == 1 && !map.skips()) {
        return Ok(());
    }
    let input = entry.reaching();
    let period = match periods(&input, map) {
        Ok((period, _)) => period,
        Err(fault) => return Err(fault),
    };
    let offset = match pool.reserve(period) {
        Ok(offset) => offset,
        Err(fault) => return Err(fault),
    };
    (entry.reach_period, entry.reach_offset) = (period, offset);
    if pool.counting {
        return Ok(());
    }
    let (mut all, mut unit) = (Interval::EMPTY, 0);
    while unit < period {
        let field = hull(&input, map, pool.phases, unit);
        pool.phases[offset + unit as usize] = field;
        all = all.hull(field);
        unit += 1;
    }
    entry.reach = all;
    Ok(())
}

/// Smallest and largest extent over the real units of an axis whose strands have different jumps.
///
/// Without a known number of units there is no largest extent: it grows without bound, and both are 0.
pub(crate) const fn extremes(axis: &AxisRow, phases: &[Interval]) -> (i64, i64) {
    let local = AxisRow { reach: Interval::EMPTY, reach_period: 1, ..*axis };
    super::extremes::extremes(&local, phases, EVERYTHING)
}

/// Whether a strand leads from some unit to some pixel.
pub(crate) const fn leads(strand: &Strand, phases: &[Interval]) -> bool {
    let mut unit = 0;
    while unit < strand.period && !strand.is_ghost() {
        if !strand.field(phases, unit).is_empty() {
            return true;
        }
        unit += 1;
    }
    false
}

/// Which strands give a map its grid: those that lead somewhere, else all that were not dropped.
pub(crate) const fn kept(axis: &AxisRow, phases: &[Interval]) -> [bool; STRANDS] {
    let (mut kept, mut some, mut s) = ([false; STRANDS], false, 0);
    while s < axis.count {
        kept[s] = leads(&axis.strands[s], phases);
        some = some || kept[s];
        s += 1;
    }
    s = 0;
    while s < axis.count && !some {
        kept[s] = !axis.strands[s].is_dropped();
        s += 1;
    }
    kept
}

/// Smallest and largest extent over a strand's phases.
pub(crate) const fn phase_extremes(strand: &Strand, pool: &Pool<'_>) -> (i64, i64) {
    if pool.counting {
        (strand.unit0.extent(), strand.unit0.extent())
    } else {
        of_phases(strand, pool.phases)
    }
}

/// The same of phases that are known.
pub(crate) const fn of_phases(strand: &Strand, phases: &[Interval]) -> (i64, i64) {
    let mut extremes = NO_EXTENT;
    let mut unit = 0;
    while unit < strand.period {
        extremes = widened(extremes, strand.field(phases, unit));
        unit += 1;
    }
    extremes
}

/// The smallest and the largest of no extents.
const NO_EXTENT: (i64, i64) = (i64::MAX, 0);

/// The smallest and the largest extent, with one more field's.
const fn widened((smallest, largest): (i64, i64), field: Interval) -> (i64, i64) {
    let extent = if field.first > field.last { 0 } else { field.last - field.first + 1 };
    (if extent < smallest { extent } else { smallest }, if extent > largest { extent } else { largest })
}

/// What has no bounds: a reach where the input's extent is not known, an image that ends nowhere. It has an extent, like
/// any other interval.
pub(crate) const EVERYTHING: Interval = Interval { first: -(1 << 61), last: 1 << 61 };
