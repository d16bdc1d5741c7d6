//! Pointwise functions and their derivatives, in `f64`.
use core::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::graph::Activation;

/// `(f(x), f'(x))`, PyTorch's definitions; at a kink the derivative that PyTorch uses. `slope` is `prelu`'s.
///
/// Softmax is not pointwise and is handled by its caller.
pub(crate) fn pointwise(activation: Activation, x: f64, slope: f64) -> (f64, f64) {
    let leaky = |slope: f64| if x > 0.0 { (x, 1.0) } else { (slope * x, slope) };
    let elu = |alpha: f64, width: f64| {
        if x > 0.0 { (x, 1.0) } else { (alpha * (x / width).exp_m1(), alpha / width * (x / width).exp()) }
    };
    match activation {
        Activation::Relu => leaky(0.0),
        Activation::Relu6 => clamped(x, 0.0, 6.0),
        Activation::LeakyRelu { negative_slope } => leaky(negative_slope),
        Activation::Prelu | Activation::PreluPerChannel => leaky(slope),
        Activation::Elu { alpha } => elu(alpha, 1.0),
        Activation::Celu { alpha } => elu(alpha, alpha),
        Activation::Selu => {
            // Klambauer et al. 2017.
            let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
            let (y, d) = elu(alpha, 1.0);
            (scale * y, scale * d)
        }
        Activation::Gelu => {
            let cdf = 0.5 * erfc(-x * FRAC_1_SQRT_2);
            (x * cdf, cdf + x * (-0.5 * x * x).exp() / (2.0 * PI).sqrt())
        }
        Activation::GeluTanh => {
            // Hendrycks and Gimpel 2016, the approximation of section 2.
            let (scale, cubic) = ((2.0 / PI).sqrt(), 0.044_715);
            let t = (scale * (x + cubic * x * x * x)).tanh();
            let inner = scale * (1.0 + 3.0 * cubic * x * x);
            (0.5 * x * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner)
        }
        Activation::Threshold { threshold, value } => {
            if x > threshold {
                (x, 1.0)
            } else {
                (value, 0.0)
            }
        }
        Activation::Silu => {
            let s = sigmoid(x);
            (x * s, s * (1.0 + x * (1.0 - s)))
        }
        Activation::Mish => {
            let (t, s) = (softplus(x).tanh(), sigmoid(x));
            (x * t, t + x * s * (1.0 - t * t))
        }
        Activation::Sigmoid => {
            let s = sigmoid(x);
            (s, s * (1.0 - s))
        }
        Activation::Tanh => {
            let t = x.tanh();
            (t, 1.0 - t * t)
        }
        Activation::Softplus => (softplus(x), sigmoid(x)),
        Activation::Softsign => {
            let d = 1.0 + x.abs();
            (x / d, 1.0 / (d * d))
        }
        Activation::Hardtanh { min_val, max_val } => clamped(x, min_val, max_val),
        Activation::Hardsigmoid => {
            let (y, d) = clamped(x + 3.0, 0.0, 6.0);
            (y / 6.0, d / 6.0)
        }
        Activation::Hardswish => {
            if x <= -3.0 {
                (0.0, 0.0)
            } else if x >= 3.0 {
                (x, 1.0)
            } else {
                (x * (x + 3.0) / 6.0, (2.0 * x + 3.0) / 6.0)
            }
        }
        Activation::Softmax => (x, 1.0),
    }
}

/// Inside the open interval the identity, outside constant.
fn clamped(x: f64, low: f64, high: f64) -> (f64, f64) {
    (x.clamp(low, high), if x > low && x < high { 1.0 } else { 0.0 })
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The complementary error function: the series of `erf` near 0, the continued fraction of `erfc` beyond
/// (Abramowitz and Stegun 7.1.6 and 7.1.14), both to the last bits of an `f64`.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.5 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > 1e-18 * sum {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }
    let mut fraction = 0.0;
    for n in (1..=60).rev() {
        fraction = f64::from(n) / 2.0 / (x + fraction);
    }
    (-x * x).exp() / PI.sqrt() / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_values() {
        let all = [
            Activation::Relu,
            Activation::Relu6,
            Activation::LeakyRelu { negative_slope: 0.1 },
            Activation::Prelu,
            Activation::Elu { alpha: 1.3 },
            Activation::Celu { alpha: 0.7 },
            Activation::Selu,
            Activation::Gelu,
            Activation::Silu,
            Activation::Mish,
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Softplus,
            Activation::Softsign,
            Activation::Hardtanh { min_val: -1.5, max_val: 0.7 },
            Activation::Hardsigmoid,
            Activation::Hardswish,
        ];
        for a in all {
            for i in -400..400 {
                let (x, h) = (f64::from(i) * 0.017_3 + 0.001_234, 1e-5);
                let value = |x| pointwise(a, x, 0.25).0;
                let slope = (value(x + h) - value(x - h)) / (2.0 * h);
                assert!((slope - pointwise(a, x, 0.25).1).abs() < 1e-8, "{a:?} at {x}");
            }
        }
    }

    #[test]
    fn known_values() {
        // erfc from Abramowitz and Stegun's tables 7.1 and 7.3.
        for (x, y) in
            [(0.5, 0.479_500_122_2), (1.0, 0.157_299_207_1), (2.0, 0.004_677_734_98), (3.0, 2.209_049_7e-5)]
        {
            assert!((erfc(x) / y - 1.0).abs() < 2e-9, "{x}");
            assert!((erfc(-x) + y - 2.0).abs() < 1e-9, "{x}");
        }
    }
}
