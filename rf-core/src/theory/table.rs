//! The table of a network: a graph and what the theory says of each layer.

use super::compose::Pool;
use super::evaluate::fill;
use super::interval::Interval;
use super::layer::Layer;
use super::repeat::{Repeats, Shapes};
use super::row::{NONE, Row};
use super::scratch::{BITS, PATH_PHASES, PATHS, Scratch};
use super::support::Part;
use crate::graph::Graph;
use crate::graph::name::{Named, named};

/// A graph and the rows of its layers. Borrows all it holds, so it can be a `const`.
///
/// The `network!` macro makes one as `Net::TABLE`; at run time a `TableBuf` holds what it borrows.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub(crate) graph: Graph<'a>,
    pub(crate) rows: &'a [Row],
    pub(crate) phases: &'a [Interval],
    /// Whether it is known that no layer is at fault.
    pub(crate) sound: bool,
}

/// Storage of a table of `N` layers with `P` phases, filled at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Evaluated<const N: usize, const P: usize> {
    pub(crate) rows: [Row; N],
    pub(crate) phases: [Interval; P],
    pub(crate) sound: bool,
}

/// Evaluates a graph of `N` nodes. Faulty layers are marked in their rows and nothing is reported here.
#[must_use]
pub const fn evaluate<const N: usize, const P: usize>(graph: &Graph<'_>) -> Evaluated<N, P> {
    evaluate_repeats(graph, &[])
}

/// The same where it is known which nodes share an operation: `ops` has a number per node, equal for equal operations.
#[must_use]
#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
pub const fn evaluate_repeats<const N: usize, const P: usize>(
    graph: &Graph<'_>,
    ops: &[usize],
) -> Evaluated<N, P> {
    let mut evaluated = Evaluated { rows: [Row::EMPTY; N], phases: [Interval::EMPTY; P], sound: false };
    let (mut parts, mut bits) = ([Part::EMPTY; N], [0; BITS]);
    let (mut paths, mut path_phases) = ([[0; 7]; PATHS], [Interval::EMPTY; PATH_PHASES]);
    let scratch = Scratch::new(&mut parts, &mut bits, &mut paths, &mut path_phases);
    let mut pool = Pool::new(&mut evaluated.phases, scratch);
    let (mut seen, mut shapes) = ([0; N], [NONE; N]);
    let repeats = Repeats::new(ops, &mut seen, Shapes::new(&mut shapes));
    evaluated.sound = fill(graph, repeats, &mut evaluated.rows, &mut pool);
    evaluated
}

/// How many phases a graph of `N` nodes needs at the most, capped at [`PHASE_CAP`].
#[must_use]
pub const fn phase_count<const N: usize>(graph: &Graph<'_>) -> usize {
    let mut rows = [Row::EMPTY; N];
    let mut pool = Pool::counter();
    let mut shapes = [NONE; N];
    fill(graph, Repeats::unknown(Shapes::new(&mut shapes)), &mut rows, &mut pool);
    if pool.used > PHASE_CAP { PHASE_CAP } else { pool.used }
}

/// The largest number of phases that a table computed at compile time may hold.
pub const PHASE_CAP: usize = 1 << 16;

impl<'a> Table<'a> {
    /// The table of `graph` in `evaluated`, which must come from the same graph.
    #[must_use]
    pub const fn new<const N: usize, const P: usize>(
        graph: Graph<'a>,
        evaluated: &'a Evaluated<N, P>,
    ) -> Self {
        Self { graph, rows: &evaluated.rows, phases: &evaluated.phases, sound: evaluated.sound }
    }

    /// The network.
    #[must_use]
    pub const fn graph(&self) -> &Graph<'a> {
        &self.graph
    }

    /// The phases of all layers, for [`AxisRow::field`](super::AxisRow::field).
    #[must_use]
    pub const fn phases(&self) -> &'a [Interval] {
        self.phases
    }

    /// Number of layers, the input included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.graph.nodes.len()
    }

    /// Whether it has no layer at all, not even an input.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty()
    }

    /// The layer of node `index`.
    #[must_use]
    pub const fn layer(&self, index: usize) -> Layer<'a> {
        Layer { table: *self, node: index, group: NONE }
    }

    /// The output of group `index`; parameters and multiply-accumulates are the whole group's.
    #[must_use]
    pub const fn group(&self, index: usize) -> Layer<'a> {
        Layer { table: *self, node: self.graph.groups[index].output, group: index }
    }

    /// The layer, block or stage with the path `name`.
    #[must_use]
    pub const fn find(&self, name: &str) -> Option<Layer<'a>> {
        match named(&self.graph, name) {
            Some(Named::Group(group)) => Some(self.group(group)),
            Some(Named::Node(node)) => Some(self.layer(node)),
            None => None,
        }
    }

    /// The layer, block or stage with the path `name`, in const context too.
    ///
    /// # Panics
    /// Where there is none; [`Table::find`] asks without.
    #[must_use]
    #[track_caller]
    pub const fn row(&self, name: &str) -> Layer<'a> {
        match self.find(name) {
            Some(layer) => layer,
            None => super::assertion::unknown(self, name),
        }
    }

    /// The network's output.
    #[must_use]
    pub const fn output(&self) -> Layer<'a> {
        self.layer(self.len() - 1)
    }

    /// All layers in order, the input first.
    #[must_use]
    pub fn layers(&self) -> impl ExactSizeIterator<Item = Layer<'a>> + DoubleEndedIterator + use<'a> {
        let table = *self;
        (0..self.len()).map(move |index| table.layer(index))
    }

    /// The stages of the network in order.
    pub fn stages(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let table = *self;
        let groups = self.graph.groups;
        (0..groups.len()).filter(move |&index| groups[index].stage).map(move |index| table.group(index))
    }

    /// Learnable parameters of the whole network.
    #[must_use]
    pub const fn params(&self) -> u64 {
        self.sum_params(0, self.len())
    }

    /// Multiply-accumulates of the whole network per sample, `None` where an extent is not known.
    #[must_use]
    pub const fn macs(&self) -> Option<u64> {
        self.sum_macs(0, self.len())
    }

    pub(crate) const fn sum_params(&self, first: usize, end: usize) -> u64 {
        let (rows, mut sum, mut index) = (self.rows, 0, first);
        while index < end {
            // Read without a call: the compiler does this for every layer.
            let [.., params, _, _, _, _, _] = rows[index].fixed;
            sum += params as u128;
            index += 1;
        }
        if sum > u64::MAX as u128 { u64::MAX } else { sum as u64 }
    }

    pub(crate) const fn sum_macs(&self, first: usize, end: usize) -> Option<u64> {
        let (rows, mut sum, mut index) = (self.rows, 0, first);
        while index < end {
            let [.., macs, _, _, _, _] = rows[index].fixed;
            if macs < 0 {
                return None;
            }
            sum += macs as u128;
            index += 1;
        }
        if sum > u64::MAX as u128 { None } else { Some(sum as u64) }
    }

    /// The input's extent along `axis`, or [`UNKNOWN`](crate::graph::UNKNOWN).
    #[must_use]
    pub const fn input_extent(&self, axis: usize) -> i64 {
        self.rows[0].extent(axis)
    }
}
