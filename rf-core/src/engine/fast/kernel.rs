//! Matrix products on vector registers, by gathered rows.
//!
//! A row of the left matrix is a few runs of consecutive values of a feature map (a unit's channels at each tap), so
//! it is read where it lies: nothing is copied to make it. The right matrix, the weights, is packed into panels.
//! A general matrix product (`matrixmultiply`, `gemm`) would need the left matrix written out first (im2col), nine
//! times the map for a 3×3 layer, and both have unsafe interfaces, which this crate forbids itself.
use pulp::{Simd, WithSimd};
use std::vec::Vec;

/// Consecutive values of a row: `len` of them, `offset` after the row's base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub offset: usize,
    pub len: usize,
}

/// Lanes of the widest vector.
const MOST_LANES: usize = 16;

/// Lanes of a vector and vectors in a panel, on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Width {
    pub lanes: usize,
    pub vectors: usize,
}

impl Width {
    pub(super) fn here() -> Self {
        struct Ask;
        impl WithSimd for Ask {
            type Output = Width;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Width {
                Width { lanes: S::F32_LANES, vectors: if S::REGISTER_COUNT >= 32 { 4 } else { 2 } }
            }
        }
        pulp::Arch::new().dispatch(Ask)
    }

    /// The panels of `columns` columns: first column, vectors.
    pub(super) fn panels(self, columns: usize) -> impl Iterator<Item = (usize, usize)> {
        let wide = self.lanes * self.vectors;
        (0..columns.div_ceil(wide)).map(move |p| {
            let left = columns - p * wide;
            (p * wide, left.div_ceil(self.lanes).min(self.vectors))
        })
    }
}

/// `dst[row] (+)= src[row] · panels`, for all rows.
pub(super) struct Product<'a> {
    pub src: &'a [f32],
    pub dst: &'a mut [f32],
    /// Per row, its base in `src` and its first value in `dst`.
    pub rows: &'a [(u32, u32)],
    /// What a row is made of.
    pub pieces: &'a [Vec<Run>],
    /// Panels one after another, each `depth × vectors × lanes`.
    pub panels: &'a [f32],
    pub columns: usize,
    /// For two outputs a row: how far the second is from the first, and which are written.
    pub split: Option<(usize, [bool; 2])>,
    pub bias: Option<&'a [f32]>,
    pub accumulate: bool,
}

/// Rows of one block: their values stay in the first cache while the panels pass by.
const BLOCK: usize = 96;

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = Width { lanes: S::F32_LANES, vectors: if S::REGISTER_COUNT >= 32 { 4 } else { 2 } };
        let Self { src, dst, rows, pieces, panels, columns, split, bias, accumulate } = self;
        for block in rows.chunks(BLOCK) {
            let mut at = 0;
            for (first, vectors) in width.panels(columns) {
                let used = (columns - first).min(vectors * width.lanes);
                let mut bias = bias.map(|b| &b[first..first + used]);
                let mut accumulate = accumulate;
                for piece in pieces {
                    let size = piece.iter().map(|r| r.len).sum::<usize>() * vectors * width.lanes;
                    let panel = &panels[at..at + size];
                    at += size;
                    let end = End { first, used, split, bias: bias.take(), accumulate };
                    accumulate = true;
                    panel_rows(simd, vectors, src, dst, block, piece, panel, &end);
                }
            }
        }
    }
}

/// Depth of a product's piece: its part of a panel, 128 × 64 weights of four bytes, stays in the first cache while
/// a block of rows passes by.
const PIECE: usize = 128;

/// Cuts the runs into pieces of at most [`PIECE`] values each.
pub(super) fn pieces(runs: &[Run]) -> Vec<Vec<Run>> {
    let (mut pieces, mut open, mut room) = (Vec::new(), Vec::new(), PIECE);
    for &run in runs {
        let (mut offset, mut len) = (run.offset, run.len);
        while len > 0 {
            let part = len.min(room);
            open.push(Run { offset, len: part });
            (offset, len, room) = (offset + part, len - part, room - part);
            if room == 0 {
                pieces.push(core::mem::take(&mut open));
                room = PIECE;
            }
        }
    }
    if !open.is_empty() {
        pieces.push(open);
    }
    pieces
}

/// What happens to a finished tile.
pub(super) struct End<'a> {
    pub first: usize,
    pub used: usize,
    pub split: Option<(usize, [bool; 2])>,
    pub bias: Option<&'a [f32]>,
    pub accumulate: bool,
}

/// One panel, by tiles that fill the registers.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "all of them are the innermost loop's")]
pub(super) fn panel_rows<S: Simd>(
    simd: S,
    vectors: usize,
    src: &[f32],
    dst: &mut [f32],
    rows: &[(u32, u32)],
    runs: &[Run],
    panel: &[f32],
    end: &End<'_>,
) {
    match vectors {
        1 => rows_of::<S, 8, 1>(simd, src, dst, rows, runs, panel, end),
        2 if S::REGISTER_COUNT >= 32 => rows_of::<S, 8, 2>(simd, src, dst, rows, runs, panel, end),
        2 => rows_of::<S, 6, 2>(simd, src, dst, rows, runs, panel, end),
        3 => rows_of::<S, 8, 3>(simd, src, dst, rows, runs, panel, end),
        _ => rows_of::<S, 6, 4>(simd, src, dst, rows, runs, panel, end),
    }
}

#[inline(always)]
fn rows_of<S: Simd, const R: usize, const V: usize>(
    simd: S,
    src: &[f32],
    dst: &mut [f32],
    rows: &[(u32, u32)],
    runs: &[Run],
    panel: &[f32],
    end: &End<'_>,
) {
    let (full, rest) = rows.as_chunks::<R>();
    for rows in full {
        tile::<S, R, V>(simd, src, dst, rows, R, runs, panel, end);
    }
    // What is left over repeats its last row to fill a smaller tile.
    let mut rest = rest;
    while let Some(&last) = rest.last() {
        let left = rest.len();
        if left > 4 {
            let filled = core::array::from_fn(|m| rest.get(m).copied().unwrap_or(last));
            tile::<S, R, V>(simd, src, dst, &filled, left, runs, panel, end);
            return;
        }
        if left > 1 {
            let filled = core::array::from_fn(|m| rest.get(m).copied().unwrap_or(last));
            tile::<S, 4, V>(simd, src, dst, &filled, left, runs, panel, end);
            return;
        }
        tile::<S, 1, V>(simd, src, dst, &[rest[0]], 1, runs, panel, end);
        rest = &rest[1..];
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the innermost function takes what its registers hold")]
fn tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    src: &[f32],
    dst: &mut [f32],
    rows: &[(u32, u32); R],
    live: usize,
    runs: &[Run],
    panel: &[f32],
    end: &End<'_>,
) {
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    let mut steps = S::as_simd_f32s(panel).0.as_chunks::<V>().0;
    if let [run] = runs {
        // By itself a loop keeps its sums in registers to the end.
        sums = add_run(simd, src, rows, *run, &steps[..run.len], sums);
    } else {
        for run in runs {
            let (now, later) = steps.split_at(run.len);
            steps = later;
            sums = add_run(simd, src, rows, *run, now, sums);
        }
    }
    for m in 0..R.min(live) {
        if let Some((apart, halves)) = end.split {
            store_pair(simd, sums[m][0], &mut dst[rows[m].1 as usize..], apart, halves, end);
            continue;
        }
        let out = &mut dst[rows[m].1 as usize + end.first..][..end.used];
        for v in 0..V {
            let low = (v * S::F32_LANES).min(end.used);
            let part = &mut out[low..(low + S::F32_LANES).min(end.used)];
            let mut sum = sums[m][v];
            if end.bias.is_none()
                && let ([whole], []) = S::as_mut_simd_f32s(part)
            {
                *whole = if end.accumulate { simd.add_f32s(*whole, sum) } else { sum };
                continue;
            }
            if let Some(bias) = end.bias {
                sum = simd.add_f32s(sum, simd.partial_load_f32s(&bias[low..low + part.len()]));
            }
            if end.accumulate {
                sum = simd.add_f32s(sum, simd.partial_load_f32s(part));
            }
            simd.partial_store_f32s(part, sum);
        }
    }
}

/// The two outputs that stand in one vector.
#[inline(always)]
fn store_pair<S: Simd>(
    simd: S,
    sum: S::f32s,
    dst: &mut [f32],
    apart: usize,
    halves: [bool; 2],
    end: &End<'_>,
) {
    let mut sums = [0.0; MOST_LANES];
    simd.partial_store_f32s(&mut sums[..S::F32_LANES], sum);
    for (half, sums) in sums.chunks_exact(end.used).take(2).enumerate() {
        if !halves[half] {
            continue;
        }
        let out = &mut dst[half * apart..][..end.used];
        if let (Ok(out), Ok(sums), None, false) =
            (<&mut [f32; 8]>::try_from(&mut *out), <&[f32; 8]>::try_from(sums), end.bias, end.accumulate)
        {
            *out = *sums;
            continue;
        }
        for (n, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
            let start = if end.accumulate { *out } else { 0.0 };
            *out = start + end.bias.map_or(0.0, |b| b[n]) + sum;
        }
    }
}

#[inline(always)]
fn add_run<S: Simd, const R: usize, const V: usize>(
    simd: S,
    src: &[f32],
    rows: &[(u32, u32); R],
    run: Run,
    steps: &[[S::f32s; V]],
    mut sums: [[S::f32s; V]; R],
) -> [[S::f32s; V]; R] {
    // One length for all slices, in plain loops: the compiler then sees that no index needs a check.
    let len = run.len;
    let mut values: [&[f32]; R] = [&[]; R];
    for m in 0..R {
        values[m] = &src[rows[m].0 as usize + run.offset..][..len];
    }
    let steps = &steps[..len];
    for k in 0..len {
        let weights = steps[k];
        for m in 0..R {
            let value = simd.splat_f32s(values[m][k]);
            for v in 0..V {
                sums[m][v] = simd.mul_add_e_f32s(value, weights[v], sums[m][v]);
            }
        }
    }
    sums
}
