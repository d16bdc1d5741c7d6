//! Three-by-three convolutions of stride 1 by Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016,
//! F(4×4, 3×3)): 36 products for 16 outputs instead of 144.
//!
//! It rounds a little more (a test holds nine layers to 2e-5 of the gradient's scale), and its sums of products are
//! not exactly zero where the direct sums would be: [`fits`] leaves maps with an empty unit to the direct way, so
//! that holes of a support stay exact zeros.
use pulp::{Simd, WithSimd};
use std::vec::Vec;

use super::buffer::Buffer;
use super::kernel::{End, Run, Width, panel_rows};
use super::map::Map;

/// Values of a tile's side, before and after.
const IN: usize = 6;
const OUT: usize = 4;
/// Products of a tile.
const PRODUCTS: usize = IN * IN;
/// Tiles of a block: their transformed values stay in the second cache.
const BLOCK: usize = 48;
/// Tiles whose values stand together, so that those of one tile lie on few pages of memory.
const GROUP: usize = 8;

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

/// The convolution. `packed` are the panels of its nine taps in order.
pub(super) struct Winograd<'a> {
    pub source: &'a Map,
    /// Where output 0's first tap reads, counted from the source's first unit: what lies outside is zero.
    pub start: [i64; 2],
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
        let [before, after, panels] = [GROUP * from, GROUP * to, from * to].map(odd_lines);
        let groups = BLOCK / GROUP;
        let mut room = Buffer::stale(PRODUCTS * (groups * (before + after) + panels));
        let (inputs, rest) = room.split_at_mut(PRODUCTS * groups * before);
        let (outputs, weights) = rest.split_at_mut(PRODUCTS * groups * after);
        transform_weights(simd, self.packed, (from, to), width, weights, panels);
        let place =
            |t: usize, values: usize, channels: usize| t / GROUP * PRODUCTS * values + t % GROUP * channels;
        let rows: Vec<(u32, u32)> =
            (0..BLOCK).map(|t| (place(t, before, from) as u32, place(t, after, to) as u32)).collect();
        let runs = [Run { offset: 0, len: from }];
        let mut patch = Buffer::stale(IN * IN * from);
        for block in tiles.chunks(BLOCK) {
            for (&tile, row) in block.iter().zip(&rows) {
                let at = [self.start[0] + tile.0 as i64, self.start[1] + tile.1 as i64];
                input(simd, self.source, at, &mut patch, &mut inputs[row.0 as usize..], before);
            }
            for p in 0..PRODUCTS {
                let (src, dst) = (&inputs[p * before..], &mut outputs[p * after..]);
                let mut at = p * panels;
                for (first, vectors) in width.panels(to) {
                    let columns = vectors * width.lanes;
                    let panel = &weights[at..at + from * columns];
                    at += from * columns;
                    let end = End { first, used: columns, split: None, bias: None, accumulate: false };
                    panel_rows(simd, vectors, src, dst, &rows[..block.len()], &runs, panel, &end);
                }
            }
            for (&tile, row) in block.iter().zip(&rows) {
                output(simd, &outputs[row.1 as usize..], after, self.out, tile, self.bias, self.accumulate);
            }
        }
    }
}

/// An odd number of cache lines: with a power of two between them, the 36 values of a tile would fall into a few sets
/// of the first cache.
fn odd_lines(values: usize) -> usize {
    (values.div_ceil(16) | 1) * 16
}

/// `G g Gᵀ` of every pair of channels: per product, panels like those of a 1×1 convolution.
#[inline(always)]
fn transform_weights<S: Simd>(
    simd: S,
    packed: &[f32],
    (from, to): (usize, usize),
    width: Width,
    all: &mut [f32],
    stride: usize,
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
                        let into = &mut all[(y * IN + x) * stride + start + place..][..width.lanes];
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
    let wide = simd.mul_add_e_f32s(simd.mul_f32s(g[0], quarter), sixth, simd.mul_f32s(g[2], sixth));
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

/// `Bᵀ d B` of one tile, all channels. `patch` is room for the values of a tile that hangs over the border.
#[inline(always)]
fn input<S: Simd>(simd: S, source: &Map, at: [i64; 2], patch: &mut [f32], before: &mut [f32], stride: usize) {
    let channels = source.channels;
    let [height, width, _] = source.region.len;
    let fits = |at: i64, extent: usize| at >= 0 && at as usize + IN <= extent;
    let (values, line) = if fits(at[0], height) && fits(at[1], width) {
        let first = (at[0] as usize * width + at[1] as usize) * channels;
        (&source.values[first..], width * channels)
    } else {
        cut(source, at, patch);
        (&*patch, IN * channels)
    };
    for c in (0..channels).step_by(S::F32_LANES) {
        let row = |y: usize| &values[y * line + c..][..(IN - 1) * channels + S::F32_LANES];
        let rows = [row(0), row(1), row(2), row(3), row(4), row(5)];
        input_vector(simd, &rows, channels, &mut before[c..], stride);
    }
}

/// The values of a tile, zero beyond the map.
fn cut(source: &Map, at: [i64; 2], patch: &mut [f32]) {
    let channels = source.channels;
    let [height, width, _] = source.region.len;
    let first = (-at[1]).clamp(0, IN as i64) as usize;
    let last = (width as i64 - at[1]).clamp(first as i64, IN as i64) as usize;
    for (y, line) in patch.chunks_exact_mut(IN * channels).enumerate() {
        let row = at[0] + y as i64;
        if row < 0 || row as usize >= height {
            line.fill(0.0);
            continue;
        }
        let from = (row * width as i64 + at[1] + first as i64) as usize * channels;
        line[..first * channels].fill(0.0);
        line[first * channels..last * channels]
            .copy_from_slice(&source.values[from..][..(last - first) * channels]);
        line[last * channels..].fill(0.0);
    }
}

/// The same of one vector of channels, `at` in each row.
#[inline(always)]
fn input_vector<S: Simd>(simd: S, rows: &[&[f32]; IN], step: usize, before: &mut [f32], stride: usize) {
    // Written out: an array to be filled would first be cleared, and a closure may stay outside the vector code.
    let columns = Lines([
        input_column(simd, rows, 0),
        input_column(simd, rows, step),
        input_column(simd, rows, 2 * step),
        input_column(simd, rows, 3 * step),
        input_column(simd, rows, 4 * step),
        input_column(simd, rows, 5 * step),
    ]);
    let c = &columns.0;
    for y in 0..IN {
        let row = input_line(simd, [c[0][y], c[1][y], c[2][y], c[3][y], c[4][y], c[5][y]]);
        for x in 0..IN {
            store::<S>(&mut before[(y * IN + x) * stride..][..S::F32_LANES], row[x]);
        }
    }
}

#[inline(always)]
fn input_column<S: Simd>(simd: S, rows: &[&[f32]; IN], at: usize) -> [S::f32s; IN] {
    let value = |y: usize| load::<S>(&rows[y][at..][..S::F32_LANES]);
    input_line(simd, [value(0), value(1), value(2), value(3), value(4), value(5)])
}

/// Temporaries that the registers cannot hold start at a cache line too.
#[repr(align(64))]
struct Lines<T>(T);

/// One axis of `Bᵀ d B`.
#[inline(always)]
fn input_line<S: Simd>(simd: S, d: [S::f32s; IN]) -> [S::f32s; IN] {
    let (two, four, five) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(5.0));
    // d₄ − 4 d₂ and its like.
    let less = |a, factor, b| simd.negate_mul_add_e_f32s(factor, b, a);
    let (a, b) = (less(d[4], four, d[2]), less(d[3], four, d[1]));
    let (c, e) = (simd.sub_f32s(d[4], d[2]), simd.sub_f32s(d[3], d[1]));
    [
        simd.mul_add_e_f32s(four, d[0], less(d[4], five, d[2])),
        simd.add_f32s(a, b),
        simd.sub_f32s(a, b),
        simd.mul_add_e_f32s(two, e, c),
        less(c, two, e),
        simd.mul_add_e_f32s(four, d[1], less(d[5], five, d[3])),
    ]
}

/// `Aᵀ m A` of one tile, all channels, into the map.
#[inline(always)]
fn output<S: Simd>(
    simd: S,
    after: &[f32],
    stride: usize,
    out: &mut Map,
    tile: (usize, usize),
    bias: Option<&[f32]>,
    accumulate: bool,
) {
    let channels = out.channels;
    let [height, width, _] = out.region.len;
    let (rows, columns) = (OUT.min(height - tile.0), OUT.min(width - tile.1));
    let values = &mut out.values[(tile.0 * width + tile.1) * channels..];
    for c in (0..channels).step_by(S::F32_LANES) {
        let tile = output_vector(simd, &after[c..], stride);
        let bias = bias.map(|b| load::<S>(&b[c..c + S::F32_LANES]));
        for (y, row) in tile.0.iter().enumerate().take(rows) {
            let line = &mut values[y * width * channels..];
            for (x, &sum) in row.iter().enumerate().take(columns) {
                let place = &mut line[x * channels + c..][..S::F32_LANES];
                let sum = bias.map_or(sum, |bias| simd.add_f32s(sum, bias));
                store::<S>(place, if accumulate { simd.add_f32s(sum, load::<S>(place)) } else { sum });
            }
        }
    }
}

/// The outputs of one vector of channels.
#[inline(always)]
fn output_vector<S: Simd>(simd: S, after: &[f32], stride: usize) -> Lines<[[S::f32s; OUT]; OUT]> {
    let columns = Lines([
        output_column(simd, after, stride, 0),
        output_column(simd, after, stride, 1),
        output_column(simd, after, stride, 2),
        output_column(simd, after, stride, 3),
        output_column(simd, after, stride, 4),
        output_column(simd, after, stride, 5),
    ]);
    let c = &columns.0;
    let row = |y: usize| [c[0][y], c[1][y], c[2][y], c[3][y], c[4][y], c[5][y]];
    Lines([
        output_line(simd, row(0)),
        output_line(simd, row(1)),
        output_line(simd, row(2)),
        output_line(simd, row(3)),
    ])
}

#[inline(always)]
fn output_column<S: Simd>(simd: S, after: &[f32], stride: usize, x: usize) -> [S::f32s; OUT] {
    let at = |y: usize| load::<S>(&after[(y * IN + x) * stride..][..S::F32_LANES]);
    output_line(simd, [at(0), at(1), at(2), at(3), at(4), at(5)])
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
        simd.mul_add_e_f32s(two, d, b),
        simd.mul_add_e_f32s(four, c, a),
        simd.add_f32s(simd.mul_add_e_f32s(eight, d, b), m[5]),
    ]
}
