//! What [`resolve`](crate::resolve) hands to [`expand`](crate::expand): the network laid out flat, names and
//! sources decided. Values and places only; the only tokens are the user's own expressions.

use std::rc::Rc;

use proc_macro2::{Ident, TokenStream};

use crate::ast::{Compare, Header, MergeKind};
use crate::place::Place;

/// A network, laid out.
pub(crate) struct Model {
    pub(crate) library: Option<TokenStream>,
    pub(crate) header: Header,
    pub(crate) rank: usize,
    pub(crate) init: &'static str,
    /// In topological order; the first is the input.
    pub(crate) nodes: Vec<Node>,
    pub(crate) groups: Vec<Group>,
    pub(crate) labels: Vec<Label>,
    /// One per layer in the source: the nodes it became.
    pub(crate) checks: Vec<Check>,
    pub(crate) repeats: Vec<Repeat>,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) same_as: Vec<SameAs>,
    /// Files whose change must build this anew.
    pub(crate) tracked: Vec<String>,
    pub(crate) editor: Editor,
    /// Whether some layer may divide units into phases.
    pub(crate) phases: bool,
    /// Whether some node is another network: then the graph is spliced by the library.
    pub(crate) inlines: bool,
    /// The paths that lead into those networks.
    pub(crate) inner: Vec<Inner>,
}

/// A file's network, and where it is said that this one is the same.
pub(crate) struct SameAs {
    pub(crate) place: Place,
    pub(crate) path: String,
    pub(crate) model: Model,
}

/// What an editor can follow.
pub(crate) struct Editor {
    /// Where paths begin with a label.
    pub(crate) labels: Vec<Ident>,
    /// Blocks and their calls; within, parameters and their uses.
    pub(crate) blocks: Mentions,
}

/// Names of a scope, and where it mentions them or those around it.
#[derive(Default)]
pub(crate) struct Mentions {
    pub(crate) names: Vec<Ident>,
    pub(crate) uses: Vec<Ident>,
    pub(crate) inner: Vec<Mentions>,
}

/// A layer, or another network in its place.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) inputs: Vec<Source>,
}

/// What a node is.
pub(crate) enum What {
    Layer(Rc<Op>),
    Network(TokenStream),
}

/// A path into an inlined network: whether it names something there, only rustc can tell.
pub(crate) struct Inner {
    pub(crate) node: usize,
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// What a node reads.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The output of a node (or of a whole inlined network).
    Node(usize),
    /// A layer or stage within an inlined network.
    Inner(usize, String),
}

/// A named run of nodes.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) output: Source,
    pub(crate) stage: bool,
}

/// A label of the user's: it becomes a const.
pub(crate) struct Label {
    pub(crate) ident: Ident,
    pub(crate) docs: TokenStream,
    pub(crate) group: usize,
}

/// One layer of the source and the nodes that it became.
pub(crate) struct Check {
    pub(crate) place: Place,
    /// The arguments that are literals in the source, a letter each: see `rf_core::theory`'s way out.
    pub(crate) literals: String,
    pub(crate) nodes: Vec<usize>,
}

/// A repeat `* 3` of the source that is laid out once.
pub(crate) struct Repeat {
    pub(crate) place: Place,
    pub(crate) first: usize,
    /// Nodes of one copy.
    pub(crate) nodes: usize,
    pub(crate) copies: usize,
}

/// An assertion about resolved things.
pub(crate) struct Assertion {
    pub(crate) place: Place,
    pub(crate) query: Query,
    pub(crate) at: At,
    pub(crate) axis: Option<usize>,
    pub(crate) negate: bool,
    pub(crate) compare: Option<(Compare, Bound)>,
}

/// A query and its own argument.
pub(crate) enum Query {
    Plain(&'static str),
    Erf(Float),
}

/// What an assertion is about.
pub(crate) enum At {
    Node(usize),
    Group(usize),
    Name(String),
    Network,
}

/// The right side of a comparison.
pub(crate) enum Bound {
    Int(Int),
    /// For a jump; over one, where it is a whole number.
    Ratio(Int, Int),
    Ratios(Vec<(Int, Int)>),
    PerAxis(Axes),
    Shape(Vec<Int>),
}

/// An integer argument.
#[derive(Clone, Debug)]
pub(crate) enum Int {
    Lit(i64),
    Expr(TokenStream, Place),
}

/// One integer per axis.
#[derive(Clone, Debug)]
pub(crate) enum Axes {
    All(Int),
    Each(Vec<Int>),
}

/// Padding of one axis.
#[derive(Clone, Debug)]
pub(crate) enum Pad {
    Both(Int),
    Sides(Int, Int),
    /// `Same`, `SameLower` or `Causal`.
    Word(&'static str),
}

/// Padding of every axis.
#[derive(Clone, Debug)]
pub(crate) enum Pads {
    All(Pad),
    Each(Vec<Pad>),
}

/// A truth value.
#[derive(Clone, Debug)]
pub(crate) enum Bool {
    Lit(bool),
    Expr(TokenStream),
}

/// A number with a fraction.
#[derive(Clone, Debug)]
pub(crate) enum Float {
    Lit(f64),
    Expr(TokenStream),
}

/// The window of a convolution or a pool.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) kernel: Axes,
    pub(crate) stride: Axes,
    pub(crate) padding: Pads,
    pub(crate) dilation: Axes,
}

/// A layer's operation: `rf_core::graph::Op` with the user's expressions in place of numbers.
#[derive(Debug)]
pub(crate) enum Op {
    Input { channels: Int, extents: Vec<Int> },
    Conv { channels: Int, window: Window, groups: Int, bias: Bool },
    DepthwiseConv { multiplier: Int, window: Window, bias: Bool },
    ConvTranspose { channels: Int, window: Window, output_padding: Axes, groups: Int, bias: Bool },
    Pool { pool: &'static str, window: Window, ceil_mode: Bool, count_include_pad: Bool },
    AdaptivePool { pool: &'static str, output: Axes },
    GlobalPool { pool: &'static str },
    Upsample { factor: Axes, mode: &'static str },
    Resample { num: Axes, offset: Axes, den: Axes, taps: Axes, extent: Axes },
    PixelShuffle { factor: Axes },
    PixelUnshuffle { factor: Axes },
    ChannelShuffle { groups: Int },
    Narrow { first: Int, channels: Int },
    Pad { sides: Pads, crop: bool },
    Linear { features: Int, bias: Bool },
    Flatten,
    Norm { norm: Norm, affine: Bool },
    SqueezeExcite { squeeze: Int },
    Attention { heads: Int, bias: Bool },
    Prelu { per_channel: Bool },
    Activation { name: &'static str, fields: Vec<(&'static str, Float)> },
    Dropout,
    Identity,
    Merge(MergeKind),
    Custom { channels: Int, window: Window, global: Bool, params: Int },
    Opaque { operator: String, channels: Int, extents: Axes, global: Bool },
}

/// A normalisation.
#[derive(Debug)]
pub(crate) enum Norm {
    Batch,
    Layer { spatial: Bool },
    Group { groups: Int },
    Instance,
    LocalResponse { size: Int },
}
