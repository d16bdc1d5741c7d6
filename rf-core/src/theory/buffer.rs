//! Tables of graphs that are only known at run time.

use alloc::vec;
use alloc::vec::Vec;

use super::compose::Pool;
use super::evaluate::fill;
use super::interval::Interval;
use super::repeat::{Repeats, Shapes};
use super::row::{NONE, Row};
use super::scratch::Scratch;
use super::support::Part;
use super::table::Table;
use crate::graph::Graph;

/// Owns what a [`Table`] borrows: the same theory, run by the program instead of the compiler.
///
/// ```
/// use rf_core::graph::{Graph, Init, Node, Op, Window};
/// use rf_core::theory::TableBuf;
///
/// let nodes = [
///     Node { name: "input", op: Op::Input { channels: 1, extents: [32, 32, 1] }, inputs: &[] },
///     Node {
///         name: "conv",
///         op: Op::Conv { channels: 8, window: Window::new([3, 3, 1]), groups: 1, bias: false },
///         inputs: &[0],
///     },
/// ];
/// let graph = Graph { name: "Small", rank: 2, nodes: &nodes, groups: &[], init: Init::HeFanOut };
/// let table = TableBuf::new(&graph);
/// assert_eq!(table.table().row("conv").rf().min(), 3);
/// assert_eq!(table.table().row("conv").shape().extents(), [30, 30]);
/// ```
#[derive(Clone, Debug)]
pub struct TableBuf<'a> {
    graph: Graph<'a>,
    rows: Vec<Row>,
    phases: Vec<Interval>,
}

impl<'a> TableBuf<'a> {
    /// Evaluates `graph`. A layer at fault is marked in its row ([`Layer::fault`](super::Layer::fault)).
    #[must_use]
    pub fn new(graph: &Graph<'a>) -> Self {
        let mut rows = vec![Row::EMPTY; graph.nodes.len()];
        let mut counting = Pool::counter();
        let mut shapes = vec![NONE; rows.len()];
        fill(graph, Repeats::unknown(Shapes::new(&mut shapes)), &mut rows, &mut counting);
        // An absurd period is a fault at its layer, not an attempt to hold it.
        let mut phases = vec![Interval::EMPTY; counting.used.min(RUN_TIME_CAP)];
        // The rare cases get room where they turn up, and more of it until it suffices.
        let mut room = 0;
        while lacks_room(graph, &mut rows, &mut phases, room) && room < ROOM_CAP {
            room = (room * 16).max(1 << 10);
        }
        Self { graph: *graph, rows, phases }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Table<'_> {
        Table { graph: self.graph, rows: &self.rows, phases: &self.phases, sound: false }
    }
}

/// Evaluates `graph` with room for that many of what is rare; whether that was too little.
fn lacks_room(graph: &Graph<'_>, rows: &mut [Row], phases: &mut [Interval], room: usize) -> bool {
    let mut parts = vec![Part::EMPTY; graph.nodes.len()];
    let (mut bits, mut paths) = (vec![0; room], vec![[0; 7]; room / 16]);
    let mut path_phases = vec![Interval::EMPTY; room];
    let scratch = Scratch::new(&mut parts, &mut bits, &mut paths, &mut path_phases);
    let mut pool = Pool::new(phases, scratch);
    let mut shapes = vec![NONE; rows.len()];
    fill(graph, Repeats::unknown(Shapes::new(&mut shapes)), rows, &mut pool);
    pool.scratch.lacking
}

/// Most words of what is rare at run time: 64 MiB of sets.
const ROOM_CAP: usize = 1 << 22;

/// The largest number of phases that a table may hold at run time: 1 GiB.
const RUN_TIME_CAP: usize = 1 << 26;
