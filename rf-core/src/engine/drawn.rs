//! Weights that are drawn where they are used: each is a function of its place in the tensor.
//!
//! A convolution reads its weights in one order forward and in another backward, both far from the tensor's own, and
//! writing millions of them out only to shuffle them twice cost a ResNet-50 sample a fifth of its time. So a weight's
//! random bits are a hash of its place: whoever needs it draws it, in whatever order, and gets the same bits.
use std::vec;
use std::vec::Vec;

use super::rng::{LANES, box_muller, hashed};
use super::vector::vectorised;

/// A tensor of normal numbers, not written out.
///
/// A counter gives two numbers (Box and Muller 1958): they belong to output channels 16 apart, which stand in
/// neighbouring vectors, or in two rows, of whatever order a layer reads.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    keys: [u32; 4],
    rows: u32,
    columns: u32,
    taps: u32,
    deviation: f32,
}

/// Rows between the two numbers of a counter, in tensors of enough rows.
const PAIR: u32 = LANES as u32;

impl Normal {
    /// The tensor of a key, for example `[seed, sample, layer, tensor]`, of this shape and standard deviation.
    pub(crate) fn new(key: [u64; 4], shape: &[usize], deviation: f32) -> Self {
        let extent = |a: usize| shape.get(a).map_or(1, |&n| n as u32);
        let taps = shape.iter().skip(2).product::<usize>() as u32;
        let [a, b] = hashed(key);
        let keys = [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32];
        Self { keys, rows: extent(0), columns: extent(1), taps, deviation }
    }

    /// All values in row-major order.
    #[must_use]
    pub fn values(&self) -> Vec<f32> {
        let mut all = vec![0.0; (self.rows * self.columns * self.taps) as usize];
        write_out(self, &mut all);
        all
    }

    /// Whether panels whose lanes run along the rows (or along the columns) of the tensor can be drawn.
    pub(super) fn fits(&self, along_rows: bool, lanes: usize) -> bool {
        let (rows, columns) = (self.rows.is_multiple_of(2 * PAIR), self.columns.is_multiple_of(PAIR));
        if along_rows {
            rows && lanes.is_multiple_of(2 * LANES)
        } else {
            rows && columns && lanes.is_multiple_of(LANES)
        }
    }

    /// Draws a panel: for each of the taps, for each of the `depth` channels that are summed over, the weights to
    /// `width` channels from `first`.
    pub(super) fn panel(
        &self,
        along_rows: bool,
        taps: &[usize],
        (first, width): (usize, usize),
        panel: &mut [f32],
    ) {
        if along_rows {
            along(self, taps, first, width, panel);
        } else {
            across(self, taps, first, width, panel);
        }
    }

    /// Rows between the two numbers of a counter: few rows are halved.
    fn pair(&self) -> u32 {
        PAIR.min(self.rows.div_ceil(2))
    }

    /// The numbers of the counters `first`, `first + step`, ..
    #[inline(always)]
    fn draw(&self, first: u32, step: u32) -> [[f32; LANES]; 2] {
        let (mut radii, mut angles) = ([0; LANES], [0; LANES]);
        for l in 0..LANES {
            let counter = first.wrapping_add(step.wrapping_mul(l as u32));
            radii[l] = scramble(counter, self.keys[0], self.keys[1]);
            angles[l] = scramble(counter, self.keys[2], self.keys[3]);
        }
        box_muller(radii, angles, self.deviation)
    }
}

/// A permutation of 32 bits in which every bit of the counter and of both keys turns half of the others: the rounds
/// are those of the hash `triple32` (Wellons 2018).
#[inline(always)]
const fn scramble(counter: u32, a: u32, b: u32) -> u32 {
    let mut x = counter ^ a;
    x = (x ^ (x >> 17)).wrapping_mul(0xED5A_D4BB);
    x = (x ^ (x >> 11)).wrapping_add(b).wrapping_mul(0xAC4C_1B51);
    x = (x ^ (x >> 15)).wrapping_mul(0x3184_8BAB);
    x ^ (x >> 14)
}

vectorised! {
    /// See [`Normal::values`].
    fn write_out(normal: &'a Normal, all: &'a mut [f32]) -> () {
        // The key in registers, not behind a reference.
        let own = *normal;
        let (inner, pair) = ((own.columns * own.taps) as usize, own.pair());
        for (block, rows) in all.chunks_mut(2 * pair as usize * inner).enumerate() {
            let (low, high) = rows.split_at_mut((pair as usize * inner).min(rows.len()));
            for row in 0..low.len() / inner {
                let counter = (block as u32 * pair + row as u32) * inner as u32;
                for at in (0..inner).step_by(LANES) {
                    let [a, b] = own.draw(counter + at as u32, 1);
                    let count = LANES.min(inner - at);
                    low[row * inner + at..][..count].copy_from_slice(&a[..count]);
                    if let Some(high) = high.get_mut(row * inner + at..row * inner + at + count) {
                        high.copy_from_slice(&b[..count]);
                    }
                }
            }
        }
    }

    /// Lanes along the rows of the tensor: both numbers of a counter go to one row of the panel.
    fn along(normal: &'a Normal, taps: &'a [usize], first: usize, width: usize, panel: &'a mut [f32]) -> () {
        let own = *normal;
        let step = own.columns * own.taps;
        let depth = own.columns as usize;
        for (values, &tap) in panel.chunks_exact_mut(depth * width).zip(taps) {
            for (k, row) in values.chunks_exact_mut(width).enumerate() {
                let at = k as u32 * own.taps + tap as u32;
                for (two, n) in row.as_chunks_mut::<{ 2 * LANES }>().0.iter_mut().zip(0_u32..) {
                    let counter = (first as u32 / 2 + n * PAIR).wrapping_mul(step).wrapping_add(at);
                    let [a, b] = own.draw(counter, step);
                    two[..LANES].copy_from_slice(&a);
                    two[LANES..].copy_from_slice(&b);
                }
            }
        }
    }

    /// Lanes along the columns of the tensor: the numbers of a counter go to two rows of the panel.
    fn across(normal: &'a Normal, taps: &'a [usize], first: usize, width: usize, panel: &'a mut [f32]) -> () {
        let own = *normal;
        let depth = own.rows as usize;
        for (values, &tap) in panel.chunks_exact_mut(depth * width).zip(taps) {
            for (block, rows) in values.chunks_exact_mut(2 * PAIR as usize * width).enumerate() {
                let (low, high) = rows.split_at_mut(PAIR as usize * width);
                for (k, (low, high)) in low.chunks_exact_mut(width).zip(high.chunks_exact_mut(width)).enumerate() {
                    let row = block as u32 * PAIR + k as u32;
                    let (low, high) = (low.as_chunks_mut::<LANES>().0, high.as_chunks_mut::<LANES>().0);
                    for ((low, high), n) in low.iter_mut().zip(high).zip(0_u32..) {
                        let column = first as u32 + n * PAIR;
                        let counter = row.wrapping_mul(own.columns).wrapping_add(column);
                        let [a, b] = own.draw(counter.wrapping_mul(own.taps).wrapping_add(tap as u32), own.taps);
                        *low = a;
                        *high = b;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value at `(row, column, tap)`.
    fn at(values: &[f32], shape: [usize; 3], (row, column, tap): (usize, usize, usize)) -> f32 {
        values[(row * shape[1] + column) * shape[2] + tap]
    }

    #[test]
    fn every_order_has_the_same_values() {
        let shape = [96, 48, 9];
        let normal = Normal::new([3, 1, 4, 1], &[96, 48, 3, 3], 0.5);
        let all = normal.values();
        let taps = [4, 0, 8];
        for (along_rows, depth, first, width) in [(true, 48, 32, 64), (false, 96, 16, 32)] {
            assert!(normal.fits(along_rows, width));
            let mut panel = vec![0.0; taps.len() * depth * width];
            normal.panel(along_rows, &taps, (first, width), &mut panel);
            for (t, &tap) in taps.iter().enumerate() {
                for k in 0..depth {
                    for n in 0..width {
                        let place = if along_rows { (first + n, k, tap) } else { (k, first + n, tap) };
                        let drawn = panel[(t * depth + k) * width + n];
                        assert_eq!(drawn.to_bits(), at(&all, shape, place).to_bits(), "{place:?}");
                    }
                }
            }
        }
    }

    /// Moments of single values, and correlations of values that share a counter, a row, a column or a tap, of
    /// tensors of many and of few rows.
    #[test]
    fn values_are_normal_and_independent() {
        for shape in [[512, 128, 9], [8, 4096, 9], [3, 9000, 7], [1, 100_000, 1]] {
            let normal = Normal::new([7, 0, 3, 0], &shape, 2.0);
            let all: Vec<f64> = normal.values().iter().map(|&v| f64::from(v) / 2.0).collect();
            let n = all.len() as f64;
            for (p, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
                let moment = all.iter().map(|v| v.powi(p)).sum::<f64>() / n;
                assert!(
                    (moment - expected).abs() < 4.5 * f64::sqrt(variance / n),
                    "{shape:?}, {p}: {moment}"
                );
            }
            let inner = shape[1] * shape[2];
            for lag in [1, shape[2], inner, 4 * inner, 16 * inner, 2, 31 * inner + 1] {
                if lag < all.len() / 2 {
                    let pairs = all.iter().zip(&all[lag..]);
                    let (values, squares) = pairs
                        .fold((0.0, 0.0), |(v, s), (a, b)| (v + a * b, s + (a * a - 1.0) * (b * b - 1.0)));
                    let bound = 4.5 * (n - lag as f64).sqrt();
                    assert!(values.abs() < bound && squares.abs() < 2.0 * bound, "{shape:?}, lag {lag}");
                }
            }
        }
    }

    #[test]
    fn tensors_of_different_keys_are_independent() {
        let draw = |key| Normal::new(key, &[64, 64, 3, 3], 1.0).values();
        let first = draw([1, 2, 3, 4]);
        for other in [[2, 2, 3, 4], [1, 3, 3, 4], [1, 2, 4, 4], [1, 2, 3, 5]] {
            let dot: f64 = first.iter().zip(draw(other)).map(|(a, b)| f64::from(a * b)).sum();
            assert!(dot.abs() < 4.5 * (first.len() as f64).sqrt(), "{other:?}: {dot}");
        }
    }
}
