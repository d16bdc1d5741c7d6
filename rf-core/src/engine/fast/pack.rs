//! Weights in the order in which the products read them.
use std::borrow::Cow;
use std::vec::Vec;

use super::buffer::Buffer;
use super::kernel::Width;
use super::plan::Fold;
use crate::engine::{Normal, Weight};

/// A convolution's weights, read in the direction of the data.
///
/// Element `(group, from, to, tap)` is number `group·g + from·f + to·t + tap` of the tensor, where `from` is a channel
/// of the source and `to` one of the result, both inside their group.
pub(super) struct Kernel<'a> {
    pub groups: usize,
    pub from: usize,
    pub to: usize,
    strides: (usize, usize, usize),
    /// A factor per channel of all groups of the convolution's output, on the `to` side or on the `from` side.
    scale: Option<(&'a [f32], bool)>,
    /// The tensor, where panels are drawn from it, and whether their lanes run along its rows.
    drawn: Option<(Normal, bool)>,
    /// Its values, where they are not.
    values: Cow<'a, [f32]>,
}

/// A tensor `[rows, columns, taps]` of a layer with so many groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub groups: usize,
    /// In one group.
    pub rows: usize,
    pub columns: usize,
    pub taps: usize,
}

impl<'a> Kernel<'a> {
    /// `along_rows` says that the result's channels are the tensor's rows, else they are its columns.
    pub(super) fn new(
        weights: &'a Weight<'_>,
        shape: Shape,
        along_rows: bool,
        scale: Option<(&'a [f32], bool)>,
    ) -> Self {
        let Shape { groups, rows, columns, taps } = shape;
        let (row, group) = (columns * taps, rows * columns * taps);
        let (from, to) = if along_rows { (columns, rows) } else { (rows, columns) };
        let strides = if along_rows { (group, taps, row) } else { (group, row, taps) };
        let width = Width::here();
        let fits = |normal: &Normal| {
            groups == 1 && width.panels(to).all(|(_, vectors)| normal.fits(along_rows, vectors * width.lanes))
        };
        let (drawn, values) = match weights {
            Weight::Normal(normal) if fits(normal) => (Some((*normal, along_rows)), Cow::default()),
            Weight::Normal(normal) => (None, Cow::Owned(normal.values())),
            Weight::Values(values) => (None, Cow::Borrowed(&values[..])),
        };
        Self { groups, from, to, strides, scale, drawn, values }
    }

    /// The weight of one channel to one channel.
    pub(super) fn at(&self, group: usize, k: usize, n: usize, tap: usize) -> f32 {
        let (g, f, t) = self.strides;
        let factor = match self.scale {
            None => 1.0,
            Some((scale, true)) => scale[group * self.to + n],
            Some((scale, false)) => scale[group * self.from + k],
        };
        self.values[group * g + k * f + n * t + tap] * factor
    }

    /// All weights to one channel.
    pub(super) fn column(&self, group: usize, n: usize, taps: &[(usize, usize)]) -> Vec<f32> {
        taps.iter().flat_map(|&(tap, _)| (0..self.from).map(move |k| self.at(group, k, n, tap))).collect()
    }

    /// The weights of a group as panels, one after another.
    pub(super) fn pack(&self, group: usize, taps: &[(usize, usize)]) -> Buffer<f32> {
        let (width, depth) = (Width::here(), taps.len() * self.from);
        let all: usize = width.panels(self.to).map(|(_, vectors)| vectors * width.lanes).sum();
        let (mut packed, mut at) = (Buffer::stale(depth * all), 0);
        for (first, vectors) in width.panels(self.to) {
            let size = depth * vectors * width.lanes;
            self.panel(group, taps, first, vectors * width.lanes, &mut packed[at..at + size]);
            at += size;
        }
        packed
    }

    /// One panel: the weights to `columns` channels from `first`.
    pub(super) fn panel(
        &self,
        group: usize,
        taps: &[(usize, usize)],
        first: usize,
        columns: usize,
        panel: &mut [f32],
    ) {
        let used = columns.min(self.to - first);
        if let Some((normal, along_rows)) = &self.drawn {
            let taps: Vec<usize> = taps.iter().map(|t| t.0).collect();
            normal.panel(*along_rows, &taps, (first, columns), panel);
        } else {
            let (g, f, t) = self.strides;
            let start = group * g + first * t;
            // Small blocks: weights that are neighbours in memory are read while they are in the first cache.
            for n in (0..used).step_by(8) {
                for k in (0..self.from).step_by(16) {
                    let block = (k..(k + 16).min(self.from), n..(n + 8).min(used));
                    for (i, &(tap, _)) in taps.iter().enumerate() {
                        let from = &self.values[start + tap..];
                        transpose(from, (f, t), &mut panel[i * self.from * columns..], columns, &block);
                    }
                }
            }
        }
        self.scale_panel(group, first, used, columns, panel);
    }

    fn scale_panel(&self, group: usize, first: usize, used: usize, columns: usize, panel: &mut [f32]) {
        let Some((scale, to)) = self.scale else { return };
        for (k, row) in panel.chunks_exact_mut(columns).enumerate() {
            if to {
                let scale = &scale[group * self.to + first..][..used];
                row.iter_mut().zip(scale).for_each(|(v, s)| *v *= s);
            } else {
                let s = scale[group * self.from + k % self.from];
                for v in row {
                    *v *= s;
                }
            }
        }
    }

    /// The weights of pairs of outputs: one panel, the first output's columns and then the second's.
    pub(super) fn pack_pairs(&self, group: usize, fold: &Fold) -> Buffer<f32> {
        let columns = Width::here().lanes;
        let mut packed = Buffer::filled(fold.taps.len() * self.from * columns, 0.0);
        for ((_, halves), panel) in fold.taps.iter().zip(packed.chunks_exact_mut(self.from * columns)) {
            for (half, tap) in halves.iter().enumerate() {
                let Some(tap) = *tap else { continue };
                for (k, row) in panel.chunks_exact_mut(columns).enumerate() {
                    let row = &mut row[half * self.to..(half + 1) * self.to];
                    row.iter_mut().enumerate().for_each(|(n, v)| *v = self.at(group, k, n, tap));
                }
            }
        }
        packed
    }
}

/// `panel[k, n] = from[k·f + n·t]` for a block of `(k, n)`.
fn transpose(
    from: &[f32],
    (f, t): (usize, usize),
    panel: &mut [f32],
    columns: usize,
    (depth, width): &(core::ops::Range<usize>, core::ops::Range<usize>),
) {
    for k in depth.clone() {
        let row = &mut panel[k * columns + width.start..k * columns + width.end];
        let values = &from[k * f + width.start * t..];
        if let Ok(row) = <&mut [f32; 8]>::try_from(&mut *row) {
            let values = &values[..=7 * t];
            for (n, value) in row.iter_mut().enumerate() {
                *value = values[n * t];
            }
        } else {
            for (value, from) in row.iter_mut().zip(values.iter().step_by(t)) {
                *value = *from;
            }
        }
    }
}
