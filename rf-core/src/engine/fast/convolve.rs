//! Convolutions, transposed convolutions and their adjoints: one gather of rows, one matrix product.
use std::vec;
use std::vec::Vec;

use super::buffer::Buffer;
use super::kernel::{Product, Width};
use super::map::Map;
use super::narrow::Narrow;
use super::pack::Kernel;
use super::plan::{Pattern, Plan};
use super::winograd::{self, Winograd};
use crate::engine::vector::add_products;

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
        let packed = kernel.pack(0, &plan.patterns[0].taps);
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
        let columns: Vec<Vec<f32>> = (0..kernel.to).map(|n| kernel.column(group, n, taps)).collect();
        let work = Narrow { src, dst, rows, pieces, columns: &columns, bias, accumulate };
        return pulp::Arch::new().dispatch(work);
    }
    let columns = kernel.to;
    if let Some(fold) = fold.as_ref().filter(|_| 2 * columns <= width.lanes) {
        let packed = kernel.pack_pairs(group, fold);
        for (rows, halves) in [(&fold.rows, [true, true]), (&fold.odd, [false, true])] {
            let (panels, pieces, split) = (&packed[..], &fold.pieces, Some((fold.apart, halves)));
            let work =
                Product { src, dst: &mut *dst, rows, pieces, panels, columns, split, bias, accumulate };
            pulp::Arch::new().dispatch(work);
        }
        return;
    }
    if taps.len() * kernel.from * columns <= RESIDENT {
        let packed = kernel.pack(group, taps);
        let (panels, split) = (&packed[..], None);
        let work = Product { src, dst, rows, pieces, panels, columns, split, bias, accumulate };
        return pulp::Arch::new().dispatch(work);
    }
    for (first, vectors) in width.panels(columns) {
        let padded = vectors * width.lanes;
        let mut panel = Buffer::stale(taps.len() * kernel.from * padded);
        kernel.panel(group, taps, first, padded, &mut panel);
        let (panels, columns, split) = (&panel[..], padded.min(columns - first), None);
        let (dst, bias) = (&mut dst[first..], bias.map(|b| &b[first..]));
        let work = Product { src, dst, rows, pieces, panels, columns, split, bias, accumulate };
        pulp::Arch::new().dispatch(work);
    }
}

/// Weights that stay in the second cache while all rows pass by, 1 MiB of them; of more, one panel at a time is made
/// and used.
const RESIDENT: usize = 1 << 18;

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
            *w = kernel.at(c, 0, 0, tap);
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
