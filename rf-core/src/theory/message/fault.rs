//! What is wrong with a layer.

use super::super::fault::Fault;
use super::super::layer::Layer;
use super::super::table::Table;
use super::super::text::Text;
use super::along;
use crate::graph::Node;

/// The words of a faulty layer; `false` for a fault that is said elsewhere.
pub(crate) const fn fault(layer: &Layer<'_>, fault: Fault, text: &mut Text) -> bool {
    let rank = layer.table.graph.rank;
    let node = layer.node();
    if matches!(fault, Fault::Upstream) {
        return false;
    }
    text.name(node.name).str(": ");
    match fault {
        Fault::Upstream => {}
        Fault::TooSmall { what, value, least } => {
            text.str(what).str(" is ").int(value).str(", must be at least ").int(least);
        }
        Fault::TooLarge { what } => {
            text.str(what).str(" is too large: must not exceed 2^30");
        }
        Fault::Params => {
            text.str("has more parameters than can be counted");
        }
        Fault::Reach => {
            text.str("what all units of its input read takes too long to trace in const evaluation");
            text.str("\nhelp: evaluate this network at run time, with `TableBuf::new`");
        }
        Fault::Window { axis, window, padded } => {
            text.str("kernel extent ").int(window).str(" does not fit in padded input ").int(padded);
            along(text, rank, axis);
        }
        Fault::NothingLeft { axis, extent } => {
            text.str("nothing is left of its input");
            along(text, rank, axis);
            text.str(": the output would have ").int(extent).str(" units");
        }
        Fault::SameNeedsExtent { axis } => {
            text.str("`same` padding with a stride depends on the input's extent, which is `_`");
            along(text, rank, axis);
            text.str("\nhelp: give the input a fixed extent, or the layer explicit padding");
        }
        Fault::NeedsExtent { axis } => {
            text.str("needs an input of fixed extent, which is `_`");
            along(text, rank, axis);
            text.str("\nhelp: give the input a fixed extent, or put a `global_avg_pool` before it");
        }
        Fault::NeedsChannels => {
            text.str("needs a known number of input channels, which is `_`");
        }
        Fault::Divide { what, channels, divisor } => {
            text.int(channels).str(" channels are not divisible by ").str(what).str(", ").int(divisor);
        }
        Fault::Channels { wanted, channels } => {
            text.str("reads ").int(wanted).str(" channels of an input that has ").int(channels);
        }
        Fault::DivideExtent { axis, extent, factor } => {
            text.str("extent ").int(extent).str(" is not divisible by the factor ").int(factor);
            along(text, rank, axis);
        }
        Fault::MergeExtent { axis, input, first, other } => {
            text.str("inputs differ in extent");
            along(text, rank, axis);
            pair(text, layer.table(), node, input, first, other);
        }
        Fault::MergeChannels { input, first, other } => {
            text.str("inputs differ in channels");
            pair(text, layer.table(), node, input, first, other);
        }
        Fault::TooManyJumps { axis } => {
            text.str("paths of more than four different jumps meet");
            along(text, rank, axis);
        }
        Fault::InlinedChannels { expected, found } => {
            text.str("the inlined network expects ").int(expected).str(" channels and gets ").int(found);
        }
        Fault::Phases { room } => {
            text.str("the receptive field has more phases than the ").int(room as i64);
            text.str(" that a table in const context has room for");
            text.str("\nhelp: build the table at run time with `TableBuf::new(&GRAPH)`");
        }
        Fault::Inputs { found } => {
            text.str("cannot read ").int(found as i64).str(" inputs, or reads a later layer");
        }
        Fault::Flat => {
            text.str("needs spatial axes, which are gone behind `flatten` or `linear`");
        }
    }
    true
}

/// The two inputs of a merge that do not fit.
const fn pair(text: &mut Text, table: &Table<'_>, node: &Node<'_>, input: usize, first: i64, other: i64) {
    let mut lead = 0;
    // The first input that is not at odds by itself: the one whose number was kept.
    while lead + 1 < node.inputs.len() && lead == input {
        lead += 1;
    }
    text.str(": ").name(table.graph.nodes[node.inputs[lead]].name).str(" has ").int(first);
    text.str(", ").name(table.graph.nodes[node.inputs[input]].name).str(" has ").int(other);
}
