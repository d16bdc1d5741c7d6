//! The order of the nodes, and that each reads only what there is.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use onnx_rs::ast::{Node, ValueInfo};

use super::Value;
use crate::Error;
use crate::node::{name_of, operator_of};

/// The nodes so that each stands behind those that it reads, in the file's order where that allows.
pub(super) fn order(
    nodes: &[Node<'_>],
    inputs: &[ValueInfo<'_>],
    initializers: &HashMap<&str, Value>,
    model: &str,
) -> Result<Vec<usize>, Error> {
    let error = |node: &Node<'_>, what: String| Error::Node {
        model: model.into(),
        node: name_of(node).into(),
        operator: operator_of(node),
        what,
    };
    let mut giver: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            let there = inputs.iter().any(|input| input.name == *name) || initializers.contains_key(name);
            if giver.insert(name, index).is_some() || there {
                return Err(error(node, format!("gives `{name}`, which is there already")));
            }
        }
    }
    let mut waits = vec![0_usize; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if let Some(&from) = giver.get(name) {
                waits[index] += 1;
                readers[from].push(index);
            } else if !initializers.contains_key(name) && !inputs.iter().any(|input| input.name == *name) {
                return Err(error(node, format!("reads `{name}`, which nothing gives")));
            }
        }
    }
    let ready = |index: &usize| waits[*index] == 0;
    let mut heap: BinaryHeap<Reverse<usize>> = (0..nodes.len()).filter(ready).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(index)) = heap.pop() {
        order.push(index);
        for &reader in &readers[index] {
            waits[reader] -= 1;
            if waits[reader] == 0 {
                heap.push(Reverse(reader));
            }
        }
    }
    match waits.iter().position(|&left| left > 0) {
        Some(stuck) => Err(error(&nodes[stuck], "reads what depends on its own output: a cycle".into())),
        None => Ok(order),
    }
}
