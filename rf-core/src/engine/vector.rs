//! Loops compiled for the vector unit of the machine that runs them.
use pulp::{Simd, WithSimd};

/// Runs `body(arguments)` with the best instructions of this machine.
///
/// `body` must be a function marked `inline(always)`: only then does it become part of the vector code. A closure is
/// not inlined for sure, and would then be compiled for the baseline.
#[inline(always)]
pub(crate) fn run<A, R>(body: impl FnOnce(A) -> R, arguments: A) -> R {
    pulp::Arch::new().dispatch(Call(body, arguments))
}

struct Call<F, A>(F, A);

impl<A, R, F: FnOnce(A) -> R> WithSimd for Call<F, A> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> R {
        (self.0)(self.1)
    }
}

/// `into += scale · from`.
#[inline(always)]
pub(crate) fn add_scaled((into, from, scale): (&mut [f32], &[f32], f32)) {
    for (a, b) in into.iter_mut().zip(from) {
        *a += scale * b;
    }
}

/// `into += a · b`, value by value.
#[inline(always)]
pub(crate) fn add_products((into, a, b): (&mut [f32], &[f32], &[f32])) {
    for ((s, a), b) in into.iter_mut().zip(a).zip(b) {
        *s += a * b;
    }
}

#[inline(always)]
pub(crate) fn relu(values: &mut [f32]) {
    for v in values {
        *v = v.max(0.0);
    }
}

/// ReLU that notes where gradients pass.
#[inline(always)]
pub(crate) fn relu_masked((values, mask): (&mut [f32], &mut [u8])) {
    for (v, m) in values.iter_mut().zip(mask) {
        *m = u8::from(*v > 0.0);
        *v = v.max(0.0);
    }
}

#[inline(always)]
pub(crate) fn mask((values, mask): (&mut [f32], &[u8])) {
    for (v, m) in values.iter_mut().zip(mask) {
        *v = if *m == 0 { 0.0 } else { *v };
    }
}

/// The larger of `best` and `values`, and which unit it came from.
#[inline(always)]
pub(crate) fn keep_largest((best, from, values, unit): (&mut [f32], &mut [u32], &[f32], u32)) {
    for ((best, from), &v) in best.iter_mut().zip(from).zip(values) {
        let larger = v > *best;
        *best = if larger { v } else { *best };
        *from = if larger { unit } else { *from };
    }
}

/// The dot product, by independent partial sums.
#[inline(always)]
pub(crate) fn dot((a, b): (&[f32], &[f32])) -> f32 {
    const LANES: usize = 64;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            sums[l] += a[l] * b[l];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
