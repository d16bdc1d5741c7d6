//! Loops compiled for the vector unit of the machine that runs them.
/// Functions whose bodies run with the best instructions of this machine.
///
/// The body stands in the dispatched method itself: a closure or a function that it would call may stay outside the
/// vector code, compiled for the baseline: the profile of a ResNet-50 sample then had a sixth of it in random numbers.
macro_rules! vectorised {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $out:ty $body:block)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a>($($argument: $type),*) -> $out {
            struct Call<'a> {
                $($argument: $type),*
            }
            impl<'a> pulp::WithSimd for Call<'a> {
                type Output = $out;

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> $out {
                    let Self { $($argument),* } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Call { $($argument),* })
        }
    )*};
}
pub(crate) use vectorised;

vectorised! {
    /// `into += scale · from`.
    fn add_scaled(into: &'a mut [f32], from: &'a [f32], scale: f32) -> () {
        for (a, b) in into.iter_mut().zip(from) {
            *a += scale * b;
        }
    }

    /// `into += a · b`, value by value.
    fn add_products(into: &'a mut [f32], a: &'a [f32], b: &'a [f32]) -> () {
        for ((s, a), b) in into.iter_mut().zip(a).zip(b) {
            *s += a * b;
        }
    }

    /// The larger of each value and 0.
    fn relu(values: &'a mut [f32]) -> () {
        for v in values {
            *v = v.max(0.0);
        }
    }

    /// ReLU that notes where gradients pass.
    fn relu_masked(values: &'a mut [f32], mask: &'a mut [u8]) -> () {
        for (v, m) in values.iter_mut().zip(mask) {
            *m = u8::from(*v > 0.0);
            *v = v.max(0.0);
        }
    }

    /// Zero where the mask is.
    fn masked(values: &'a mut [f32], mask: &'a [u8]) -> () {
        for (v, m) in values.iter_mut().zip(mask) {
            *v = if *m == 0 { 0.0 } else { *v };
        }
    }

    /// The larger of `best` and `values`, and which unit it came from.
    fn keep_largest(best: &'a mut [f32], from: &'a mut [u32], values: &'a [f32], unit: u32) -> () {
        for ((best, from), &v) in best.iter_mut().zip(from).zip(values) {
            let larger = v > *best;
            *best = if larger { v } else { *best };
            *from = if larger { unit } else { *from };
        }
    }

    /// The dot product, by independent partial sums.
    fn dot(a: &'a [f32], b: &'a [f32]) -> f32 {
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
}
