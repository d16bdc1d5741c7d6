//! What kind of layer it is, as far as space goes.

use crate::graph::Pool;

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

    pub(super) const fn global(pool: Pool) -> Self {
        match pool {
            Pool::Max => Self::GlobalMaxPool,
            Pool::Avg => Self::GlobalAvgPool,
        }
    }

    /// Whether it reads all of its input, so that it has no window to compare.
    pub(super) const fn is_global(self) -> bool {
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

    /// Whether a window slides over the layer's input, so that a padding before it is its own.
    pub(super) const fn slides(self) -> bool {
        matches!(self, Self::Conv | Self::MaxPool | Self::AvgPool)
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
