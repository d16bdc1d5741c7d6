//! Layers of which nobody knows what they read: an importer's operators without an index map.

use crate::graph::{Graph, Op};

/// Most layers that are told apart; of a larger graph's, all count as depending on all.
const NODES: usize = 1 << 17;

/// The first opaque layer that `node` depends on, itself among them.
pub(crate) const fn cause(graph: &Graph<'_>, node: usize) -> Option<usize> {
    let mut first = 0;
    while first <= node && !is_unknown(&graph.nodes[first].op) {
        first += 1;
    }
    if first > node { None } else { upstream(graph, first, node) }
}

const fn is_unknown(op: &Op) -> bool {
    matches!(op, Op::Opaque { global: false, .. })
}

/// The first opaque layer from `first` on that leads to `node`.
const fn upstream(graph: &Graph<'_>, first: usize, node: usize) -> Option<usize> {
    if node >= NODES {
        return Some(first);
    }
    let mut leads = [0u64; NODES / 64];
    leads[node / 64] |= 1 << (node % 64);
    let (mut index, mut cause) = (node + 1, None);
    while index > first {
        index -= 1;
        if leads[index / 64] >> (index % 64) & 1 == 0 {
            continue;
        }
        if is_unknown(&graph.nodes[index].op) {
            cause = Some(index);
        }
        let inputs = graph.nodes[index].inputs;
        let mut k = 0;
        while k < inputs.len() {
            leads[inputs[k] / 64] |= 1 << (inputs[k] % 64);
            k += 1;
        }
    }
    cause
}
