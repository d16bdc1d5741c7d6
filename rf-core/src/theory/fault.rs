//! What can be wrong with a layer, as values; [`message`](super::message) puts it into words.

/// Why a layer cannot be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the numbers of the message")]
pub enum Fault {
    /// A layer that it reads is at fault; said there, not again here.
    Upstream,
    /// An argument below its least value.
    TooSmall { what: &'static str, value: i64, least: i64 },
    /// An argument, or a number that follows from it, beyond [`LIMIT`].
    TooLarge { what: &'static str },
    /// More parameters than a `u64` counts.
    Params,
    /// The window does not fit in the padded input.
    Window { axis: usize, window: i64, padded: i64 },
    /// Nothing is left of the input along an axis.
    NothingLeft { axis: usize, extent: i64 },
    /// `same` padding with a stride above 1 where the input's extent is `_`.
    SameNeedsExtent { axis: usize },
    /// A layer that needs a fixed extent where it is `_`.
    NeedsExtent { axis: usize },
    /// A layer that needs a known number of channels.
    NeedsChannels,
    /// Channels that `what` does not divide.
    Divide { what: &'static str, channels: i64, divisor: i64 },
    /// More channels than the input has.
    Channels { wanted: i64, channels: i64 },
    /// An extent that a factor does not divide.
    DivideExtent { axis: usize, extent: i64, factor: i64 },
    /// Two inputs of a merge with different extents: the first input's and that of input `input`.
    MergeExtent { axis: usize, input: usize, first: i64, other: i64 },
    /// Two inputs of a merge with different channels.
    MergeChannels { input: usize, first: i64, other: i64 },
    /// A merge of more different jumps than [`STRANDS`](super::STRANDS).
    TooManyJumps { axis: usize },
    /// An inlined network that expects other channels than it gets.
    InlinedChannels { expected: i64, found: i64 },
    /// What a global layer's input really reads takes more room to trace than there is in const context.
    Reach,
    /// More phases than the table has room for.
    Phases { room: usize },
    /// A node that reads itself, a later node, or the wrong number of nodes.
    Inputs { found: usize },
    /// A spatial layer behind a `flatten` or `linear`.
    Flat,
}

/// The largest magnitude of an argument, a position or an extent: products of a sum of three and another fit in an `i64`.
pub const LIMIT: i64 = 1 << 30;
