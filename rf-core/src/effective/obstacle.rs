//! What has no closed form, in words.

use core::fmt;

/// Why the expected energy has no closed form, at the layer that [`NoClosedForm`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// Attention weighs units by their content.
    Attention,
    /// A gate's factor depends on all units.
    SqueezeExcite,
    /// A norm whose statistics run over space.
    SpatialNorm,
    /// A product of feature maps.
    Product,
    /// Which of the merged maps is the largest depends on their scales.
    Largest,
    /// A layer known by its window only.
    Custom,
    /// A layer that another tool wrote, known by its output's shape only.
    Opaque,
    /// Cubic interpolation, whose weights are not all positive.
    Cubic,
    /// An activation whose slope depends on the scale of its input, on one of several paths.
    Activation,
    /// A norm over channels, whose factor depends on the scale of its input, on one of several paths.
    ChannelNorm,
    /// A single unit or channel spread over a larger map.
    Broadcast,
    /// Channels of unequal energy, behind a pixel shuffle, that are taken apart again.
    UnevenChannels,
    /// Units of unequal numbers of taps: the profiles of the axes do not separate.
    UnevenUnits,
    /// Channel counts that are not known.
    Channels,
    /// A global layer over an extent that is not known.
    Extent,
    /// The layer cannot be evaluated at all.
    Fault,
    /// The unit depends on no pixel.
    Dead,
    /// No such unit.
    Unit,
    /// More layers or longer profiles than can be computed at compile time.
    Room,
    /// A map of more pixels than fit in memory.
    Pixels,
}

impl Obstacle {
    /// What is wrong, to follow the name of the layer.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Attention => "weighs units by their content (attention), which has no closed form",
            Self::SqueezeExcite => "is a gate over all units (squeeze-excite), which has no closed form",
            Self::SpatialNorm => "normalises over space, which has no closed form",
            Self::Product => "multiplies feature maps, which has no closed form",
            Self::Largest => "takes the larger of several feature maps, which has no closed form",
            Self::Custom => "is a custom layer, whose weights are not known",
            Self::Opaque => "is an operator of a model file whose computation is not known",
            Self::Cubic => "interpolates by cubic weights, which have no closed form here",
            Self::Activation => {
                "is an activation whose slope depends on its input's scale, on one of several paths: \
                 how they mix has no closed form"
            }
            Self::ChannelNorm => {
                "is a norm whose factor depends on its input's scale, on one of several paths: \
                 how they mix has no closed form"
            }
            Self::Broadcast => "spreads one unit or channel over a larger map, which has no closed form",
            Self::UnevenChannels => "takes apart channels of unequal energy, which has no closed form here",
            Self::UnevenUnits => {
                "has units with unequal numbers of taps behind a join, so the axes have no separate profiles"
            }
            Self::Channels => "needs known channel counts for its initial weights",
            Self::Extent => "reads all units of an extent that is not fixed",
            Self::Fault => "cannot be evaluated",
            Self::Dead => "has a unit that depends on no pixel",
            Self::Unit => "has no such unit",
            Self::Room => "has profiles too long to compute at compile time",
            Self::Pixels => "has a map with more pixels than fit in memory",
        }
    }

    /// The sentence about the layer `name`.
    #[must_use]
    pub const fn named(self, name: &str) -> Named<'_> {
        Named { name, obstacle: self }
    }

    /// The run-time call that gives the answer nevertheless.
    #[must_use]
    pub const fn way_out(self) -> &'static str {
        match self {
            Self::UnevenUnits | Self::Room => "compute it at run time with `Closed::of(&GRAPH).at(..)`",
            Self::Channels | Self::Extent => "fix the input's channels and extents",
            Self::Fault | Self::Dead | Self::Unit => "choose another layer or unit",
            _ => "sample it with `Erf::of(&GRAPH).at(..).run()`",
        }
    }
}

/// An [`Obstacle`] and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoClosedForm {
    /// The index of the layer in the graph.
    pub node: usize,
    /// What is in the way there.
    pub obstacle: Obstacle,
}

/// An [`Obstacle`] at the layer of that name, as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    name: &'a str,
    obstacle: Obstacle,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}\nhelp: {}", self.name, self.obstacle.text(), self.obstacle.way_out())
    }
}
