//! Exact answers at run time: which units of one layer depend on which units of another.
//!
//! Where the [`theory`](crate::theory) gives hulls and periods in const context, these functions give the sets
//! themselves, for any two layers, any unit and any block, on the unbounded grid or on the real, finite feature
//! maps. They need an allocator (feature `alloc`) and nothing else.

mod axis_set;
mod coordinates;
mod forward;
mod inputs;
mod mask;

pub use axis_set::{AxisSet, is_dense, window};
pub use coordinates::{centre, unit_at};
pub use forward::{projective, projective_mask};
pub use inputs::{productive_inputs, smallest_input, unproductive};
pub use mask::{Mask, mask};

use core::fmt;

/// What counts as read beyond the borders of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// Feature maps go on without end: the receptive field as the tables state it, but for paths through a global layer.
    /// Of its units, which have an end, the tables state what they read of the image; here these too read beyond it.
    Unbounded,
    /// Feature maps have their extents, and padding carries nothing: what a real run depends on.
    Real,
}

/// Why a set cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceError {
    /// The layer, or one it reads, is at fault.
    Fault,
    /// The target stands behind the layer.
    Order,
    /// Unit numbers for the wrong number of axes.
    Unit,
    /// A global layer reads all of an extent that is not known.
    Unknown,
    /// The sets would take more than 4 GiB.
    TooLarge,
    /// Axes are not separable ([`Layer::is_separable`](crate::theory::Layer::is_separable)): there is no answer axis by axis.
    Inseparable,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fault => "the layer, or one that it reads, is at fault",
            Self::Order => "the target layer stands behind the layer that is traced",
            Self::Unit => {
                "a unit needs one index per spatial axis, within the layer's extents where these bound it"
            }
            Self::Unknown => "a global layer reads all of an input whose extent is not fixed",
            Self::TooLarge => "the support takes more than 4 GiB",
            Self::Inseparable => "what a unit sees along one axis depends on where it lies along another",
        })
    }
}

impl core::error::Error for TraceError {}

/// Most words of 64 bits that a trace may take: 4 GiB.
const WORD_CAP: usize = 1 << 29;
