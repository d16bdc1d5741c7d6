//! What a layer computes: values only, in PyTorch's words and with PyTorch's defaults.

use super::{MAX_RANK, PerAxis};

/// A layer's operation and its arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are PyTorch's own argument names")]
pub enum Op {
    /// The network's input: channels and extents, each possibly [`UNKNOWN`](super::UNKNOWN).
    Input { channels: i64, extents: PerAxis },
    /// Convolution. A depthwise one has `groups` equal to its input's channels: see [`Op::DepthwiseConv`].
    Conv { channels: i64, window: Window, groups: i64, bias: bool },
    /// Convolution of each channel by itself, to `multiplier` channels each.
    DepthwiseConv { multiplier: i64, window: Window, bias: bool },
    /// Transposed convolution (the adjoint of a convolution's index map), `output_padding` units added after.
    ConvTranspose { channels: i64, window: Window, output_padding: PerAxis, groups: i64, bias: bool },
    /// Max or average pooling. `count_include_pad` divides an average by the whole kernel at borders too.
    Pool { pool: Pool, window: Window, ceil_mode: bool, count_include_pad: bool },
    /// Pooling to a fixed number of units per axis.
    AdaptivePool { pool: Pool, output: PerAxis },
    /// Pooling of everything to one unit per axis.
    GlobalPool { pool: Pool },
    /// Resizing by a whole factor per axis.
    Upsample { factor: PerAxis, mode: Resize },
    /// Resizing along each axis by any ratio; a whole factor between half-pixel centres is an [`Op::Upsample`].
    Resize { axes: [Resample; MAX_RANK] },
    /// Channels into space: `C·r^rank` channels to `C`, extents times `r`.
    PixelShuffle { factor: PerAxis },
    /// Space into channels: the inverse of [`Op::PixelShuffle`].
    PixelUnshuffle { factor: PerAxis },
    /// Channel `c` of the output is channel `(c mod groups) · (C / groups) + ⌊c / groups⌋` of the `C` of the input.
    ChannelShuffle { groups: i64 },
    /// The channels `first .. first + channels` of the input.
    Narrow { first: i64, channels: i64 },
    /// Zeros added (`pad`) or units removed (`crop`, negative) before and after each axis.
    Pad { sides: Sides },
    /// A dense layer over everything that comes in, flattened.
    Linear { features: i64, bias: bool },
    /// All channels and extents into one row of features.
    Flatten,
    /// A normalisation with `affine` scale and shift per channel.
    Norm { norm: Norm, affine: bool },
    /// A gate: global pool, `squeeze` channels, ReLU, back to all channels, sigmoid, times the input.
    SqueezeExcite { squeeze: i64 },
    /// Multi-head self-attention over all units.
    Attention { heads: i64, bias: bool },
    /// A pointwise function.
    Activation(Activation),
    /// Dropout: the identity when a network is evaluated.
    Dropout,
    /// The identity.
    Identity,
    /// A merge of several feature maps.
    Merge(Merge),
    /// A layer that the language lacks, known by its window only. `channels` of 0 keeps the input's.
    Custom { channels: i64, window: Window, global: bool, params: i64 },
    /// A layer of another tool's, known by the shape of its output only: each unit may read all that comes in. With
    /// `global` it is known to, as in a recurrence; without, nobody knows, and no assertion holds behind it.
    Opaque { operator: &'static str, channels: i64, extents: PerAxis, global: bool },
}

/// The sliding window of a convolution or a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps.
    pub kernel: PerAxis,
    /// Input units between the windows of two neighbouring outputs.
    pub stride: PerAxis,
    /// Padding, per axis.
    pub padding: [Padding; MAX_RANK],
    /// Input units between two neighbouring taps.
    pub dilation: PerAxis,
}

impl Window {
    /// A window of `kernel` taps with stride 1, no padding and dilation 1.
    #[must_use]
    pub const fn new(kernel: PerAxis) -> Self {
        Self { kernel, stride: [1; MAX_RANK], padding: [Padding::ZERO; MAX_RANK], dilation: [1; MAX_RANK] }
    }

    /// The same window with another stride.
    #[must_use]
    pub const fn stride(mut self, stride: PerAxis) -> Self {
        self.stride = stride;
        self
    }

    /// The same window with another padding.
    #[must_use]
    pub const fn padding(mut self, padding: [Padding; MAX_RANK]) -> Self {
        self.padding = padding;
        self
    }

    /// The same window with another dilation.
    #[must_use]
    pub const fn dilation(mut self, dilation: PerAxis) -> Self {
        self.dilation = dilation;
        self
    }
}

/// Padding along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variant's own text names both fields")]
pub enum Padding {
    /// So many units before and after; a negative number crops.
    Explicit { before: i64, after: i64 },
    /// TensorFlow's `SAME`: the output has `ceil(input / stride)` units, an odd unit of padding comes after.
    Same,
    /// The same with the odd unit before (ONNX `SAME_LOWER`).
    SameLower,
    /// All of it before, so that a unit sees no later input.
    Causal,
}

impl Padding {
    /// No padding (`valid`).
    pub const ZERO: Self = Self::Explicit { before: 0, after: 0 };

    /// The same number of units on both sides.
    #[must_use]
    pub const fn both(units: i64) -> Self {
        Self::Explicit { before: units, after: units }
    }
}

/// Units added before and after each axis; negative ones are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Before the first unit.
    pub before: PerAxis,
    /// After the last unit.
    pub after: PerAxis,
}

/// The two kinds of pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The largest value.
    Max,
    /// The mean.
    Avg,
}

/// How an upsampling fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Each unit repeated.
    Nearest,
    /// Linear on each axis between half-pixel centres (bilinear, trilinear).
    Linear,
}

/// Where an axis is read when it is resized: output `i` lies at `x = (num·i + offset) / den` of the input.
///
/// It reads `⌊x⌋` where `taps` is 1, and else the `taps` units around `x`, half of them at or before it; one where `x`
/// is a unit itself. So 1 is nearest, with the rounding in `offset`, 2 linear and 4 cubic interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the formula above names the fields")]
pub struct Resample {
    pub num: i64,
    pub offset: i64,
    pub den: i64,
    pub taps: i64,
    /// Units of the output, possibly [`UNKNOWN`](super::UNKNOWN).
    pub extent: i64,
}

impl Resample {
    /// Output `i` reads input `i`; for axes beyond the rank.
    pub const IDENTITY: Self = Self { num: 1, offset: 0, den: 1, taps: 1, extent: 1 };
}

/// Normalisations.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants' own texts name the fields")]
pub enum Norm {
    /// By running statistics: a constant affine map when evaluated.
    Batch,
    /// Over the channels of each unit.
    LayerChannels,
    /// Over all channels and all units.
    Layer,
    /// Over groups of channels and all units.
    Group { groups: i64 },
    /// Over the units of each channel.
    Instance,
    /// Over `size` neighbouring channels of each unit.
    LocalResponse { size: i64 },
}

impl Norm {
    /// Whether its statistics run over space, so that each unit depends on all.
    #[must_use]
    pub const fn spatial(self) -> bool {
        matches!(self, Self::Layer | Self::Group { .. } | Self::Instance)
    }
}

/// Pointwise functions, named as in `torch.nn.functional`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are PyTorch's own")]
pub enum Activation {
    Relu,
    Relu6,
    LeakyRelu {
        negative_slope: f64,
    },
    Prelu,
    /// A slope for each channel: `nn.PReLU(channels)`.
    PreluPerChannel,
    Elu {
        alpha: f64,
    },
    Celu {
        alpha: f64,
    },
    Selu,
    Gelu,
    /// The approximation of `gelu(approximate = "tanh")`.
    GeluTanh,
    Silu,
    Mish,
    Sigmoid,
    Tanh,
    Softplus,
    Softsign,
    /// `x` above the threshold, else `value`.
    Threshold {
        threshold: f64,
        value: f64,
    },
    Hardtanh {
        min_val: f64,
        max_val: f64,
    },
    Hardsigmoid,
    Hardswish,
    Softmax,
}

/// How several feature maps become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The sum.
    Add,
    /// The channels one after another.
    Concat,
    /// The product.
    Mul,
    /// The larger value.
    Max,
}

/// How weights are drawn where none are given (`init:` in the language).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Init {
    /// He normal by fan-out, as torchvision initialises its residual networks.
    #[default]
    HeFanOut,
    /// He normal by fan-in.
    HeFanIn,
    /// Xavier normal.
    Xavier,
    /// `LeCun` normal.
    LeCun,
    /// PyTorch's default: uniform in ±1/√fan-in.
    Uniform,
}
