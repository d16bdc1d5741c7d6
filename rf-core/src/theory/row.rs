//! What the table keeps of one layer.

use super::fault::Fault;
use super::interval::Interval;
use super::map::AxisMap;
use crate::graph::{MAX_RANK, UNKNOWN};

/// How many different jumps one feature map can carry along an axis (see [`Strand`]).
pub const STRANDS: usize = 4;

/// Several paths lead to a row, and one that might have become the shortest found no room.
const BOUND: i64 = 2;

/// No node.
pub(crate) const NONE: usize = usize::MAX;

/// The offset of a strand without any path: attention leaves the grid of its units, and no local field.
pub(crate) const GHOST: usize = NONE / 2;

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
        let index = self.offset + unit.rem_euclid(self.period) as usize;
        if index < phases.len() {
            phases[index].shift(unit.div_euclid(self.period) * self.advance)
        } else {
            Interval::EMPTY
        }
    }

    /// Whether it is a grid without any path.
    pub(crate) const fn is_ghost(&self) -> bool {
        self.offset >= GHOST
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
    /// Units, or [`UNKNOWN`].
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

/// What the table keeps of one layer.
///
/// The numbers stand in arrays of integers: the compiler checks and copies an array at once but every field of a
/// struct by itself, and it takes its time for each call. This is what keeps `cargo check` quick.
#[derive(Clone, Copy, Debug, Eq)]
pub struct Row {
    /// Channels, flat, parameters, multiply-accumulates, global, misaligned, branched, uniform, shape.
    pub(super) head: [i64; 9],
    pub(super) axes: [[Cells; AXIS]; MAX_RANK],
    /// Why the layer cannot be evaluated; every number is void then.
    pub fault: Option<Fault>,
}

/// A strand (period, advance, first and last pixel of unit 0, offset, centre), or one of the groups below.
pub(super) type Cells = [i64; 7];

/// Extent, number of strands (and [`PHASED`], [`OTHER`]), smallest, largest and shortest extent of the field, where the
/// other candidates for the shortest path stand.
pub(super) const FACTS: usize = 0;
/// The index map: a tag and its arguments.
pub(super) const MAP: usize = 1;
/// First and last pixel that global paths reach, their period and offset.
pub(super) const REACH: usize = 2;
/// The shortest path's strand.
pub(super) const SHORT: usize = 3;
/// The first strand.
pub(super) const STRAND: usize = 4;
pub(super) const AXIS: usize = STRAND + STRANDS;

/// Stands in the cell of the number of strands where what is reached has phases, so that the common case asks for one
/// number.
const PHASED: i64 = 1 << 8;
/// The same for each other candidate for the shortest path.
const OTHER: i64 = 1 << 9;

/// The map of a pointwise layer.
pub(super) const IDENTITY: Cells = pack_map(AxisMap::IDENTITY);

/// What a shape is called is no part of what a layer is.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        (&self.head[..8], &self.axes, self.fault) == (&other.head[..8], &other.axes, other.fault)
    }
}

impl Row {
    pub(crate) const EMPTY: Self = {
        let head = [UNKNOWN, 0, 0, 0, NONE as i64, NONE as i64, 0, 0, -1];
        let mut row = Self { head, axes: [[[0; 7]; AXIS]; MAX_RANK], fault: None };
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
        self.head[6] >= 1
    }

    /// Whether the shortest path may be shorter than it says: a candidate for it found no room.
    pub(crate) const fn bound(&self) -> bool {
        self.head[6] == BOUND
    }

    /// Whether all axes of the graph are known to be alike, so that one stands for all.
    pub(crate) const fn uniform(&self) -> bool {
        self.head[7] == 1
    }

    /// Units along an axis, or [`UNKNOWN`].
    #[must_use]
    pub const fn extent(&self, axis: usize) -> i64 {
        self.axes[axis][FACTS][0]
    }

    /// The largest extent of the local field over units.
    pub(crate) const fn largest(&self, axis: usize) -> i64 {
        self.axes[axis][FACTS][3]
    }

    /// The layer's own index map along an axis (the identity for merges).
    #[must_use]
    pub const fn map(&self, axis: usize) -> AxisMap {
        let [tag, a, b, dilation, before, ..] = self.axes[axis][MAP];
        match tag {
            0 => AxisMap::Window { kernel: a, stride: b, dilation, before },
            1 => AxisMap::Transposed { kernel: a, stride: b, dilation, before },
            2 => AxisMap::Nearest { factor: a },
            3 => AxisMap::Linear { factor: a },
            4 => AxisMap::Adaptive { input: a, output: b },
            5 => AxisMap::Resample { num: a, offset: b, den: dilation, taps: before },
            _ => AxisMap::All,
        }
    }

    /// Whether unit `i` reads input unit `i` alone, and there are as many of them as the layer has units.
    pub(crate) const fn is_pointwise(&self, axis: usize) -> bool {
        let map = &self.axes[axis][MAP];
        map[0] == 0 && map[1] == 1 && map[2] == 1 && map[4] == 0 && map[5] == 0
    }

    /// All that is kept of an axis; the ones beyond the rank are neutral.
    #[must_use]
    pub const fn axis(&self, axis: usize) -> AxisRow {
        let cells = &self.axes[axis];
        let [extent, count, smallest, largest, shortest, others_at, _] = cells[FACTS];
        let mut strands = [Strand::EMPTY; STRANDS];
        let (others, count) = ((count / OTHER) as usize, (count % PHASED) as usize);
        let mut s = 0;
        while s < count {
            strands[s] = Strand::unpack(cells[STRAND + s]);
            s += 1;
        }
        AxisRow {
            extent,
            map: self.map(axis),
            count,
            smallest,
            largest,
            shortest,
            reach: Interval { first: cells[REACH][0], last: cells[REACH][1] },
            reach_period: cells[REACH][2],
            reach_offset: cells[REACH][3] as usize,
            short: Strand::unpack(cells[SHORT]),
            others,
            others_at: others_at as usize,
            bound: self.head[6] == BOUND,
            strands,
        }
    }

    pub(crate) const fn set_channels(&mut self, channels: i64) {
        self.head[0] = channels;
    }

    pub(crate) const fn set_flat(&mut self) {
        self.head[1] = 1;
    }

    pub(crate) const fn unflatten(&mut self) {
        self.head[1] = 0;
    }

    pub(crate) const fn set_cost(&mut self, params: u64, macs: Option<u64>) {
        self.head[2] = params as i64;
        self.head[3] = match macs {
            Some(macs) if macs <= i64::MAX as u64 => macs as i64,
            _ => -1,
        };
    }

    /// No parameters, no multiply-accumulates.
    pub(crate) const fn set_free(&mut self) {
        self.head[2] = 0;
        self.head[3] = 0;
    }

    pub(crate) const fn set_global(&mut self, node: usize) {
        self.head[4] = node as i64;
    }

    pub(crate) const fn set_misaligned(&mut self, node: usize) {
        self.head[5] = node as i64;
    }

    /// Says that another input's paths have joined.
    pub(crate) const fn set_branched(&mut self, other: &Self) {
        if self.head[6] < BOUND {
            self.head[6] = if other.head[6] < BOUND { 1 } else { BOUND };
        }
    }

    pub(crate) const fn set_uniform(&mut self, uniform: bool) {
        self.head[7] = uniform as i64;
    }

    /// A node whose channels, extents and kinds of axes are the same.
    pub(crate) const fn shape(&self) -> i64 {
        self.head[8]
    }

    /// Whether there is a fault: such a row has no shape that has a name.
    pub(crate) const fn is_faulty(&self) -> bool {
        self.head[8] < 0
    }

    pub(crate) const fn set_shape(&mut self, node: i64) {
        self.head[8] = node;
    }

    pub(crate) const fn unname_shape(&mut self) {
        self.head[8] = -1;
    }

    pub(crate) const fn has_shape_of(&self, other: &Self, rank: usize) -> bool {
        let ([channels, flat, _, _, _, _, _, uniform, _], [c, f, _, _, _, _, _, u, _]) =
            (self.head, other.head);
        if channels != c || flat != f || uniform != u {
            return false;
        }
        let mut axis = 0;
        while axis < rank {
            if self.axes[axis][FACTS][0] != other.axes[axis][FACTS][0] {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// Takes over what follows from a layer's arguments and its input's shape, but for maps and extents.
    pub(crate) const fn set_like(&mut self, like: &Self) {
        let [channels, flat, params, macs, _, _, _, uniform, shape] = like.head;
        let [_, _, _, _, global, misaligned, branched, _, _] = self.head;
        self.head = [channels, flat, params, macs, global, misaligned, branched, uniform, shape];
    }

    /// Makes axes 1 and on copies of axis 0.
    pub(crate) const fn spread_axis(&mut self, rank: usize) {
        let mut axis = 1;
        while axis < rank {
            self.axes[axis] = self.axes[0];
            axis += 1;
        }
    }

    /// The row of a layer that passes its input on unit by unit, `self` being its row before the input changed.
    pub(crate) const fn behind(&self, input: &Self) -> Self {
        let mut row = *input;
        (row.head[2], row.head[3]) = (self.head[2], self.head[3]);
        row.set_identity();
        row
    }

    /// Makes every unit read its own input unit.
    pub(crate) const fn set_identity(&mut self) {
        self.axes[0][MAP] = IDENTITY;
        self.axes[1][MAP] = IDENTITY;
        self.axes[2][MAP] = IDENTITY;
    }

    pub(crate) const fn set_axis(&mut self, axis: usize, entry: &AxisRow) {
        let cells = &mut self.axes[axis];
        let phased = if entry.reach_period > 1 { PHASED } else { 0 };
        let count = entry.count as i64 + phased + entry.others as i64 * OTHER;
        let others_at = entry.others_at as i64;
        cells[FACTS] = [entry.extent, count, entry.smallest, entry.largest, entry.shortest, others_at, 0];
        cells[MAP] = pack_map(entry.map);
        let offset = entry.reach_offset as i64;
        cells[REACH] = [entry.reach.first, entry.reach.last, entry.reach_period, offset, 0, 0, 0];
        cells[SHORT] = entry.short.pack();
        if entry.bound {
            self.head[6] = BOUND;
        }
        let mut s = 0;
        while s < entry.count {
            cells[STRAND + s] = entry.strands[s].pack();
            s += 1;
        }
    }

    /// Drops the other candidates for the shortest path.
    pub(crate) const fn forget_others(&mut self) {
        let mut axis = 0;
        while axis < MAX_RANK {
            let facts = &mut self.axes[axis][FACTS];
            if facts[1] >= OTHER {
                facts[1] %= OTHER;
                self.head[6] = BOUND;
            }
            axis += 1;
        }
    }

    /// Whether no global path leads here along an axis.
    pub(crate) const fn unreached(&self, axis: usize) -> bool {
        self.axes[axis][REACH][0] > self.axes[axis][REACH][1]
    }

    /// Sets what every unit sees through global layers.
    pub(crate) const fn set_reach(&mut self, axis: usize, reach: Interval) {
        let cells = &mut self.axes[axis];
        if cells[REACH][2] > 1 {
            cells[FACTS][1] -= PHASED;
        }
        cells[REACH] = [reach.first, reach.last, 1, 0, 0, 0, 0];
    }
}

impl Strand {
    pub(super) const fn pack(&self) -> Cells {
        let Centre { num, den } = self.centre;
        [self.period, self.advance, self.unit0.first, self.unit0.last, self.offset as i64, num, den]
    }

    pub(super) const fn unpack(cells: Cells) -> Self {
        let [period, advance, first, last, offset, num, den] = cells;
        let (unit0, centre) = (Interval { first, last }, Centre { num, den });
        Self { period, advance, unit0, centre, offset: offset as usize }
    }
}

const fn pack_map(map: AxisMap) -> Cells {
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => [0, kernel, stride, dilation, before, 0, 0],
        AxisMap::Transposed { kernel, stride, dilation, before } => {
            [1, kernel, stride, dilation, before, 0, 0]
        }
        AxisMap::Nearest { factor } => [2, factor, 0, 0, 0, 0, 0],
        AxisMap::Linear { factor } => [3, factor, 0, 0, 0, 0, 0],
        AxisMap::Adaptive { input, output } => [4, input, output, 0, 0, 0, 0],
        AxisMap::Resample { num, offset, den, taps } => [5, num, offset, den, taps, 0, 0],
        AxisMap::All => [6, 0, 0, 0, 0, 0, 0],
    }
}
