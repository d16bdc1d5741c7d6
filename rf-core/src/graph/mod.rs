//! The hub: one plain description of a network that everything else fills or reads.
//!
//! The macro, importers and run-time builders fill a [`Graph`]; tables, assertions, engines and pictures read
//! it. It borrows all it holds, so it can be a `const`. Nodes stand in topological order: every input of a node
//! has a smaller index, and node 0 is the network's input.

pub(crate) mod argument;
#[cfg(feature = "alloc")]
mod buffer;
pub(crate) mod lines;
pub(crate) mod name;
mod op;
pub(crate) mod splice;

#[cfg(feature = "alloc")]
pub use buffer::{GraphBuf, Lent};
pub use op::{Activation, Init, Merge, Norm, Op, Padding, Pool, Resample, Resize, Sides, Window};

/// The largest number of spatial axes.
pub const MAX_RANK: usize = 3;

/// One `i64` per spatial axis, outermost first: `(length)`, `(height, width)` or `(depth, height, width)`.
///
/// Entries beyond the graph's rank are neutral: 1 for a kernel, stride or dilation, 0 for padding.
pub type PerAxis = [i64; MAX_RANK];

/// An extent or a channel count that is not known before run time (`_` in the language). It is far from what somebody
/// may write by mistake, and small enough to be multiplied by any argument.
pub const UNKNOWN: i64 = -(1 << 32);

/// A network: layers in topological order, and the named groups (stages, blocks) that they form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graph<'a> {
    /// The network's own name.
    pub name: &'a str,
    /// Number of spatial axes, 1 to 3.
    pub rank: usize,
    /// The layers. Node 0 is [`Op::Input`]; the last node is the network's output.
    pub nodes: &'a [Node<'a>],
    /// Stages, blocks and labelled sub-chains, in source order, outer before inner.
    pub groups: &'a [Group<'a>],
    /// How weights are drawn where none are given; read by the effective field alone.
    pub init: Init,
}

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node<'a> {
    /// The `state_dict` path, unique in the graph: `layer1.0.conv2`.
    pub name: &'a str,
    /// What it computes.
    pub op: Op,
    /// The nodes it reads, each smaller than its own index.
    pub inputs: &'a [usize],
}

/// A named run of layers: a stage, a block instance or a labelled sub-chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its path: `layer1`, `layer1.0`, `layer2.0.downsample`.
    pub name: &'a str,
    /// Index of its first node.
    pub first: usize,
    /// One past the index of its last node; equal to `first` for a stage that only names another's output.
    pub end: usize,
    /// The node whose output is the group's output.
    pub output: usize,
    /// Whether it is a stage of the network itself. Every stage has a group, even one of a single layer.
    pub stage: bool,
}
