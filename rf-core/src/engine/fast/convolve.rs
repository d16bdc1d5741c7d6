//! Convolutions, transposed convolutions and their adjoints: one gather of rows, one matrix product.
use std::vec;
use std::vec::Vec;

use super::kernel::{Narrow, Product, Width};
use super::lattice::{Gather, runs};
use super::map::Map;
use super::winograd::{self, Winograd};
use crate::engine::vector::add_products;
use crate::graph::MAX_RANK;
use crate::theory::AxisMap;

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
    maps: &[AxisMap; MAX_RANK],
    kernel: &Kernel<'_>,
    bias: Option<&[f32]>,
    out: &mut Map,
    accumulate: bool,
) {
    let gather = Gather::new(maps, out.region);
    if !accumulate && gather.lattices.iter().any(|l| gather.rows(l, &gather.reads).is_empty()) {
        // Nothing overwrites the outputs that no input reaches.
        out.values.fill(0.0);
    }
    if let (Some(bias), true) =
        (bias, gather.lattices.iter().any(|l| gather.rows(l, &gather.reads).is_empty()))
    {
        // Outputs that no input reaches still have their bias.
        out.values.chunks_exact_mut(out.channels).for_each(|row| row.copy_from_slice(bias));
        return convolve(source, maps, kernel, None, out, true);
    }
    if gather.reads.is_empty() {
        return;
    }
    let padded;
    let unpadded = source;
    let source = if source.region.hull(&gather.reads) == source.region {
        source
    } else {
        padded = source.on(gather.reads);
        &padded
    };
    if kernel.from == 1 && kernel.to == 1 && kernel.groups > 1 {
        return depthwise(source, &gather, kernel, bias, out, accumulate);
    }
    let mut packed = PACKED.take();
    for lattice in &gather.lattices {
        let taps = gather.taps(lattice, &source.region);
        let mut rows = gather.rows(lattice, &source.region);
        if rows.is_empty() {
            continue;
        }
        for row in &mut rows {
            *row = (row.0 * source.channels, row.1 * out.channels);
        }
        let runs = runs(&taps, kernel.from, source.channels);
        for group in 0..kernel.groups {
            if group > 0 {
                for row in &mut rows {
                    *row = (row.0 + kernel.from, row.1 + kernel.to);
                }
            }
            let bias = bias.map(|b| &b[group * kernel.to..(group + 1) * kernel.to]);
            let src = &source.values[..];
            if kernel.to <= NARROW && kernel.from >= 8 {
                let columns: Vec<Vec<f32>> =
                    (0..kernel.to).map(|n| column(kernel, group, n, &taps)).collect();
                let dst = &mut out.values[..];
                let work = Narrow { src, dst, rows: &rows, runs: &runs, columns: &columns, bias, accumulate };
                pulp::Arch::new().dispatch(work);
            } else {
                pack(kernel, group, &taps, &mut packed);
                if kernel.groups == 1
                    && gather.is_three_by_three()
                    && winograd::fits(unpadded, out, Width::here())
                {
                    let first = rows.first().map_or(0, |r| r.0 / source.channels);
                    let work = Winograd { source, base: first, packed: &packed, bias, out, accumulate };
                    pulp::Arch::new().dispatch(work);
                    continue;
                }
                let dst = &mut out.values[..];
                let (panels, columns) = (&packed[..], kernel.to);
                let work = Product { src, dst, rows: &rows, runs: &runs, panels, columns, bias, accumulate };
                pulp::Arch::new().dispatch(work);
            }
        }
    }
    PACKED.set(packed);
}

std::thread_local! {
    /// Room for packed weights, kept between layers: fresh pages cost more than the packing.
    static PACKED: core::cell::Cell<Vec<f32>> = const { core::cell::Cell::new(Vec::new()) };
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
fn pack(kernel: &Kernel<'_>, group: usize, taps: &[(usize, usize)], packed: &mut Vec<f32>) {
    let width = Width::here();
    let (g, f, t) = kernel.strides;
    let depth = taps.len() * kernel.from;
    let padded: usize = width.panels(kernel.to).map(|(_, vectors)| vectors * width.lanes).sum();
    if packed.len() < depth * padded {
        packed.resize(depth * padded, 0.0);
    }
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

/// One channel to one channel in each group: lanes run over the groups.
fn depthwise(
    source: &Map,
    gather: &Gather,
    kernel: &Kernel<'_>,
    bias: Option<&[f32]>,
    out: &mut Map,
    accumulate: bool,
) {
    let channels = kernel.groups;
    for lattice in &gather.lattices {
        let taps = gather.taps(lattice, &source.region);
        let mut weights = vec![0.0; taps.len() * channels];
        for (row, &(tap, _)) in weights.chunks_exact_mut(channels).zip(&taps) {
            for (c, w) in row.iter_mut().enumerate() {
                *w = kernel.values[c * kernel.strides.0 + tap] * factor(kernel, c, 0, 0);
            }
        }
        let rows = gather.rows(lattice, &source.region);
        for &(from, to) in &rows {
            let sum = &mut out.values[to * channels..][..channels];
            match bias {
                Some(bias) if !accumulate => sum.copy_from_slice(bias),
                None if !accumulate => sum.fill(0.0),
                _ => {}
            }
            for (weights, &(_, unit)) in weights.chunks_exact(channels).zip(&taps) {
                let values = &source.values[(from + unit) * channels..][..channels];
                add_products(&mut *sum, values, weights);
            }
        }
    }
}
