//! The widest path to a layer: at each merge, back through the input with the largest extent.

use super::assertion::widest_input;
use super::layer::Layer;
use super::map::AxisMap;
use super::row::NONE;

/// Layers of a path that are kept; of a longer one, those nearest its end.
const LONGEST: usize = 4096;

/// The layers along a path that have a window of more than one tap.
pub(crate) struct Path {
    /// From the layer back towards the input.
    nodes: [usize; LONGEST],
    /// For each, the layer before it on the path.
    from: [usize; LONGEST],
    pub(crate) len: usize,
}

impl Path {
    /// The widest path that leads to `layer`.
    pub(crate) const fn widest(layer: &Layer<'_>, axis: usize) -> Self {
        Self::walk(layer, axis, NONE, false)
    }

    /// The widest path back to node `until`, with the layers that move units too: strides, paddings, crops.
    pub(crate) const fn since(layer: &Layer<'_>, axis: usize, until: usize) -> Self {
        Self::walk(layer, axis, until, true)
    }

    #[expect(
        clippy::large_stack_arrays,
        reason = "the compiler runs this; there is no heap in const context"
    )]
    const fn walk(layer: &Layer<'_>, axis: usize, until: usize, moved: bool) -> Self {
        let mut path = Self { nodes: [NONE; LONGEST], from: [NONE; LONGEST], len: 0 };
        let mut node = layer.node;
        while node != NONE && node != until && path.len < LONGEST {
            let from = widest_input(layer, node, axis);
            if from != NONE && (widens(layer, node, axis) || (moved && moves(layer, node, axis))) {
                path.nodes[path.len] = node;
                path.from[path.len] = from;
                path.len += 1;
            }
            node = from;
        }
        path
    }

    /// The layer that is `place`th from the input, and the one before it on the path.
    pub(crate) const fn step(&self, place: usize) -> (usize, usize) {
        let back = self.len - 1 - place;
        (self.nodes[back], self.from[back])
    }
}

const fn widens(layer: &Layer<'_>, node: usize, axis: usize) -> bool {
    match layer.table.rows[node].map(axis) {
        AxisMap::Window { kernel, .. } | AxisMap::Transposed { kernel, .. } => kernel > 1,
        AxisMap::Nearest { .. } => false,
        AxisMap::Linear { .. } => true,
        AxisMap::Resample { taps, .. } => taps > 1,
        AxisMap::Adaptive { input, output } => input != output,
        AxisMap::All => !layer.table.rows[node].axis(axis).reach.is_empty(),
    }
}

const fn moves(layer: &Layer<'_>, node: usize, axis: usize) -> bool {
    match layer.table.rows[node].map(axis) {
        AxisMap::Window { stride, before, .. } | AxisMap::Transposed { stride, before, .. } => {
            stride > 1 || before != 0
        }
        AxisMap::Nearest { factor } => factor > 1,
        AxisMap::Resample { num, offset, den, .. } => num != den || offset != 0,
        AxisMap::Linear { .. } | AxisMap::Adaptive { .. } | AxisMap::All => false,
    }
}
