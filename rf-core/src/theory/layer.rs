//! One layer of a table, and every question that it answers.

use super::compose::{kept, of_phases};
use super::extremes::{joint_period, seen};
use super::fault::Fault;
use super::interval::{Interval, max, min};
use super::numbers::{Extents, Halo, Phase, Range, Ratio, Shape, UNBOUNDED};
use super::row::{NONE, Row};
use super::strand::{AxisRow, Strand};
use super::table::Table;
#[cfg(doc)]
use crate::graph::Op;
use crate::graph::{MAX_RANK, Node, UNKNOWN};

/// A layer, block or stage of a [`Table`]: what one of its output units sees.
///
/// Extents, jumps and positions are in input pixels, shapes and halos of tiles in the units they name.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    pub(crate) table: Table<'a>,
    pub(crate) node: usize,
    pub(crate) group: usize,
}

impl<'a> Layer<'a> {
    /// The path: `layer1.0.conv2`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        if self.group == NONE { self.node().name } else { self.table.graph.groups[self.group].name }
    }

    /// The node whose output this is.
    #[must_use]
    pub const fn node(&self) -> &'a Node<'a> {
        &self.table.graph.nodes[self.node]
    }

    /// Index of that node in the graph.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.node
    }

    /// The table it stands in.
    #[must_use]
    pub const fn table(&self) -> &Table<'a> {
        &self.table
    }

    /// All that the table keeps of it.
    #[must_use]
    pub const fn data(&self) -> &'a Row {
        &self.table.rows[self.node]
    }

    /// Why it cannot be evaluated, if it cannot; all other answers are void then.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.data().fault
    }

    /// A fault in words, as a compile error says it, with the layer's name before it.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn words_of(&self, fault: Fault) -> alloc::string::String {
        let mut text = super::text::Text::new();
        super::message::fault(self, fault, &mut text);
        text.as_str().into()
    }

    /// What is kept of an axis, without strands that lead nowhere beside others that do, as attention and strides over
    /// dead units leave them: what has no pixels has no jump.
    pub(crate) const fn axis(&self, axis: usize) -> AxisRow {
        let mut row = self.data().axis(axis);
        if row.count > 1 {
            prune(&mut row, self.table.phases);
        }
        row
    }

    pub(crate) const fn rank(&self) -> usize {
        self.table.graph.rank
    }

    /// The one strand of an axis: `None` where all paths are global or paths of different jumps met.
    pub(crate) const fn strand(&self, axis: usize) -> Option<Strand> {
        let row = self.axis(axis);
        if row.count == 1 { Some(row.strands[0]) } else { None }
    }

    /// The receptive field's extent. Behind a global layer it is what all units of that layer's input reach,
    /// clipped to the image, or [`UNBOUNDED`] where the input's extent is not known.
    #[must_use]
    pub const fn rf(&self) -> Extents {
        let mut extents = self.local_rf();
        let mut axis = 0;
        while axis < self.rank() {
            if self.is_global() {
                extents.axes[axis] = self.clipped(axis);
            }
            axis += 1;
        }
        extents
    }

    /// The extent along local paths: those through no global layer (gates, global pools, attention). Bounds, with 0 for
    /// the smallest, where axes are not separable ([`Layer::is_separable`]).
    #[must_use]
    pub const fn local_rf(&self) -> Extents {
        let mut extents = Extents { rank: self.rank(), axes: [Range { min: 0, max: 0 }; MAX_RANK] };
        let mut axis = 0;
        while axis < self.rank() {
            let row = self.axis(axis);
            let endless = row.count > 1 && row.extent == UNKNOWN;
            let smallest = if self.is_separable() { row.smallest } else { 0 };
            extents.axes[axis] = Range { min: smallest, max: if endless { UNBOUNDED } else { row.largest } };
            axis += 1;
        }
        extents
    }

    /// Units after which local fields and what is reached through global layers repeat. Where nothing repeats with a
    /// jump, those that the map has are all that there are.
    pub(super) const fn cycle(&self, axis: usize) -> i64 {
        let row = self.axis(axis);
        let period = joint_period(&row);
        if row.count == 1 || row.extent == UNKNOWN { period } else { min(period, row.extent) }
    }

    /// What unit `unit` sees along an axis, through local and global paths; beyond the image too where padding
    /// or the unit itself lies there.
    #[must_use]
    pub const fn field(&self, axis: usize, unit: i64) -> Interval {
        seen(&self.axis(axis), self.table.phases, unit)
    }

    /// The same, clipped to the image where its extent is known.
    #[must_use]
    pub const fn clipped_field(&self, axis: usize, unit: i64) -> Interval {
        let image = self.table.input_extent(axis);
        let field = self.field(axis, unit);
        if image == UNKNOWN { field } else { field.intersection(Interval { first: 0, last: image - 1 }) }
    }

    /// Units after which local fields repeat: 1 without upsampling. Where paths of different jumps met there is
    /// no such number, and this is the units' own.
    #[must_use]
    pub const fn period(&self, axis: usize) -> i64 {
        match self.strand(axis) {
            Some(strand) => strand.period,
            None => self.data().extent(axis),
        }
    }

    /// The local field of unit `unit`, seen from its own pixel.
    #[must_use]
    pub const fn phase(&self, axis: usize, unit: i64) -> Phase {
        let field = self.axis(axis).field(self.table.phases, unit);
        let own = match self.strand(axis) {
            Some(strand) => (unit * strand.advance).div_euclid(strand.period),
            None => 0,
        };
        if field.is_empty() {
            return Phase { extent: 0, left: 0, right: 0 };
        }
        Phase { extent: field.extent(), left: own - field.first, right: field.last - own }
    }

    /// The local fields of one period of units, in order.
    ///
    /// ```
    /// use rf_core::graph::{Graph, Init, Node, Op, Resize, Window};
    /// use rf_core::theory::{Evaluated, Phase, Table, evaluate};
    ///
    /// const WINDOW: Window = Window::new([2, 1, 1]);
    /// const NODES: &[Node<'static>] = &[
    ///     Node { name: "input", op: Op::Input { channels: 1, extents: [8, 1, 1] }, inputs: &[] },
    ///     Node { name: "up", op: Op::Upsample { factor: [2, 1, 1], mode: Resize::Nearest }, inputs: &[0] },
    ///     Node { name: "conv", op: Op::Conv { channels: 1, window: WINDOW, groups: 1, bias: false }, inputs: &[1] },
    /// ];
    /// const GRAPH: Graph<'static> = Graph { name: "Net", rank: 1, nodes: NODES, groups: &[], init: Init::HeFanOut };
    /// static ROWS: Evaluated<3, 8> = evaluate(&GRAPH);
    ///
    /// let conv = Table::new(GRAPH, &ROWS).row("conv");
    /// let extents: Vec<i64> = conv.phases(0).map(|Phase { extent, .. }| extent).collect();
    /// assert_eq!(extents, [1, 2]);
    /// ```
    #[must_use]
    pub fn phases(&self, axis: usize) -> impl ExactSizeIterator<Item = Phase> + use<'a> {
        let layer = *self;
        (0..layer.period(axis) as usize).map(move |unit| layer.phase(axis, unit as i64))
    }

    /// The jump (effective stride) along an axis: input pixels from one unit to the next. `None` behind a global
    /// pool, and where paths of different jumps met.
    #[must_use]
    pub const fn jump(&self, axis: usize) -> Option<Ratio> {
        match self.strand(axis) {
            Some(strand) if strand.advance > 0 => Some(Ratio::new(strand.advance, strand.period)),
            _ => None,
        }
    }

    /// The middle of unit 0's window along an axis, in pixels, with the middle of pixel 0 at 0; that of unit `u` lies
    /// `u` jumps further on. It may be a half pixel. `None` where there is no jump.
    #[must_use]
    pub const fn centre(&self, axis: usize) -> Option<Ratio> {
        match self.strand(axis) {
            Some(strand) if strand.advance > 0 => Some(Ratio::new(strand.centre.num, strand.centre.den)),
            _ => None,
        }
    }

    /// The first pixel that unit 0 sees along local paths, negative where it lies in the padding; `None` where
    /// it sees none.
    #[must_use]
    pub const fn start(&self, axis: usize) -> Option<i64> {
        let field = self.axis(axis).field(self.table.phases, 0);
        if field.is_empty() { None } else { Some(field.first) }
    }

    /// Effective padding before: minus the start.
    #[must_use]
    pub const fn padding(&self, axis: usize) -> Option<i64> {
        match self.start(axis) {
            Some(start) => Some(-start),
            None => None,
        }
    }

    /// Channels and extents.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        let row = self.data();
        let mut extents = [1; MAX_RANK];
        let mut axis = 0;
        while axis < self.rank() {
            extents[axis] = row.extent(axis);
            axis += 1;
        }
        Shape { channels: row.channels(), extents, rank: if row.flat() { 0 } else { self.rank() } }
    }

    /// Learnable parameters: of the layer, or of all layers of a block or stage.
    #[must_use]
    pub const fn params(&self) -> u64 {
        let (first, end) = self.nodes();
        self.table.sum_params(first, end)
    }

    /// Multiply-accumulates per sample, likewise; `None` where an extent is not known.
    #[must_use]
    pub const fn macs(&self) -> Option<u64> {
        let (first, end) = self.nodes();
        self.table.sum_macs(first, end)
    }

    /// The range of nodes: the layer's own, or a block's or stage's.
    pub(crate) const fn nodes(&self) -> (usize, usize) {
        if self.group == NONE {
            return (self.node, self.node + 1);
        }
        let group = &self.table.graph.groups[self.group];
        (group.first, group.end)
    }

    /// Whether some path leads through a global layer.
    #[must_use]
    pub const fn is_global(&self) -> bool {
        self.data().global() != NONE
    }

    /// The global layer nearest the input on such a path.
    #[must_use]
    pub const fn global_cause(&self) -> Option<Layer<'a>> {
        let cause = self.data().global();
        if cause == NONE { None } else { Some(self.table.layer(cause)) }
    }

    /// A layer that this one depends on and of which nobody knows what its units read, if there is one
    /// ([`Op::Opaque`] without `global`): nothing that is said of fields holds behind it.
    #[must_use]
    pub const fn unknown_cause(&self) -> Option<Layer<'a>> {
        // Such a layer is global: where no global layer leads here there is nothing to look for.
        if !self.is_global() {
            return None;
        }
        match super::unknown::cause(&self.table.graph, self.node) {
            Some(node) => Some(self.table.layer(node)),
            None => None,
        }
    }

    /// Whether all local paths share jump and centre, unit by unit.
    #[must_use]
    pub const fn is_aligned(&self) -> bool {
        self.data().misaligned() == NONE
    }

    /// The first merge of paths with different jumps or centres.
    #[must_use]
    pub const fn misaligned_at(&self) -> Option<Layer<'a>> {
        let merge = self.data().misaligned();
        if merge == NONE { None } else { Some(self.table.layer(merge)) }
    }

    /// Whether what a unit sees along one axis is the same wherever it lies along the others.
    ///
    /// It is not where paths meet of which one leaves units without pixels along one axis and would widen fields along
    /// another, as may be behind transposed convolutions whose kernel is smaller than the stride. Fields along the axes
    /// are bounds there; `trace::mask` has what each unit reads.
    #[must_use]
    pub const fn is_separable(&self) -> bool {
        self.data().inseparable() == NONE
    }

    /// The first merge behind which axes are not separable.
    #[must_use]
    pub const fn inseparable_at(&self) -> Option<Layer<'a>> {
        let merge = self.data().inseparable();
        if merge == NONE { None } else { Some(self.table.layer(merge)) }
    }

    /// Whether every unit depends on some pixel. False too where that cannot be told axis by axis
    /// ([`Layer::is_separable`]).
    #[must_use]
    pub const fn is_live(&self) -> bool {
        if !self.is_separable() {
            return false;
        }
        let mut axis = 0;
        while axis < self.rank() {
            let row = self.axis(axis);
            let reached = row.reach_period == 1 && !row.reach.is_empty();
            let mut unit = 0;
            while row.smallest == 0 && !reached && unit < self.cycle(axis) {
                if self.field(axis, unit).is_empty() {
                    return false;
                }
                unit += 1;
            }
            axis += 1;
        }
        true
    }

    /// Whether every unit reads, through local paths, all pixels from its first to its last along each axis: no holes
    /// between dilated taps. `None` where the sets are too large for const evaluation, which is no limit of
    /// `trace::is_dense`, where axes are not separable ([`Layer::is_separable`]), and where paths of different jumps met
    /// over an extent that is not known.
    #[must_use]
    pub const fn is_dense(&self) -> Option<bool> {
        if self.is_separable() && !self.drifts_on() { super::dense::is_dense(self) } else { None }
    }

    /// Whether no number of units speaks for all: jumps differ, and there is no end.
    pub(super) const fn drifts_on(&self) -> bool {
        let mut axis = 0;
        while axis < self.rank() && self.period(axis) != UNKNOWN {
            axis += 1;
        }
        axis < self.rank()
    }

    /// The smallest extent along an axis that a unit has through a single local path: the shortest path's, over the
    /// units that it leads to. 0 where no local path is left.
    ///
    /// Where [`Layer::shortest_is_bound`] says so, it may be smaller.
    #[must_use]
    pub const fn shortest(&self, axis: usize) -> i64 {
        self.axis(axis).shortest
    }

    /// Whether [`Layer::shortest`] is an upper bound only. Where paths of different jumps, or with phases that lean to
    /// different sides, have met, any of them may become the shortest; const evaluation has room for 64 of them over
    /// all layers, `TableBuf` for as many as there is reason to follow.
    #[must_use]
    pub const fn shortest_is_bound(&self) -> bool {
        self.data().bound()
    }

    /// Whether the shortest path's extent does not exceed the input along some axis: beyond that the layer
    /// cannot integrate more of the image (Richter et al. 2021). True where the input's extent is not known; `None`
    /// where a bound ([`Layer::shortest_is_bound`]) leaves it open.
    #[must_use]
    pub const fn is_productive(&self) -> Option<bool> {
        let mut axis = 0;
        while axis < self.rank() {
            let image = self.table.input_extent(axis);
            if image == UNKNOWN || self.shortest(axis) <= image {
                return Some(true);
            }
            axis += 1;
        }
        if self.shortest_is_bound() { None } else { Some(false) }
    }

    /// Context that a tile needs whose first unit is a multiple of the period, and its length too: the pixels that it
    /// depends on. A crop that begins there shifts every stride behind it unless it begins at a multiple of
    /// [`Layer::tile_multiple`] too, so round the context up to one.
    ///
    /// `None` where no tile will do: behind a global layer, and where paths of different jumps met. Layers whose index map
    /// hangs on the extent (adaptive pools, resampling to an extent, `same` with a stride) are taken as they are on the
    /// whole image; run on a tile alone they are others.
    #[must_use]
    pub const fn halo(&self, axis: usize) -> Option<Halo> {
        let strand = match self.strand(axis) {
            Some(strand) if !self.is_global() && strand.advance > 0 => strand,
            _ => return None,
        };
        let mut seen = Interval::EMPTY;
        let mut unit = 0;
        while unit < strand.period {
            seen = seen.hull(strand.field(self.table.phases, unit));
            unit += 1;
        }
        if seen.is_empty() {
            return Some(Halo { before: 0, after: 0 });
        }
        Some(Halo { before: max(-seen.first, 0), after: max(seen.last - (strand.advance - 1), 0) })
    }

    /// Context that any tile needs, wherever it begins and ends: the pixels that it depends on. What is run must begin and
    /// end on multiples of [`Layer::tile_multiple`] all the same.
    #[must_use]
    pub const fn halo_any(&self, axis: usize) -> Option<Halo> {
        let strand = match self.strand(axis) {
            Some(strand) if !self.is_global() && strand.advance > 0 => strand,
            _ => return None,
        };
        let mut halo = Halo { before: 0, after: 0 };
        let mut unit = 0;
        while unit < strand.period {
            let field = strand.field(self.table.phases, unit);
            if !field.is_empty() {
                let own = (unit * strand.advance).div_euclid(strand.period);
                let next = ((unit + 1) * strand.advance + strand.period - 1).div_euclid(strand.period);
                halo.before = max(halo.before, own - field.first);
                halo.after = max(halo.after, field.last - (max(next, own + 1) - 1));
            }
            unit += 1;
        }
        Some(halo)
    }

    /// Pixels of which a tile's first pixel and its length must be multiples for [`Layer::halo`] to hold.
    #[must_use]
    pub const fn tile_multiple(&self, axis: usize) -> Option<i64> {
        match self.strand(axis) {
            Some(strand) if strand.advance > 0 => Some(strand.advance),
            _ => None,
        }
    }
}

/// Leaves those of several strands that give a map its grid.
const fn prune(row: &mut AxisRow, phases: &[Interval]) {
    let (kept, before, mut s) = (kept(row, phases), row.count, 0);
    row.count = 0;
    while s < before {
        if kept[s] {
            row.strands[row.count] = row.strands[s];
            row.count += 1;
        }
        s += 1;
    }
    // One jump is left, and with it units beyond the map.
    if row.count == 1 {
        (row.smallest, row.largest) = of_phases(&row.strands[0], phases);
    }
}
