//! Layers that repeat: what an earlier one came to need not be worked out again.
//!
//! Shape, index map and costs of a layer follow from its arguments and its input's shape alone. Networks repeat their
//! blocks, and the macro knows which nodes share an operation.

use super::row::Row;
use crate::graph::Graph;

/// How far back an earlier layer is looked for: the length of a common block.
const BLOCK: usize = 16;

/// Which nodes share an operation.
pub(crate) struct Repeats<'a> {
    /// A number per node, the same where the operations are. Empty: nothing is known.
    ops: &'a [usize],
    /// Where the last one was found, counted in nodes.
    distance: usize,
}

impl<'a> Repeats<'a> {
    pub(crate) const NONE: Self = Self { ops: &[], distance: 1 };

    pub(crate) const fn new(ops: &'a [usize]) -> Self {
        Self { ops, distance: 1 }
    }

    /// An earlier node of the same operation on an input of the same shape.
    pub(crate) const fn earlier(&mut self, graph: &Graph<'_>, index: usize, rows: &[Row]) -> Option<usize> {
        let ops = self.ops;
        if index >= ops.len() {
            return None;
        }
        let (op, shape) = (ops[index], rows[index].shape());
        let (mut back, mut next) = (self.distance, 1);
        while next <= BLOCK {
            if back < index && ops[index - back] == op {
                let other = index - back;
                if !rows[other].is_faulty() && rows[graph.nodes[other].inputs[0]].shape() == shape {
                    self.distance = back;
                    return Some(other);
                }
            }
            (back, next) = (next, next + 1);
        }
        None
    }
}

/// Names the shape of `row`, the row of node `index`: after a node before it that has the same one, or after itself.
pub(crate) const fn name_shape(row: &mut Row, index: usize, rows: &[Row], rank: usize) {
    let mut back = 1;
    while back <= BLOCK && back <= index {
        let other = &rows[index - back];
        if !other.is_faulty() && row.has_shape_of(other, rank) {
            row.set_shape(other.shape());
            return;
        }
        back += 1;
    }
    row.set_shape(index as i64);
}
