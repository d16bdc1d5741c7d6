//! What a layer answers with.

use super::interval::{max, min};
use super::map::gcd;
#[cfg(doc)]
use crate::graph::UNKNOWN;
use crate::graph::{MAX_RANK, PerAxis};

/// An extent without bounds: a global layer where the input's extent is `_`.
pub const UNBOUNDED: i64 = i64::MAX;

/// The smallest and the largest of a number over units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The smallest.
    pub min: i64,
    /// The largest, possibly [`UNBOUNDED`].
    pub max: i64,
}

/// An extent per axis, over all units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extents {
    pub(crate) rank: usize,
    pub(crate) axes: [Range; MAX_RANK],
}

impl Extents {
    /// The smallest over axes and units.
    #[must_use]
    pub const fn min(&self) -> i64 {
        let (mut least, mut axis) = (self.axes[0].min, 1);
        while axis < self.rank {
            least = min(least, self.axes[axis].min);
            axis += 1;
        }
        least
    }

    /// The largest over axes and units.
    #[must_use]
    pub const fn max(&self) -> i64 {
        let (mut most, mut axis) = (self.axes[0].max, 1);
        while axis < self.rank {
            most = max(most, self.axes[axis].max);
            axis += 1;
        }
        most
    }

    /// Smallest and largest along one axis.
    #[must_use]
    pub const fn axis(&self, axis: usize) -> Range {
        self.axes[axis]
    }
}

/// A rational number in lowest terms, its denominator positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// The numerator.
    pub num: i64,
    /// The denominator, at least 1.
    pub den: i64,
}

impl Ratio {
    /// `num / den` in lowest terms.
    #[must_use]
    pub const fn new(num: i64, den: i64) -> Self {
        let common = gcd(num.abs(), den);
        let common = if common == 0 { 1 } else { common };
        Self { num: num / common, den: den / common }
    }

    /// Whether both are the same number; `==` is not `const`.
    #[must_use]
    pub const fn equals(self, other: Self) -> bool {
        self.num == other.num && self.den == other.den
    }

    /// As a floating-point number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "jumps are far below 2^52")]
    pub const fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }
}

impl core::fmt::Display for Ratio {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

/// Channels and extents of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels, or features behind a `flatten`.
    pub channels: i64,
    pub(crate) extents: PerAxis,
    pub(crate) rank: usize,
}

impl Shape {
    /// Units per axis: none behind a `flatten` or `linear`. [`UNKNOWN`] where not fixed.
    #[must_use]
    pub const fn extents(&self) -> &[i64] {
        self.extents.split_at(self.rank).0
    }
}

/// One unit's field along an axis, seen from the unit's own pixel `⌊unit · jump⌋`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Pixels from end to end.
    pub extent: i64,
    /// Pixels before the unit's own.
    pub left: i64,
    /// Pixels after the unit's own.
    pub right: i64,
}

/// What a tile needs beyond itself on each side, in input pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halo {
    /// Before its first pixel.
    pub before: i64,
    /// After its last pixel.
    pub after: i64,
}

impl Halo {
    /// The larger side.
    #[must_use]
    pub const fn max(self) -> i64 {
        max(self.before, self.after)
    }
}
