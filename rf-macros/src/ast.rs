//! What the user wrote, with places: plain types that the parser fills and [`resolve`](crate::resolve) reads.
//!
//! Broken pieces stay in the tree as [`Atom::Broken`] and [`Kind::Broken`], so that what depends on them can
//! be passed over without a second error.

use proc_macro2::{Ident, TokenStream};

use crate::place::Place;

/// One `network! { .. }`.
#[derive(Default)]
pub(crate) struct Network {
    /// `crate = path;`: where the library is, if not at `::receptive_field`.
    pub(crate) library: Option<TokenStream>,
    pub(crate) header: Option<Header>,
    /// Whether there were braces at all.
    pub(crate) body: bool,
    pub(crate) inputs: Vec<Input>,
    /// Whether an input was not understood.
    pub(crate) blind: bool,
    pub(crate) inits: Vec<Ident>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) assertions: Vec<Assertion>,
    /// Files that the network must be the same as.
    pub(crate) same_as: Vec<SameAs>,
    /// Files that were read, whole paths: what they say is compiled in.
    pub(crate) tracked: Vec<String>,
    /// How many ids were given to calls, paths and values.
    pub(crate) ids: usize,
}

/// Attributes, visibility, name and generics.
pub(crate) struct Header {
    pub(crate) attributes: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    pub(crate) generics: Vec<Generic>,
    /// `= "file.onnx"`.
    pub(crate) file: Option<File>,
}

/// A file's name in quotes.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) place: Place,
}

/// `same_as "file.onnx";`.
pub(crate) struct SameAs {
    pub(crate) file: File,
    pub(crate) place: Place,
    /// What is in the file, once it is read.
    pub(crate) network: Option<Box<Network>>,
}

/// `const NAME: TYPE`, perhaps with a default.
pub(crate) struct Generic {
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
    pub(crate) default: Option<TokenStream>,
}

/// `input: [channels, extent, ..];`.
pub(crate) struct Input {
    pub(crate) place: Place,
    pub(crate) entries: Vec<Value>,
}

/// `block name(param = default, ..) { body }`.
pub(crate) struct Block {
    pub(crate) name: Ident,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Expr,
}

/// A parameter of a block.
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) default: Option<Value>,
}

/// What a stage or an atom is called: `layer1`, or `"features/0"` for a name that no identifier can spell.
pub(crate) struct Label {
    pub(crate) text: String,
    /// Nothing for a string: it becomes no const.
    pub(crate) ident: Option<Ident>,
    pub(crate) place: Place,
}

/// `label: expr;`.
pub(crate) struct Stage {
    /// Doc comments: they go to the label's const.
    pub(crate) docs: TokenStream,
    pub(crate) label: Option<Label>,
    pub(crate) expr: Expr,
}

/// `chain + chain + ..`; most have one chain.
pub(crate) struct Expr {
    pub(crate) chains: Vec<Chain>,
    /// The first `+`: what a merge of unequal shapes is reported at.
    pub(crate) plus: Option<Place>,
    pub(crate) id: usize,
}

/// `term -> term -> ..`.
pub(crate) struct Chain {
    pub(crate) terms: Vec<Term>,
}

/// `label: atom * times`.
pub(crate) struct Term {
    pub(crate) label: Option<Label>,
    pub(crate) atom: Atom,
    pub(crate) times: Option<Value>,
}

/// One piece of a chain.
pub(crate) enum Atom {
    /// A layer or a block with arguments, or a single word that names anything.
    Call(Call),
    /// `enc4.conv1` or `"enc4.0"`: an earlier output.
    Path(Path),
    /// `( expr )`.
    Paren(Place, Box<Expr>),
    /// `[ expr, .. ]` and `mul [..]`, `max [..]`.
    Merge(Merge),
    /// `for i in .. { expr }`.
    For(Box<For>),
    /// Another network by its type.
    Type(Type),
    /// Something that is no atom; already reported.
    Broken(Place),
}

/// `name` or `name(args)`.
pub(crate) struct Call {
    pub(crate) id: usize,
    pub(crate) name: Ident,
    pub(crate) args: Option<Vec<Arg>>,
    pub(crate) place: Place,
}

/// `value` or `name = value`.
pub(crate) struct Arg {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Value,
}

/// A dotted path to an earlier output.
pub(crate) struct Path {
    pub(crate) id: usize,
    /// `layer1.0.conv2`.
    pub(crate) text: String,
    /// The label it begins with, unless it is written as a string.
    pub(crate) head: Option<Ident>,
    pub(crate) place: Place,
}

/// Several feature maps made one.
pub(crate) struct Merge {
    pub(crate) id: usize,
    pub(crate) kind: MergeKind,
    pub(crate) place: Place,
    pub(crate) branches: Vec<Expr>,
}

/// How feature maps are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MergeKind {
    Add,
    Concat,
    Mul,
    Max,
}

/// A loop unrolled in sequence.
pub(crate) struct For {
    pub(crate) variable: Ident,
    pub(crate) values: Values,
    pub(crate) body: Expr,
}

/// What a loop runs over.
pub(crate) enum Values {
    Range { from: Value, to: Value, inclusive: bool },
    List { place: Place, values: Vec<Value> },
    Broken,
}

/// Another network's type.
pub(crate) struct Type {
    pub(crate) id: usize,
    pub(crate) tokens: TokenStream,
    pub(crate) place: Place,
}

/// An argument, an extent, the right side of a comparison.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) id: usize,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What a value looks like. What it means depends on the argument that it is given for.
#[derive(Clone)]
pub(crate) enum Kind {
    Int(i64),
    Float(TokenStream),
    Bool(bool),
    Text(String),
    /// A single identifier: a const, a parameter, or a word such as `same`.
    Word(Ident),
    /// `_`.
    Free,
    /// `( value, .. )`.
    Tuple(Vec<Value>),
    /// `[ value, .. ]`.
    List(Vec<Value>),
    /// `a / b` of two integer literals: a jump may be one.
    Ratio(i64, i64, TokenStream),
    /// Any other const expression.
    Expr(TokenStream),
    /// Already reported.
    Broken,
}

/// `assert !query(path, ..) cmp value;`.
pub(crate) struct Assertion {
    pub(crate) place: Place,
    pub(crate) negate: bool,
    pub(crate) query: Ident,
    pub(crate) path: Option<Path>,
    /// What follows the path: an axis name or `energy = 0.9`.
    pub(crate) rest: Vec<Arg>,
    pub(crate) compare: Option<(Compare, Place, Value)>,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Ge,
    Gt,
    Le,
    Lt,
    Eq,
    Ne,
}
