//! Convolutions, transposed convolutions and their adjoints: one gather of rows, one matrix product.
use std::vec;
use std::vec::Vec;

use super::buffer::Buffer;
use super::kernel::{Narrow, Product, Width};
use super::map::Map;
use super::plan::{Fold, Pattern, Plan};
use super::winograd::{self, Winograd};
use crate::engine::vector::add_products;

/// A convolution's weights, read in the direction of the data.
///
/// Element `(group, from, to, tap)` is `values[group·g + from·f + to·t + tap]`, where `from` is a channel of the
/// source and `to` one of the result, both inside their group.
pub(super) struct Kernel<'a> {
    pub values: &'a [f32],
    pub groups: usize,
    pub from: usize,
    pub to: usize,
    pub strides: (usize, usize, usize),
    /// A factor per channel of all groups of the convolution's output, on the `to` side or on the `from` side.
    pub scale: Option<(&'a [f32], bool)>,
}

/// Up to so many columns the lanes run along the rows.
const NARROW: usize = 4;

/// `out (+)= gather(source) · kernel + bias`.
pub(super) fn convolve(
    source: &Map,
    plan: &Plan,
    kernel: &Kernel<'_>,
    mut bias: Option<&[f32]>,
    out: &mut Map,
    mut accumulate: bool,
) {
    if plan.gaps && !accumulate {
        // Nothing else writes the outputs that no input reaches.
        out.values.fill(0.0);
        if let Some(bias) = bias.take() {
            out.values.chunks_exact_mut(out.channels).for_each(|row| row.copy_from_slice(bias));
            accumulate = true;
        }
    }
    if plan.reads.is_empty() {
        return;
    }
    if let Some(start) = plan.three_by_three
        && kernel.groups == 1
        && winograd::fits(source, out, Width::here())
    {
        let packed = pack(kernel, 0, &plan.patterns[0].taps);
        let work = Winograd { source, start, packed: &packed, bias, out, accumulate };
        return pulp::Arch::new().dispatch(work);
    }
    let padded;
    let source = if source.region.hull(&plan.reads) == source.region {
        source
    } else {
        padded = source.on(plan.reads);
        &padded
    };
    for pattern in &plan.patterns {
        if kernel.from == 1 && kernel.to == 1 && kernel.groups > 1 {
            depthwise(source, pattern, kernel, bias, out, accumulate);
            continue;
        }
        for group in 0..kernel.groups {
            let bias = bias.map(|b| &b[group * kernel.to..(group + 1) * kernel.to]);
            product(source, pattern, (kernel, group), bias, out, accumulate);
        }
    }
}

/// One group of a convolution as a matrix product.
fn product(
    source: &Map,
    pattern: &Pattern,
    (kernel, group): (&Kernel<'_>, usize),
    bias: Option<&[f32]>,
    out: &mut Map,
    accumulate: bool,
) {
    let Pattern { taps, rows, pieces, fold } = pattern;
    if rows.is_empty() {
        return;
    }
    let src = &source.values[group * kernel.from..];
    let dst = &mut out.values[group * kernel.to..];
    let width = Width::here();
    if kernel.to <= NARROW && kernel.from >= width.lanes.max(8) {
        let columns: Vec<Vec<f32>> = (0..kernel.to).map(|n| column(kernel, group, n, taps)).collect();
        let work = Narrow { src, dst, rows, pieces, columns: &columns, bias, accumulate };
        return pulp::Arch::new().dispatch(work);
    }
    let columns = kernel.to;
    if let Some(fold) = fold.as_ref().filter(|_| 2 * columns <= width.lanes) {
        let packed = pack_pairs(kernel, group, fold, width);
        for (rows, halves) in [(&fold.rows, [true, true]), (&fold.odd, [false, true])] {
            let (panels, pieces, split) = (&packed[..], &fold.pieces, Some((fold.apart, halves)));
            let work =
                Product { src, dst: &mut *dst, rows, pieces, panels, columns, split, bias, accumulate };
            pulp::Arch::new().dispatch(work);
        }
        return;
    }
    let packed = pack(kernel, group, taps);
    let (panels, split) = (&packed[..], None);
    let work = Product { src, dst, rows, pieces, panels, columns, split, bias, accumulate };
    pulp::Arch::new().dispatch(work);
}

fn column(kernel: &Kernel<'_>, group: usize, n: usize, taps: &[(usize, usize)]) -> Vec<f32> {
    let (g, f, t) = kernel.strides;
    let mut column = Vec::with_capacity(taps.len() * kernel.from);
    for &(tap, _) in taps {
        let at = group * g + n * t + tap;
        column.extend((0..kernel.from).map(|k| kernel.values[at + k * f] * factor(kernel, group, k, n)));
    }
    column
}

fn factor(kernel: &Kernel<'_>, group: usize, k: usize, n: usize) -> f32 {
    match kernel.scale {
        None => 1.0,
        Some((scale, true)) => scale[group * kernel.to + n],
        Some((scale, false)) => scale[group * kernel.from + k],
    }
}

/// Writes the weights of a group as panels, in the order in which the product reads them.
fn pack(kernel: &Kernel<'_>, group: usize, taps: &[(usize, usize)]) -> Buffer<f32> {
    let width = Width::here();
    let (g, f, t) = kernel.strides;
    let depth = taps.len() * kernel.from;
    let padded: usize = width.panels(kernel.to).map(|(_, vectors)| vectors * width.lanes).sum();
    let mut packed = Buffer::stale(depth * padded);
    let mut at = 0;
    for (first, vectors) in width.panels(kernel.to) {
        let columns = vectors * width.lanes;
        let used = columns.min(kernel.to - first);
        let panel = &mut packed[at..at + depth * columns];
        at += depth * columns;
        let start = group * g + first * t;
        // Small blocks: weights that are neighbours in memory are read while they are in the first cache.
        for n in (0..used).step_by(8) {
            for k in (0..kernel.from).step_by(16) {
                let block = (k..(k + 16).min(kernel.from), n..(n + 8).min(used));
                for (i, &(tap, _)) in taps.iter().enumerate() {
                    let from = &kernel.values[start + tap..];
                    transpose(from, (f, t), &mut panel[i * kernel.from * columns..], columns, &block);
                }
            }
        }
        scale_panel(kernel, group, first, used, columns, panel);
    }
    packed
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

fn scale_panel(
    kernel: &Kernel<'_>,
    group: usize,
    first: usize,
    used: usize,
    columns: usize,
    panel: &mut [f32],
) {
    let Some((scale, to)) = kernel.scale else { return };
    for (k, row) in panel.chunks_exact_mut(columns).enumerate() {
        if to {
            let scale = &scale[group * kernel.to + first..][..used];
            row.iter_mut().zip(scale).for_each(|(v, s)| *v *= s);
        } else {
            let s = scale[group * kernel.from + k % kernel.from];
            for v in row {
                *v *= s;
            }
        }
    }
}

/// The weights of pairs of outputs: one panel, the first output's columns and then the second's.
fn pack_pairs(kernel: &Kernel<'_>, group: usize, fold: &Fold, width: Width) -> Buffer<f32> {
    let ((g, f, t), columns) = (kernel.strides, width.lanes);
    let mut packed = Buffer::filled(fold.taps.len() * kernel.from * columns, 0.0);
    for ((_, halves), panel) in fold.taps.iter().zip(packed.chunks_exact_mut(kernel.from * columns)) {
        for (half, tap) in halves.iter().enumerate() {
            let Some(tap) = *tap else { continue };
            for (k, row) in panel.chunks_exact_mut(columns).enumerate() {
                let from = kernel.values[group * g + k * f + tap..].iter().step_by(t);
                let row = &mut row[half * kernel.to..(half + 1) * kernel.to];
                for (n, (value, from)) in row.iter_mut().zip(from).enumerate() {
                    *value = *from * factor(kernel, group, k, n);
                }
            }
        }
    }
    packed
}

/// One channel to one channel in each group: lanes run over the groups.
fn depthwise(
    source: &Map,
    pattern: &Pattern,
    kernel: &Kernel<'_>,
    bias: Option<&[f32]>,
    out: &mut Map,
    accumulate: bool,
) {
    let (channels, taps) = (kernel.groups, &pattern.taps);
    let mut weights = vec![0.0; taps.len() * channels];
    for (row, &(tap, _)) in weights.chunks_exact_mut(channels).zip(taps) {
        for (c, w) in row.iter_mut().enumerate() {
            *w = kernel.values[c * kernel.strides.0 + tap] * factor(kernel, c, 0, 0);
        }
    }
    for &(from, to) in &pattern.rows {
        let sum = &mut out.values[to as usize..][..channels];
        match bias {
            Some(bias) if !accumulate => sum.copy_from_slice(bias),
            None if !accumulate => sum.fill(0.0),
            _ => {}
        }
        for (weights, &(_, unit)) in weights.chunks_exact(channels).zip(taps) {
            let values = &source.values[from as usize + unit * channels..][..channels];
            add_products(&mut *sum, values, weights);
        }
    }
}
