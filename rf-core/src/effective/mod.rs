//! The effective receptive field: how much of what a unit could see it really uses.
//!
//! In reading order: `gain` (one layer seen from behind, and what has no closed form: `obstacle`), `plan` and `sweep`
//! with `lines` (profiles of one unit through the graph) and `profile` (their figures, `const`); then, at run time,
//! `map` (any map over pixels), `closed` (whole maps without sampling), `measures` (figures of any map), `figures`
//! (all of them, with errors) and `fields` (columns of the network's table);
//! last `sampler`: the same maps by drawing networks.

#[cfg(feature = "effective")]
mod closed;
#[cfg(feature = "effective")]
mod fields;
#[cfg(feature = "effective")]
mod figures;
mod gain;
mod lines;
#[cfg(feature = "effective")]
mod map;
#[cfg(feature = "effective")]
mod measures;
#[cfg(all(test, feature = "effective"))]
pub(crate) mod nets;
#[cfg(feature = "effective")]
mod numeric;
mod obstacle;
mod plan;
mod profile;
#[cfg(feature = "sampler")]
pub mod sampler;
mod sweep;

#[cfg(feature = "effective")]
pub use closed::{Closed, ClosedError, closed_map};
#[cfg(feature = "effective")]
pub use fields::WithEffective;
#[cfg(feature = "pictures")]
pub(crate) use figures::per_axis;
#[cfg(feature = "effective")]
pub use figures::{Estimate, Field, Figure, Figures, Sampling};
#[cfg(feature = "effective")]
pub use map::{FieldMap, Frame, MapError, PixelBox, Quantity};

pub use gain::weight_variance;
#[cfg(feature = "effective")]
pub use measures::GaussianFit;
pub use obstacle::{Named, NoClosedForm, Obstacle};
pub use profile::{Effective, TWO_SIGMA, centred_extent, centred_variance};
#[cfg(feature = "sampler")]
#[doc(no_inline)]
pub use sampler::Erf;

/// The pixels that a map covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canvas {
    /// As if the input had no borders: the whole theoretical field, wherever it lies.
    Unbounded,
    /// The real input: what lies beyond its borders is cut off, and padding blocks what passes through it.
    Input,
}

/// The square root of a number that is not negative, by Newton's steps: `core` has none, and `std`'s is not
/// `const`. Correct to the last bit or one beside it.
pub(crate) const fn sqrt(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return if value == f64::INFINITY { value } else { 0.0 };
    }
    // Halving the exponent starts within a few per cent; a subnormal number is scaled up first.
    if value < f64::MIN_POSITIVE {
        return sqrt(value * 18_014_398_509_481_984.0) / 134_217_728.0;
    }
    let mut root = f64::from_bits((value.to_bits() >> 1) + 0x1FF8_0000_0000_0000);
    let mut step = 0;
    while step < 6 {
        root = f64::midpoint(root, value / root);
        step += 1;
    }
    root
}
