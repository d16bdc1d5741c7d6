//! Numbers that a model computes with to find its own shapes.

/// A number, as far as it is known while a file is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Real(f64),
    /// A multiple of an extent that only a run knows.
    Symbol(Symbol),
    Unknown,
}

/// `num / den` times the extent with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) id: u32,
    pub(crate) num: i64,
    pub(crate) den: i64,
}

impl Symbol {
    pub(crate) const fn new(id: u32) -> Self {
        Self { id, num: 1, den: 1 }
    }

    /// `num / den` times as much.
    pub(crate) fn times(self, num: i64, den: i64) -> Option<Self> {
        let (num, den) = (self.num.checked_mul(num)?, self.den.checked_mul(den)?);
        if num <= 0 || den <= 0 {
            return None;
        }
        let common = gcd(num, den);
        Some(Self { id: self.id, num: num / common, den: den / common })
    }
}

/// The greatest common divisor of two numbers that are not negative.
pub(crate) const fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Arithmetic on shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
}

impl Number {
    pub(crate) fn int(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::Real(value) => whole(value),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "extents and scales are far below 2^52")]
    pub(crate) fn real(self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(value as f64),
            Self::Real(value) => Some(value),
            _ => None,
        }
    }

    /// The result of an operator; unknown where it overflows.
    pub(crate) fn with(self, other: Self, operator: Arithmetic) -> Self {
        let result = match (self, other) {
            (Self::Int(a), Self::Int(b)) => match operator {
                Arithmetic::Add => a.checked_add(b),
                Arithmetic::Sub => a.checked_sub(b),
                Arithmetic::Mul => a.checked_mul(b),
                Arithmetic::Div => a.checked_div(b),
            }
            .map(Self::Int),
            (Self::Symbol(symbol), other) => symbolic(symbol, other, operator),
            (other, Self::Symbol(symbol)) if operator == Arithmetic::Mul => symbolic(symbol, other, operator),
            (a, b) => a.real().zip(b.real()).map(|(a, b)| {
                Self::Real(match operator {
                    Arithmetic::Add => a + b,
                    Arithmetic::Sub => a - b,
                    Arithmetic::Mul => a * b,
                    Arithmetic::Div => a / b,
                })
            }),
        };
        result.unwrap_or(Self::Unknown)
    }

    /// Rounded by `round`; an extent and its multiples count as whole.
    pub(crate) fn rounded(self, round: fn(f64) -> f64) -> Self {
        match self {
            Self::Real(value) => Self::Real(round(value)),
            other => other,
        }
    }

    /// As an integer, or as a real number.
    pub(crate) fn cast(self, to_integer: bool) -> Self {
        match (self, to_integer) {
            (Self::Real(value), true) => whole(value.trunc()).map_or(Self::Unknown, Self::Int),
            (Self::Int(_), false) => self.real().map_or(Self::Unknown, Self::Real),
            (other, _) => other,
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    // Exactly representable integers only.
    (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i64)
}

fn symbolic(symbol: Symbol, other: Number, operator: Arithmetic) -> Option<Number> {
    if let (Number::Symbol(other), Arithmetic::Div) = (other, operator)
        && other.id == symbol.id
    {
        let (num, den) = (symbol.num.checked_mul(other.den)?, symbol.den.checked_mul(other.num)?);
        return Some(if num % den == 0 { Number::Int(num / den) } else { ratio(num, den) });
    }
    let (num, den) = match other {
        Number::Int(value) => (value, 1),
        Number::Real(value) => rational(value)?,
        _ => return None,
    };
    match operator {
        Arithmetic::Mul => symbol.times(num, den).map(Number::Symbol),
        Arithmetic::Div => symbol.times(den, num).map(Number::Symbol),
        Arithmetic::Add | Arithmetic::Sub if num == 0 => Some(Number::Symbol(symbol)),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "scales are small")]
fn ratio(num: i64, den: i64) -> Number {
    Number::Real(num as f64 / den as f64)
}

/// The simplest fraction that single precision cannot tell from `value`: what a file's scale was meant to be.
#[expect(clippy::cast_precision_loss, reason = "denominators are at most 2^16")]
pub(crate) fn rational(value: f64) -> Option<(i64, i64)> {
    if !value.is_finite() || value <= 0.0 || value > 1e6 {
        return None;
    }
    // Continued fractions: each convergent is the best of its size.
    let (mut before, mut last) = ((0_i64, 1_i64), (1_i64, 0_i64));
    let mut rest = value;
    for _ in 0..24 {
        let whole = rest.floor();
        let part = whole as i64;
        let next = (
            part.checked_mul(last.0)?.checked_add(before.0)?,
            part.checked_mul(last.1)?.checked_add(before.1)?,
        );
        if next.1 > 1 << 16 {
            return None;
        }
        (before, last) = (last, next);
        if ((last.0 as f64 / last.1 as f64) as f32).to_bits() == (value as f32).to_bits() {
            return Some(last);
        }
        rest = 1.0 / (rest - whole);
        if !rest.is_finite() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn a_scale_in_single_precision_is_the_fraction_it_was_meant_to_be() {
        for (num, den) in [(2, 1), (1, 2), (1, 3), (2, 3), (7, 16), (13, 7), (224, 97), (1, 1000)] {
            let single = f64::from(num as f32 / den as f32);
            assert_eq!(rational(single), Some((num, den)));
        }
        for hopeless in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(rational(hopeless), None);
        }
    }

    #[test]
    fn extents_that_only_a_run_knows_scale() {
        let height = Number::Symbol(Symbol::new(1));
        let doubled = height.with(Number::Real(2.0), Arithmetic::Mul).rounded(f64::floor);
        assert_eq!(doubled, Number::Symbol(Symbol { id: 1, num: 2, den: 1 }));
        assert_eq!(doubled.with(height, Arithmetic::Div), Number::Int(2));
        assert_eq!(Number::Int(i64::MAX).with(Number::Int(1), Arithmetic::Add), Number::Unknown);
    }
}
