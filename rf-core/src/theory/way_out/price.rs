//! What it costs to ask.

use super::super::assertion::{Assertion, Query};
use super::super::extremes::joint_period;
use super::super::layer::Layer;

/// What a search may cost, in evaluations of one layer; 100 to 200 µs each in the compiler's interpreter.
pub(super) const BUDGET: usize = 700;

/// Whether one answer alone costs more than a search may.
pub(super) const fn too_dear(layer: &Layer<'_>, assertion: &Assertion<'_>) -> bool {
    price(layer, assertion) > BUDGET
}

/// What it costs to ask, in evaluations of one layer.
pub(super) const fn price(layer: &Layer<'_>, assertion: &Assertion<'_>) -> usize {
    let nodes = layer.node + 1;
    match assertion.query {
        Query::Erf { .. } => 4 * nodes,
        Query::Dense => {
            let (mut price, mut axis) = (0, 0);
            while axis < layer.rank() {
                let pixels = layer.axis(axis).largest as usize + 16;
                price += (layer.period(axis) as usize).saturating_mul(nodes).saturating_mul(pixels) / 25;
                axis += 1;
            }
            price
        }
        Query::Covers => 2 + joint_period(&layer.axis(0)) as usize / 4,
        Query::Params | Query::Macs => nodes / 16,
        _ => 2,
    }
}
