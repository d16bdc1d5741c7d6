//! Boxes of unit indices.
use crate::graph::{MAX_RANK, PerAxis};

/// A box of absolute unit indices of one feature map: `low[a] .. low[a] + len[a]` on each axis.
///
/// Indices are counted from the first unit of the real map, so they are negative before its border. Axes beyond
/// the map's rank have `low` 0 and `len` 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The smallest index on each axis.
    pub low: PerAxis,
    /// How many indices on each axis; 0 on any of them for an empty box.
    pub len: [usize; MAX_RANK],
}

impl Region {
    /// No unit at all.
    pub const EMPTY: Self = Self { low: [0; MAX_RANK], len: [0; MAX_RANK] };

    /// The single unit at `index`.
    #[must_use]
    pub const fn unit(index: PerAxis) -> Self {
        Self { low: index, len: [1; MAX_RANK] }
    }

    /// All units of a map with these extents.
    #[must_use]
    pub fn whole(extents: PerAxis) -> Self {
        Self { low: [0; MAX_RANK], len: extents.map(length) }
    }

    /// The box from `low` to `high`, both included.
    #[must_use]
    pub fn between(low: PerAxis, high: PerAxis) -> Self {
        Self { low, len: core::array::from_fn(|a| length(high[a] - low[a] + 1)) }
    }

    /// The number of units.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.len[0] * self.len[1] * self.len[2]
    }

    /// Whether there is no unit in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The largest index on each axis.
    #[must_use]
    pub fn high(&self) -> PerAxis {
        core::array::from_fn(|a| self.low[a] + self.len[a] as i64 - 1)
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn hull(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (a, b) = (self.high(), other.high());
        Self::between(
            core::array::from_fn(|x| self.low[x].min(other.low[x])),
            core::array::from_fn(|x| a[x].max(b[x])),
        )
    }

    /// What lies in both.
    #[must_use]
    pub fn clip(&self, other: &Self) -> Self {
        let (a, b) = (self.high(), other.high());
        Self::between(
            core::array::from_fn(|x| self.low[x].max(other.low[x])),
            core::array::from_fn(|x| a[x].min(b[x])),
        )
    }

    /// The row-major position of a unit, `None` outside.
    #[must_use]
    pub fn position(&self, index: PerAxis) -> Option<usize> {
        let mut at = 0;
        for ((&i, &low), &len) in index.iter().zip(&self.low).zip(&self.len) {
            let offset = usize::try_from(i - low).ok().filter(|&o| o < len)?;
            at = at * len + offset;
        }
        Some(at)
    }

    /// All indices in row-major order.
    pub fn indices(&self) -> impl Iterator<Item = PerAxis> + use<> {
        let Self { low, len } = *self;
        (0..self.count()).map(move |at| {
            let (row, last) = (at / len[2], at % len[2]);
            [low[0] + (row / len[1]) as i64, low[1] + (row % len[1]) as i64, low[2] + last as i64]
        })
    }
}

/// A number of units; negative ones are none.
fn length(extent: i64) -> usize {
    usize::try_from(extent).unwrap_or(0)
}
