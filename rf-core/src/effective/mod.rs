//! The effective receptive field: how much of what a unit could see it really uses.

#[cfg(feature = "effective")]
mod map;

#[cfg(feature = "sampler")]
pub mod sampler;

#[cfg(feature = "effective")]
pub use map::{Canvas, FieldMap, Frame, MapError, PixelBox, Quantity};

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
