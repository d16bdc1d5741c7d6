//! Two networks compared in spatial meaning: what their layers read, not what they are called.
//!
//! A layer's meaning is its kind, its window (kernel, stride, padding, dilation), its channels and extents, and what it
//! reads. Layers without a meaning in space are looked through: activations, dropout, identities, flattening, and norms
//! whose statistics do not run over space, so that a network is the same with batch norms folded into its convolutions.
//! Also the same are a depthwise convolution and a grouped one; a padding and the window behind it that would have padded;
//! a window over all of its input and a dense layer or a global pool; sums of sums in any order.
//!
//! [`check_same`] is what `same_as` of the language calls. [`diff`](fn@diff) aligns two networks and says what changed.

#[cfg(feature = "alloc")]
mod align;
#[cfg(feature = "alloc")]
mod diff;
mod first;
mod identity;
mod kind;
mod meaning;
mod view;

#[cfg(feature = "alloc")]
pub use diff::{Change, Diff, Entry, Side, diff};
pub use first::check_same;
