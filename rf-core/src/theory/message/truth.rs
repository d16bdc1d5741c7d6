//! Queries that are true or false.

use super::super::assertion::{Assertion, Query};
use super::super::layer::Layer;
use super::super::text::Text;
use super::super::{dense, why};
use super::along;

/// A query that is true or false, and is the other.
pub(crate) const fn truth(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    text.name(layer.name());
    if assertion.negate {
        text.str(match assertion.query {
            Query::Aligned => " is aligned: all its paths share jump and centre",
            Query::Dense => " is dense: its support has no holes",
            Query::Covers => " covers the input: every unit sees all of it",
            Query::Global => " is global",
            Query::Live => " is live: every unit depends on some pixel",
            _ => " is productive: its shortest path does not exceed the input",
        });
        text.str(", asserted that it is not");
        if let (Query::Global, Some(cause)) = (assertion.query, layer.global_cause()) {
            text.str("\n").name(cause.name()).str(" sees all of its input");
        }
        return;
    }
    match assertion.query {
        Query::Aligned => why::misaligned(layer, text),
        Query::Dense => dense::explain(layer, text),
        Query::Covers => uncovered(layer, text),
        Query::Global => {
            text.str(" is not global: no path leads through a global layer");
        }
        Query::Live => dead(layer, text),
        _ => unproductive(layer, text),
    }
}

const fn uncovered(layer: &Layer<'_>, text: &mut Text) {
    text.str(" does not cover the input");
    let mut axis = 0;
    while axis < layer.rank() {
        if let Some(unit) = layer.uncovering_unit(axis) {
            let seen = layer.clipped_field(axis, unit).extent();
            text.str(": unit ").int(unit).str(" sees ").int(seen);
            text.str(" of ").int(layer.table.input_extent(axis)).str(" px");
            along(text, layer.rank(), axis);
            text.str(match layer.covers_at_centre() {
                Some(true) => "\nits central unit sees all of it",
                _ => "",
            });
            return;
        }
        axis += 1;
    }
}

const fn dead(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not live");
    let mut axis = 0;
    while axis < layer.rank() {
        let mut unit = 0;
        while unit < layer.period(axis) {
            if layer.field(axis, unit).is_empty() {
                text.str(": unit ")
                    .int(unit)
                    .str(" of every ")
                    .int(layer.period(axis))
                    .str(" depends on no pixel");
                along(text, layer.rank(), axis);
                text.str("\nhelp: a transposed convolution needs a kernel of at least its stride");
                return;
            }
            unit += 1;
        }
        axis += 1;
    }
}

const fn unproductive(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not productive: its shortest path already sees ").int(layer.shortest(0));
    text.str(" px, more than the ").int(layer.table.input_extent(0)).str(" px of the input");
}
