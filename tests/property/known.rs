//! Differences that are known and wait for the theory: each a case that a test leaves out, and why. Taking a line
//! out is how its repair is checked.

use rf_core::graph::Op;

use super::Case;
use super::paths::grids;

/// The shortest path is picked at each merge, by its extent there. Where paths have different jumps the other one
/// can be shorter further on.
pub(super) fn unequal_jumps(case: &Case<'_>, node: usize, axis: usize) -> bool {
    let Some(grids) = grids(case, node, axis) else { return true };
    grids.iter().any(|grid| grid.jump != grids[0].jump)
}

/// Whether some layer has more units than pixels it reads, so that its fields may have phases.
///
/// The shortest path is picked at each merge by its largest extent over phases: another one can be shorter
/// further on.
pub(super) fn upsampled(case: &Case<'_>) -> bool {
    let more = |node: &rf_core::graph::Node<'_>| match node.op {
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } => factor != [1; 3],
        Op::ConvTranspose { window, .. } => window.stride != [1; 3],
        Op::AdaptivePool { output, .. } => {
            (0..3).any(|axis| case.shapes[node.inputs[0]].extents[axis] % output[axis] != 0)
        }
        _ => false,
    };
    case.graph.nodes.iter().any(more)
}
