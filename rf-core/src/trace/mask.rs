//! The exact n-dimensional support of a unit.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::axis_set::{AxisSet, check};
use super::forward::tapped;
use super::{Bounds, TraceError, WORD_CAP};
use crate::graph::MAX_RANK;
use crate::theory::support::{Edge, Part, Scope, edge, shift_or, windows};
use crate::theory::{AxisMap, Interval, Layer, Table};

/// Which units of a layer are read: bits over a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    rank: usize,
    window: [Interval; MAX_RANK],
    /// Words of 64 bits per row; a row runs along the last axis.
    stride: usize,
    words: Vec<u64>,
}

impl Mask {
    pub(super) fn new(rank: usize, window: [Interval; MAX_RANK]) -> Result<Self, TraceError> {
        let last = (window[rank - 1].extent() as usize).div_ceil(64);
        let rows =
            window[..rank - 1].iter().try_fold(1usize, |rows, axis| rows.checked_mul(axis.extent() as usize));
        match rows.and_then(|rows| rows.checked_mul(last)) {
            Some(words) if words <= WORD_CAP => {
                Ok(Self { rank, window, stride: last, words: vec![0; words] })
            }
            _ => Err(TraceError::TooLarge),
        }
    }

    /// The box it covers, per axis: the smallest that holds all that is read along each axis.
    #[must_use]
    pub fn window(&self) -> &[Interval] {
        &self.window[..self.rank]
    }

    /// Whether the unit at `index` is read.
    ///
    /// # Panics
    /// Where `index` has not one entry per axis.
    #[must_use]
    pub fn contains(&self, index: &[i64]) -> bool {
        assert_eq!(index.len(), self.rank, "one index per axis");
        let inside = index.iter().zip(self.window()).all(|(&i, axis)| axis.first <= i && i <= axis.last);
        if !inside {
            return false;
        }
        let bit = (index[self.rank - 1] - self.window[self.rank - 1].first) as usize;
        (self.row(self.row_of(index))[bit / 64] >> (bit % 64)) & 1 == 1
    }

    /// Number of units read.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Share of the box that is read, 0 for an empty one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn coverage(&self) -> f64 {
        let volume: f64 = self.window().iter().map(|axis| axis.extent() as f64).product();
        if volume > 0.0 { self.count() as f64 / volume } else { 0.0 }
    }

    /// Whether the whole box is read.
    #[must_use]
    pub fn is_box(&self) -> bool {
        self.count() == self.window().iter().map(|axis| axis.extent() as u64).product::<u64>()
    }

    /// The indices along one axis at which anything is read.
    #[must_use]
    pub fn projection(&self, axis: usize) -> AxisSet {
        let window = self.window[axis];
        let mut seen = vec![false; window.extent() as usize];
        self.each(|index| seen[(index[axis] - window.first) as usize] = true);
        AxisSet::from_sorted(
            (window.first..=window.last).zip(seen).filter(|&(_, seen)| seen).map(|(i, _)| i).collect(),
        )
    }

    /// Calls `visit` with every unit that is read, in row-major order.
    pub fn each(&self, mut visit: impl FnMut(&[i64])) {
        let mut index = [0; MAX_RANK];
        for row in 0..self.rows() {
            self.row_index(row, &mut index);
            for bit in ones(self.row(row)) {
                index[self.rank - 1] = self.window[self.rank - 1].first + bit;
                visit(&index[..self.rank]);
            }
        }
    }

    fn rows(&self) -> usize {
        self.words.len().checked_div(self.stride).unwrap_or(0)
    }

    fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.stride..(row + 1) * self.stride]
    }

    /// The number of the row that holds `index`.
    fn row_of(&self, index: &[i64]) -> usize {
        (0..self.rank - 1).fold(0, |row, axis| {
            row * self.window[axis].extent() as usize + (index[axis] - self.window[axis].first) as usize
        })
    }

    /// The indices of row `row` on all axes but the last.
    fn row_index(&self, mut row: usize, index: &mut [i64; MAX_RANK]) {
        for axis in (0..self.rank - 1).rev() {
            let extent = self.window[axis].extent() as usize;
            index[axis] = self.window[axis].first + (row % extent) as i64;
            row /= extent;
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.rank
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Whether its box holds nothing at all.
    pub(super) fn is_void(&self) -> bool {
        self.words.is_empty()
    }

    /// Adds all of the box.
    pub(super) fn fill(&mut self) {
        let edges = self.window.map(|all| Some(Edge { map: None, all, last: i64::MAX }));
        fill_box(&edges, self);
    }

    /// Adds another set over the same box.
    pub(super) fn unite(&mut self, other: &Self) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// The units in `window` of an axis that tap a unit of this set there, the other axes as they are.
    pub(super) fn gathered(
        &self,
        axis: usize,
        window: Interval,
        (map, last): (AxisMap, i64),
    ) -> Result<Self, TraceError> {
        let mut windows = self.window;
        windows[axis] = window;
        let mut outputs = Self::new(self.rank, windows)?;
        let mut index = [0; MAX_RANK];
        for row in 0..outputs.rows() {
            outputs.row_index(row, &mut index);
            let at = row * outputs.stride..(row + 1) * outputs.stride;
            if axis + 1 == self.rank {
                let from = self.row(row);
                let marked = |unit: i64| {
                    let bit = (unit - self.window[axis].first) as usize;
                    (from[bit / 64] >> (bit % 64)) & 1 == 1
                };
                for unit in window.first..=window.last {
                    if tapped(map, unit, last, self.window[axis]).any(marked) {
                        let bit = (unit - window.first) as usize;
                        outputs.words[at.start + bit / 64] |= 1 << (bit % 64);
                    }
                }
            } else {
                for unit in tapped(map, index[axis], last, self.window[axis]) {
                    let mut there = index;
                    there[axis] = unit;
                    for (word, more) in
                        outputs.words[at.clone()].iter_mut().zip(self.row(self.row_of(&there)))
                    {
                        *word |= more;
                    }
                }
            }
        }
        Ok(outputs)
    }

    /// The same set in the smallest box.
    pub(super) fn trimmed(&self) -> Result<Self, TraceError> {
        let mut window = [Interval::EMPTY; MAX_RANK];
        self.each(|index| {
            for (axis, &i) in index.iter().enumerate() {
                window[axis] = window[axis].hull(Interval { first: i, last: i });
            }
        });
        let mut trimmed = Self::new(self.rank, window)?;
        self.each(|index| trimmed.set(index));
        Ok(trimmed)
    }

    pub(super) fn set(&mut self, index: &[i64]) {
        let row = self.row_of(index);
        let bit = (index[self.rank - 1] - self.window[self.rank - 1].first) as usize;
        self.words[row * self.stride + bit / 64] |= 1 << (bit % 64);
    }
}

/// Rows of `#` (read) and `.` (not read); the slices of a volume apart.
impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = self.window[self.rank - 1].extent();
        let height = if self.rank == 3 { self.window[1].extent() as usize } else { usize::MAX };
        for row in 0..self.rows() {
            if row > 0 {
                f.write_str(if row % height == 0 { "\n\n" } else { "\n" })?;
            }
            for bit in 0..extent as usize {
                f.write_str(if (self.row(row)[bit / 64] >> (bit % 64)) & 1 == 1 { "#" } else { "." })?;
            }
        }
        Ok(())
    }
}

/// The positions of the bits set in a row.
fn ones(row: &[u64]) -> impl Iterator<Item = i64> + '_ {
    row.iter().enumerate().flat_map(|(word, &bits)| {
        core::iter::successors((bits != 0).then_some(bits), |bits| {
            let rest = bits & (bits - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |bits| word as i64 * 64 + i64::from(bits.trailing_zeros()))
    })
}

/// Exactly the units of `target` that unit `unit` of `layer` depends on. Its shape need not be a box: the mask of
/// parallel 1×7 and 7×1 windows is a cross.
///
/// Time and memory are those of one bit per unit of each feature map's window.
///
/// # Errors
/// [`TraceError`] says which: a faulty layer, a target behind the layer, a unit with the wrong number of indices,
/// an extent that is not known, or a support beyond 4 GiB.
pub fn mask(layer: &Layer<'_>, unit: &[i64], target: &Layer<'_>, bounds: Bounds) -> Result<Mask, TraceError> {
    let table = layer.table();
    let rank = table.graph().rank;
    let (node, until) = (layer.index(), target.index());
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if until > node {
        return Err(TraceError::Order);
    }
    if unit.len() != rank {
        return Err(TraceError::Unit);
    }
    let bounded = bounds == Bounds::Real;
    let boxes = boxes(table, node, unit, until, bounded)?;
    let mut masks: Vec<Option<Mask>> = vec![None; node + 1];
    let mut own = Mask::new(rank, boxes[node])?;
    if !own.words.is_empty() {
        own.set(unit);
    }
    masks[node] = Some(own);
    for index in (until + 1..=node).rev() {
        let Some(outputs) = masks[index].take() else { continue };
        if outputs.is_empty() {
            continue;
        }
        for (k, &input) in table.graph().nodes[index].inputs.iter().enumerate() {
            if input < until {
                continue;
            }
            let edges = core::array::from_fn(|axis| {
                (axis < rank).then(|| edge(table, index, k, Scope { axis, bounded, global: true }))
            });
            if masks[input].is_none() {
                masks[input] = Some(Mask::new(rank, boxes[input])?);
            }
            if let Some(target) = &mut masks[input] {
                spread(&outputs, &edges, target)?;
            }
        }
    }
    match masks[until].take() {
        Some(mask) => mask.trimmed(),
        None => Mask::new(rank, [Interval::EMPTY; MAX_RANK]),
    }
}

/// The box of needed units of every node.
fn boxes(
    table: &Table<'_>,
    node: usize,
    unit: &[i64],
    until: usize,
    bounded: bool,
) -> Result<Vec<[Interval; MAX_RANK]>, TraceError> {
    let mut boxes = vec![[Interval::EMPTY; MAX_RANK]; node + 1];
    for (axis, &unit) in unit.iter().enumerate() {
        let mut parts = vec![Part::EMPTY; node + 1];
        let units = Interval { first: unit, last: unit };
        windows(table, node, units, until, Scope { axis, bounded, global: true }, &mut parts);
        check(&parts)?;
        for (index, part) in parts.iter().enumerate() {
            boxes[index][axis] = part.window;
        }
    }
    Ok(boxes)
}

/// Marks in `target` all that the units in `outputs` read.
fn spread(outputs: &Mask, edges: &[Option<Edge>; MAX_RANK], target: &mut Mask) -> Result<(), TraceError> {
    let rank = outputs.rank;
    if let [Some(Edge { map: Some(_), .. }), ..] = edges {
        // One axis after another: the taps of a layer are a product.
        let mut current = outputs.clone();
        for axis in 0..rank {
            let (map, last) = edges[axis].map_or((None, i64::MAX), |edge| (edge.map, edge.last));
            let map = map.unwrap_or(AxisMap::IDENTITY);
            let mut window = current.window;
            window[axis] = target.window[axis];
            let mut next = Mask::new(rank, window)?;
            if axis + 1 == rank {
                along_rows(&current, map, last, &mut next);
            } else {
                across_rows(&current, axis, (map, last), &mut next);
            }
            current = next;
        }
        target.unite(&current);
    }
    fill_box(edges, target);
    Ok(())
}

/// Marks the units that every unit reads.
fn fill_box(edges: &[Option<Edge>; MAX_RANK], target: &mut Mask) {
    let rank = target.rank;
    let mut all = [Interval::EMPTY; MAX_RANK];
    for axis in 0..rank {
        all[axis] = edges[axis].map_or(Interval::EMPTY, |edge| edge.all).intersection(target.window[axis]);
        if all[axis].is_empty() {
            return;
        }
    }
    let mut index = [0; MAX_RANK];
    for row in 0..target.rows() {
        target.row_index(row, &mut index);
        if (0..rank - 1).all(|axis| all[axis].first <= index[axis] && index[axis] <= all[axis].last) {
            for unit in all[rank - 1].first..=all[rank - 1].last {
                index[rank - 1] = unit;
                target.set(&index[..rank]);
            }
        }
    }
}

/// Carries whole rows along an axis that is not the last.
fn across_rows(from: &Mask, axis: usize, (map, last): (AxisMap, i64), to: &mut Mask) {
    let mut index = [0; MAX_RANK];
    for row in 0..from.rows() {
        from.row_index(row, &mut index);
        let taps = map.taps(index[axis]);
        for t in 0..taps.count {
            let unit = taps.first + t * taps.step;
            if to.window[axis].first <= unit && unit <= to.window[axis].last.min(last) {
                let mut there = index;
                there[axis] = unit;
                let at = to.row_of(&there) * to.stride;
                for (word, more) in to.words[at..].iter_mut().zip(from.row(row)) {
                    *word |= more;
                }
            }
        }
    }
}

/// Carries the bits within each row along the last axis.
fn along_rows(from: &Mask, map: AxisMap, last: i64, to: &mut Mask) {
    let axis = from.rank - 1;
    let (here, there) = (from.window[axis], to.window[axis]);
    for row in 0..from.rows() {
        let source = from.row(row);
        let target = &mut to.words[row * to.stride..(row + 1) * to.stride];
        if let (AxisMap::Window { kernel, stride: 1, dilation, before }, i64::MAX) = (map, last) {
            for t in 0..kernel {
                shift_or(target, there, source, here.first - before + t * dilation);
            }
            continue;
        }
        for bit in ones(source) {
            let taps = map.taps(here.first + bit);
            for t in 0..taps.count {
                let unit = taps.first + t * taps.step;
                if there.first <= unit && unit <= there.last.min(last) {
                    let bit = (unit - there.first) as usize;
                    target[bit / 64] |= 1 << (bit % 64);
                }
            }
        }
    }
}
