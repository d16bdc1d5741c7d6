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
///
/// The numbers stand in one array of integers: the compiler checks every field of a const by itself, and an array
/// at once, which makes the table of a long network four times cheaper to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    cells: [i64; CELLS],
    /// Why the layer cannot be evaluated; every number is void then.
    pub fault: Option<Fault>,
}

/// Cells of a row before those of its axes.
const HEAD: usize = 7;
/// Cells of an axis before its strands, the shortest path's first among these.
const AXIS_HEAD: usize = 12;
/// Cells of a strand.
const STRAND: usize = 5;
const AXIS: usize = AXIS_HEAD + STRAND * (1 + STRANDS);
const CELLS: usize = HEAD + AXIS * MAX_RANK;

impl Row {
    pub(crate) const EMPTY: Self = {
        let mut row = Self { cells: [0; CELLS], fault: None };
        row.set_channels(UNKNOWN);
        row.set_global(NONE);
        row.set_misaligned(NONE);
        let mut axis = 0;
        while axis < MAX_RANK {
            row.set_axis(axis, &AxisRow::NEUTRAL);
            axis += 1;
        }
        row
    };

    pub(crate) const fn faulty(fault: Fault) -> Self {
        let mut row = Self::EMPTY;
        row.fault = Some(fault);
        row
    }

    /// Channels (features behind a `flatten`), or [`UNKNOWN`].
    #[must_use]
    pub const fn channels(&self) -> i64 {
        self.cells[0]
    }

    /// Whether the spatial axes are gone (behind `flatten` or `linear`).
    #[must_use]
    pub const fn flat(&self) -> bool {
        self.cells[1] == 1
    }

    /// The layer's own learnable parameters.
    #[must_use]
    pub const fn params(&self) -> u64 {
        self.cells[2] as u64
    }

    /// The layer's own multiply-accumulates per sample; `None` where extents are not known or it has 2^63 of them.
    #[must_use]
    pub const fn macs(&self) -> Option<u64> {
        if self.cells[3] < 0 { None } else { Some(self.cells[3] as u64) }
    }

    pub(crate) const fn global(&self) -> usize {
        self.cells[4] as usize
    }

    pub(crate) const fn misaligned(&self) -> usize {
        self.cells[5] as usize
    }

    /// Whether several paths lead here, so that the shortest one is not the strand.
    pub(crate) const fn branched(&self) -> bool {
        self.cells[6] == 1
    }

    /// Units along an axis, or [`UNKNOWN`].
    #[must_use]
    pub const fn extent(&self, axis: usize) -> i64 {
        self.cells[HEAD + axis * AXIS]
    }

    /// The layer's own index map along an axis (the identity for merges).
    #[must_use]
    pub const fn map(&self, axis: usize) -> AxisMap {
        let at = HEAD + axis * AXIS + 1;
        let cells = &self.cells;
        let (a, b) = (cells[at + 1], cells[at + 2]);
        match cells[at] {
            0 => AxisMap::Window { kernel: a, stride: b, dilation: cells[at + 3], before: cells[at + 4] },
            1 => AxisMap::Transposed { kernel: a, stride: b, dilation: cells[at + 3], before: cells[at + 4] },
            2 => AxisMap::Nearest { factor: a },
            3 => AxisMap::Linear { factor: a },
            4 => AxisMap::Adaptive { input: a, output: b },
            _ => AxisMap::All,
        }
    }

    /// All that is kept of an axis; the ones beyond the rank are neutral.
    #[must_use]
    pub const fn axis(&self, axis: usize) -> AxisRow {
        let at = HEAD + axis * AXIS;
        let cells = &self.cells;
        let mut strands = [Strand::EMPTY; STRANDS];
        let count = cells[at + 6] as usize;
        let mut s = 0;
        while s < count {
            strands[s] = self.strand(at + AXIS_HEAD + (s + 1) * STRAND);
            s += 1;
        }
        AxisRow {
            extent: cells[at],
            map: self.map(axis),
            count,
            smallest: cells[at + 7],
            largest: cells[at + 8],
            shortest: cells[at + 9],
            reach: Interval { first: cells[at + 10], last: cells[at + 11] },
            short: if self.branched() { self.strand(at + AXIS_HEAD) } else { strands[0] },
            strands,
        }
    }

    const fn strand(&self, at: usize) -> Strand {
        let cells = &self.cells;
        Strand {
            period: cells[at],
            advance: cells[at + 1],
            unit0: Interval { first: cells[at + 2], last: cells[at + 3] },
            offset: cells[at + 4] as usize,
        }
    }

    pub(crate) const fn set_channels(&mut self, channels: i64) {
        self.cells[0] = channels;
    }

    pub(crate) const fn set_flat(&mut self) {
        self.cells[1] = 1;
    }

    pub(crate) const fn set_cost(&mut self, params: u64, macs: Option<u64>) {
        self.cells[2] = params as i64;
        self.cells[3] = match macs {
            Some(macs) if macs <= i64::MAX as u64 => macs as i64,
            _ => -1,
        };
    }

    pub(crate) const fn set_global(&mut self, node: usize) {
        self.cells[4] = node as i64;
    }

    pub(crate) const fn set_misaligned(&mut self, node: usize) {
        self.cells[5] = node as i64;
    }

    pub(crate) const fn set_branched(&mut self) {
        self.cells[6] = 1;
    }

    pub(crate) const fn set_map(&mut self, axis: usize, map: AxisMap) {
        let (tag, a, b, c, d) = match map {
            AxisMap::Window { kernel, stride, dilation, before } => (0, kernel, stride, dilation, before),
            AxisMap::Transposed { kernel, stride, dilation, before } => (1, kernel, stride, dilation, before),
            AxisMap::Nearest { factor } => (2, factor, 0, 0, 0),
            AxisMap::Linear { factor } => (3, factor, 0, 0, 0),
            AxisMap::Adaptive { input, output } => (4, input, output, 0, 0),
            AxisMap::All => (5, 0, 0, 0, 0),
        };
        let at = HEAD + axis * AXIS + 1;
        self.cells[at] = tag;
        self.cells[at + 1] = a;
        self.cells[at + 2] = b;
        self.cells[at + 3] = c;
        self.cells[at + 4] = d;
    }

    pub(crate) const fn set_axis(&mut self, axis: usize, entry: &AxisRow) {
        let at = HEAD + axis * AXIS;
        self.cells[at] = entry.extent;
        self.set_map(axis, entry.map);
        self.cells[at + 6] = entry.count as i64;
        self.cells[at + 7] = entry.smallest;
        self.cells[at + 8] = entry.largest;
        self.cells[at + 9] = entry.shortest;
        self.cells[at + 10] = entry.reach.first;
        self.cells[at + 11] = entry.reach.last;
        self.set_strand(at + AXIS_HEAD, &entry.short);
        let mut s = 0;
        while s < entry.count {
            self.set_strand(at + AXIS_HEAD + (s + 1) * STRAND, &entry.strands[s]);
            s += 1;
        }
    }

    const fn set_strand(&mut self, at: usize, strand: &Strand) {
        self.cells[at] = strand.period;
        self.cells[at + 1] = strand.advance;
        self.cells[at + 2] = strand.unit0.first;
        self.cells[at + 3] = strand.unit0.last;
        self.cells[at + 4] = strand.offset as i64;
    }
}
