//! Fields against an image of known extents: what is left of them inside, and whether they see all of it.

use super::evaluate::unbounded;
use super::extremes::{extremes, joint_period, seen};
use super::interval::{Interval, max, min};
use super::layer::Layer;
use super::numbers::{Extents, Range, UNBOUNDED};
use crate::graph::{MAX_RANK, UNKNOWN};

impl Layer<'_> {
    /// The extent of what is left of units' fields inside the image, over all units of the map: those at the borders
    /// have less. `None` where the input's extent is not known.
    #[must_use]
    pub const fn clipped_rf(&self) -> Option<Extents> {
        let mut extents = Extents { rank: self.rank(), axes: [Range { min: 0, max: 0 }; MAX_RANK] };
        let mut axis = 0;
        while axis < self.rank() {
            if self.table.input_extent(axis) == UNKNOWN {
                return None;
            }
            extents.axes[axis] = self.clipped(axis);
            axis += 1;
        }
        Some(extents)
    }

    /// Whether every unit's field spans the whole input; `None` where the input's extent is not known, or axes are not
    /// separable ([`Layer::is_separable`]).
    #[must_use]
    pub const fn covers(&self) -> Option<bool> {
        if !self.is_separable() {
            return None;
        }
        let mut axis = 0;
        while axis < self.rank() {
            if self.table.input_extent(axis) == UNKNOWN {
                return None;
            }
            if self.uncovering_unit(axis).is_some() {
                return Some(false);
            }
            axis += 1;
        }
        Some(true)
    }

    /// A unit whose field does not span the whole input along an axis whose extent is known, if there is one.
    ///
    /// Within a class of units that repeat, fields move on and never back: its first and last unit speak for all.
    pub(crate) const fn uncovering_unit(&self, axis: usize) -> Option<i64> {
        let row = self.axis(axis);
        let image = Interval { first: 0, last: self.table.input_extent(axis) - 1 };
        let period = joint_period(&row);
        let mut unit = 0;
        while unit < row.extent {
            if !seen(&row, self.table.phases, unit).contains(image) {
                return Some(unit);
            }
            unit += 1;
            if unit == period {
                unit = max(period, row.extent - period);
            }
        }
        None
    }

    /// Whether the field of the central unit ([`Layer::central_unit`]) spans the whole input; `None` where the input's
    /// extent is not known.
    #[must_use]
    pub const fn covers_at_centre(&self) -> Option<bool> {
        let mut axis = 0;
        while axis < self.rank() {
            let (image, Some(unit)) = (self.table.input_extent(axis), self.central_unit(axis)) else {
                return None;
            };
            if image == UNKNOWN {
                return None;
            }
            if !self.field(axis, unit).contains(Interval { first: 0, last: image - 1 }) {
                return Some(false);
            }
            axis += 1;
        }
        Some(true)
    }

    /// The unit nearest the map's centre along an axis, the upper one of two; `None` where the extent is `_`.
    #[must_use]
    pub const fn central_unit(&self, axis: usize) -> Option<i64> {
        let extent = self.data().extent(axis);
        if extent == UNKNOWN { None } else { Some(extent / 2) }
    }

    /// Smallest and largest extent of units' boxes in the image.
    pub(super) const fn clipped(&self, axis: usize) -> Range {
        let row = self.axis(axis);
        let image = self.table.input_extent(axis);
        if unbounded(row.reach) || image == UNKNOWN {
            return self.endless(axis);
        }
        let image = Interval { first: 0, last: image - 1 };
        if row.extent == UNKNOWN {
            // Behind an opaque layer: bounds, since nobody knows which units there are.
            let reach = if row.reach_period == 1 { row.reach.intersection(image).extent() } else { 0 };
            return Range { min: reach, max: if row.count == 0 { reach } else { image.extent() } };
        }
        let (min, max) = extremes(&row, self.table.phases, image);
        Range { min: if self.is_separable() { min } else { 0 }, max }
    }

    /// The same where the image has no known end: [`UNBOUNDED`], but for units without a global path.
    const fn endless(&self, axis: usize) -> Range {
        let row = self.axis(axis);
        let mut range = Range { min: UNBOUNDED, max: UNBOUNDED };
        let mut unit = 0;
        while row.reach_period > 1 && unit < self.cycle(axis) {
            if row.reached(self.table.phases, unit).is_empty() {
                range.min = min(range.min, row.field(self.table.phases, unit).extent());
            }
            unit += 1;
        }
        range
    }
}
