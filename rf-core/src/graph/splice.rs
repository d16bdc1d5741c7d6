//! Graphs made of parts: layers of a network's own, and whole other networks in the place of a layer.
//!
//! The macro sees another network's type and nothing of its layers, so it writes down [`Part`]s, and these
//! `const fn`s make the flat graph of them. A *slot* is the index of a part. An inlined network gives its
//! nodes but the input, which is whatever it is fed with; their names follow the part's own:
//! `backbone.layer1.0.conv2`.

use super::name::{Named, named};
use super::{Graph, Group, Node, Op};

/// A layer, or a network in the place of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// A layer of the network's own.
    Layer {
        /// Its path.
        name: &'a str,
        /// What it computes.
        op: Op,
        /// What it reads.
        inputs: &'a [Ref<'a>],
    },
    /// Another network, fed with one feature map.
    Network {
        /// The network and its name here.
        inlined: Inlined<'a>,
        /// What it is fed with.
        input: Ref<'a>,
    },
}

/// Another network and what it is called here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inlined<'a> {
    /// The path under which its layers stand.
    pub name: &'a str,
    /// Its own graph.
    pub graph: &'a Graph<'a>,
}

/// What a part reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ref<'a> {
    /// The output of a slot.
    Slot(usize),
    /// A layer or group within the network in a slot.
    Inner(usize, &'a str),
}

/// A group of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartGroup<'a> {
    /// Its path.
    pub name: &'a str,
    /// Its first slot.
    pub first: usize,
    /// One past its last slot.
    pub end: usize,
    /// What comes out of it.
    pub output: Ref<'a>,
    /// Whether it is a stage.
    pub stage: bool,
}

/// How many nodes come of `own` layers and the inlined networks.
#[must_use]
pub const fn node_count(own: usize, inlined: &[Inlined<'_>]) -> usize {
    let (mut count, mut at) = (own, 0);
    while at < inlined.len() {
        count += inlined[at].graph.nodes.len() - 1;
        at += 1;
    }
    count
}

/// How many groups.
#[must_use]
pub const fn group_count(own: usize, inlined: &[Inlined<'_>]) -> usize {
    let (mut count, mut at) = (own, 0);
    while at < inlined.len() {
        count += inlined[at].graph.groups.len();
        at += 1;
    }
    count
}

/// How many inputs all nodes have together.
#[must_use]
pub const fn edge_count(own: usize, inlined: &[Inlined<'_>]) -> usize {
    let (mut count, mut at) = (own, 0);
    while at < inlined.len() {
        let nodes = inlined[at].graph.nodes;
        let mut node = 1;
        while node < nodes.len() {
            count += nodes[node].inputs.len();
            node += 1;
        }
        at += 1;
    }
    count
}

/// How many bytes the names of the inlined networks' nodes and groups take.
#[must_use]
pub const fn text_len(inlined: &[Inlined<'_>]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < inlined.len() {
        let Inlined { name, graph } = inlined[at];
        len += node_text(name, graph) + group_text(name, graph);
        at += 1;
    }
    len
}

/// The names, one after another: per network its nodes', then its groups'.
#[must_use]
pub const fn text<const T: usize>(inlined: &[Inlined<'_>]) -> [u8; T] {
    let mut text = [0; T];
    let (mut used, mut at) = (0, 0);
    while at < inlined.len() {
        let Inlined { name, graph } = inlined[at];
        let mut node = 1;
        while node < graph.nodes.len() {
            used = path(&mut text, used, name, graph.nodes[node].name);
            node += 1;
        }
        let mut group = 0;
        while group < graph.groups.len() {
            used = path(&mut text, used, name, graph.groups[group].name);
            group += 1;
        }
        at += 1;
    }
    text
}

/// Writes `head.tail`, and returns where the next name begins.
const fn path(text: &mut [u8], used: usize, head: &str, tail: &str) -> usize {
    let (name, rest) = text.split_at_mut(used).1.split_at_mut(head.len());
    name.copy_from_slice(head.as_bytes());
    rest[0] = b'.';
    rest.split_at_mut(1).1.split_at_mut(tail.len()).0.copy_from_slice(tail.as_bytes());
    used + head.len() + 1 + tail.len()
}

/// The first node of each slot.
#[must_use]
pub const fn offsets<const S: usize>(parts: &[Part<'_>]) -> [usize; S] {
    let mut offsets = [0; S];
    let (mut node, mut slot) = (0, 0);
    while slot < S {
        offsets[slot] = node;
        node += match parts[slot] {
            Part::Layer { .. } => 1,
            Part::Network { inlined, .. } => inlined.graph.nodes.len() - 1,
        };
        slot += 1;
    }
    offsets
}

/// Parts, and where they come to stand.
#[derive(Clone, Copy, Debug)]
pub struct Splice<'a> {
    /// The parts; the first is the network's input.
    pub parts: &'a [Part<'a>],
    /// The network's own groups.
    pub groups: &'a [PartGroup<'a>],
    /// The first node of each slot.
    pub offsets: &'a [usize],
}

impl<'a> Splice<'a> {
    /// The node that a part reads.
    #[must_use]
    pub const fn source(&self, source: Ref<'_>) -> usize {
        // A network of no layers passes on what it is fed with, so this may have to look further back.
        let mut source = source;
        loop {
            let (slot, inner) = match source {
                Ref::Slot(slot) => (slot, None),
                Ref::Inner(slot, name) => (slot, Some(name)),
            };
            let Part::Network { inlined, input } = self.parts[slot] else { return self.offsets[slot] };
            let node = match inner {
                None => inlined.graph.nodes.len() - 1,
                Some(name) => match find(inlined.graph, name) {
                    Some(node) => node,
                    None => 0,
                },
            };
            if node > 0 {
                return self.offsets[slot] + node - 1;
            }
            source = input;
        }
    }

    /// The inputs of all nodes, one after another.
    #[must_use]
    pub const fn edges<const E: usize>(&self) -> [usize; E] {
        let mut edges = [0; E];
        let (mut used, mut slot) = (0, 0);
        while slot < self.parts.len() {
            match self.parts[slot] {
                Part::Layer { inputs, .. } => {
                    let mut k = 0;
                    while k < inputs.len() {
                        edges[used] = self.source(inputs[k]);
                        used += 1;
                        k += 1;
                    }
                }
                Part::Network { inlined, input } => {
                    let (from, nodes) = (self.source(input), inlined.graph.nodes);
                    let mut node = 1;
                    while node < nodes.len() {
                        used = self.inner_edges(&mut edges, used, slot, from, nodes[node].inputs);
                        node += 1;
                    }
                }
            }
            slot += 1;
        }
        edges
    }

    const fn inner_edges(
        &self,
        edges: &mut [usize],
        used: usize,
        slot: usize,
        from: usize,
        inputs: &[usize],
    ) -> usize {
        let mut k = 0;
        while k < inputs.len() {
            edges[used + k] = if inputs[k] == 0 { from } else { self.offsets[slot] + inputs[k] - 1 };
            k += 1;
        }
        used + k
    }

    /// The nodes; `text` and `edges` as made of the same parts.
    #[must_use]
    pub const fn nodes<const N: usize>(&self, text: &'a [u8], edges: &'a [usize]) -> [Node<'a>; N] {
        let mut nodes = [Node { name: "", op: Op::Identity, inputs: &[] }; N];
        let (mut text, mut edges) = (utf8(text), edges);
        let (mut at, mut slot) = (0, 0);
        while slot < self.parts.len() {
            let (head, graph) = match self.parts[slot] {
                Part::Layer { name, op, inputs } => {
                    let (own, rest) = edges.split_at(inputs.len());
                    nodes[at] = Node { name, op, inputs: own };
                    (at, edges, slot) = (at + 1, rest, slot + 1);
                    continue;
                }
                Part::Network { inlined, .. } => (inlined.name, inlined.graph),
            };
            let mut node = 1;
            while node < graph.nodes.len() {
                let Node { name, op, inputs } = graph.nodes[node];
                let (path, names) = text.split_at(head.len() + 1 + name.len());
                let (own, rest) = edges.split_at(inputs.len());
                nodes[at] = Node { name: path, op, inputs: own };
                (at, text, edges, node) = (at + 1, names, rest, node + 1);
            }
            text = text.split_at(group_text(head, graph)).1;
            slot += 1;
        }
        nodes
    }

    /// The network's own groups, so that their indices stand, and then those of the inlined networks.
    #[must_use]
    pub const fn groups<const G: usize>(&self, text: &'a [u8]) -> [Group<'a>; G] {
        let mut groups = [Group { name: "", first: 0, end: 0, output: 0, stage: false }; G];
        let mut at = 0;
        while at < self.groups.len() {
            let PartGroup { name, first, end, output, stage } = self.groups[at];
            let (first, end) = (self.offset(first), self.offset(end));
            groups[at] = Group { name, first, end, output: self.source(output), stage };
            at += 1;
        }
        let (mut text, mut slot) = (utf8(text), 0);
        while slot < self.parts.len() {
            if let Part::Network { inlined: Inlined { name: head, graph }, input } = self.parts[slot] {
                text = text.split_at(node_text(head, graph)).1;
                let mut group = 0;
                while group < graph.groups.len() {
                    let (path, names) = text.split_at(head.len() + 1 + graph.groups[group].name.len());
                    groups[at] = self.inner_group(path, slot, input, graph.groups[group]);
                    (at, text, group) = (at + 1, names, group + 1);
                }
            }
            slot += 1;
        }
        groups
    }

    const fn inner_group(&self, name: &'a str, slot: usize, input: Ref<'_>, group: Group<'_>) -> Group<'a> {
        let shift = self.offsets[slot];
        let output = if group.output == 0 { self.source(input) } else { shift + group.output - 1 };
        // A group that only names the input is empty and stands where the network begins.
        let first = if group.first == 0 { shift } else { shift + group.first - 1 };
        let end = if group.end == 0 { shift } else { shift + group.end - 1 };
        Group { name, first, end, output, stage: false }
    }

    /// The first node of a slot, or one past the last node.
    pub(crate) const fn offset(&self, slot: usize) -> usize {
        if slot < self.offsets.len() {
            return self.offsets[slot];
        }
        match self.offsets.len() {
            0 => 0,
            slots => match self.parts[slots - 1] {
                Part::Layer { .. } => self.offsets[slots - 1] + 1,
                Part::Network { inlined, .. } => self.offsets[slots - 1] + inlined.graph.nodes.len() - 1,
            },
        }
    }
}

/// The node whose output a layer or group of this name gives.
pub(crate) const fn find(graph: &Graph<'_>, name: &str) -> Option<usize> {
    match named(graph, name) {
        Some(Named::Group(group)) => Some(graph.groups[group].output),
        Some(Named::Node(node)) => Some(node),
        None => None,
    }
}

const fn node_text(head: &str, graph: &Graph<'_>) -> usize {
    let (mut len, mut node) = (0, 1);
    while node < graph.nodes.len() {
        len += head.len() + 1 + graph.nodes[node].name.len();
        node += 1;
    }
    len
}

const fn group_text(head: &str, graph: &Graph<'_>) -> usize {
    let (mut len, mut group) = (0, 0);
    while group < graph.groups.len() {
        len += head.len() + 1 + graph.groups[group].name.len();
        group += 1;
    }
    len
}

const fn utf8(text: &[u8]) -> &str {
    match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Init, UNKNOWN};

    const INPUT: Op = Op::Input { channels: 3, extents: [8, UNKNOWN, 1] };

    const fn graph<'a>(name: &'a str, nodes: &'a [Node<'a>], groups: &'a [Group<'a>]) -> Graph<'a> {
        Graph { name, rank: 2, nodes, groups, init: Init::HeFanOut }
    }

    /// Two layers, the second of which also reads the input; a group of both, and one that names the input.
    static BODY: Graph<'static> = graph(
        "Body",
        &[
            Node { name: "input", op: INPUT, inputs: &[] },
            Node { name: "a", op: Op::Flatten, inputs: &[0] },
            Node { name: "b.add", op: Op::Dropout, inputs: &[1, 0] },
        ],
        &[
            Group { name: "b", first: 1, end: 3, output: 2, stage: true },
            Group { name: "start", first: 1, end: 1, output: 0, stage: true },
        ],
    );

    /// No layer at all: what comes in goes out.
    static NOTHING: Graph<'static> = graph("Nothing", &[Node { name: "input", op: INPUT, inputs: &[] }], &[]);

    const INLINED: &[Inlined<'static>] = &[
        Inlined { name: "one", graph: &BODY },
        Inlined { name: "none", graph: &NOTHING },
        Inlined { name: "two", graph: &BODY },
    ];

    static PARTS: [Part<'static>; 6] = [
        Part::Layer { name: "input", op: INPUT, inputs: &[] },
        Part::Network { inlined: INLINED[0], input: Ref::Slot(0) },
        Part::Network { inlined: INLINED[1], input: Ref::Slot(1) },
        Part::Network { inlined: INLINED[2], input: Ref::Slot(2) },
        Part::Layer { name: "last", op: Op::Identity, inputs: &[Ref::Inner(1, "a"), Ref::Inner(3, "start")] },
        Part::Layer { name: "end", op: Op::Identity, inputs: &[Ref::Slot(4), Ref::Inner(1, "b")] },
    ];
    static OWN: [PartGroup<'static>; 1] =
        [PartGroup { name: "all", first: 1, end: 6, output: Ref::Slot(3), stage: true }];
    static OFFSETS: [usize; 6] = offsets(&PARTS);
    static SPLICE: Splice<'static> = Splice { parts: &PARTS, groups: &OWN, offsets: &OFFSETS };
    static TEXT: [u8; text_len(INLINED)] = text(INLINED);
    static EDGES: [usize; edge_count(4, INLINED)] = SPLICE.edges();
    static NODES: [Node<'static>; node_count(3, INLINED)] = SPLICE.nodes(&TEXT, &EDGES);
    static GROUPS: [Group<'static>; group_count(1, INLINED)] = SPLICE.groups(&TEXT);

    #[test]
    fn nodes_follow_their_parts() {
        let nodes: [(&str, &[usize]); 7] = [
            ("input", &[]),
            ("one.a", &[0]),
            ("one.b.add", &[1, 0]),
            ("two.a", &[2]),
            ("two.b.add", &[3, 2]),
            ("last", &[1, 2]),
            ("end", &[5, 2]),
        ];
        assert!(NODES.iter().map(|node| (node.name, node.inputs)).eq(nodes));
        assert_eq!(NODES.map(|node| node.op)[4], Op::Dropout);
    }

    #[test]
    fn own_groups_come_first() {
        let group = |name, first, end, output, stage| Group { name, first, end, output, stage };
        let groups = [
            group("all", 1, 7, 4, true),
            group("one.b", 1, 3, 2, false),
            group("one.start", 1, 1, 0, false),
            group("two.b", 3, 5, 4, false),
            group("two.start", 3, 3, 2, false),
        ];
        assert_eq!(GROUPS, groups);
    }
}
