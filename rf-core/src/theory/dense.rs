//! Holes of a support, asked in const context: the traced sets with arrays of fixed size.

use super::interval::{Interval, max};
use super::layer::Layer;
use super::support::{Part, Scope, count, fill, lay_out, windows};
use super::text::Text;
use super::way_out::{Dilation, closing_dilation};

/// Room for the supports of all layers in a unit's cone, in words of 64 bits.
const WORDS: usize = 4096;
/// Most layers that a support in const context is traced through.
const NODES: usize = 4096;

/// How many of the pixels from its first to its last a unit reads along an axis.
#[derive(Clone, Copy)]
struct Used {
    count: i64,
    extent: i64,
}

/// The local support of one unit along one axis; `None` where it is too large for const evaluation.
#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
const fn used(layer: &Layer<'_>, axis: usize, unit: i64) -> Option<Used> {
    if layer.node >= NODES {
        return None;
    }
    let mut parts = [Part::EMPTY; NODES];
    let scope = Scope { axis, bounded: false, global: false };
    windows(&layer.table, layer.node, Interval { first: unit, last: unit }, 0, scope, &mut parts);
    if lay_out(layer.node, 0, &mut parts) > WORDS {
        return None;
    }
    let mut words = [0; WORDS];
    fill(&layer.table, layer.node, 0, scope, &parts, &mut words);
    let (count, hull) = count(parts[0], &words);
    Some(Used { count, extent: hull.extent() })
}

/// The first axis with a unit whose support has a hole; `Err` where one is too large for const evaluation.
const fn first_hole(layer: &Layer<'_>) -> Result<Option<(usize, Used)>, ()> {
    let mut axis = 0;
    while axis < layer.rank() {
        let mut unit = 0;
        while unit < max(layer.period(axis), 1) {
            match used(layer, axis, unit) {
                Some(used) if used.count < used.extent => return Ok(Some((axis, used))),
                Some(_) => {}
                None => return Err(()),
            }
            unit += 1;
        }
        axis += 1;
    }
    Ok(None)
}

/// Whether every unit reads, along each axis, all pixels from its first to its last.
pub(crate) const fn is_dense(layer: &Layer<'_>) -> Option<bool> {
    match first_hole(layer) {
        Ok(hole) => Some(hole.is_none()),
        Err(()) => None,
    }
}

/// The hole of a layer that is not dense, in words.
pub(crate) const fn explain(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not dense");
    let Ok(Some((axis, used))) = first_hole(layer) else { return };
    text.str(": its receptive field spans ").int(used.extent).str(" px");
    if layer.rank() > 1 {
        text.str(" along the ").str(super::message::axis_name(layer.rank(), axis));
    }
    text.str(" and uses ").int(used.count);
    if let Some(Dilation { node, from, to }) = closing_dilation(layer) {
        text.str("\nhelp: the smallest single change that closes the holes: ");
        text.str(layer.table.graph.nodes[node].name).str(": dilation ").int(from).str(" -> ").int(to);
    } else {
        text.str("\nhelp: no change of a single dilation closes the holes");
    }
}
