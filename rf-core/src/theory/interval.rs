//! Closed intervals of indices.

/// The indices `first ..= last`; empty where `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The smallest index.
    pub first: i64,
    /// The largest index.
    pub last: i64,
}

impl Interval {
    /// No index: the neutral element of [`Interval::hull`].
    pub const EMPTY: Self = Self { first: i64::MAX, last: i64::MIN };

    /// Whether it holds no index.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// Number of indices from end to end, 0 where empty.
    #[must_use]
    pub const fn extent(self) -> i64 {
        if self.is_empty() { 0 } else { self.last - self.first + 1 }
    }

    /// The smallest interval that holds both: the hull of a union is the union of the hulls.
    #[must_use]
    pub const fn hull(self, other: Self) -> Self {
        // As below, without the calls, each of which costs the compiler as much as all of this.
        Self {
            first: if self.first < other.first { self.first } else { other.first },
            last: if self.last > other.last { self.last } else { other.last },
        }
    }

    /// The indices in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        let both = Self { first: max(self.first, other.first), last: min(self.last, other.last) };
        if both.is_empty() { Self::EMPTY } else { both }
    }

    /// The same interval moved by `offset`.
    #[must_use]
    pub const fn shift(self, offset: i64) -> Self {
        if self.first > self.last {
            self
        } else {
            Self { first: self.first + offset, last: self.last + offset }
        }
    }

    /// Whether it holds all of `other`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        other.is_empty() || (self.first <= other.first && self.last >= other.last)
    }

    /// Twice the centre, a whole number even where the centre is a half pixel.
    #[must_use]
    pub const fn centre_twice(self) -> i64 {
        self.first + self.last
    }
}

pub(crate) const fn min(a: i64, b: i64) -> i64 {
    if a < b { a } else { b }
}

pub(crate) const fn max(a: i64, b: i64) -> i64 {
    if a > b { a } else { b }
}
