//! Three-by-three convolutions of stride 1 by Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016,
//! F(4×4, 3×3)): 36 products for 16 outputs instead of 144.
//!
//! It rounds a little more (a test holds nine layers to 2e-5 of the gradient's scale), and its sums of products are
//! not exactly zero where the direct sums would be: [`fits`] leaves maps with an empty unit to the direct way, so
//! that holes of a support stay exact zeros.
use pulp::{Simd, WithSimd};
use std::vec::Vec;

use super::kernel::{End, Run, Width, rows_of};
use super::map::Map;

/// Values of a tile's side, before and after.
const IN: usize = 6;
const OUT: usize = 4;
/// Products of a tile.
const PRODUCTS: usize = IN * IN;
/// Tiles of a block: their transformed values stay in the second cache.
const BLOCK: usize = 48;

/// Whether it is worth it: many tiles for the transformed weights, and channels that fill vectors.
///
/// `source` is the map as it is, without padding around it.
pub(super) fn fits(source: &Map, out: &Map, width: Width) -> bool {
    let [h, w, depth] = out.region.len;
    let full = |channels: usize| channels.is_multiple_of(width.lanes) && channels <= 256;
    depth == 1
        && width.lanes > 1
        && full(source.channels)
        && full(out.channels)
        && h >= 8
        && w >= 8
        && h * w >= 8 * source.channels.max(out.channels)
        && source.values.chunks_exact(source.channels).all(|unit| unit.iter().any(|&v| v != 0.0))
}

/// The convolution. `source` starts at the first tap of output 0; `packed` are the panels of its nine taps in order.
pub(super) struct Winograd<'a> {
    pub source: &'a Map,
    /// The unit of `source` that output 0's first tap reads.
    pub base: usize,
    pub packed: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub out: &'a mut Map,
    pub accumulate: bool,
}

impl WithSimd for Winograd<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (from, to) = (self.source.channels, self.out.channels);
        let width = Width { lanes: S::F32_LANES, vectors: if S::REGISTER_COUNT >= 32 { 4 } else { 2 } };
        let [h, w, _] = self.out.region.len;
        let across = w.div_ceil(OUT);
        let tiles: Vec<(usize, usize)> =
            (0..h.div_ceil(OUT) * across).map(|t| (t / across * OUT, t % across * OUT)).collect();
        let mut room = ROOM.take();
        let size = PRODUCTS * (BLOCK * (from + to) + from * to);
        if room.len() < size {
            room.resize(size, 0.0);
        }
        let (before, rest) = room.split_at_mut(PRODUCTS * BLOCK * from);
        let (after, weights) = rest.split_at_mut(PRODUCTS * BLOCK * to);
        transform_weights(simd, self.packed, from, to, width, weights);
        let rows: Vec<(usize, usize)> = (0..BLOCK).map(|t| (t * from, t * to)).collect();
        let runs = [Run { offset: 0, len: from }];
        for block in tiles.chunks(BLOCK) {
            for (t, &tile) in block.iter().enumerate() {
                input(simd, self.source, self.base, tile, &mut before[t * from..]);
            }
            for p in 0..PRODUCTS {
                let src = &before[p * BLOCK * from..(p + 1) * BLOCK * from];
                let dst = &mut after[p * BLOCK * to..(p + 1) * BLOCK * to];
                let mut at = p * from * to;
                for (first, vectors) in width.panels(to) {
                    let columns = vectors * width.lanes;
                    let panel = &weights[at..at + from * columns];
                    at += from * columns;
                    let end = End { first, used: columns, bias: None, accumulate: false };
                    let rows = &rows[..block.len()];
                    match vectors {
                        1 => rows_of::<S, 12, 1>(simd, src, dst, rows, &runs, panel, &end),
                        2 if S::REGISTER_COUNT >= 32 => {
                            rows_of::<S, 12, 2>(simd, src, dst, rows, &runs, panel, &end);
                        }
                        2 => rows_of::<S, 6, 2>(simd, src, dst, rows, &runs, panel, &end),
                        3 => rows_of::<S, 8, 3>(simd, src, dst, rows, &runs, panel, &end),
                        _ => rows_of::<S, 6, 4>(simd, src, dst, rows, &runs, panel, &end),
                    }
                }
            }
            for (t, &tile) in block.iter().enumerate() {
                output(simd, &after[t * to..], self.out, tile, self.bias, self.accumulate);
            }
        }
        ROOM.set(room);
    }
}

std::thread_local! {
    /// Room for transformed values, kept between layers.
    static ROOM: core::cell::Cell<Vec<f32>> = const { core::cell::Cell::new(Vec::new()) };
}

/// `G g Gᵀ` of every pair of channels: per product, panels like those of a 1×1 convolution.
#[inline(always)]
fn transform_weights<S: Simd>(
    simd: S,
    packed: &[f32],
    from: usize,
    to: usize,
    width: Width,
    all: &mut [f32],
) {
    let quarter = simd.splat_f32s(0.25);
    let mut at = 0;
    let mut start = 0;
    for (_, vectors) in width.panels(to) {
        let columns = vectors * width.lanes;
        for k in 0..from {
            for v in 0..vectors {
                let place = k * columns + v * width.lanes;
                let mut taps = [[quarter; 3]; 3];
                for (i, tap) in taps.as_flattened_mut().iter_mut().enumerate() {
                    *tap = load::<S>(&packed[at + i * from * columns + place..][..width.lanes]);
                }
                let mut half_done = [[quarter; 3]; IN];
                for x in 0..3 {
                    let column = kernel_line(simd, [taps[0][x], taps[1][x], taps[2][x]]);
                    for y in 0..IN {
                        half_done[y][x] = column[y];
                    }
                }
                for y in 0..IN {
                    let row = kernel_line(simd, half_done[y]);
                    for x in 0..IN {
                        let value = row[x];
                        let into = &mut all[(y * IN + x) * from * to + start + place..][..width.lanes];
                        store::<S>(into, value);
                    }
                }
            }
        }
        at += 9 * from * columns;
        start += from * columns;
    }
}

/// One axis of `G g Gᵀ`.
#[inline(always)]
fn kernel_line<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; IN] {
    let (sixth, twelfth, quarter) =
        (simd.splat_f32s(1.0 / 6.0), simd.splat_f32s(1.0 / 12.0), simd.splat_f32s(0.25));
    let ends = simd.mul_f32s(simd.add_f32s(g[0], g[2]), sixth);
    let middle = simd.mul_f32s(g[1], sixth);
    let wide = simd.mul_add_f32s(simd.mul_f32s(g[0], quarter), sixth, simd.mul_f32s(g[2], sixth));
    let odd = simd.mul_f32s(g[1], twelfth);
    [
        simd.mul_f32s(g[0], quarter),
        simd.sub_f32s(simd.splat_f32s(0.0), simd.add_f32s(ends, middle)),
        simd.sub_f32s(middle, ends),
        simd.add_f32s(wide, odd),
        simd.sub_f32s(wide, odd),
        g[2],
    ]
}

/// `Bᵀ d B` of one tile, all channels.
#[inline(always)]
fn input<S: Simd>(simd: S, source: &Map, base: usize, tile: (usize, usize), before: &mut [f32]) {
    let channels = source.channels;
    let [height, width, _] = source.region.len;
    let (top, left) = (base / width + tile.0, base % width + tile.1);
    for c in (0..channels).step_by(S::F32_LANES) {
        let mut half_done = [[simd.splat_f32s(0.0); IN]; IN];
        for x in 0..IN {
            let mut column = [simd.splat_f32s(0.0); IN];
            if left + x < width {
                for y in 0..IN.min(height.saturating_sub(top)) {
                    let at = ((top + y) * width + left + x) * channels + c;
                    column[y] = load::<S>(&source.values[at..at + S::F32_LANES]);
                }
            }
            let column = input_line(simd, column);
            for y in 0..IN {
                half_done[y][x] = column[y];
            }
        }
        for y in 0..IN {
            let row = input_line(simd, half_done[y]);
            for x in 0..IN {
                let value = row[x];
                let at = (y * IN + x) * BLOCK * channels + c;
                store::<S>(&mut before[at..at + S::F32_LANES], value);
            }
        }
    }
}

/// One axis of `Bᵀ d B`.
#[inline(always)]
fn input_line<S: Simd>(simd: S, d: [S::f32s; IN]) -> [S::f32s; IN] {
    let (two, four, five) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(5.0));
    let a = simd.sub_f32s(d[4], simd.mul_f32s(four, d[2]));
    let b = simd.sub_f32s(d[3], simd.mul_f32s(four, d[1]));
    let c = simd.sub_f32s(d[4], d[2]);
    let e = simd.mul_f32s(two, simd.sub_f32s(d[3], d[1]));
    [
        simd.mul_add_f32s(four, d[0], simd.sub_f32s(d[4], simd.mul_f32s(five, d[2]))),
        simd.add_f32s(a, b),
        simd.sub_f32s(a, b),
        simd.add_f32s(c, e),
        simd.sub_f32s(c, e),
        simd.mul_add_f32s(four, d[1], simd.sub_f32s(d[5], simd.mul_f32s(five, d[3]))),
    ]
}

/// `Aᵀ m A` of one tile, all channels, into the map.
#[inline(always)]
fn output<S: Simd>(
    simd: S,
    after: &[f32],
    out: &mut Map,
    tile: (usize, usize),
    bias: Option<&[f32]>,
    accumulate: bool,
) {
    let channels = out.channels;
    let [height, width, _] = out.region.len;
    for c in (0..channels).step_by(S::F32_LANES) {
        let mut half_done = [[simd.splat_f32s(0.0); IN]; OUT];
        for x in 0..IN {
            let mut column = [simd.splat_f32s(0.0); IN];
            for y in 0..IN {
                let at = (y * IN + x) * BLOCK * channels + c;
                column[y] = load::<S>(&after[at..at + S::F32_LANES]);
            }
            let column = output_line(simd, column);
            for y in 0..OUT {
                half_done[y][x] = column[y];
            }
        }
        for y in 0..OUT.min(height - tile.0) {
            let row = output_line(simd, half_done[y]);
            for x in 0..OUT.min(width - tile.1) {
                let at = ((tile.0 + y) * width + tile.1 + x) * channels + c;
                let place = &mut out.values[at..at + S::F32_LANES];
                let mut sum = row[x];
                if let Some(bias) = bias {
                    sum = simd.add_f32s(sum, load::<S>(&bias[c..c + S::F32_LANES]));
                }
                if accumulate {
                    sum = simd.add_f32s(sum, load::<S>(place));
                }
                store::<S>(place, sum);
            }
        }
    }
}

/// A whole vector.
#[inline(always)]
fn load<S: Simd>(values: &[f32]) -> S::f32s {
    S::as_simd_f32s(values).0[0]
}

#[inline(always)]
fn store<S: Simd>(place: &mut [f32], value: S::f32s) {
    S::as_mut_simd_f32s(place).0[0] = value;
}

/// One axis of `Aᵀ m A`.
#[inline(always)]
fn output_line<S: Simd>(simd: S, m: [S::f32s; IN]) -> [S::f32s; OUT] {
    let (two, four, eight) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(8.0));
    let (a, b) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (c, d) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(simd.add_f32s(m[0], a), c),
        simd.mul_add_f32s(two, d, b),
        simd.mul_add_f32s(four, c, a),
        simd.add_f32s(simd.mul_add_f32s(eight, d, b), m[5]),
    ]
}
