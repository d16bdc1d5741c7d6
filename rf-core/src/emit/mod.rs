//! A graph as `network!` source: it compiles, and its table is the graph's.
//!
//! ```
//! use rf_core::emit::network;
//! use rf_core::graph::{GraphBuf, Op, Padding, Window, Merge};
//!
//! let mut net = GraphBuf::new("resnet-block", 8, &[32, 32]);
//! let window = Window::new([3, 3, 1]).padding([Padding::both(1), Padding::both(1), Padding::ZERO]);
//! let conv = net.push("conv1", Op::Conv { channels: 8, window, groups: 1, bias: false }, &[0]);
//! net.push("block/add", Op::Merge(Merge::Add), &[conv, 0]);
//! assert_eq!(
//!     network(&net.lend().graph(), &[("sum", 2)]),
//!     "network! {
//!     pub ResnetBlock {
//!         input: [8, 32, 32];
//!         conv1: conv(8, 3, padding = 1, bias = false);
//!         \"block/add\": \"conv1\" + input;
//!         sum: \"block/add\";
//!     }
//! }
//! "
//! );
//! ```
//!
//! A layer is a stage under its own name, in quotes where that is no identifier. It reads the stage before it unless it
//! begins with a path, so branches and skips are paths.

mod label;
mod layer;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::graph::{Graph, Init, Op};
use label::{Labels, path};
pub use label::{is_keyword, type_name};
pub use layer::layer;

/// The whole macro call, the network under a type name made of the graph's own. `outputs` names nodes once more, by
/// index: each becomes a label, and where that is no identifier another, which is a const.
#[must_use]
pub fn network(graph: &Graph<'_>, outputs: &[(&str, usize)]) -> String {
    let mut text = format!("network! {{\n    pub {} {{\n", type_name(graph.name));
    for item in items(graph, outputs) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "        {item}");
    }
    text.push_str("    }\n}\n");
    text
}

/// What stands between the network's braces, an item each.
#[must_use]
pub fn items(graph: &Graph<'_>, outputs: &[(&str, usize)]) -> Vec<String> {
    let labels = Labels::new(graph);
    let mut items: Vec<String> =
        graph.nodes.first().map(|input| layer::input(&input.op, graph.rank)).into_iter().collect();
    if let Some(word) = init(graph.init) {
        items.push(format!("init: {word};"));
    }
    let mut stages = Stages { graph, labels, items, before: 0 };
    let last = graph.nodes.len().saturating_sub(1);
    (1..last).for_each(|node| stages.layer(node));
    // The last layer is the network's output, so other names for others stand before it.
    outputs.iter().filter(|&&(_, node)| node < last).for_each(|&(name, node)| stages.output(name, node));
    if last > 0 {
        stages.layer(last);
    }
    outputs.iter().filter(|&&(_, node)| node == last).for_each(|&(name, node)| stages.output(name, node));
    stages.items
}

fn init(init: Init) -> Option<&'static str> {
    match init {
        Init::HeFanOut => None,
        Init::HeFanIn => Some("he_fan_in"),
        Init::Xavier => Some("xavier"),
        Init::LeCun => Some("lecun"),
        Init::Uniform => Some("uniform"),
    }
}

/// The items so far, and which node the last of them ends in.
struct Stages<'g, 'a> {
    graph: &'g Graph<'a>,
    labels: Labels,
    items: Vec<String>,
    before: usize,
}

impl Stages<'_, '_> {
    /// `label: path -> layer;`.
    fn layer(&mut self, node: usize) {
        let (op, inputs) = (self.graph.nodes[node].op, self.graph.nodes[node].inputs);
        let label = self.labels.label(node);
        let stage = match (op, inputs) {
            (Op::Merge(merge), inputs) => {
                let paths: Vec<String> = inputs.iter().map(|&input| self.path(input)).collect();
                layer::merge(merge, &paths)
            }
            (op, [input]) if *input != self.before => {
                format!("{} -> {}", self.path(*input), layer::layer(&op, self.graph.rank))
            }
            (op, _) => layer::layer(&op, self.graph.rank),
        };
        self.items.push(format!("{label}: {stage};"));
        self.before = node;
    }

    /// `name: path;`, unless the layer has that name.
    fn output(&mut self, name: &str, node: usize) {
        for label in self.labels.output(name, node) {
            let path = self.path(node);
            self.items.push(format!("{label}: {path};"));
            self.before = node;
        }
    }

    fn path(&self, node: usize) -> String {
        if node == 0 { "input".into() } else { path(self.labels.name(node)) }
    }
}
