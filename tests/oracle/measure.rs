//! What is read off the sets of pixels.

use rf_core::graph::MAX_RANK;

use super::trace::{Field, Pixels, Tracer, Unit};

/// First and last index of a set along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hull {
    /// The first index.
    pub left: i64,
    /// The last index.
    pub right: i64,
}

impl Hull {
    /// Number of indices from the first to the last.
    #[must_use]
    pub fn extent(self) -> i64 {
        self.right - self.left + 1
    }
}

/// The hull of a set along one axis; none of the empty set.
#[must_use]
pub fn hull(pixels: &Pixels, axis: usize) -> Option<Hull> {
    let left = pixels.iter().map(|pixel| pixel[axis]).min()?;
    let right = pixels.iter().map(|pixel| pixel[axis]).max()?;
    Some(Hull { left, right })
}

/// Extent of a set along one axis, 0 where it is empty.
#[must_use]
pub fn extent(pixels: &Pixels, axis: usize) -> i64 {
    hull(pixels, axis).map_or(0, Hull::extent)
}

/// The indices that a set uses along one axis, ascending.
#[must_use]
pub fn used(pixels: &Pixels, axis: usize) -> Vec<i64> {
    let mut indices: Vec<i64> = pixels.iter().map(|pixel| pixel[axis]).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

/// Whether a set has no holes along any of the axes, each taken by itself.
#[must_use]
pub fn dense_per_axis(pixels: &Pixels, rank: usize) -> bool {
    (0..rank).all(|axis| used(pixels, axis).len() == super::index(extent(pixels, axis)))
}

/// Whether a set is a full box.
#[must_use]
pub fn dense(pixels: &Pixels, rank: usize) -> bool {
    let volume: i64 = (0..rank).map(|axis| extent(pixels, axis)).product();
    pixels.len() == super::index(volume)
}

/// The units of a layer that read a given pixel.
pub fn projective(tracer: &mut Tracer<'_>, field: Field, node: usize, pixel: Unit) -> Vec<Unit> {
    tracer
        .units(node)
        .into_iter()
        .filter(|&unit| tracer.support(field, node, unit).contains(&pixel))
        .collect()
}

/// The hulls of the units `0..count` of a layer along one axis, the other axes at index 0.
pub fn hulls(tracer: &mut Tracer<'_>, node: usize, axis: usize, count: i64) -> Vec<Option<Hull>> {
    (0..count).map(|index| hull(&tracer.support(Field::Local, node, at(axis, index)), axis)).collect()
}

/// The unit with `index` on one axis and 0 on the others.
#[must_use]
pub fn at(axis: usize, index: i64) -> Unit {
    let mut unit = [0; MAX_RANK];
    unit[axis] = index;
    unit
}

/// The window of pixels that outputs `from..to` need along one axis.
pub fn needed(tracer: &mut Tracer<'_>, node: usize, axis: usize, from: i64, to: i64) -> Option<Hull> {
    let hulls =
        (from..to).filter_map(|index| hull(&tracer.support(Field::Local, node, at(axis, index)), axis));
    hulls.reduce(|a, b| Hull { left: a.left.min(b.left), right: a.right.max(b.right) })
}

/// How far the outputs `from..to` look beyond the pixels `from * jump .. to * jump` that they stand for, before
/// and after; the jump is `numerator / denominator`, and the pixels must be whole.
pub fn overhang(
    tracer: &mut Tracer<'_>,
    node: usize,
    axis: usize,
    (from, to): (i64, i64),
    (numerator, denominator): (i64, i64),
) -> Option<(i64, i64)> {
    let needed = needed(tracer, node, axis, from, to)?;
    let (first, end) = (from * numerator, to * numerator);
    assert!(first % denominator == 0 && end % denominator == 0, "a tile of whole pixels");
    Some((first / denominator - needed.left, needed.right - (end / denominator - 1)))
}
