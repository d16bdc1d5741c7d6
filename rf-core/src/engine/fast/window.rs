//! Pools, resizing, padding and shuffling: layers that mix units, never channels.
use std::vec::Vec;

use super::buffer::Buffer;
use super::map::Map;
use crate::engine::reference::linear::cubic;
use crate::engine::vector::{add_scaled, keep_largest};
use crate::engine::{Canvas, Cone, Reads, Region};
use crate::graph::{MAX_RANK, Op, PerAxis};
use crate::theory::AxisMap;

/// Per axis and output, the input indices and their shares: these layers are products over axes.
pub(super) struct Shares {
    axes: [Vec<Vec<(i64, f32)>>; MAX_RANK],
    out: Region,
}

impl Shares {
    pub(super) fn new(cone: &Cone<'_>, node: usize) -> Self {
        let input = cone.graph.nodes[node].inputs[0];
        let (out, region, inside) = (cone.regions[node], cone.regions[input], cone.inside(input));
        let axis = |a: usize| {
            (out.low[a]..=out.high()[a])
                .map(|i| match cone.reads(node, 0) {
                    Reads::Local(maps) => shares(cone, node, a, maps[a], i, &region),
                    _ => (0..inside.len[a] as i64).map(|n| (n, 1.0 / inside.len[a] as f32)).collect(),
                })
                .collect()
        };
        Self { axes: core::array::from_fn(axis), out }
    }

    /// Calls `link(output unit, input unit, share)`.
    fn each(&self, input: &Region, mut link: impl FnMut(usize, usize, f32)) {
        let mut o = 0;
        for x in &self.axes[0] {
            for y in &self.axes[1] {
                for z in &self.axes[2] {
                    for &(nx, wx) in x {
                        for &(ny, wy) in y {
                            for &(nz, wz) in z {
                                if let Some(i) = input.position([nx, ny, nz]) {
                                    link(o, i, wx * wy * wz);
                                }
                            }
                        }
                    }
                    o += 1;
                }
            }
        }
    }

    pub(super) fn forward(&self, x: &Map) -> Map {
        let mut out = Map::zeros(x.channels, self.out);
        let c = x.channels;
        self.each(&x.region, |o, i, w| {
            add_scaled(&mut out.values[o * c..(o + 1) * c], &x.values[i * c..(i + 1) * c], w);
        });
        out
    }

    pub(super) fn backward(&self, g: &Map, gradient: &mut Map) {
        let c = g.channels;
        let region = gradient.region;
        self.each(&region, |o, i, w| {
            add_scaled(&mut gradient.values[i * c..(i + 1) * c], &g.values[o * c..(o + 1) * c], w);
        });
    }

    /// The largest value of each window, and the unit it came from.
    pub(super) fn largest(&self, x: &Map) -> (Map, Buffer<u32>) {
        let mut out = Map::zeros(x.channels, self.out);
        out.values.fill(f32::NEG_INFINITY);
        let c = x.channels;
        let mut from = Buffer::filled(out.values.len(), u32::MAX);
        self.each(&x.region, |o, i, _| {
            let (best, from) = (&mut out.values[o * c..(o + 1) * c], &mut from[o * c..(o + 1) * c]);
            keep_largest(best, from, &x.values[i * c..(i + 1) * c], i as u32);
        });
        // A window of padding alone has no value.
        out.values.iter_mut().filter(|v| **v == f32::NEG_INFINITY).for_each(|v| *v = 0.0);
        (out, from)
    }
}

/// Sends each gradient to where its value came from.
pub(super) fn scatter(g: &Map, from: &[u32], gradient: &mut Map) {
    let c = g.channels;
    for (row, from) in g.values.chunks_exact(c).zip(from.chunks_exact(c)) {
        for (channel, (g, &unit)) in row.iter().zip(from).enumerate() {
            if unit != u32::MAX {
                gradient.values[unit as usize * c + channel] += g;
            }
        }
    }
}

fn shares(cone: &Cone<'_>, node: usize, a: usize, map: AxisMap, i: i64, region: &Region) -> Vec<(i64, f32)> {
    let (low, high) = (region.low[a], region.high()[a]);
    let taps = map.taps(i);
    let all = (0..taps.count).map(|t| taps.first + t * taps.step);
    let bounded = cone.canvas == Canvas::Input;
    match (&cone.graph.nodes[node].op, map) {
        // At real borders the last unit is repeated.
        (_, AxisMap::Linear { factor }) => all
            .map(|n| {
                let source = (2 * i + 1 - factor) as f32 / (2 * factor) as f32;
                (n.clamp(low, high), 1.0 - (source - n as f32).abs())
            })
            .collect(),
        (_, AxisMap::Resample { num, offset, den, taps: kind }) => all
            .map(|n| {
                let distance = ((num * i + offset) as f64 / den as f64 - n as f64).abs();
                let weight = match (taps.count, kind) {
                    (1, _) => 1.0,
                    (_, 2) => 1.0 - distance,
                    _ => cubic(distance),
                };
                (n.clamp(low, high), weight as f32)
            })
            .collect(),
        (Op::Pool { window, count_include_pad, .. }, _) => {
            let padded_end =
                cone.inside(cone.graph.nodes[node].inputs[0]).len[a] as i64 + cone.layers[node].after[a];
            let inside: Vec<i64> = all.clone().filter(|n| (low..=high).contains(n)).collect();
            let count = match (count_include_pad, bounded) {
                (true, true) => all.filter(|&n| n < padded_end).count(),
                (true, false) => window.kernel[a] as usize,
                _ => inside.len(),
            };
            inside.into_iter().map(|n| (n, 1.0 / count as f32)).collect()
        }
        (Op::AdaptivePool { .. }, _) => all.map(|n| (n, 1.0 / taps.count as f32)).collect(),
        _ => all.map(|n| (n, 1.0)).collect(),
    }
}

/// `fine[c, i] = coarse[c · r + phase, i / factor]`: calls `pair(fine value, coarse value)`.
pub(super) fn shuffled(
    factor: PerAxis,
    fine: (usize, Region),
    coarse: (usize, Region),
    mut pair: impl FnMut(usize, usize),
) {
    let ratio = factor.iter().product::<i64>() as usize;
    for (u, index) in fine.1.indices().enumerate() {
        let phase = (0..MAX_RANK).fold(0, |p, a| p * factor[a] + index[a].rem_euclid(factor[a])) as usize;
        let from = core::array::from_fn(|a| index[a].div_euclid(factor[a]));
        if let Some(v) = coarse.1.position(from) {
            (0..fine.0).for_each(|c| pair(u * fine.0 + c, v * coarse.0 + c * ratio + phase));
        }
    }
}
