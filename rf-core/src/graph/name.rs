//! What a path names: `layer1`, `layer1.0.conv2`.

use super::Graph;

/// A group or a node, by its index.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Group(usize),
    Node(usize),
}

/// What `name` names in a graph: a group before a node, since a stage of one layer is both under one name.
pub(crate) const fn named(graph: &Graph<'_>, name: &str) -> Option<Named> {
    let mut index = 0;
    while index < graph.groups.len() {
        if same(graph.groups[index].name, name) {
            return Some(Named::Group(index));
        }
        index += 1;
    }
    let mut index = 0;
    while index < graph.nodes.len() {
        if same(graph.nodes[index].name, name) {
            return Some(Named::Node(index));
        }
        index += 1;
    }
    None
}

/// Equality of two strings; `==` is not `const`. Paths share their heads: compared from the tail, where they differ.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = a.len();
    while index > 0 {
        index -= 1;
        if a[index] != b[index] {
            return false;
        }
    }
    true
}
