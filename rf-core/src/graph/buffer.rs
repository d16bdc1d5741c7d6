//! Graphs that are built at run time.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Graph, Group, Init, MAX_RANK, Node, Op};

/// Owns what a [`Graph`] borrows: what importers and programs fill, layer by layer.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::TableBuf;
///
/// let mut net = GraphBuf::new("Small", 1, &[32, 32]);
/// let window = Window::new([3, 3, 1]);
/// let conv = net.push("conv", Op::Conv { channels: 8, window, groups: 1, bias: false }, &[0]);
/// net.push("conv2", Op::Conv { channels: 8, window, groups: 1, bias: false }, &[conv]);
///
/// let lent = net.lend();
/// let table = TableBuf::new(&lent.graph());
/// assert_eq!(table.table().row("conv2").rf().min(), 5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GraphBuf {
    name: String,
    rank: usize,
    nodes: Vec<Layer>,
    groups: Vec<(String, Group<'static>)>,
    /// How weights are drawn where none are given.
    pub init: Init,
}

#[derive(Clone, Debug, PartialEq)]
struct Layer {
    name: String,
    op: Op,
    inputs: Vec<usize>,
}

impl GraphBuf {
    /// A network of one node, its input: channels and one extent per axis, each possibly
    /// [`UNKNOWN`](super::UNKNOWN).
    ///
    /// # Panics
    /// Where there are no extents, or more than [`MAX_RANK`].
    #[must_use]
    pub fn new(name: &str, channels: i64, extents: &[i64]) -> Self {
        let rank = extents.len();
        assert!((1..=MAX_RANK).contains(&rank), "a network has one to {MAX_RANK} spatial axes, not {rank}");
        let mut all = [1; MAX_RANK];
        all[..rank].copy_from_slice(extents);
        let mut graph = Self {
            name: name.to_owned(),
            rank,
            nodes: Vec::new(),
            groups: Vec::new(),
            init: Init::default(),
        };
        graph.push("input", Op::Input { channels, extents: all }, &[]);
        graph
    }

    /// Adds a layer that reads the layers `inputs`, and answers its index. The last layer is the network's output.
    ///
    /// # Panics
    /// Where an input does not exist yet.
    pub fn push(&mut self, name: &str, op: Op, inputs: &[usize]) -> usize {
        let index = self.nodes.len();
        assert!(
            inputs.iter().all(|&input| input < index),
            "layer `{name}` reads a layer that is not there yet"
        );
        self.nodes.push(Layer { name: name.to_owned(), op, inputs: inputs.to_owned() });
        index
    }

    /// Adds a named run of layers.
    ///
    /// # Panics
    /// Where the run or its output reaches beyond the layers that there are.
    pub fn group(&mut self, group: Group<'_>) {
        let Group { name, first, end, output, stage } = group;
        assert!(
            first <= end && end <= self.nodes.len() && output < self.nodes.len(),
            "group `{name}` is outside"
        );
        self.groups.push((name.to_owned(), Group { name: "", first, end, output, stage }));
    }

    /// The name of the layer `index`.
    #[must_use]
    pub fn layer_name(&self, index: usize) -> &str {
        &self.nodes[index].name
    }

    /// The number of layers, the input among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a network has an input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The layers and groups in the form that a [`Graph`] borrows.
    #[must_use]
    pub fn lend(&self) -> Lent<'_> {
        let nodes = self.nodes.iter().map(|Layer { name, op, inputs }| Node { name, op: *op, inputs });
        let groups = self.groups.iter().map(|(name, group)| Group { name, ..*group });
        Lent { buffer: self, nodes: nodes.collect(), groups: groups.collect() }
    }
}

impl From<&Graph<'_>> for GraphBuf {
    fn from(graph: &Graph<'_>) -> Self {
        let node = |node: &Node<'_>| Layer {
            name: node.name.to_owned(),
            op: node.op,
            inputs: node.inputs.to_owned(),
        };
        let group = |group: &Group<'_>| {
            let Group { first, end, output, stage, .. } = *group;
            (group.name.to_owned(), Group { name: "", first, end, output, stage })
        };
        Self {
            name: graph.name.to_owned(),
            rank: graph.rank,
            nodes: graph.nodes.iter().map(node).collect(),
            groups: graph.groups.iter().map(group).collect(),
            init: graph.init,
        }
    }
}

/// A [`GraphBuf`] as it is lent to a [`Graph`].
#[derive(Clone, Debug)]
pub struct Lent<'a> {
    buffer: &'a GraphBuf,
    nodes: Vec<Node<'a>>,
    groups: Vec<Group<'a>>,
}

impl Lent<'_> {
    /// The graph.
    #[must_use]
    pub fn graph(&self) -> Graph<'_> {
        let GraphBuf { name, rank, init, .. } = self.buffer;
        Graph { name, rank: *rank, nodes: &self.nodes, groups: &self.groups, init: *init }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_comes_back_as_it_was() {
        let nodes = [
            Node { name: "input", op: Op::Input { channels: 3, extents: [8, 9, 1] }, inputs: &[] },
            Node { name: "a.b", op: Op::Identity, inputs: &[0] },
        ];
        let groups = [Group { name: "a", first: 1, end: 2, output: 1, stage: true }];
        let graph = Graph { name: "N", rank: 2, nodes: &nodes, groups: &groups, init: Init::LeCun };
        assert_eq!(GraphBuf::from(&graph).lend().graph(), graph);
    }
}
