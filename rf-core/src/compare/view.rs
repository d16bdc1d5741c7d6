//! A network looked at for what it means: kinds of layers, and what they read through those that mean nothing.

use super::kind::Kind;
use crate::graph::{Graph, MAX_RANK, Merge, Node, Op, PerAxis, Pool};
use crate::theory::{AxisMap, Row, Table};

/// A network as it is compared.
#[derive(Clone, Copy)]
pub(super) struct View<'t, 'a> {
    pub(super) table: &'t Table<'a>,
    /// Whether extents may decide what a layer is: not where those of one of the two networks are open.
    pub(super) exact: bool,
}

impl<'a> View<'_, 'a> {
    pub(super) const fn graph(&self) -> &Graph<'a> {
        self.table.graph()
    }

    /// The kind of a node.
    pub(super) const fn kind(&self, node: usize) -> Kind {
        let Node { op, inputs, .. } = self.graph().nodes[node];
        match op {
            Op::Input { .. } => Kind::Input,
            // All of one unit is that unit.
            Op::Pool { .. } | Op::GlobalPool { .. } | Op::AdaptivePool { .. }
                if self.is_single(inputs[0]) && self.is_single(node) =>
            {
                Kind::None
            }
            Op::Conv { .. } | Op::DepthwiseConv { .. } if self.takes_all(node) => Kind::Linear,
            Op::Conv { .. } | Op::DepthwiseConv { .. } => Kind::Conv,
            Op::ConvTranspose { .. } => Kind::ConvTranspose,
            Op::Pool { pool, .. } if self.takes_all(node) => Kind::global(pool),
            Op::Pool { pool: Pool::Max, .. } => Kind::MaxPool,
            Op::Pool { pool: Pool::Avg, .. } => Kind::AvgPool,
            Op::GlobalPool { pool } => Kind::global(pool),
            Op::AdaptivePool { pool, .. } if self.is_single(node) => Kind::global(pool),
            Op::AdaptivePool { .. } if self.exact && self.keeps_extents(node) => Kind::None,
            Op::AdaptivePool { pool: Pool::Max, .. } => Kind::AdaptiveMaxPool,
            Op::AdaptivePool { pool: Pool::Avg, .. } => Kind::AdaptiveAvgPool,
            Op::Upsample { .. } => Kind::Upsample,
            Op::Resize { .. } => Kind::Resample,
            Op::PixelShuffle { .. } => Kind::PixelShuffle,
            Op::PixelUnshuffle { .. } => Kind::PixelUnshuffle,
            Op::Narrow { .. } => Kind::Narrow,
            Op::Pad { .. } => Kind::Pad,
            Op::Linear { .. } => Kind::Linear,
            Op::Norm { norm, .. } if norm.spatial() => Kind::Norm,
            Op::SqueezeExcite { .. } => Kind::SqueezeExcite,
            Op::Attention { .. } => Kind::Attention,
            Op::Merge(_) if inputs.len() == 1 => Kind::None,
            Op::Merge(Merge::Add) => Kind::Add,
            Op::Merge(Merge::Concat) => Kind::Concat,
            Op::Merge(Merge::Mul) => Kind::Mul,
            Op::Merge(Merge::Max) => Kind::Max,
            Op::Custom { .. } => Kind::Custom,
            Op::Opaque { .. } => Kind::Opaque,
            Op::Norm { .. }
            | Op::Activation(_)
            | Op::ChannelShuffle { .. }
            | Op::Flatten
            | Op::Dropout
            | Op::Identity => Kind::None,
        }
    }

    /// Whether a layer has one unit.
    const fn is_single(&self, node: usize) -> bool {
        let mut axis = 0;
        while axis < self.graph().rank {
            if self.table.layer(node).data().extent(axis) != 1 {
                return false;
            }
            axis += 1;
        }
        true
    }

    const fn keeps_extents(&self, node: usize) -> bool {
        let (row, input) = (self.table.layer(node).data(), self.input(node));
        let mut axis = 0;
        while axis < self.graph().rank {
            if row.extent(axis) != input.extent(axis) {
                return false;
            }
            axis += 1;
        }
        true
    }

    const fn input(&self, node: usize) -> &Row {
        self.table.layer(self.graph().nodes[node].inputs[0]).data()
    }

    /// Whether a window is the whole input, so that it is as good as a dense layer or a global pool.
    const fn takes_all(&self, node: usize) -> bool {
        let (row, input) = (self.table.layer(node).data(), self.input(node));
        let mut axis = 0;
        while axis < self.graph().rank {
            let extent = input.extent(axis);
            let whole = match row.map(axis) {
                AxisMap::Window { kernel, dilation, before: 0, .. } => {
                    kernel == extent && (dilation == 1 || kernel == 1)
                }
                _ => false,
            };
            if !whole || row.extent(axis) != 1 || !(self.exact || extent == 1) {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// The node itself, or the nearest one before it that means something.
    pub(super) const fn seen(&self, node: usize) -> usize {
        let mut node = node;
        while node > 0 && matches!(self.kind(node), Kind::None) {
            node = self.graph().nodes[node].inputs[0];
        }
        node
    }

    /// What a layer of one input reads, and the padding on the way that is its own.
    pub(super) const fn reads(&self, node: usize) -> (usize, PerAxis) {
        let graph = self.graph();
        let (mut from, mut before) = (self.seen(graph.nodes[node].inputs[0]), [0; MAX_RANK]);
        if !self.kind(node).slides() {
            return (from, before);
        }
        while let Op::Pad { sides } = graph.nodes[from].op {
            let mut axis = 0;
            while axis < graph.rank {
                before[axis] += sides.before[axis];
                axis += 1;
            }
            from = self.seen(graph.nodes[from].inputs[0]);
        }
        (from, before)
    }

    /// Whether a layer is a part of all that read it, and so none by itself: a padding before windows, a sum in sums.
    pub(super) const fn is_absorbed(&self, node: usize) -> bool {
        let own = self.kind(node);
        if !own.is_merge() && !matches!(own, Kind::Pad) {
            return false;
        }
        let (mut reader, mut read) = (node + 1, false);
        while reader < self.graph().nodes.len() {
            let (inputs, by) = (self.graph().nodes[reader].inputs, self.kind(reader));
            let mut k = 0;
            while k < inputs.len() && !matches!(by, Kind::None) {
                if self.seen(inputs[k]) == node {
                    let absorbs = match own {
                        Kind::Pad => by.slides() || matches!(by, Kind::Pad) && self.is_absorbed(reader),
                        _ => by as usize == own as usize,
                    };
                    if !absorbs {
                        return false;
                    }
                    read = true;
                }
                k += 1;
            }
            reader += 1;
        }
        read
    }
}
