//! What the table keeps of one layer.

use super::fault::Fault;
use super::interval::Interval;
use super::map::AxisMap;
use crate::graph::{MAX_RANK, UNKNOWN};

/// How many different jumps one feature map can carry along an axis (see [`Strand`]).
pub const STRANDS: usize = 4;

/// No node.
pub(crate) const NONE: usize = usize::MAX;

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
    /// Where the `period` phases stand in the table's pool; unused where `period` is 1.
    pub(crate) offset: usize,
}

impl Strand {
    pub(crate) const EMPTY: Self = Self { period: 1, advance: 0, unit0: Interval::EMPTY, offset: 0 };

    /// The field of any unit, of the virtual ones beyond the borders too.
    #[must_use]
    pub const fn field(&self, phases: &[Interval], unit: i64) -> Interval {
        if self.period == 1 {
            return self.unit0.shift(unit * self.advance);
        }
        let index = self.offset + unit.rem_euclid(self.period) as usize;
        if index < phases.len() {
            phases[index].shift(unit.div_euclid(self.period) * self.advance)
        } else {
            Interval::EMPTY
        }
    }

    pub(crate) const fn same_jump(&self, other: &Self) -> bool {
        self.advance * other.period == other.advance * self.period
    }
}

/// One layer along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisRow {
    /// Units, or [`UNKNOWN`].
    pub extent: i64,
    /// The layer's own index map from its input (the identity for merges).
    pub map: AxisMap,
    pub(crate) strands: [Strand; STRANDS],
    pub(crate) count: usize,
    /// The path with the smallest extent.
    pub(crate) short: Strand,
    /// Smallest and largest extent over units, in pixels, along local paths.
    pub(crate) smallest: i64,
    pub(crate) largest: i64,
    /// Smallest extent of the shortest path.
    pub(crate) shortest: i64,
    /// What paths through a global layer reach; [`Interval::EMPTY`] where there is none.
    pub(crate) reach: Interval,
}

impl AxisRow {
    /// An axis beyond the rank: one unit that sees one pixel.
    pub(crate) const NEUTRAL: Self = Self {
        extent: 1,
        map: AxisMap::IDENTITY,
        strands: [Strand::EMPTY; STRANDS],
        count: 0,
        short: Strand::EMPTY,
        smallest: 0,
        largest: 0,
        shortest: 0,
        reach: Interval::EMPTY,
    };

    /// The strands: none where every path is global, more than one where paths of different jumps met.
    #[must_use]
    pub const fn strands(&self) -> &[Strand] {
        self.strands.split_at(self.count).0
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

/// What the table keeps of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Channels (features behind a `flatten`), or [`UNKNOWN`].
    pub channels: i64,
    /// Whether the spatial axes are gone (behind `flatten` or `linear`).
    pub flat: bool,
    /// One entry per spatial axis; the ones beyond the rank are neutral.
    pub axes: [AxisRow; MAX_RANK],
    /// The layer's own learnable parameters.
    pub params: u64,
    /// The layer's own multiply-accumulates per sample; `None` where extents are not known.
    pub macs: Option<u64>,
    pub(crate) global: usize,
    pub(crate) misaligned: usize,
    /// Whether several paths of different extent lead here, so that `short` differs from the strands.
    pub(crate) branched: bool,
    /// Why the layer cannot be evaluated; every other number is void then.
    pub fault: Option<Fault>,
}

impl Row {
    pub(crate) const EMPTY: Self = Self {
        channels: UNKNOWN,
        flat: false,
        axes: [AxisRow::NEUTRAL; MAX_RANK],
        params: 0,
        macs: Some(0),
        global: NONE,
        misaligned: NONE,
        branched: false,
        fault: None,
    };

    pub(crate) const fn faulty(fault: Fault) -> Self {
        let mut row = Self::EMPTY;
        row.fault = Some(fault);
        row
    }
}
