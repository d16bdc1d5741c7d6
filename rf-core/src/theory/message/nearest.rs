//! The known name nearest to an unknown one.

use super::super::table::Table;
use super::super::text::Text;
use crate::graph::Graph;

/// `help:` with the known name nearest to an unknown one, if one is near.
pub(crate) const fn closest(table: &Table<'_>, name: &str, text: &mut Text) {
    closest_in(&table.graph, name, text);
}

/// The same for a graph without a table.
pub(crate) const fn closest_in(graph: &Graph<'_>, name: &str, text: &mut Text) {
    let (mut best, mut least) = ("", name.len() / 2 + 1);
    let mut index = 0;
    while index < graph.nodes.len() + graph.groups.len() {
        let known = if index < graph.nodes.len() {
            graph.nodes[index].name
        } else {
            graph.groups[index - graph.nodes.len()].name
        };
        let distance = distance(name, known);
        if distance < least {
            (best, least) = (known, distance);
        }
        index += 1;
    }
    if !best.is_empty() {
        text.str("\nhelp: the closest known name is ").name(best);
    }
}

/// Edit distance of two names of at most 63 bytes each; longer ones are cut.
const fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (rows, columns) = (short(a), short(b));
    let mut line = [0usize; 64];
    let mut j = 0;
    while j <= columns {
        line[j] = j;
        j += 1;
    }
    let mut i = 1;
    while i <= rows {
        let mut diagonal = line[0];
        line[0] = i;
        let mut j = 1;
        while j <= columns {
            let substituted = diagonal + (a[i - 1] != b[j - 1]) as usize;
            diagonal = line[j];
            let edited = 1 + if line[j] < line[j - 1] { line[j] } else { line[j - 1] };
            line[j] = if substituted < edited { substituted } else { edited };
            j += 1;
        }
        i += 1;
    }
    line[columns]
}

const fn short(bytes: &[u8]) -> usize {
    if bytes.len() < 63 { bytes.len() } else { 63 }
}
