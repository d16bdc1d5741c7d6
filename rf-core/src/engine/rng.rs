//! Random numbers that depend on what they are for, never on when they are drawn.
//!
//! Every input and combination of every sample has its own [`Stream`], keyed by seed, sample, layer and purpose (weights
//! are drawn by [`Normal`](super::Normal), or from a stream where they are uniform): threads may draw
//! in any order and get the same bits. A stream is sixteen interleaved xoshiro128++ generators (Blackman and Vigna
//! 2021), because sixteen equal lanes are what the compiler turns into vector code; the lanes are part of the
//! definition, not of the machine, and no fused operation is used: the bits are the same on every machine whose
//! `f32` is IEEE 754.

use super::vector::vectorised;

/// Lanes of a stream.
pub(super) const LANES: usize = 16;

/// The random numbers of one purpose.
#[derive(Clone, Debug)]
pub struct Stream {
    state: [[u32; LANES]; 4],
}

impl Stream {
    /// The stream of a key, for example `[seed, sample, layer, purpose]`.
    #[must_use]
    pub fn new(key: [u64; 4]) -> Self {
        let [mut hash, _] = hashed(key);
        let mut state = [[0; LANES]; 4];
        for pair in state.as_flattened_mut().chunks_exact_mut(2) {
            hash = hash.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let word = mix(hash);
            pair.copy_from_slice(&[word as u32, (word >> 32) as u32]);
        }
        Self { state }
    }

    /// The next sixteen words.
    #[inline(always)]
    fn next(&mut self) -> [u32; LANES] {
        let [s0, s1, s2, s3] = &mut self.state;
        let mut words = [0; LANES];
        for l in 0..LANES {
            words[l] = s0[l].wrapping_add(s3[l]).rotate_left(7).wrapping_add(s0[l]);
            let shifted = s1[l] << 9;
            s2[l] ^= s0[l];
            s3[l] ^= s1[l];
            s1[l] ^= s2[l];
            s0[l] ^= s3[l];
            s2[l] ^= shifted;
            s3[l] = s3[l].rotate_left(11);
        }
        words
    }

    /// Fills with normal numbers of mean 0 and this standard deviation.
    pub fn normal(&mut self, out: &mut [f32], std: f32) {
        fill_normal(self, out, std);
    }

    /// Thirty-two normal numbers.
    #[inline(always)]
    fn normals(&mut self, std: f32) -> [[f32; LANES]; 2] {
        let (radii, angles) = (self.next(), self.next());
        box_muller(radii, angles, std)
    }

    /// Fills with numbers uniform in `-bound .. bound`.
    pub fn uniform(&mut self, out: &mut [f32], bound: f32) {
        fill_uniform(self, out, bound);
    }

    /// Fills with +1 and −1.
    pub fn signs(&mut self, out: &mut [f32]) {
        for chunk in out.chunks_mut(LANES) {
            for (value, word) in chunk.iter_mut().zip(self.next()) {
                *value = if word >> 31 == 0 { 1.0 } else { -1.0 };
            }
        }
    }
}

/// Two words of a key.
pub(super) fn hashed(key: [u64; 4]) -> [u64; 2] {
    let mut hash = 0x9E37_79B9_7F4A_7C15_u64;
    for word in key {
        hash = mix(hash.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ mix(word.wrapping_add(0xD1B5_4A32_D192_ED03)));
    }
    [hash, mix(hash ^ 0xD1B5_4A32_D192_ED03)]
}

/// Normal numbers of uniform words (Box and Muller 1958).
#[inline(always)]
pub(super) fn box_muller(radii: [u32; LANES], angles: [u32; LANES], std: f32) -> [[f32; LANES]; 2] {
    let mut out = [[0.0; LANES]; 2];
    for l in 0..LANES {
        let radius = (-2.0 * ln_unit(radii[l])).sqrt() * std;
        let (sine, cosine) = sin_cos_turn(angles[l]);
        out[0][l] = radius * cosine;
        out[1][l] = radius * sine;
    }
    out
}

vectorised! {
    /// See [`Stream::normal`].
    fn fill_normal(stream: &'a mut Stream, out: &'a mut [f32], std: f32) -> () {
        let (chunks, rest) = out.as_chunks_mut::<{ 2 * LANES }>();
        // The state in registers, not behind a reference.
        let mut own = stream.clone();
        for chunk in chunks {
            let [a, b] = own.normals(std);
            chunk[..LANES].copy_from_slice(&a);
            chunk[LANES..].copy_from_slice(&b);
        }
        if !rest.is_empty() {
            let [a, b] = own.normals(std);
            for (value, normal) in rest.iter_mut().zip(a.into_iter().chain(b)) {
                *value = normal;
            }
        }
        *stream = own;
    }

    /// See [`Stream::uniform`].
    fn fill_uniform(stream: &'a mut Stream, out: &'a mut [f32], bound: f32) -> () {
        for chunk in out.chunks_mut(LANES) {
            for (value, word) in chunk.iter_mut().zip(stream.next()) {
                // The 24 high bits, centred: no value is preferred, none is exactly ±bound.
                *value = ((word >> 8) as f32 + 0.5 - 8_388_608.0) / 8_388_608.0 * bound;
            }
        }
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The natural logarithm of a number in (0, 1] made of 32 random bits; Cephes' polynomial, branch free.
#[inline(always)]
fn ln_unit(word: u32) -> f32 {
    // (word + 1/2) / 2^32 is never 0; in f32 it may round to 1, whose logarithm is 0.
    let x = (word as f32 + 0.5) * (1.0 / 4_294_967_296.0);
    let bits = x.to_bits();
    // Mantissa in [√½, √2): shift the exponent's border to √½.
    let shifted = bits.wrapping_sub(0x3F35_04F3);
    let exponent = (shifted as i32) >> 23;
    let m = f32::from_bits((shifted & 0x007F_FFFF) + 0x3F35_04F3) - 1.0;
    let square = m * m;
    let mut p = 7.037_683_6e-2;
    for c in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_4e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = p * m + c;
    }
    let e = exponent as f32;
    m + (m * square * p - 0.5 * square + e * -2.121_944_4e-4) + e * 0.693_359_4
}

/// Sine and cosine of `word / 2^32` turns; Cephes' polynomials on an eighth of a turn.
#[inline(always)]
fn sin_cos_turn(word: u32) -> (f32, f32) {
    // The nearest quarter, and what is left of it: within ±1/8 turn.
    let quarter = word.wrapping_add(0x2000_0000) >> 30;
    let rest = word.wrapping_sub(quarter << 30) as i32;
    let x = rest as f32 * (core::f32::consts::TAU / 4_294_967_296.0);
    let z = x * x;
    let sine = ((-1.951_529_6e-4 * z + 8.332_161e-3) * z - 1.666_665_5e-1) * z * x + x;
    let cosine = ((2.443_315_7e-5 * z - 1.388_731_6e-3) * z + 4.166_664_6e-2) * z * z - 0.5 * z + 1.0;
    let (s, c) = if quarter & 1 == 0 { (sine, cosine) } else { (cosine, sine) };
    let sine_sign = (quarter & 2) << 30;
    let cosine_sign = (quarter.wrapping_add(1) & 2) << 30;
    (f32::from_bits(s.to_bits() ^ sine_sign), f32::from_bits(c.to_bits() ^ cosine_sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn polynomials_are_the_functions() {
        for i in 0..100_000_u32 {
            let word = i.wrapping_mul(2_654_435_761);
            let exact = ((f64::from(word) + 0.5) / 4_294_967_296.0).ln();
            assert!((f64::from(ln_unit(word)) - exact).abs() <= 3e-7 * exact.abs().max(0.2), "{word}");
            let angle = f64::from(word) / 4_294_967_296.0 * core::f64::consts::TAU;
            let (s, c) = sin_cos_turn(word);
            assert!((f64::from(s) - angle.sin()).abs() < 2e-7, "{word}");
            assert!((f64::from(c) - angle.cos()).abs() < 2e-7, "{word}");
        }
        assert!(ln_unit(0) < -22.0 && ln_unit(u32::MAX).abs() < 1e-6);
    }

    #[test]
    fn moments() {
        let mut values = vec![0.0; 1_000_003];
        Stream::new([7, 0, 3, 0]).normal(&mut values, 2.0);
        let n = values.len() as f64;
        let moment = |p: i32| values.iter().map(|&v| (f64::from(v) / 2.0).powi(p)).sum::<f64>() / n;
        for (p, expected, error) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10170.0)]
        {
            let deviation = (moment(p) - expected) / (f64::sqrt(error) / n.sqrt());
            assert!(deviation.abs() < 4.0, "moment {p} is {}", moment(p));
        }
        Stream::new([7, 0, 3, 1]).uniform(&mut values, 1.0);
        assert!((values.iter().map(|&v| f64::from(v * v)).sum::<f64>() / n - 1.0 / 3.0).abs() < 1e-3);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |key| {
            let mut v = [0.0; 40];
            Stream::new(key).normal(&mut v, 1.0);
            v.map(f32::to_bits)
        };
        assert_eq!(draw([1, 2, 3, 4]), draw([1, 2, 3, 4]));
        for other in [[2, 1, 3, 4], [1, 2, 4, 3], [0, 2, 3, 4], [1, 2, 3, 5]] {
            assert_ne!(draw([1, 2, 3, 4]), draw(other));
        }
    }
}
