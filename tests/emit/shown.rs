//! What a graph is, in words: a file of the test and of the crate that it makes.

use std::fmt::Write;

use rf_core::graph::{Graph, Op, Pool};
use rf_core::theory::{Table, TableBuf};

/// What is compared: layers with all their arguments, then the table.
pub(crate) fn shown(graph: &Graph<'_>, table: Table<'_>) -> String {
    let mut text = String::new();
    for node in graph.nodes {
        let op = match node.op {
            // A maximum counts nothing.
            Op::Pool { pool: Pool::Max, window, ceil_mode, .. } => {
                Op::Pool { pool: Pool::Max, window, ceil_mode, count_include_pad: true }
            }
            op => op,
        };
        writeln!(text, "{}: {op:?} of {:?}", node.name, node.inputs).expect("a string takes all");
    }
    // In const context the shortest path may be a bound where at run time there is room for all.
    let written = if table.layers().any(|layer| layer.shortest_is_bound()) {
        write!(text, "{:#}", TableBuf::new(graph).table())
    } else {
        write!(text, "{table:#}")
    };
    written.expect("a string takes all");
    text
}
