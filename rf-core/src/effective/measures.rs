//! Figures of a map, named so that they can be compared with the literature.
//!
//! All are taken about the true centre of the theoretical field ([`Frame::centre`](super::Frame::centre)), on the
//! map as it is: an energy map gives figures of the energy. Those of the amplitude are those of an amplitude map,
//! or of [`FieldMap::root`], which [`FieldMap::luo`] takes by itself.

use alloc::vec;
use alloc::vec::Vec;

use super::map::{FieldMap, Quantity};
use super::numeric::{exp, log10_1p, root};
use super::profile::{centred_extent, centred_variance};
use super::{TWO_SIGMA, sqrt};
use crate::graph::{MAX_RANK, PerAxis};

/// A Gaussian about the centre, fitted to the marginal of one axis by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianFit {
    /// Standard deviation in input pixels.
    pub sigma: f64,
    /// Height at the centre, as a share of the map per pixel.
    pub peak: f64,
    /// Coefficient of determination, 1 for a perfect fit.
    pub r_squared: f64,
}

impl GaussianFit {
    /// The height at `distance` pixels from the centre.
    #[must_use]
    pub fn at(&self, distance: f64) -> f64 {
        self.peak * exp(-distance * distance / (2.0 * self.sigma * self.sigma))
    }
}

/// A centred square with a share of a map. Interpolated, the ring of pixels that reaches the share counts in part.
pub(crate) struct Square {
    pub(crate) side: i64,
    /// Its part of the map's pixels.
    pub(crate) area: f64,
    pub(crate) smooth_side: f64,
    pub(crate) smooth_area: f64,
}

impl FieldMap {
    /// Twice the centre: whole numbers.
    fn centre_twice(&self) -> PerAxis {
        self.frame().centre.map(|centre| (centre * 2.0) as i64)
    }

    /// Per axis, the extent in input pixels of the smallest centred interval that holds the share `share` of the
    /// axis's marginal. At 0.9545 this is what `erf` asserts: two standard deviations of a Gaussian to each side.
    #[must_use]
    pub fn extent(&self, share: f64) -> PerAxis {
        let mut extents = [1; MAX_RANK];
        for (axis, extent) in extents.iter_mut().enumerate().take(self.rank()) {
            let first = self.frame().pixels.origin[axis];
            *extent = centred_extent(&self.marginal(axis), first, self.centre_twice()[axis], share);
        }
        extents
    }

    /// The side in input pixels of the smallest centred square (interval, cube) that holds the share `share` of the
    /// map: the figure of Ding et al. 2022 (RepLKNet) before it is made a ratio.
    #[must_use]
    pub fn side(&self, share: f64) -> i64 {
        self.square(share, |value| value).side
    }

    /// Per axis, the standard deviation about the centre in input pixels.
    #[must_use]
    pub fn sigma(&self) -> [f64; MAX_RANK] {
        let mut sigma = [0.0; MAX_RANK];
        for (axis, sigma) in sigma.iter_mut().enumerate().take(self.rank()) {
            let first = self.frame().pixels.origin[axis];
            *sigma = sqrt(centred_variance(&self.marginal(axis), first, self.centre_twice()[axis]));
        }
        sigma
    }

    /// Per axis, the excess kurtosis about the centre: 0 for a Gaussian, −1.5/L for L 3×3 layers, 0 also where the
    /// map is a single pixel wide.
    #[must_use]
    pub fn kurtosis(&self) -> [f64; MAX_RANK] {
        let mut kurtosis = [0.0; MAX_RANK];
        for (axis, kurtosis) in kurtosis.iter_mut().enumerate().take(self.rank()) {
            let (mut total, mut second, mut fourth) = (0.0, 0.0, 0.0);
            for (distance, value) in self.profile(axis) {
                let square = distance * distance;
                total += value;
                second += value * square;
                fourth += value * square * square;
            }
            *kurtosis = if second > 0.0 { fourth * total / (second * second) - 3.0 } else { 0.0 };
        }
        kurtosis
    }

    /// `(distance from the centre, share of the map)` of every pixel of an axis's marginal.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "positions are far below 2^53")]
    pub fn profile(&self, axis: usize) -> Vec<(f64, f64)> {
        let (total, first) = (self.total(), self.frame().pixels.origin[axis]);
        let centre = self.frame().centre[axis];
        self.marginal(axis)
            .into_iter()
            .zip(first..)
            .map(|(value, x)| (x as f64 - centre, value / total))
            .collect()
    }

    /// The Gaussian about the centre that fits an axis's marginal best, by least squares over its pixels.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "pixel counts are far below 2^53")]
    pub fn fit(&self, axis: usize) -> GaussianFit {
        let profile = self.profile(axis);
        // For a given width the best height is linear; the width is found by golden section.
        let at_width = |sigma: f64| {
            let shape = |distance: f64| exp(-distance * distance / (2.0 * sigma * sigma));
            let (mut dot, mut norm) = (0.0, 0.0);
            for &(distance, value) in &profile {
                dot += value * shape(distance);
                norm += shape(distance) * shape(distance);
            }
            let peak = if norm > 0.0 { dot / norm } else { 0.0 };
            let error: f64 =
                profile.iter().map(|&(d, value)| (value - peak * shape(d)) * (value - peak * shape(d))).sum();
            (error, peak)
        };
        let start = self.sigma()[axis].max(0.1);
        let (mut low, mut high) = (start / 8.0, start * 8.0);
        let golden = 0.618_033_988_749_894_9;
        for _ in 0..80 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low));
            if at_width(left).0 < at_width(right).0 {
                high = right;
            } else {
                low = left;
            }
        }
        let sigma = f64::midpoint(low, high);
        let (error, peak) = at_width(sigma);
        let mean = profile.iter().map(|entry| entry.1).sum::<f64>() / profile.len() as f64;
        let spread: f64 = profile.iter().map(|entry| (entry.1 - mean) * (entry.1 - mean)).sum();
        GaussianFit { sigma, peak, r_squared: if spread > 0.0 { 1.0 - error / spread } else { 1.0 } }
    }

    /// Per axis, `extent(share)` over the extent of the theoretical field.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
    pub fn ratio(&self, share: f64) -> [f64; MAX_RANK] {
        let (extent, theoretical) = (self.extent(share), self.frame().theoretical.extents);
        core::array::from_fn(|axis| extent[axis] as f64 / theoretical[axis] as f64)
    }

    /// The size of Luo et al. 2016: the square root (in n axes the n-th) of the number of pixels whose amplitude is
    /// above 1 − 0.9545 of the centre's. The centre's level is the mean over the pixels within one pixel of the
    /// centre on every axis, which a single sample's noise spoils less than one pixel alone.
    ///
    /// Of an energy map, the root is taken first.
    #[must_use]
    pub fn luo(&self) -> f64 {
        self.above_centre(|relative| f64::from(u8::from(relative > 1.0)))
    }

    /// The same with a pixel counted in part where it is near the threshold: what its standard error is taken of.
    pub(crate) fn smooth_luo(&self) -> f64 {
        self.above_centre(|relative| (2.0 * relative - 1.5).clamp(0.0, 1.0))
    }

    /// The root of the pixels' sum of `counted`, which knows a pixel's amplitude relative to the threshold.
    fn above_centre(&self, counted: impl Fn(f64) -> f64) -> f64 {
        let level = |value: f64| if self.frame().quantity == Quantity::Energy { sqrt(value) } else { value };
        let threshold = (1.0 - TWO_SIGMA) * self.central(level);
        let count = self.values().iter().map(|value| counted(level(*value) / threshold)).sum();
        root(count, self.rank())
    }

    /// The mean of `level` over the pixels less than one and a half from the centre on every axis: 3 on an axis
    /// with a central pixel, 2 on one whose centre falls between two.
    fn central(&self, level: impl Fn(f64) -> f64) -> f64 {
        let near: [(i64, i64); MAX_RANK] = core::array::from_fn(|axis| {
            let twice = self.centre_twice()[axis];
            if axis >= self.rank() {
                (0, 0)
            } else if twice % 2 == 0 {
                (twice / 2 - 1, twice / 2 + 1)
            } else {
                (twice.div_euclid(2), twice.div_euclid(2) + 1)
            }
        });
        let (mut sum, mut count) = (0.0, 0.0);
        for a in near[0].0..=near[0].1 {
            for b in near[1].0..=near[1].1 {
                for c in near[2].0..=near[2].1 {
                    sum += level(self.at([a, b, c]));
                    count += 1.0;
                }
            }
        }
        sum / count
    }

    /// The share of the map's pixels that the smallest centred square with the share `share` of the map takes up.
    ///
    /// Free of the gradient's scale. The map's pixels are those of its canvas, so compare maps of one canvas only.
    #[must_use]
    pub fn area_ratio(&self, share: f64) -> f64 {
        self.square(share, |value| value).area
    }

    /// The same on `log10(1 + value)`, as Ding et al. 2022 (RepLKNet) print it.
    ///
    /// It *depends on the gradient's scale*: multiply a map by ten and the ratio changes. Only maps with the scale
    /// of the paper's (summed over 1,000 images, unnormalised) can be compared with its figures.
    #[must_use]
    pub fn area_ratio_log10(&self, share: f64) -> f64 {
        self.square(share, log10_1p).area
    }

    /// The smallest centred square that holds the share `share` of `level` over the map.
    #[expect(clippy::cast_precision_loss, reason = "pixel counts are far below 2^53")]
    pub(crate) fn square(&self, share: f64, level: impl Fn(f64) -> f64) -> Square {
        // By twice the distance from the centre, on the axis where it is largest.
        let rings = self.rings(|distances| distances.into_iter().max().unwrap_or(0));
        let mut held = vec![(0.0, 0_usize); rings.iter().max().map_or(0, |ring| ring + 1)];
        for (value, ring) in self.values().iter().zip(&rings) {
            held[*ring].0 += level(*value);
            held[*ring].1 += 1;
        }
        let wanted = share * held.iter().map(|ring| ring.0).sum::<f64>() * (1.0 - 1e-12);
        let (pixels, mut sum, mut inside) = (self.values().len() as f64, 0.0, 0);
        let mut found = Square { side: 1, area: 0.0, smooth_side: 1.0, smooth_area: 0.0 };
        for (twice, &(value, count)) in held.iter().enumerate().filter(|(_, ring)| ring.1 > 0) {
            let (side, area) = (if inside == 0 { 0 } else { found.side }, found.area);
            inside += count;
            found.side = twice as i64 + 1;
            found.area = inside as f64 / pixels;
            // How much of this ring is needed.
            let part = if value > 0.0 { ((wanted - sum) / value).clamp(0.0, 1.0) } else { 1.0 };
            found.smooth_side = side as f64 + part * (found.side - side) as f64;
            found.smooth_area = area + part * (found.area - area);
            sum += value;
            if sum >= wanted {
                break;
            }
        }
        found
    }

    /// [`FieldMap::extent`] along one axis, interpolated between whole pixels: what its standard error is taken of.
    #[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
    pub(crate) fn smooth_extent(&self, axis: usize, share: f64) -> f64 {
        let wanted = share * self.total();
        let (first, twice) = (self.frame().pixels.origin[axis], self.centre_twice()[axis]);
        let marginal = self.marginal(axis);
        let extent = centred_extent(&marginal, first, twice, share);
        let held = |extent: i64| -> f64 {
            let near = marginal.iter().zip(first..).filter(|(_, x)| (2 * x - twice).abs() < extent);
            near.map(|(value, _)| value).sum()
        };
        let (inner, outer) = (held(extent - 2), held(extent));
        let part = if outer > inner { ((wanted - inner) / (outer - inner)).clamp(0.0, 1.0) } else { 1.0 };
        (extent - 2) as f64 + 2.0 * part
    }

    /// A number per pixel from twice its distances to the centre on each axis.
    fn rings(&self, ring: impl Fn([u64; MAX_RANK]) -> u64) -> Vec<usize> {
        let (centre, origin, shape) = (self.centre_twice(), self.frame().pixels.origin, self.shape());
        let twice =
            |axis: usize, place: usize| (2 * (origin[axis] + place as i64) - centre[axis]).unsigned_abs();
        let mut rings = Vec::with_capacity(self.values().len());
        for a in 0..shape[0] {
            for b in 0..shape[1] {
                for c in 0..shape[2] {
                    rings.push(ring([twice(0, a), twice(1, b), twice(2, c)]) as usize);
                }
            }
        }
        rings
    }

    /// The share of the map within each whole radius (Euclidean, in input pixels) of the centre: entry `r` holds the
    /// share at distance `r` at the most.
    #[must_use]
    pub fn cumulative(&self) -> Vec<f64> {
        // The smallest r with r ≥ distance, from twice the distances.
        let rings = self.rings(|[a, b, c]| (a * a + b * b + c * c).isqrt().div_ceil(2));
        let exact = self.rings(|[a, b, c]| a * a + b * b + c * c);
        let mut held = vec![0.0; rings.iter().max().map_or(1, |ring| ring + 2)];
        for ((value, ring), square) in self.values().iter().zip(rings).zip(exact) {
            let beyond = square > 4 * ring * ring;
            held[ring + usize::from(beyond)] += value;
        }
        let (total, mut sum) = (self.total(), 0.0);
        for entry in &mut held {
            sum += *entry;
            *entry = sum / total;
        }
        held
    }

    /// The value that the pixels of the smallest region with the share `share` of the map reach: the level of the
    /// contour that encloses that share.
    #[must_use]
    pub fn level(&self, share: f64) -> f64 {
        let mut values = self.values().to_vec();
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let wanted = share * self.total() * (1.0 - 1e-12);
        let mut sum = 0.0;
        for value in &values {
            sum += value;
            if sum >= wanted {
                return *value;
            }
        }
        0.0
    }
}

#[cfg(test)]
#[path = "measures_tests.rs"]
mod tests;
