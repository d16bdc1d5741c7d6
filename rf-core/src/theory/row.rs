//! What the table keeps of one layer.

use super::fault::Fault;
use super::interval::Interval;
use super::map::AxisMap;
use super::strand::{AxisRow, Centre, STRANDS, Strand};
use crate::graph::{MAX_RANK, UNKNOWN};

/// No node.
pub(crate) const NONE: usize = usize::MAX;

/// What the table keeps of one layer.
///
/// The numbers stand in arrays of integers: the compiler checks and copies an array at once but every field of a
/// struct by itself, and it takes its time for each call. This is what keeps `cargo check` quick.
#[derive(Clone, Copy, Debug, Eq)]
pub struct Row {
    /// What follows from a layer's arguments and its input's shape alone, in the order of [`CHANNELS`] and what
    /// follows there.
    pub(super) fixed: [i64; FIXED],
    /// The index map of each axis, a tag and its arguments: fixed too.
    pub(super) maps: [Map; MAX_RANK],
    /// What hangs on the paths that lead here: the global node, the misaligned node, the axes along which every layer of
    /// some path reads all its input, whether branched, whether the shortest extent is a bound, the node from which on axes
    /// are not separable.
    pub(super) paths: [i64; 6],
    /// The fields along each axis.
    pub(super) axes: [Field; MAX_RANK],
    /// Why the layer cannot be evaluated; every number is void then.
    pub fault: Option<Fault>,
}

/// Places in [`Row::fixed`]: channels; whether flat; whether uniform; an extent per axis.
const CHANNELS: usize = 0;
const FLAT: usize = 1;
const UNIFORM: usize = 2;
const EXTENT: usize = 3;
/// Parameters and multiply-accumulates.
const PARAMS: usize = EXTENT + MAX_RANK;
const MACS: usize = PARAMS + 1;
/// The node after which the shape is named, and what a layer must be like that this one serves: operation and name of the
/// input's shape in one number.
pub(super) const NAME: usize = MACS + 1;
const SERVES: usize = NAME + 1;
/// How the layer carries fields on, where that hangs on `fixed` alone: [`KEEPS`], [`SLIDES`], [`JOINS`] or nothing.
pub(super) const STEP: usize = SERVES + 1;
/// The axes along which the layer reads all its input.
const READS: usize = STEP + 1;
const FIXED: usize = READS + 1;

/// An index map: a tag and its arguments.
type Map = [i64; 5];

/// The name of no shape: larger than any node, so that no layer is found by it.
const UNNAMED: i64 = 1 << 40;

/// Every unit sees what the input's unit of the same number sees.
pub(super) const KEEPS: i64 = 1;
/// A window.
pub(super) const SLIDES: i64 = 2;
/// A merge of inputs of one shape.
pub(super) const JOINS: i64 = 3;

/// Every axis, as bits.
pub(super) const ALL_AXES: i64 = (1 << MAX_RANK) - 1;

/// A strand: period, advance, first and last pixel of unit 0, offset, centre.
pub(super) type Cells = [i64; 7];

/// Number of strands (and [`PHASED`], [`OTHER`]); smallest, largest and shortest extent of the field; where the other
/// candidates for the shortest path stand; first and last pixel that global paths reach, their period and offset; the
/// shortest path's strand, void where one path leads here; the strands.
pub(super) type Field = [i64; SHORT + (1 + STRANDS) * PER_STRAND];

const REACH: usize = 5;
const SHORT: usize = REACH + 4;
const PER_STRAND: usize = 7;

/// Stands in the cell of the number of strands where what is reached has phases, so that the common case asks for one
/// number.
const PHASED: i64 = 1 << 8;
/// The same for each other candidate for the shortest path.
const OTHER: i64 = 1 << 9;

/// The maps of a pointwise layer.
pub(super) const IDENTITY: [Map; MAX_RANK] = [pack_map(AxisMap::IDENTITY); MAX_RANK];

/// What a shape is called, and how a layer is evaluated, is no part of what it is.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        (&self.fixed[..NAME], self.maps, self.paths, &self.axes, self.fault)
            == (&other.fixed[..NAME], other.maps, other.paths, &other.axes, other.fault)
    }
}

impl Row {
    pub(crate) const EMPTY: Self = {
        let mut row = Self {
            fixed: [0; FIXED],
            maps: IDENTITY,
            paths: [NONE as i64, NONE as i64, 0, 0, 0, NONE as i64],
            axes: [[0; SHORT + (1 + STRANDS) * PER_STRAND]; MAX_RANK],
            fault: None,
        };
        row.set_channels(UNKNOWN);
        row.unname_shape();
        row.fixed[SERVES] = -1;
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
        self.fixed[CHANNELS]
    }

    /// Whether the spatial axes are gone (behind `flatten` or `linear`).
    #[must_use]
    pub const fn flat(&self) -> bool {
        self.fixed[FLAT] == 1
    }

    /// The layer's own learnable parameters.
    #[must_use]
    pub const fn params(&self) -> u64 {
        self.fixed[PARAMS] as u64
    }

    /// The layer's own multiply-accumulates per sample; `None` where extents are not known or it has 2^63 of them.
    #[must_use]
    pub const fn macs(&self) -> Option<u64> {
        if self.fixed[MACS] < 0 { None } else { Some(self.fixed[MACS] as u64) }
    }

    pub(crate) const fn global(&self) -> usize {
        self.paths[0] as usize
    }

    pub(crate) const fn misaligned(&self) -> usize {
        self.paths[1] as usize
    }

    pub(crate) const fn inseparable(&self) -> usize {
        self.paths[5] as usize
    }

    pub(crate) const fn set_inseparable(&mut self, node: usize) {
        self.paths[5] = node as i64;
    }

    /// Whether some units may see nothing, and others something, along one of the axes before `until`.
    pub(crate) const fn is_sparse(&self, until: usize) -> bool {
        let mut axis = 0;
        while axis < until {
            let [strands, smallest, largest, _, _, _, _, reach_period, ..] = self.axes[axis];
            // Extents over several strands are those of the map's own units, and beyond it there are others.
            if (smallest == 0 && largest > 0) || reach_period > 1 || strands % PHASED > 1 {
                return true;
            }
            axis += 1;
        }
        false
    }

    /// Whether several paths lead here, so that the shortest one is not the strand.
    pub(crate) const fn branched(&self) -> bool {
        self.paths[3] == 1
    }

    /// Whether the shortest path may be shorter than it says: a candidate for it found no room.
    pub(crate) const fn bound(&self) -> bool {
        self.paths[4] == 1
    }

    /// Whether all axes of the graph are known to be alike, so that one stands for all.
    pub(crate) const fn uniform(&self) -> bool {
        self.fixed[UNIFORM] == 1
    }

    /// Units along an axis, or [`UNKNOWN`].
    #[must_use]
    pub const fn extent(&self, axis: usize) -> i64 {
        self.fixed[EXTENT + axis]
    }

    /// The largest extent of the local field over units.
    pub(crate) const fn largest(&self, axis: usize) -> i64 {
        self.axes[axis][2]
    }

    /// The layer's own index map along an axis (the identity for merges).
    #[must_use]
    pub const fn map(&self, axis: usize) -> AxisMap {
        let [tag, a, b, dilation, before] = self.maps[axis];
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

    /// Kernel, stride, dilation and padding before of a window.
    pub(super) const fn window(&self, axis: usize) -> [i64; 4] {
        let [_, kernel, stride, dilation, before] = self.maps[axis];
        [kernel, stride, dilation, before]
    }

    /// All that is kept of an axis; the ones beyond the rank are neutral.
    #[must_use]
    pub const fn axis(&self, axis: usize) -> AxisRow {
        let cells = &self.axes[axis];
        #[rustfmt::skip]
        let [
            count, smallest, largest, shortest, others_at, reach, reach_last, period, offset,
            sp, sa, sf, sl, so, sn, sd, p, a, f, l, o, n, d, ..
        ] = *cells;
        let reach = Interval { first: reach, last: reach_last };
        let (others, count) = ((count / OTHER) as usize, (count % PHASED) as usize);
        let mut strands = [Strand::EMPTY; STRANDS];
        if count > 0 {
            strands[0] = Strand::unpack([p, a, f, l, o, n, d]);
        }
        let mut s = 1;
        while s < count {
            strands[s] = Strand::unpack(strand(cells, s));
            s += 1;
        }
        let mut short = Strand::unpack([sp, sa, sf, sl, so, sn, sd]);
        let mut shortest = shortest;
        // The common case leaves the shortest path alone where there is but one.
        if !self.branched() && count == 1 && strands[0].period == 1 {
            (short, shortest) = (strands[0], smallest);
        }
        AxisRow {
            extent: self.fixed[EXTENT + axis],
            map: self.map(axis),
            count,
            smallest,
            largest,
            shortest,
            reach,
            reach_period: period,
            reach_offset: offset as usize,
            short,
            others,
            others_at: others_at as usize,
            bound: self.bound(),
            strands,
        }
    }

    pub(crate) const fn set_channels(&mut self, channels: i64) {
        self.fixed[CHANNELS] = channels;
    }

    pub(crate) const fn set_flat(&mut self) {
        self.fixed[FLAT] = 1;
    }

    pub(crate) const fn unflatten(&mut self) {
        self.fixed[FLAT] = 0;
    }

    pub(crate) const fn set_cost(&mut self, params: u64, macs: Option<u64>) {
        self.fixed[PARAMS] = params as i64;
        self.fixed[MACS] = match macs {
            Some(macs) if macs <= i64::MAX as u64 => macs as i64,
            _ => -1,
        };
    }

    /// No parameters, no multiply-accumulates.
    pub(crate) const fn set_free(&mut self) {
        self.fixed[PARAMS] = 0;
        self.fixed[MACS] = 0;
    }

    pub(crate) const fn set_global(&mut self, node: usize) {
        self.paths[0] = node as i64;
    }

    pub(crate) const fn set_misaligned(&mut self, node: usize) {
        self.paths[1] = node as i64;
    }

    /// Takes in what hangs on the paths of another input of a merge.
    pub(crate) const fn meet(&mut self, other: &Self) {
        let [other_global, other_misaligned, other_whole, _, other_bound, other_inseparable] = other.paths;
        let [global, misaligned, whole, _, bound, inseparable] = &mut self.paths;
        if *global == NONE as i64 {
            *global = other_global;
        }
        if *misaligned == NONE as i64 {
            *misaligned = other_misaligned;
        }
        if *inseparable == NONE as i64 {
            *inseparable = other_inseparable;
        }
        // It reads all of each input.
        *whole |= other_whole;
        *bound |= other_bound;
    }

    /// Says that another input's paths have joined, along all axes.
    pub(crate) const fn set_branched(&mut self) {
        self.paths[3] = 1;
    }

    pub(crate) const fn set_uniform(&mut self, uniform: bool) {
        self.fixed[UNIFORM] = uniform as i64;
    }

    pub(crate) const fn set_extent(&mut self, axis: usize, extent: i64) {
        self.fixed[EXTENT + axis] = extent;
    }

    pub(crate) const fn set_map(&mut self, axis: usize, map: AxisMap) {
        self.maps[axis] = pack_map(map);
    }

    /// A node whose channels, extents and kinds of axes are the same.
    pub(crate) const fn shape(&self) -> i64 {
        self.fixed[NAME]
    }

    /// Whether there is a fault: such a row has no shape that has a name.
    pub(crate) const fn is_faulty(&self) -> bool {
        self.fixed[NAME] == UNNAMED
    }

    pub(crate) const fn set_shape(&mut self, node: i64) {
        self.fixed[NAME] = node;
    }

    pub(crate) const fn unname_shape(&mut self) {
        self.fixed[NAME] = UNNAMED;
    }

    /// Says how a layer like this one is evaluated where the input has the shape `input`; -1 for none.
    pub(crate) const fn set_step(&mut self, input: i64, step: i64) {
        self.fixed[SERVES] = input;
        self.fixed[STEP] = step;
    }

    /// Whether along some path each layer reads all its input, so that the map sees the whole image. A false answer may
    /// be too careful.
    pub(crate) const fn sees_image(&self, axis: usize) -> bool {
        self.paths[2] & (1 << axis) != 0
    }

    /// Says which operation it is, times the number of nodes.
    pub(super) const fn serve(&mut self, op: i64) {
        if self.fixed[SERVES] >= 0 {
            self.fixed[SERVES] += op;
        }
    }

    /// Says along which axes the layer itself reads all its input.
    pub(crate) const fn set_reads(&mut self, axes: i64) {
        self.fixed[READS] = axes;
        self.paths[2] &= axes;
    }

    /// Says that what another map sees is seen here too.
    pub(crate) const fn sees_too(&mut self, other: &Self) {
        self.paths[2] |= other.paths[2];
    }

    /// Says that this is the image.
    pub(crate) const fn set_image(&mut self) {
        self.paths[2] = ALL_AXES;
    }

    /// What tells shapes apart.
    pub(crate) const fn outline(&self) -> [i64; PARAMS] {
        let [channels, flat, uniform, x, y, z, ..] = self.fixed;
        [channels, flat, uniform, x, y, z]
    }

    /// Makes the fields of axes 1 and on copies of axis 0's.
    pub(crate) const fn spread_field(&mut self, rank: usize) {
        let [first, second, third] = &mut self.axes;
        if rank > 1 {
            *second = *first;
        }
        if rank > 2 {
            *third = *first;
        }
    }

    /// Makes axes 1 and on copies of axis 0.
    pub(crate) const fn spread_axis(&mut self, rank: usize) {
        self.spread_field(rank);
        let (map, mut axis) = (self.map(0), 1);
        while axis < rank {
            self.set_extent(axis, self.fixed[EXTENT]);
            self.set_map(axis, map);
            axis += 1;
        }
    }

    /// Makes every unit read its own input unit.
    pub(crate) const fn set_identity(&mut self) {
        self.maps = IDENTITY;
    }

    pub(crate) const fn set_axis(&mut self, axis: usize, entry: &AxisRow) {
        self.set_extent(axis, entry.extent);
        self.set_map(axis, entry.map);
        let cells = &mut self.axes[axis];
        let phased = if entry.reach_period > 1 { PHASED } else { 0 };
        let AxisRow { reach, reach_period, reach_offset, smallest, largest, shortest, .. } = *entry;
        let count = entry.count as i64 + phased + entry.others as i64 * OTHER;
        let [sp, sa, sf, sl, so, sn, sd] = entry.short.pack();
        let [p, a, f, l, o, n, d] = entry.strands[0].pack();
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = cells;
        #[rustfmt::skip]
        let first = [
            count, smallest, largest, shortest, entry.others_at as i64,
            reach.first, reach.last, reach_period, reach_offset as i64,
            sp, sa, sf, sl, so, sn, sd, p, a, f, l, o, n, d,
        ];
        *head = first;
        if entry.bound {
            self.paths[4] = 1;
        }
        let mut s = 1;
        while s < entry.count {
            set_strand(cells, s, entry.strands[s].pack());
            s += 1;
        }
    }

    /// Drops the other candidates for the shortest path.
    pub(crate) const fn forget_others(&mut self) {
        let [[x, ..], [y, ..], [z, ..]] = &mut self.axes;
        if *x < OTHER && *y < OTHER && *z < OTHER {
            return;
        }
        (*x, *y, *z) = (*x % OTHER, *y % OTHER, *z % OTHER);
        self.paths[4] = 1;
    }

    /// Whether no global path leads here along an axis.
    pub(crate) const fn unreached(&self, axis: usize) -> bool {
        let [_, _, _, _, _, first, last, ..] = self.axes[axis];
        first > last
    }

    /// Sets what every unit sees through global layers.
    pub(crate) const fn set_reach(&mut self, axis: usize, reach: Interval) {
        let cells = &mut self.axes[axis];
        if cells[REACH + 2] > 1 {
            cells[0] -= PHASED;
        }
        set_reach(cells, [reach.first, reach.last, 1, 0]);
    }
}

const fn set_reach(cells: &mut Field, [first, last, period, offset]: [i64; 4]) {
    cells[REACH] = first;
    cells[REACH + 1] = last;
    cells[REACH + 2] = period;
    cells[REACH + 3] = offset;
}

/// Strand `number` of an axis.
const fn strand(cells: &Field, number: usize) -> Cells {
    let (mut strand, at) = ([0; PER_STRAND], SHORT + PER_STRAND * (1 + number));
    let mut cell = 0;
    while cell < PER_STRAND {
        strand[cell] = cells[at + cell];
        cell += 1;
    }
    strand
}

const fn set_strand(cells: &mut Field, number: usize, strand: Cells) {
    let at = SHORT + PER_STRAND * (1 + number);
    let mut cell = 0;
    while cell < PER_STRAND {
        cells[at + cell] = strand[cell];
        cell += 1;
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

const fn pack_map(map: AxisMap) -> Map {
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => [0, kernel, stride, dilation, before],
        AxisMap::Transposed { kernel, stride, dilation, before } => [1, kernel, stride, dilation, before],
        AxisMap::Nearest { factor } => [2, factor, 0, 0, 0],
        AxisMap::Linear { factor } => [3, factor, 0, 0, 0],
        AxisMap::Adaptive { input, output } => [4, input, output, 0, 0],
        AxisMap::Resample { num, offset, den, taps } => [5, num, offset, den, taps],
        AxisMap::All => [6, 0, 0, 0, 0],
    }
}
