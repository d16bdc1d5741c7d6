//! A map over input pixels: what samplers and the closed form produce, and what measures and pictures read.

use alloc::vec::Vec;
use core::fmt;

use super::Canvas;
use crate::graph::{MAX_RANK, PerAxis};

/// A box of input pixels. Pixels beyond the input's borders have indices below 0 or at least its extent.
///
/// Entries beyond the rank are neutral: origin 0, extent 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelBox {
    /// The first pixel, per axis.
    pub origin: PerAxis,
    /// The number of pixels, per axis.
    pub extents: PerAxis,
}

impl PixelBox {
    /// The number of pixels.
    #[must_use]
    pub fn pixels(&self) -> Option<usize> {
        self.extents
            .iter()
            .try_fold(1_usize, |product, &extent| product.checked_mul(usize::try_from(extent).ok()?))
    }

    /// One past the last pixel of `axis`.
    #[must_use]
    pub const fn end(&self, axis: usize) -> i64 {
        self.origin[axis] + self.extents[axis]
    }
}

/// What a map holds per pixel, for `g = ∂y/∂x` of a random combination `y` of one unit's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// `E[Σ_c g²]`, the sum over input channels: the primary map.
    Energy,
    /// `E[Σ_c |g|]`.
    Amplitude,
}

/// What is known of a map beside its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Number of spatial axes, 1 to 3.
    pub rank: usize,
    /// The pixels that the map covers.
    pub pixels: PixelBox,
    /// The centre of the unit's theoretical field, in input pixels; a whole or a half number. 0 beyond the rank.
    pub centre: [f64; MAX_RANK],
    /// The unit's theoretical field, unclipped.
    pub theoretical: PixelBox,
    /// What the values are.
    pub quantity: Quantity,
    /// Whether the map ends at the input's borders.
    pub canvas: Canvas,
}

/// A map of one number per input pixel, for one unit of one layer.
///
/// The values are finite and not negative, and their sum is positive: a map of zeros alone has no measures.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMap {
    frame: Frame,
    values: Vec<f64>,
}

impl FieldMap {
    /// A map of `values`, row-major (the last axis fastest) over `frame.pixels`.
    pub fn new(frame: Frame, values: Vec<f64>) -> Result<Self, MapError> {
        let Frame { rank, pixels, theoretical, centre, .. } = frame;
        if !(1..=MAX_RANK).contains(&rank) {
            return Err(MapError::Rank(rank));
        }
        for shape in [&pixels, &theoretical] {
            for axis in 0..MAX_RANK {
                let neutral = axis < rank || (shape.origin[axis] == 0 && shape.extents[axis] == 1);
                if shape.extents[axis] < 1
                    || !neutral
                    || shape.origin[axis].checked_add(shape.extents[axis]).is_none()
                {
                    return Err(MapError::Extent {
                        axis,
                        origin: shape.origin[axis],
                        extent: shape.extents[axis],
                    });
                }
            }
        }
        let half = |centre: f64| centre.abs() < 1e15 && (2.0 * centre) % 1.0 == 0.0;
        if let Some(axis) = centre.iter().position(|&centre| !half(centre)) {
            return Err(MapError::Centre { axis });
        }
        if pixels.pixels() != Some(values.len()) {
            return Err(MapError::Count { values: values.len(), extents: pixels.extents });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite() || *value < 0.0) {
            return Err(MapError::Value { index, value: values[index] });
        }
        let sum: f64 = values.iter().sum();
        if sum <= 0.0 || !sum.is_finite() {
            return Err(MapError::Sum(sum));
        }
        Ok(Self { frame, values })
    }

    /// All that is known of the map beside its values.
    #[must_use]
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Number of spatial axes.
    #[must_use]
    pub const fn rank(&self) -> usize {
        self.frame.rank
    }

    /// The values, row-major over the box of [`Frame::pixels`].
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The value at a pixel; 0 beyond the map.
    #[must_use]
    pub fn at(&self, pixel: PerAxis) -> f64 {
        let PixelBox { origin, extents } = self.frame.pixels;
        let mut index = 0;
        for axis in 0..MAX_RANK {
            let offset = pixel[axis] - origin[axis];
            if !(0..extents[axis]).contains(&offset) {
                return 0.0;
            }
            index = index * extents[axis] + offset;
        }
        usize::try_from(index).map_or(0.0, |index| self.values[index])
    }

    /// The sum of all values.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The extent of each axis as a `usize`: it has been checked when the map was made.
    #[must_use]
    pub fn shape(&self) -> [usize; MAX_RANK] {
        self.frame.pixels.extents.map(|extent| usize::try_from(extent).unwrap_or(0))
    }

    /// The sums over all other axes: one number per pixel of `axis`.
    #[must_use]
    pub fn marginal(&self, axis: usize) -> Vec<f64> {
        let shape = self.shape();
        let inner: usize = shape[axis + 1..].iter().product();
        let mut sums = alloc::vec![0.0; shape[axis]];
        for (run, row) in self.values.chunks_exact(inner).enumerate() {
            sums[run % shape[axis]] += row.iter().sum::<f64>();
        }
        sums
    }

    /// The same map with every value replaced by its square root: the amplitude of Gaussian gradients, up to a
    /// constant.
    #[must_use]
    pub fn root(&self) -> Self {
        let frame = Frame { quantity: Quantity::Amplitude, ..self.frame };
        Self { frame, values: self.values.iter().map(|&value| super::sqrt(value)).collect() }
    }
}

/// Why numbers do not make a [`FieldMap`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MapError {
    /// The rank is not 1, 2 or 3.
    Rank(usize),
    /// An extent is not positive, or an axis beyond the rank is in use.
    Extent {
        /// The axis.
        axis: usize,
        /// Its first pixel.
        origin: i64,
        /// Its number of pixels.
        extent: i64,
    },
    /// The centre is neither a whole nor a half number.
    Centre {
        /// The axis.
        axis: usize,
    },
    /// The number of values is not the number of pixels.
    Count {
        /// The number of values.
        values: usize,
        /// The extents of the box.
        extents: PerAxis,
    },
    /// A value is negative or not finite.
    Value {
        /// Its row-major index.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The values' sum is 0 (a unit that depends on nothing) or too large for an `f64`.
    Sum(f64),
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Rank(rank) => write!(f, "a map has 1 to 3 spatial axes, not {rank}"),
            Self::Extent { axis, origin, extent } => {
                write!(f, "axis {axis} of a map cannot start at pixel {origin} and have {extent} pixels")
            }
            Self::Centre { axis } => {
                write!(f, "the centre on axis {axis} is neither a whole nor a half pixel")
            }
            Self::Count { values, extents } => {
                write!(
                    f,
                    "{values} values do not fill a map of {} x {} x {} pixels",
                    extents[0], extents[1], extents[2]
                )
            }
            Self::Value { index, value } => {
                write!(f, "value {index} of a map is {value}: values are finite and not negative")
            }
            Self::Sum(sum) => write!(f, "the values of a map sum to {sum}: there is nothing to measure"),
        }
    }
}

impl core::error::Error for MapError {}
