//! A repeat with one copy more or one fewer: the graph that it makes.

use super::source::Source;
use crate::graph::{Graph, Group, Node};

/// Room for the inputs of all nodes.
pub(crate) const EDGES: usize = 4096;

pub(crate) const NO_GROUP: Group<'static> = Group { name: "", first: 0, end: 0, output: 0, stage: false };

/// How nodes behind the repeat move.
#[derive(Clone, Copy)]
pub(crate) struct Moved {
    /// One past the repeat's last node.
    pub(crate) from: usize,
    pub(crate) by: i64,
}

/// No node moves.
pub(crate) const STAY: Moved = Moved { from: usize::MAX, by: 0 };

impl Moved {
    /// Where a node of the network is after the change.
    pub(crate) const fn node(self, node: usize) -> usize {
        if node >= self.from { (node as i64 + self.by) as usize } else { node }
    }

    /// The same for what reads it from outside the repeat: of its last copy, the new last copy is read.
    const fn read(self, node: usize, copy: usize) -> usize {
        if node + copy >= self.from { (node as i64 + self.by) as usize } else { node }
    }
}

/// The graph with another number of copies, laid out in `edges`, `nodes` and `groups`; `None` where there is no room,
/// or where it cannot be seen what reads the repeat's output and what one of its copies.
pub(crate) const fn repeated<'a, 's: 'a>(
    graph: &Graph<'s>,
    repeat: &Source,
    more: bool,
    edges: &'a mut [usize],
    nodes: &'a mut [Node<'a>],
    groups: &'a mut [Group<'a>],
) -> Option<(Graph<'a>, Moved)> {
    let (copy, count) = (repeat.nodes, graph.nodes.len());
    let end = repeat.first + copy * repeat.copies;
    let moved = Moved { from: end, by: if more { copy as i64 } else { -(copy as i64) } };
    let total = (count as i64 + moved.by) as usize;
    if repeat.copies < 2 || total > nodes.len() || graph.groups.len() > groups.len() {
        return None;
    }
    if readers(graph, end - copy, end) > 1 {
        return None;
    }
    if !wire(graph, moved, copy, edges) {
        return None;
    }
    let (mut rest, mut index): (&'a [usize], usize) = (edges, 0);
    while index < total {
        let old = &graph.nodes[origin(index, moved, copy)];
        let (inputs, behind) = rest.split_at(old.inputs.len());
        nodes[index] = Node { name: old.name, op: old.op, inputs };
        (rest, index) = (behind, index + 1);
    }
    let mut index = 0;
    while index < graph.groups.len() {
        groups[index] = group(&graph.groups[index], moved, copy);
        index += 1;
    }
    let (nodes, groups): (&'a [Node<'a>], &'a [Group<'a>]) = (nodes, groups);
    let (nodes, groups) = (nodes.split_at(total).0, groups.split_at(graph.groups.len()).0);
    Some((Graph { name: graph.name, rank: graph.rank, nodes, groups, init: graph.init }, moved))
}

/// How many nodes from `end` on read one of `first .. end`.
const fn readers(graph: &Graph<'_>, first: usize, end: usize) -> usize {
    let (mut readers, mut node) = (0, end);
    while node < graph.nodes.len() {
        let inputs = graph.nodes[node].inputs;
        let mut k = 0;
        while k < inputs.len() {
            if inputs[k] >= first && inputs[k] < end {
                readers += 1;
                break;
            }
            k += 1;
        }
        node += 1;
    }
    readers
}

/// The node of the network that stands at `index` in the new graph.
const fn origin(index: usize, moved: Moved, copy: usize) -> usize {
    if moved.by < 0 {
        return if index + copy < moved.from { index } else { index + copy };
    }
    if index < moved.from { index } else { index - copy }
}

/// Lists the inputs of all nodes of the new graph, one after another; `false` where they are too many.
const fn wire(graph: &Graph<'_>, moved: Moved, copy: usize, edges: &mut [usize]) -> bool {
    let total = (graph.nodes.len() as i64 + moved.by) as usize;
    let (mut used, mut index) = (0, 0);
    while index < total {
        let old = origin(index, moved, copy);
        let inputs = graph.nodes[old].inputs;
        let mut k = 0;
        while k < inputs.len() {
            if used == edges.len() {
                return false;
            }
            edges[used] = if old >= moved.from {
                moved.read(inputs[k], copy)
            } else if moved.by > 0 && index >= moved.from {
                // In the new copy: what its model reads of itself and of the copy before, one copy later.
                if inputs[k] + 2 * copy >= moved.from { inputs[k] + copy } else { inputs[k] }
            } else {
                inputs[k]
            };
            (used, k) = (used + 1, k + 1);
        }
        index += 1;
    }
    true
}

const fn group<'a>(old: &Group<'a>, moved: Moved, copy: usize) -> Group<'a> {
    let within = old.first + copy >= moved.from && old.end <= moved.from && old.first < moved.from;
    if within && moved.by > 0 {
        return *old;
    }
    let end = if old.end >= moved.from { (old.end as i64 + moved.by) as usize } else { old.end };
    let first = if within { (old.first as i64 + moved.by) as usize } else { moved.node(old.first) };
    Group { name: old.name, first, end, output: moved.read(old.output, copy), stage: old.stage }
}
