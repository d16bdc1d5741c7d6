//! Convolutions, transposed convolutions and their adjoints: one gather of rows, one matrix product.
use std::vec;
use std::vec::Vec;

use super::kernel::{Narrow, Product, Width};
use super::lattice::{Gather, runs};
use super::map::Map;
use crate::engine::rng::dispatch;
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
    let source = if source.region.hull(&gather.reads) == source.region {
        source
    } else {
        padded = source.on(gather.reads);
        &padded
    };
    if kernel.from == 1 && kernel.to == 1 && kernel.groups > 1 {
        return depthwise(source, &gather, kernel, bias, out, accumulate);
    }
    let mut packed = Vec::new();
    for lattice in &gather.lattices {
        let taps = gather.taps(lattice, &source.region);
        let mut rows = gather.rows(lattice, &source.region);
        if rows.is_empty() {
            continue;
        }
        for r in &mut rows {
            *r = (r.0 * source.channels, r.1 * out.channels);
        }
        let runs = runs(&taps, kernel.from, source.channels);
        for group in 0..kernel.groups {
            if group > 0 {
                for r in &mut rows {
                    *r = (r.0 + kernel.from, r.1 + kernel.to);
                }
            }
            let bias = bias.map(|b| &b[group * kernel.to..(group + 1) * kernel.to]);
            let (src, dst) = (&source.values[..], &mut out.values[..]);
            if kernel.to <= NARROW && kernel.from >= 8 {
                let columns: Vec<Vec<f32>> =
                    (0..kernel.to).map(|n| column(kernel, group, n, &taps)).collect();
                let work = Narrow { src, dst, rows: &rows, runs: &runs, columns: &columns, bias, accumulate };
                pulp::Arch::new().dispatch(work);
            } else {
                pack(kernel, group, &taps, &mut packed);
                let (panels, columns) = (&packed[..], kernel.to);
                let work = Product { src, dst, rows: &rows, runs: &runs, panels, columns, bias, accumulate };
                pulp::Arch::new().dispatch(work);
            }
        }
    }
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
    packed.clear();
    packed.resize(depth * padded, 0.0);
    let mut at = 0;
    for (first, vectors) in width.panels(kernel.to) {
        let columns = vectors * width.lanes;
        let used = columns.min(kernel.to - first);
        let panel = &mut packed[at..at + depth * columns];
        at += depth * columns;
        for (block, &(tap, _)) in panel.chunks_exact_mut(kernel.from * columns).zip(taps) {
            let start = group * g + first * t + tap;
            for (k, row) in block.chunks_exact_mut(columns).enumerate() {
                let from = &kernel.values[start + k * f..];
                for (value, &weight) in row[..used].iter_mut().zip(from.iter().step_by(t)) {
                    *value = weight;
                }
            }
        }
        scale_panel(kernel, group, first, used, columns, panel);
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
            for v in row.iter_mut() {
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
        dispatch(|| {
            for &(from, to) in &rows {
                let sum = &mut out.values[to * channels..][..channels];
                match bias {
                    Some(bias) if !accumulate => sum.copy_from_slice(bias),
                    None if !accumulate => sum.fill(0.0),
                    _ => {}
                }
                for (weights, &(_, unit)) in weights.chunks_exact(channels).zip(&taps) {
                    let values = &source.values[(from + unit) * channels..][..channels];
                    for ((s, v), w) in sum.iter_mut().zip(values).zip(weights) {
                        *s = v.mul_add(*w, *s);
                    }
                }
            }
        });
    }
}
