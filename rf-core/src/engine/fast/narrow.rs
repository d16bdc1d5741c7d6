//! Matrix products of a few columns.
use pulp::{Simd, WithSimd};
use std::vec::Vec;

use super::kernel::Run;

/// `dst[row] (+)= src[row] · weights` for a few columns: lanes run along the row, not along the columns.
pub(super) struct Narrow<'a> {
    pub src: &'a [f32],
    pub dst: &'a mut [f32],
    pub rows: &'a [(u32, u32)],
    pub pieces: &'a [Vec<Run>],
    /// Column by column, each as deep as a row.
    pub columns: &'a [Vec<f32>],
    pub bias: Option<&'a [f32]>,
    pub accumulate: bool,
}

impl WithSimd for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { src, dst, rows, pieces, columns, bias, accumulate } = self;
        for rows in rows.chunks(4) {
            let four: [(u32, u32); 4] = core::array::from_fn(|m| rows[m.min(rows.len() - 1)]);
            for (group, few) in columns.chunks(3).enumerate() {
                let three: [&[f32]; 3] = core::array::from_fn(|n| &few[n.min(few.len() - 1)][..]);
                let sums = dots(simd, src, &four, pieces, three);
                for (m, row) in rows.iter().enumerate() {
                    for n in 0..few.len() {
                        let column = group * 3 + n;
                        let out = &mut dst[row.1 as usize + column];
                        let start = bias.map_or(0.0, |b| b[column]) + if accumulate { *out } else { 0.0 };
                        *out = start + sums[m][n];
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn dots<S: Simd>(
    simd: S,
    src: &[f32],
    rows: &[(u32, u32); 4],
    pieces: &[Vec<Run>],
    columns: [&[f32]; 3],
) -> [[f32; 3]; 4] {
    let mut sums = [[simd.splat_f32s(0.0); 3]; 4];
    let mut at = 0;
    for run in pieces.iter().flatten() {
        let heads: [(&[S::f32s], &[f32]); 4] =
            core::array::from_fn(|m| S::as_simd_f32s(&src[rows[m].0 as usize + run.offset..][..run.len]));
        let weights: [(&[S::f32s], &[f32]); 3] =
            core::array::from_fn(|n| S::as_simd_f32s(&columns[n][at..][..run.len]));
        at += run.len;
        let whole = run.len / S::F32_LANES;
        let values: [&[S::f32s]; 4] = core::array::from_fn(|m| &heads[m].0[..whole]);
        let factors: [&[S::f32s]; 3] = core::array::from_fn(|n| &weights[n].0[..whole]);
        for k in 0..whole {
            for m in 0..4 {
                for n in 0..3 {
                    sums[m][n] = simd.mul_add_e_f32s(values[m][k], factors[n][k], sums[m][n]);
                }
            }
        }
        if run.len % S::F32_LANES != 0 {
            for m in 0..4 {
                for n in 0..3 {
                    let (a, b) = (simd.partial_load_f32s(heads[m].1), simd.partial_load_f32s(weights[n].1));
                    sums[m][n] = simd.mul_add_e_f32s(a, b, sums[m][n]);
                }
            }
        }
    }
    core::array::from_fn(|m| core::array::from_fn(|n| simd.reduce_sum_f32s(sums[m][n])))
}
