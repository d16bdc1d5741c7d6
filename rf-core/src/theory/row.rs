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
    head: [i64; HEAD],
    axes: [[i64; AXIS]; MAX_RANK],
    /// Why the layer cannot be evaluated; every number is void then.
    pub fault: Option<Fault>,
}

/// Cells of a row beside those of its axes.
const HEAD: usize = 8;
/// Cells of an axis before its strands, the shortest path's first among these.
const AXIS_HEAD: usize = 12;
/// Cells of a strand.
const STRAND: usize = 5;
const AXIS: usize = AXIS_HEAD + STRAND * (1 + STRANDS);

impl Row {
    pub(crate) const EMPTY: Self = {
        let mut row = Self { head: [0; HEAD], axes: [[0; AXIS]; MAX_RANK], fault: None };
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
        self.head[0]
    }

    /// Whether the spatial axes are gone (behind `flatten` or `linear`).
    #[must_use]
    pub const fn flat(&self) -> bool {
        self.head[1] == 1
    }

    /// The layer's own learnable parameters.
    #[must_use]
    pub const fn params(&self) -> u64 {
        self.head[2] as u64
    }

    /// The layer's own multiply-accumulates per sample; `None` where extents are not known or it has 2^63 of them.
    #[must_use]
    pub const fn macs(&self) -> Option<u64> {
        if self.head[3] < 0 { None } else { Some(self.head[3] as u64) }
    }

    pub(crate) const fn global(&self) -> usize {
        self.head[4] as usize
    }

    pub(crate) const fn misaligned(&self) -> usize {
        self.head[5] as usize
    }

    /// Whether several paths lead here, so that the shortest one is not the strand.
    pub(crate) const fn branched(&self) -> bool {
        self.head[6] == 1
    }

    /// Whether all axes of the graph are known to be alike, so that one stands for all.
    pub(crate) const fn uniform(&self) -> bool {
        self.head[7] == 1
    }

    /// Makes axes 1 and on copies of axis 0.
    pub(crate) const fn spread_axis(&mut self, rank: usize) {
        let mut axis = 1;
        while axis < rank {
            self.axes[axis] = self.axes[0];
            axis += 1;
        }
    }

    pub(crate) const fn set_uniform(&mut self, uniform: bool) {
        self.head[7] = uniform as i64;
    }

    /// Units along an axis, or [`UNKNOWN`].
    #[must_use]
    pub const fn extent(&self, axis: usize) -> i64 {
        self.axes[axis][0]
    }

    /// The layer's own index map along an axis (the identity for merges).
    #[must_use]
    pub const fn map(&self, axis: usize) -> AxisMap {
        let cells = &self.axes[axis];
        let (a, b) = (cells[2], cells[3]);
        match cells[1] {
            0 => AxisMap::Window { kernel: a, stride: b, dilation: cells[4], before: cells[5] },
            1 => AxisMap::Transposed { kernel: a, stride: b, dilation: cells[4], before: cells[5] },
            2 => AxisMap::Nearest { factor: a },
            3 => AxisMap::Linear { factor: a },
            4 => AxisMap::Adaptive { input: a, output: b },
            _ => AxisMap::All,
        }
    }

    /// All that is kept of an axis; the ones beyond the rank are neutral.
    #[must_use]
    pub const fn axis(&self, axis: usize) -> AxisRow {
        let cells = &self.axes[axis];
        let mut strands = [Strand::EMPTY; STRANDS];
        let count = cells[6] as usize;
        let mut s = 0;
        while s < count {
            strands[s] = strand(cells, AXIS_HEAD + (s + 1) * STRAND);
            s += 1;
        }
        AxisRow {
            extent: cells[0],
            map: self.map(axis),
            count,
            smallest: cells[7],
            largest: cells[8],
            shortest: cells[9],
            reach: Interval { first: cells[10], last: cells[11] },
            short: strand(cells, AXIS_HEAD),
            strands,
        }
    }

    pub(crate) const fn set_channels(&mut self, channels: i64) {
        self.head[0] = channels;
    }

    pub(crate) const fn set_flat(&mut self) {
        self.head[1] = 1;
    }

    pub(crate) const fn set_cost(&mut self, params: u64, macs: Option<u64>) {
        self.head[2] = params as i64;
        self.head[3] = match macs {
            Some(macs) if macs <= i64::MAX as u64 => macs as i64,
            _ => -1,
        };
    }

    pub(crate) const fn set_global(&mut self, node: usize) {
        self.head[4] = node as i64;
    }

    pub(crate) const fn set_misaligned(&mut self, node: usize) {
        self.head[5] = node as i64;
    }

    pub(crate) const fn set_branched(&mut self) {
        self.head[6] = 1;
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
        let cells = &mut self.axes[axis];
        cells[1] = tag;
        cells[2] = a;
        cells[3] = b;
        cells[4] = c;
        cells[5] = d;
    }

    pub(crate) const fn set_axis(&mut self, axis: usize, entry: &AxisRow) {
        self.set_map(axis, entry.map);
        let cells = &mut self.axes[axis];
        cells[0] = entry.extent;
        cells[6] = entry.count as i64;
        cells[7] = entry.smallest;
        cells[8] = entry.largest;
        cells[9] = entry.shortest;
        cells[10] = entry.reach.first;
        cells[11] = entry.reach.last;
        set_strand(cells, AXIS_HEAD, &entry.short);
        let mut s = 0;
        while s < entry.count {
            set_strand(cells, AXIS_HEAD + (s + 1) * STRAND, &entry.strands[s]);
            s += 1;
        }
    }
}

const fn strand(cells: &[i64; AXIS], at: usize) -> Strand {
    Strand {
        period: cells[at],
        advance: cells[at + 1],
        unit0: Interval { first: cells[at + 2], last: cells[at + 3] },
        offset: cells[at + 4] as usize,
    }
}

const fn set_strand(cells: &mut [i64; AXIS], at: usize, strand: &Strand) {
    cells[at] = strand.period;
    cells[at + 1] = strand.advance;
    cells[at + 2] = strand.unit0.first;
    cells[at + 3] = strand.unit0.last;
    cells[at + 4] = strand.offset as i64;
}
