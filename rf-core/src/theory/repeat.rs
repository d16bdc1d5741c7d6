//! Layers that repeat: what an earlier one came to need not be worked out again.
//!
//! Shape, index map and costs of a layer follow from its arguments and its input's shape alone. Networks repeat their
//! blocks, and the macro knows which nodes share an operation.
//!
//! Both tables stand in lent storage, and the place of an entry follows from what it is asked by. An entry that another
//! one has taken the place of is worked out anew.

use super::row::Row;

/// Earlier layers by operation and input's shape; what [`fill`](super::evaluate::fill) looks up.
pub(crate) struct Repeats<'a> {
    /// A number per node, the same where the operations are. Empty: nothing is known.
    pub(super) ops: &'a [usize],
    /// Nodes, in the beginning node 0, which serves no other.
    pub(super) seen: &'a mut [usize],
    pub(super) shapes: Shapes<'a>,
}

impl<'a> Repeats<'a> {
    /// `seen` is all 0 and has a place at least, unless `ops` is empty.
    pub(crate) const fn new(ops: &'a [usize], seen: &'a mut [usize], shapes: Shapes<'a>) -> Self {
        Self { ops, seen, shapes }
    }

    /// Nothing is known of the operations.
    pub(crate) const fn unknown(shapes: Shapes<'a>) -> Self {
        Self { ops: &[], seen: &mut [], shapes }
    }
}

/// Nodes by their shape.
pub(crate) struct Shapes<'a>(&'a mut [usize]);

impl<'a> Shapes<'a> {
    /// The storage holds [`NONE`](super::row::NONE) in the beginning, and has a place at least.
    pub(crate) const fn new(places: &'a mut [usize]) -> Self {
        Self(places)
    }

    /// Names the shape of `row`, the row of node `index`: after a node before it that has the same one, or after itself.
    pub(crate) const fn name(&mut self, row: &mut Row, index: usize, rows: &[Row]) {
        let [channels, flat, uniform, x, y, z] = row.outline();
        // None is below -1, and none so large that the sum could be too large.
        let place = (channels + 2 * flat + 3 * uniform + 5 * x + 7 * y + 11 * z + 32) as usize % self.0.len();
        let like = self.0[place];
        if like < index && !rows[like].is_faulty() {
            let [c, f, u, i, j, k] = rows[like].outline();
            if channels == c && flat == f && uniform == u && x == i && y == j && z == k {
                row.set_shape(rows[like].shape());
                return;
            }
        }
        self.0[place] = index;
        row.set_shape(index as i64);
    }
}
