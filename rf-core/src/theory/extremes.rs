//! Smallest and largest over all units of a map, from few of them.
//!
//! Modulo the joint period of an axis' strands the fields of one class of units move as straight lines do: each strand
//! by its own number of pixels from one unit of the class to the next. So whatever is made of their ends by hull and by
//! clipping is extreme at the first or last unit of the class, or beside a crossing: of two strands, or of one with a
//! border of the image. A recording has millions of units; these are some dozens.

use super::interval::{Interval, max, min};
use super::map::gcd;
use super::strand::{AxisRow, STRANDS};

/// One end of a field along a class: its pixel at the class' first unit, and how far it moves from unit to unit.
#[derive(Clone, Copy)]
struct Line {
    at: i64,
    slope: i64,
}

/// A strand's field, what is reached, or the image, along a class.
#[derive(Clone, Copy)]
struct Lines {
    first: Line,
    last: Line,
}

/// Strands, what is reached, and two borders.
const LINES: usize = STRANDS + 3;

/// Units after which all strands and what is reached repeat.
pub(crate) const fn joint_period(row: &AxisRow) -> i64 {
    let (mut period, mut s) = (row.reach_period, 0);
    while s < row.count {
        let other = row.strands[s].period;
        period = period / gcd(period, other) * other;
        s += 1;
    }
    period
}

/// What a unit sees, through local and global paths.
pub(crate) const fn seen(row: &AxisRow, phases: &[Interval], unit: i64) -> Interval {
    row.field(phases, unit).hull(row.reached(phases, unit))
}

/// The smallest and the largest extent that is left of the units' fields inside `image`; (0, 0) of no units.
pub(crate) const fn extremes(row: &AxisRow, phases: &[Interval], image: Interval) -> (i64, i64) {
    if row.extent < 1 {
        return (0, 0);
    }
    let period = joint_period(row);
    let mut found = (i64::MAX, 0);
    let mut class = 0;
    while class < min(period, row.extent) {
        let steps = (row.extent - 1 - class) / period;
        found = visit(row, phases, image, found, class);
        found = visit(row, phases, image, found, class + steps * period);
        let (lines, count) = lines(row, phases, image, class, period);
        let mut one = 0;
        // The last two are the borders, which cross nothing among themselves.
        while one + 2 < count {
            let mut other = one + 1;
            while other < count {
                let (a, b) = (lines[one], lines[other]);
                let crossings = [crossing(a.first, b.first), crossing(a.last, b.last)];
                let mut k = 0;
                while k < 4 {
                    let step = crossings[k / 2] + (k % 2) as i64;
                    if step > 0 && step < steps {
                        found = visit(row, phases, image, found, class + step * period);
                    }
                    k += 1;
                }
                other += 1;
            }
            one += 1;
        }
        class += 1;
    }
    found
}

/// The extremes so far, with one more unit's.
const fn visit(
    row: &AxisRow,
    phases: &[Interval],
    image: Interval,
    (least, most): (i64, i64),
    unit: i64,
) -> (i64, i64) {
    let extent = seen(row, phases, unit).intersection(image).extent();
    (min(least, extent), max(most, extent))
}

/// The lines of the class that starts at unit `class`, and how many there are: the borders come last, each end of a
/// field against each.
const fn lines(
    row: &AxisRow,
    phases: &[Interval],
    image: Interval,
    class: i64,
    period: i64,
) -> ([Lines; LINES], usize) {
    let mut lines = [moving(image, 0); LINES];
    let (mut count, mut s) = (0, 0);
    while s < row.count {
        let strand = &row.strands[s];
        let field = strand.field(phases, class);
        if !field.is_empty() {
            lines[count] = moving(field, strand.advance * (period / strand.period));
            count += 1;
        }
        s += 1;
    }
    let reached = row.reached(phases, class);
    if !reached.is_empty() {
        lines[count] = moving(reached, 0);
        count += 1;
    }
    lines[count] = moving(image, 0);
    lines[count + 1] = moving(Interval { first: image.last, last: image.first }, 0);
    (lines, count + 2)
}

const fn moving(field: Interval, slope: i64) -> Lines {
    Lines { first: Line { at: field.first, slope }, last: Line { at: field.last, slope } }
}

/// The step at which two lines meet, rounded down; one before the first where they never do.
const fn crossing(a: Line, b: Line) -> i64 {
    let (way, speed) =
        if a.slope > b.slope { (b.at - a.at, a.slope - b.slope) } else { (a.at - b.at, b.slope - a.slope) };
    if speed == 0 { -1 } else { way.div_euclid(speed) }
}
