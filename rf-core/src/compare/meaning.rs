//! What a layer means in space.

use crate::graph::{Graph, MAX_RANK, Merge, Node, Op, PerAxis, Pool, UNKNOWN};
use crate::theory::{AxisMap, Row, Table, Text};

/// What kind of layer it is, as far as space goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Input,
    Conv,
    ConvTranspose,
    MaxPool,
    AvgPool,
    AdaptiveMaxPool,
    AdaptiveAvgPool,
    GlobalMaxPool,
    GlobalAvgPool,
    Upsample,
    Resample,
    Narrow,
    PixelShuffle,
    PixelUnshuffle,
    Pad,
    Linear,
    Norm,
    SqueezeExcite,
    Attention,
    Add,
    Concat,
    Mul,
    Max,
    Custom,
    Opaque,
    /// Looked through.
    None,
}

impl Kind {
    pub(super) const fn is_merge(self) -> bool {
        matches!(self, Self::Add | Self::Concat | Self::Mul | Self::Max)
    }

    const fn global(pool: Pool) -> Self {
        match pool {
            Pool::Max => Self::GlobalMaxPool,
            Pool::Avg => Self::GlobalAvgPool,
        }
    }

    /// Whether it reads all of its input, so that it has no window to compare.
    const fn is_global(self) -> bool {
        matches!(
            self,
            Self::Linear
                | Self::GlobalMaxPool
                | Self::GlobalAvgPool
                | Self::Norm
                | Self::SqueezeExcite
                | Self::Attention
                | Self::Opaque
        )
    }

    /// The language's word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Conv => "conv",
            Self::ConvTranspose => "conv_transpose",
            Self::MaxPool => "max_pool",
            Self::AvgPool => "avg_pool",
            Self::AdaptiveMaxPool => "adaptive_max_pool",
            Self::AdaptiveAvgPool => "adaptive_avg_pool",
            Self::GlobalMaxPool => "global_max_pool",
            Self::GlobalAvgPool => "global_avg_pool",
            Self::Upsample => "upsample",
            Self::Resample => "resample",
            Self::Narrow => "narrow",
            Self::Opaque => "opaque",
            Self::PixelShuffle => "pixel_shuffle",
            Self::PixelUnshuffle => "pixel_unshuffle",
            Self::Pad => "pad",
            Self::Linear => "linear",
            Self::Norm => "norm over space",
            Self::SqueezeExcite => "squeeze_excite",
            Self::Attention => "attention",
            Self::Add => "add",
            Self::Concat => "concat",
            Self::Mul => "mul",
            Self::Max => "max",
            Self::Custom => "custom",
            Self::None => "identity",
        }
    }
}

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
        if !slides(self.kind(node)) {
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
                        Kind::Pad => slides(by) || matches!(by, Kind::Pad) && self.is_absorbed(reader),
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

/// Whether a window slides over the layer's input, so that a padding before it is its own.
const fn slides(kind: Kind) -> bool {
    matches!(kind, Kind::Conv | Kind::MaxPool | Kind::AvgPool)
}

/// What is compared of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Facet {
    Kind,
    Kernel,
    Stride,
    Padding,
    Dilation,
    Factor,
    Channels,
    Extents,
}

/// All facets, those first that explain others.
pub(super) const FACETS: [Facet; 8] = [
    Facet::Kind,
    Facet::Kernel,
    Facet::Stride,
    Facet::Padding,
    Facet::Dilation,
    Facet::Factor,
    Facet::Channels,
    Facet::Extents,
];

impl Facet {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Kernel => "kernel",
            Self::Stride => "stride",
            Self::Padding => "padding",
            Self::Dilation => "dilation",
            Self::Factor => "factor",
            Self::Channels => "channels",
            Self::Extents => "extents",
        }
    }

    /// Whether it is an argument of the layer's own: the others follow from what it reads too.
    #[cfg(feature = "alloc")]
    pub(super) const fn is_own(self) -> bool {
        !matches!(self, Self::Extents)
    }
}

/// A layer's facets as numbers, an axis each; one number stands first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) rank: usize,
    values: [PerAxis; FACETS.len()],
}

impl Meaning {
    pub(super) const fn of(view: &View<'_, '_>, node: usize) -> Self {
        let graph = view.graph();
        let (kind, rank) = (view.kind(node), graph.rank);
        let row = view.table.layer(node).data();
        let mut values = [[0; MAX_RANK]; FACETS.len()];
        values[Facet::Kind as usize][0] = kind as i64;
        values[Facet::Channels as usize][0] = row.channels();
        let padded = if graph.nodes[node].inputs.len() == 1 { view.reads(node).1 } else { [0; MAX_RANK] };
        let mut axis = 0;
        while axis < rank {
            values[Facet::Extents as usize][axis] = row.extent(axis);
            let [kernel, stride, padding, dilation, factor] = window(row.map(axis));
            if !kind.is_global() {
                values[Facet::Kernel as usize][axis] = kernel;
                values[Facet::Stride as usize][axis] = stride;
                values[Facet::Padding as usize][axis] = padding + padded[axis];
                values[Facet::Dilation as usize][axis] = dilation;
                values[Facet::Factor as usize][axis] = factor;
            }
            axis += 1;
        }
        Self { kind, rank, values }
    }

    pub(super) const fn get(&self, facet: Facet) -> PerAxis {
        self.values[facet as usize]
    }

    /// Whether both have this facet alike. Where a number of either is not known it is alike.
    pub(super) const fn agrees(&self, other: &Self, facet: Facet) -> bool {
        let (ours, theirs) = (self.get(facet), other.get(facet));
        let open = matches!(facet, Facet::Channels | Facet::Extents);
        let mut axis = 0;
        while axis < MAX_RANK {
            let unknown = open && (ours[axis] == UNKNOWN || theirs[axis] == UNKNOWN);
            if ours[axis] != theirs[axis] && !unknown {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// Writes `3`, `3×5`, or the kind's word.
    pub(super) const fn write(&self, facet: Facet, text: &mut Text) {
        let values = self.get(facet);
        match facet {
            Facet::Kind => {
                text.str(self.kind.word());
            }
            Facet::Channels => number(values[0], text),
            _ => {
                let all = facet as usize != Facet::Extents as usize && alike(values, self.rank);
                let mut axis = 0;
                while axis < self.rank && !(all && axis > 0) {
                    if axis > 0 {
                        text.str("×");
                    }
                    number(values[axis], text);
                    axis += 1;
                }
            }
        }
    }
}

const fn number(number: i64, text: &mut Text) {
    if number == UNKNOWN {
        text.str("_");
    } else {
        text.int(number);
    }
}

const fn alike(values: PerAxis, rank: usize) -> bool {
    let mut axis = 1;
    while axis < rank {
        if values[axis] != values[0] {
            return false;
        }
        axis += 1;
    }
    true
}

/// Kernel, stride, padding before, dilation and factor of a map. The dilation of one tap is none.
const fn window(map: AxisMap) -> [i64; 5] {
    match map {
        AxisMap::Window { kernel, stride, dilation, before }
        | AxisMap::Transposed { kernel, stride, dilation, before } => {
            [kernel, stride, before, if kernel == 1 { 1 } else { dilation }, 1]
        }
        AxisMap::Nearest { factor } => [1, 1, 0, 1, factor],
        // Two taps, where nearest has one.
        AxisMap::Linear { factor } => [2, 1, 0, 1, factor],
        AxisMap::Resample { num, offset, den, taps } => [taps, num, -offset, 1, den],
        AxisMap::Adaptive { output, .. } => [0, 0, 0, 0, output],
        AxisMap::All => [0; 5],
    }
}
