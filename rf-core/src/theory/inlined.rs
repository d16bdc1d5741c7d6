//! Checks of networks that stand within another: that they fit where they are put.

use super::assertion::check_layers;
use super::message;
use super::table::Table;
use super::text::Text;
use crate::graph::splice::{Inlined, Part, Splice, find};
use crate::graph::{Graph, Op, UNKNOWN};

/// Checks the layers and networks that one expression of the source became: [`check_layers`] for a spliced
/// graph.
///
/// # Panics
/// At the first faulty layer, and where a network's axes or channels are not those of what it is fed with.
#[track_caller]
pub const fn check_parts(table: &Table<'_>, splice: &Splice<'_>, slots: &[usize]) {
    let mut at = 0;
    while at < slots.len() {
        let slot = slots[at];
        if let Part::Network { inlined, input } = splice.parts[slot] {
            check_fit(table, inlined, splice.source(input));
        }
        let (mut node, end) = (splice.offset(slot), splice.offset(slot + 1));
        while node < end {
            check_layers(table, &[node]);
            node += 1;
        }
        at += 1;
    }
}

#[track_caller]
const fn check_fit(table: &Table<'_>, inlined: Inlined<'_>, source: usize) {
    let Inlined { name, graph } = inlined;
    let row = &table.rows[source];
    let mut text = Text::new();
    if graph.rank != table.graph.rank {
        text.str("network ").name(graph.name).str(" has ").int(graph.rank as i64).str(" spatial axes, ");
        text.name(table.graph.name).str(" has ").int(table.graph.rank as i64);
        panic!("{}", text.as_str());
    }
    let Op::Input { channels, .. } = graph.nodes[0].op else { return };
    if row.fault.is_some() || channels == UNKNOWN || row.channels() == UNKNOWN || channels == row.channels() {
        return;
    }
    text.str("network ").name(graph.name).str(" takes ").int(channels).str(" channels, but ");
    text.name(table.graph.nodes[source].name).str(" gives ").name(name).str(" ").int(row.channels());
    text.str("\nhelp: bring it to ").int(channels).str(" before: `conv(").int(channels).str(", 1) -> ..`");
    panic!("{}", text.as_str());
}

/// Checks a path into an inlined network.
///
/// # Panics
/// Where the network has no layer or group of this name.
#[track_caller]
pub const fn check_path(graph: &Graph<'_>, name: &str) {
    if find(graph, name).is_none() {
        let mut text = Text::new();
        text.str("no layer ").name(name).str(" in network ").name(graph.name);
        message::closest_in(graph, name, &mut text);
        panic!("{}", text.as_str());
    }
}
