//! Networks run forward, and their gradients run back to the input.
//!
//! Two engines, one meaning. The [`reference`](mod@reference) engine is naive loops in `f64`, obviously right, and the oracle of
//! the other. The fast engine computes in `f32` only what the asked unit depends on: its *cone*.
//!
//! Both work on [`Region`]s: boxes of absolute unit indices. What lies outside a feature map's region is zero
//! padding. On the unbounded canvas no index that a unit depends on is ever outside; on the real input the
//! regions are clipped to the maps, so that the borders pad as they do in PyTorch.
#![expect(
    clippy::cast_precision_loss,
    reason = "extents and counts are far below 2^52, weights are what f32 holds"
)]
#![expect(clippy::inline_always, reason = "a function called from vector code must become part of it")]
#![expect(clippy::needless_range_loop, reason = "one index runs over several arrays, as in the formulas")]

mod activation;
mod cone;
mod drawn;
mod error;
mod fast;
mod layer;
mod params;
pub mod reference;
mod region;
mod rng;
mod safetensors;
#[cfg(test)]
mod testing;
mod vector;

#[doc(no_inline)]
pub use crate::effective::Canvas;
pub use cone::{Cone, Reads};
pub use drawn::Normal;
pub use error::Error;
pub(crate) use error::{closest, listed};
pub use fast::{Fast, Lookup};
pub(crate) use layer::layers;
pub(crate) use params::Supply;
pub use params::{Array, Parameter, Role, StateDict, Weight, Weights, parameters};
pub use region::Region;
pub use rng::Stream;
pub use safetensors::{read_safetensors, strip_prefix};
