//! The few functions that `core` lacks, each to a unit or two in the last place.

use core::f64::consts::{LN_2, LN_10, LOG2_E};

/// `e^x`, for finite `x`.
pub(crate) fn exp(x: f64) -> f64 {
    if x < -745.0 {
        return 0.0;
    }
    // e^x = 2^k · e^r with |r| at most ln 2 / 2, where fourteen terms of the series suffice.
    let k = (x * LOG2_E + if x < 0.0 { -0.5 } else { 0.5 }) as i32;
    let r = x - f64::from(k) * LN_2;
    let series = (1..=14).rev().fold(1.0, |sum, n| 1.0 + sum * r / f64::from(n));
    // In two steps, so that a subnormal result is rounded once.
    scale(scale(series, k / 2), k - k / 2)
}

fn scale(x: f64, power: i32) -> f64 {
    x * f64::from_bits(((1023 + i64::from(power)).clamp(0, 2046) as u64) << 52)
}

/// `ln x`, for positive normal `x`.
pub(crate) fn ln(x: f64) -> f64 {
    // x = 2^k · m with m around 1, and ln m = 2 artanh((m − 1) / (m + 1)).
    let bits = x.to_bits();
    let mut k = (bits >> 52) as i32 - 1023;
    let mut m = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if m > core::f64::consts::SQRT_2 {
        m /= 2.0;
        k += 1;
    }
    let z = (m - 1.0) / (m + 1.0);
    let series = (0..12).rev().fold(0.0, |sum, n| sum * z * z + 1.0 / f64::from(2 * n + 1));
    f64::from(k) * LN_2 + 2.0 * z * series
}

/// `log10(1 + x)`, for `x` not negative.
pub(crate) fn log10_1p(x: f64) -> f64 {
    // Near 0 the sum loses the digits of x, which the second factor restores.
    let sum = 1.0 + x;
    if sum <= 1.0 { x / LN_10 } else { ln(sum) * x / (sum - 1.0) / LN_10 }
}

/// The `degree`-th root of `x`, neither negative, for degrees 1 to 3.
pub(crate) fn root(x: f64, degree: usize) -> f64 {
    match degree {
        1 => x,
        2 => super::sqrt(x),
        _ if x <= 0.0 => 0.0,
        _ => exp(ln(x) / 3.0),
    }
}
