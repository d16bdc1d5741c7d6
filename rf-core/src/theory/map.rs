//! One layer along one axis: which input indices an output index reads.
//!
//! Every layer of the language reads, per axis, an arithmetic progression of input indices, and the progression
//! moves by a fixed step when the output index moves by a fixed step. These two facts are all that the rest of
//! the theory, the engine's cones and the masks use.

/// The index map of a layer along one axis, all arguments resolved (`same` turned into numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants' own formulas name the fields")]
pub enum AxisMap {
    /// Output `i` reads `i·stride − before + t·dilation` for `t` in `0..kernel`. Pointwise layers, padding and
    /// cropping are windows of one tap.
    Window { kernel: i64, stride: i64, dilation: i64, before: i64 },
    /// The adjoint: output `i` reads every `n` with `n·stride − before + t·dilation = i` for a `t` in `0..kernel`.
    Transposed { kernel: i64, stride: i64, dilation: i64, before: i64 },
    /// Output `i` reads `⌊i / factor⌋`.
    Nearest { factor: i64 },
    /// Linear interpolation between half-pixel centres: the one or two taps with a weight that is not zero.
    Linear { factor: i64 },
    /// Output `i` reads around `x = (num·i + offset) / den`: `⌊x⌋` where `taps` is 1 or `x` is whole, else `taps` units,
    /// half of them at or before `x`.
    Resample { num: i64, offset: i64, den: i64, taps: i64 },
    /// Adaptive pooling of `input` units to `output`: output `i` reads `⌊i·input/output⌋ ..⌈(i+1)·input/output⌉`.
    Adaptive { input: i64, output: i64 },
    /// Every output reads every input unit.
    All,
}

/// An arithmetic progression of input indices: `first, first + step, ..`, `count` of them, `step > 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    /// The smallest index.
    pub first: i64,
    /// The distance of neighbours, at least 1.
    pub step: i64,
    /// How many; 0 where the output depends on nothing.
    pub count: i64,
}

impl Taps {
    /// The largest index; meaningless where `count` is 0.
    #[must_use]
    pub const fn last(self) -> i64 {
        self.first + (self.count - 1) * self.step
    }
}

impl AxisMap {
    /// Output `i` reads input `i`.
    pub const IDENTITY: Self = Self::Window { kernel: 1, stride: 1, dilation: 1, before: 0 };

    /// The input indices that output `i` reads. `i` may be any integer: borders are the caller's business.
    ///
    /// [`AxisMap::All`] has no progression without an input extent and yields none.
    #[must_use]
    pub const fn taps(self, i: i64) -> Taps {
        match self {
            Self::Window { kernel, stride, dilation, before } => {
                Taps { first: i * stride - before, step: dilation, count: kernel }
            }
            Self::Transposed { kernel, stride, dilation, before } => {
                transposed_taps(i + before, kernel, stride, dilation)
            }
            Self::Nearest { factor } => Taps { first: i.div_euclid(factor), step: 1, count: 1 },
            Self::Linear { factor } => {
                // The source coordinate is (i + 1/2)/f − 1/2 = (2i + 1 − f) / 2f.
                let (numerator, denominator) = (2 * i + 1 - factor, 2 * factor);
                let between = numerator.rem_euclid(denominator) != 0;
                Taps { first: numerator.div_euclid(denominator), step: 1, count: if between { 2 } else { 1 } }
            }
            Self::Resample { num, offset, den, taps } => {
                let x = num * i + offset;
                let between = taps > 1 && x.rem_euclid(den) != 0;
                let first = x.div_euclid(den) - if between { taps / 2 - 1 } else { 0 };
                Taps { first, step: 1, count: if between { taps } else { 1 } }
            }
            Self::Adaptive { input, output } => {
                let first = (i * input).div_euclid(output);
                let end = -(-(i + 1) * input).div_euclid(output);
                Taps { first, step: 1, count: end - first }
            }
            Self::All => Taps { first: 0, step: 1, count: 0 },
        }
    }

    /// Where the middle of output 0's window lies, in input units, as a fraction. The middle of output `i`'s is
    /// `i · inputs / outputs` further on, with the steps of [`AxisMap::steps`].
    #[must_use]
    pub const fn middle(self) -> (i64, i64) {
        match self {
            Self::Window { kernel, dilation, before, .. } => ((kernel - 1) * dilation - 2 * before, 2),
            // On average over the taps, `i = n·stride − before + (kernel − 1)·dilation / 2`.
            Self::Transposed { kernel, stride, dilation, before } => {
                (2 * before - (kernel - 1) * dilation, 2 * stride)
            }
            // Half-pixel centres: n = (i + 1/2) / factor − 1/2.
            Self::Nearest { factor } | Self::Linear { factor } => (1 - factor, 2 * factor),
            // `⌊x⌋` lies below `x` by the mean of its fractions, one period's.
            Self::Resample { num, offset, den, taps: 1 } => {
                let common = gcd(num, den);
                (2 * offset - den + common - 2 * offset.rem_euclid(common), 2 * den)
            }
            Self::Resample { offset, den, .. } => (2 * offset, 2 * den),
            Self::Adaptive { input, output } => (input - output, 2 * output),
            Self::All => (0, 2),
        }
    }

    /// Whether some outputs read no input at all.
    #[must_use]
    pub const fn skips(self) -> bool {
        match self {
            // The taps of an output are those whose t is of one class modulo the cycle; fewer classes than outputs
            // in a cycle, or fewer taps than classes, leave some without.
            Self::Transposed { kernel, stride, dilation, .. } => kernel < stride || gcd(stride, dilation) > 1,
            _ => false,
        }
    }

    /// `(outputs, inputs)`: the taps of `i + outputs` are those of `i` moved by `inputs`.
    #[must_use]
    pub const fn steps(self) -> (i64, i64) {
        match self {
            Self::Window { stride, .. } => (1, stride),
            Self::Transposed { stride, .. } => (stride, 1),
            Self::Nearest { factor } | Self::Linear { factor } => (factor, 1),
            Self::Resample { num, den, .. } => {
                let common = gcd(num, den);
                (den / common, num / common)
            }
            Self::Adaptive { input, output } => {
                let common = gcd(input, output);
                (output / common, input / common)
            }
            Self::All => (1, 0),
        }
    }
}

/// The `n` with `position − n·stride = t·dilation`, `t` in `0..kernel`.
const fn transposed_taps(position: i64, kernel: i64, stride: i64, dilation: i64) -> Taps {
    // Valid t form one residue class modulo stride / gcd(stride, dilation); n falls by dilation / gcd for each.
    let common = gcd(stride, dilation);
    let (cycle, step) = (stride / common, dilation / common);
    let mut t = 0;
    while t < cycle && t < kernel {
        if (position - t * dilation).rem_euclid(stride) == 0 {
            let count = (kernel - 1 - t) / cycle + 1;
            let largest = (position - t * dilation) / stride;
            return Taps { first: largest - (count - 1) * step, step, count };
        }
        t += 1;
    }
    Taps { first: 0, step: 1, count: 0 }
}

/// The greatest common divisor of two positive numbers.
pub(crate) const fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
