//! What would mend a failing assertion: a change is made to a copy of the graph, and the copy is evaluated anew.
//! Nothing here computes a formula of its own.

use super::compose::Pool;
use super::dense::is_dense;
use super::evaluate::fill;
use super::interval::{Interval, max};
use super::layer::Layer;
use super::repeat::Repeats;
use super::row::Row;
use super::scratch::{BITS, Scratch};
use super::support::Part;
use super::table::Table;
use crate::graph::{Graph, MAX_RANK, Node, Op, Padding, Window};

/// Most layers of a network that changes are tried on.
const NODES: usize = 256;
/// Room for phases of the changed network.
const PHASES: usize = 1024;

/// One layer's dilation, changed.
#[derive(Clone, Copy)]
pub(crate) struct Dilation {
    pub(crate) node: usize,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// The smallest change of one dilation after which `layer` has no holes and no layer is at fault. Padding that
/// kept the extent goes with the dilation.
pub(crate) const fn closing_dilation(layer: &Layer<'_>) -> Option<Dilation> {
    let nodes = layer.table.graph.nodes;
    if layer.table.graph.nodes.len() > NODES {
        return None;
    }
    let mut step = 1;
    while step < largest_dilation(nodes, layer.node) {
        let mut node = 1;
        while node <= layer.node {
            if let Some(window) = window(&nodes[node].op)
                && dilation(&window) > step
            {
                let (from, to) = (dilation(&window), dilation(&window) - step);
                if closes(layer, node, to) {
                    return Some(Dilation { node, from, to });
                }
            }
            node += 1;
        }
        step += 1;
    }
    None
}

const fn window(op: &Op) -> Option<Window> {
    match *op {
        Op::Conv { window, .. } | Op::DepthwiseConv { window, .. } | Op::Pool { window, .. } => Some(window),
        _ => None,
    }
}

const fn dilation(window: &Window) -> i64 {
    max(window.dilation[0], max(window.dilation[1], window.dilation[2]))
}

const fn largest_dilation(nodes: &[Node<'_>], last: usize) -> i64 {
    let (mut largest, mut node) = (1, 0);
    while node <= last {
        if let Some(window) = window(&nodes[node].op) {
            largest = max(largest, dilation(&window));
        }
        node += 1;
    }
    largest
}

/// The window with its dilations above `to` lowered to it.
const fn dilated(mut window: Window, to: i64) -> Window {
    let mut axis = 0;
    while axis < MAX_RANK {
        let (kernel, old) = (window.kernel[axis], window.dilation[axis]);
        if old > to {
            window.dilation[axis] = to;
            let keeps = match window.padding[axis] {
                Padding::Explicit { before, after } => before == after && 2 * before == (kernel - 1) * old,
                _ => false,
            };
            if keeps {
                window.padding[axis] = Padding::both((kernel - 1) * to / 2);
            }
        }
        axis += 1;
    }
    window
}

#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
const fn closes(layer: &Layer<'_>, node: usize, to: i64) -> bool {
    let graph = &layer.table.graph;
    let count = graph.nodes.len();
    let mut nodes = [graph.nodes[0]; NODES];
    let mut index = 0;
    while index < count {
        nodes[index] = graph.nodes[index];
        index += 1;
    }
    nodes[node].op = match nodes[node].op {
        Op::Conv { channels, window, groups, bias } => {
            Op::Conv { channels, window: dilated(window, to), groups, bias }
        }
        Op::DepthwiseConv { multiplier, window, bias } => {
            Op::DepthwiseConv { multiplier, window: dilated(window, to), bias }
        }
        Op::Pool { pool, window, ceil_mode, count_include_pad } => {
            Op::Pool { pool, window: dilated(window, to), ceil_mode, count_include_pad }
        }
        other => other,
    };
    let changed = Graph { nodes: nodes.split_at(count).0, ..*graph };
    let mut rows = [Row::EMPTY; NODES];
    let mut phases = [Interval::EMPTY; PHASES];
    let (mut parts, mut bits) = ([Part::EMPTY; NODES], [0; BITS]);
    let mut pool = Pool::new(&mut phases, Scratch::new(&mut parts, &mut bits, &mut [], &mut []));
    fill(&changed, Repeats::NONE, rows.split_at_mut(count).0, &mut pool);
    let table = Table { graph: changed, rows: rows.split_at(count).0, phases: &phases };
    let mut index = 0;
    while index < count {
        if table.rows[index].fault.is_some() {
            return false;
        }
        index += 1;
    }
    matches!(is_dense(&table.layer(layer.node)), Some(true))
}
