//! Fields that repeat along an axis.

use super::interval::Interval;
use super::map::AxisMap;

/// How many different jumps one feature map can carry along an axis (see [`Strand`]).
pub const STRANDS: usize = 4;

/// The offset of a strand without any path: attention leaves the grid of its units, and no local field.
pub(crate) const GHOST: usize = usize::MAX / 2;

/// The offset of a strand that led nowhere where attention read others that did: its grid is none of that map. It keeps its
/// place, so that how many strands there are does not hang on their phases.
pub(crate) const DROPPED: usize = GHOST + 1;

/// A field that repeats: unit `u + period` sees what unit `u` sees, `advance` pixels further.
///
/// The jump is the rational `advance / period`. Paths of equal jump share a strand, whatever their centres: their
/// union repeats as they do. A merge of paths with different jumps has a strand for each, so that every unit's
/// field stays exact although it is not shift-invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strand {
    /// Units after which the field repeats, at least 1.
    pub period: i64,
    /// Input pixels that one period moves; 0 where nothing but global paths are left.
    pub advance: i64,
    /// The field of unit 0, all there is to know where `period` is 1.
    pub unit0: Interval,
    /// Where the middle of unit 0's window lies, in pixels; unit `u`'s lies `u` jumps further on. Phases lean from
    /// it to one side and the other.
    pub(crate) centre: Centre,
    /// Where the `period` phases stand in the table's pool; unused where `period` is 1.
    pub(crate) offset: usize,
}

impl Strand {
    pub(crate) const EMPTY: Self =
        Self { period: 1, advance: 0, unit0: Interval::EMPTY, centre: Centre { num: 0, den: 2 }, offset: 0 };

    /// The field of any unit, of the virtual ones beyond the borders too.
    #[must_use]
    pub const fn field(&self, phases: &[Interval], unit: i64) -> Interval {
        if self.period == 1 {
            return self.unit0.shift(unit * self.advance);
        }
        let turns = unit.div_euclid(self.period);
        let index = self.offset + (unit - turns * self.period) as usize;
        if index < phases.len() { phases[index].shift(turns * self.advance) } else { Interval::EMPTY }
    }

    /// Whether it is a grid without any path.
    pub(crate) const fn is_ghost(&self) -> bool {
        self.offset >= GHOST
    }

    pub(crate) const fn is_dropped(&self) -> bool {
        self.offset == DROPPED
    }

    pub(crate) const fn same_jump(&self, other: &Self) -> bool {
        self.advance * other.period == other.advance * self.period
    }
}

/// A fraction, not always in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Centre {
    pub(crate) num: i64,
    pub(crate) den: i64,
}

impl Centre {
    pub(crate) const fn equals(self, other: Self) -> bool {
        self.num as i128 * other.den as i128 == other.num as i128 * self.den as i128
    }
}

/// One layer along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisRow {
    /// Units, or [`UNKNOWN`](crate::graph::UNKNOWN).
    pub extent: i64,
    /// The layer's own index map from its input (the identity for merges).
    pub map: AxisMap,
    pub(crate) strands: [Strand; STRANDS],
    pub(crate) count: usize,
    /// The path with the smallest extent, or the one of the candidates that is likely to become it.
    pub(crate) short: Strand,
    /// How many other paths may become the shortest further on, and where they stand while the table is filled.
    pub(crate) others: usize,
    pub(crate) others_at: usize,
    /// Whether such a path was dropped, so that the shortest extent is an upper bound.
    pub(crate) bound: bool,
    /// Smallest and largest extent over units, in pixels, along local paths.
    pub(crate) smallest: i64,
    pub(crate) largest: i64,
    /// Smallest extent of the shortest path.
    pub(crate) shortest: i64,
    /// What paths through a global layer reach; [`Interval::EMPTY`] where there is none.
    pub(crate) reach: Interval,
    /// Units after which that repeats: above 1 where a transposed convolution leaves some units without any path.
    pub(crate) reach_period: i64,
    /// Where the phases of it stand in the table's pool, if there are any.
    pub(crate) reach_offset: usize,
}

impl AxisRow {
    /// An axis beyond the rank: one unit that sees one pixel.
    pub(crate) const NEUTRAL: Self = Self {
        extent: 1,
        map: AxisMap::IDENTITY,
        strands: [Strand::EMPTY; STRANDS],
        count: 0,
        short: Strand::EMPTY,
        others: 0,
        others_at: 0,
        bound: false,
        smallest: 0,
        largest: 0,
        shortest: 0,
        reach: Interval::EMPTY,
        reach_period: 1,
        reach_offset: 0,
    };

    /// The strands: none where every path is global, more than one where paths of different jumps met.
    #[must_use]
    pub const fn strands(&self) -> &[Strand] {
        self.strands.split_at(self.count).0
    }

    /// What unit `unit` sees through global layers: the same as all others, or nothing.
    #[must_use]
    pub const fn reached(&self, phases: &[Interval], unit: i64) -> Interval {
        if self.reach_period == 1 { self.reach } else { self.reaching().field(phases, unit) }
    }

    /// That as a strand that does not move.
    pub(crate) const fn reaching(&self) -> Strand {
        let (period, offset) = (self.reach_period, self.reach_offset);
        Strand { period, unit0: self.reach, offset, ..Strand::EMPTY }
    }

    /// The hull of what unit `unit` sees along local paths.
    #[must_use]
    pub const fn field(&self, phases: &[Interval], unit: i64) -> Interval {
        let mut hull = Interval::EMPTY;
        let mut s = 0;
        while s < self.count {
            hull = hull.hull(self.strands[s].field(phases, unit));
            s += 1;
        }
        hull
    }
}
