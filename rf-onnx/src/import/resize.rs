//! `Resize` and `Upsample`: every coordinate transformation as a fraction, exactly.

use rf_core::graph::{MAX_RANK, Op, Resample, Resize, UNKNOWN};
use rf_core::theory::{AxisMap, LIMIT};

use super::reshape::{axes, axis};
use super::{Importer, Value, constant_at, map_at, one};
use crate::layout::Size;
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::{Number, rational};

type Inputs<'v> = &'v [Option<Value>];

/// How a dimension is resized: units before and after, and how many inputs an output advances.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    input: Option<i64>,
    output: Option<i64>,
    num: i64,
    den: i64,
}

/// A coordinate `(num·i + offset) / den`.
type Line = (i128, i128, i128);

/// Where output `i` lies in the input, before any rounding.
fn line(mode: &str, ratio: Ratio) -> Outcome<Line> {
    let Ratio { input, output, num, den } = ratio;
    let (a, b) = (i128::from(num), i128::from(den));
    let extents = || match (input, output) {
        (Some(input), Some(output)) => Ok((i128::from(input), i128::from(output))),
        _ => unknown(format!("`{mode}` depends on extents that only a run knows")),
    };
    Ok(match mode {
        "pytorch_half_pixel" if output == Some(1) => (1, 0, 2),
        "half_pixel" | "pytorch_half_pixel" => (2 * a, a - b, 2 * b),
        "tf_half_pixel_for_nn" => (2 * a, a, 2 * b),
        "asymmetric" => (a, 0, b),
        "align_corners" => match extents()? {
            // One unit comes of the first one, and of one unit all do.
            (input, 1) => (1, 0, 2.max(input)),
            (1, output) => (1, 0, output),
            (input, output) => (input - 1, 0, output - 1),
        },
        // The centre of the output lies on that of the input, whatever the rounding of its extent.
        "half_pixel_symmetric" => {
            let (input, output) = extents()?;
            (2 * a, input * b - output * a + a - b, 2 * b)
        }
        other => return unknown(format!("`{other}` coordinates are not read")),
    })
}

/// The coordinate with its rounding folded in, so that its floor is the unit that is read.
fn rounded((num, offset, den): Line, mode: &str) -> Outcome<Line> {
    Ok(match mode {
        "floor" => (num, offset, den),
        "ceil" => (num, offset + den - 1, den),
        // ⌈x − 1/2⌉ and ⌊x + 1/2⌋.
        "round_prefer_floor" => (2 * num, 2 * offset + den - 1, 2 * den),
        "round_prefer_ceil" => (2 * num, 2 * offset + den, 2 * den),
        other => return wrong(format!("`nearest_mode` is `{other}`")),
    })
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.abs().max(1)
}

fn resample((num, offset, den): Line, taps: i64, extent: i64) -> Outcome<Resample> {
    // A floor only sees the offset in steps of what both others share.
    let (num, offset, den) = if taps == 1 {
        let common = gcd(num, den);
        (num / common, offset.div_euclid(common), den / common)
    } else {
        let common = gcd(gcd(num, den), offset);
        (num / common, offset / common, den / common)
    };
    let fits = |value: i128| i64::try_from(value).ok().filter(|value| value.abs() <= LIMIT);
    match (fits(num), fits(offset), fits(den)) {
        (Some(num), Some(offset), Some(den)) => Ok(Resample { num, offset, den, taps, extent }),
        _ => unknown("its ratio is too fine"),
    }
}

/// The whole factor of a resampling that is a plain upsampling of that mode.
fn factor(along: Resample, mode: Resize) -> Option<i64> {
    let Resample { num, offset, den, taps, .. } = along;
    if den % num != 0 || den / num > 1 << 10 {
        return None;
    }
    let factor = den / num;
    let (own, plain) = match (mode, taps) {
        (Resize::Nearest, 1) => (AxisMap::Resample { num, offset, den, taps }, AxisMap::Nearest { factor }),
        (Resize::Linear, 2) => (AxisMap::Resample { num, offset, den, taps }, AxisMap::Linear { factor }),
        _ => return None,
    };
    (0..factor).all(|i| own.taps(i) == plain.taps(i)).then_some(factor)
}

impl<'f> Importer<'f> {
    /// `Resize`: input, region, scales, sizes.
    pub(super) fn resize(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let old = self.opset < 11;
        let (scales, sizes) = if old { (1, usize::MAX) } else { (2, 3) };
        let coordinates =
            if old { "asymmetric" } else { attributes.text("coordinate_transformation_mode", "half_pixel") };
        let nearest = if old { "floor" } else { attributes.text("nearest_mode", "round_prefer_floor") };
        self.resized(attributes, inputs, (scales, sizes), coordinates, nearest)
    }

    /// `Upsample`: input, scales (an attribute before opset 9).
    pub(super) fn upsample(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        self.resized(attributes, inputs, (1, usize::MAX), "asymmetric", "floor")
    }

    fn resized(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        (scales, sizes): (usize, usize),
        coordinates: &str,
        nearest: &str,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let dims: Vec<usize> = match axes(attributes, &[], 0) {
            Some(axes) => axes?.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?,
            None => (0..rank).collect(),
        };
        let filled = |place: usize| constant_at(inputs, place).filter(|given| given.len() != Some(0));
        let (given, by_size) = match (filled(scales), filled(sizes), attributes.get("scales")) {
            (_, Some(sizes), _) => (sizes.numbers(), true),
            (Some(scales), None, _) => (scales.numbers(), false),
            (None, None, Some(scales)) => {
                (Some(scales.floats.iter().map(|&scale| Number::Real(f64::from(scale))).collect()), false)
            }
            (None, None, None) => (None, false),
        };
        let Some(given) = given else { return unknown("its scales are not known") };
        if given.len() != dims.len() {
            return wrong(format!("{} scales for {} dimensions", given.len(), dims.len()));
        }
        let policy = attributes.text("keep_aspect_ratio_policy", "stretch");
        let shared = if by_size && policy != "stretch" {
            let before: Vec<Number> = dims.iter().map(|&dim| crate::layout::size(&map.dims[dim])).collect();
            Some(one_scale(policy, &before, &given)?)
        } else {
            None
        };
        let settled = self.settle(map)?;
        let (taps, smooth) = match attributes.text("mode", "nearest") {
            "nearest" => (1, false),
            "linear" | "bilinear" | "trilinear" => (2, true),
            "cubic" => (4, true),
            other => return wrong(format!("`mode` is `{other}`")),
        };
        let mut along = [Resample::IDENTITY; MAX_RANK];
        for (axis, along) in along.iter_mut().enumerate().take(self.rank) {
            along.extent = self.infos[settled.layer].extents[axis].known().unwrap_or(UNKNOWN);
        }
        let mut unchanged = true;
        for (&dim, number) in dims.iter().zip(&given) {
            let before = match dim.checked_sub(2).and_then(|place| settled.axes.get(place)) {
                Some(Some(axis)) => self.infos[settled.layer].extents[*axis].number(),
                _ => crate::layout::size(&map.dims[dim]),
            };
            let ratio = match shared {
                Some((up, down)) => by_fraction(before, up, down),
                None if by_size => by_sizes(before, *number)?,
                None => by_scale(before, *number)?,
            };
            let same = ratio.num == ratio.den;
            let Some(Some(axis)) = dim.checked_sub(2).and_then(|place| settled.axes.get(place)) else {
                if same {
                    continue;
                }
                return unknown("it resizes a dimension that is no axis of the network's input");
            };
            unchanged &= same;
            if smooth && ratio.num > ratio.den && attributes.int("antialias", 0) != 0 {
                return unknown("its filter is as wide as its scale (`antialias`)");
            }
            let line = line(coordinates, ratio)?;
            let line = if taps == 1 { rounded(line, nearest)? } else { line };
            along[*axis] = resample(line, taps, ratio.output.unwrap_or(UNKNOWN))?;
        }
        let plain = |mode: Resize| {
            let mut factors = [1; MAX_RANK];
            for (to, along) in factors.iter_mut().zip(&along).take(self.rank) {
                *to = if *along == (Resample { extent: along.extent, ..Resample::IDENTITY }) {
                    1
                } else {
                    factor(*along, mode)?
                };
            }
            Some(Op::Upsample { factor: factors, mode })
        };
        let op = match plain(Resize::Nearest).or_else(|| plain(Resize::Linear)) {
            _ if unchanged => Op::Identity,
            Some(op) => op,
            None => Op::Resize { axes: along },
        };
        let mut layer = settled.layer;
        // Weights of their own at the borders, or of another cubic: the same units, other values.
        let strange = attributes.int("exclude_outside", 0) != 0
            || (attributes.float("cubic_coeff_a", -0.75) + 0.75).abs() > 1e-6;
        if taps == 4 && strange && !unchanged {
            layer = self.push("weights", super::pointwise(0), &[layer])?;
        }
        let layer = self.push("", op, &[layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }
}

/// A ratio from the extent before and the one asked for.
fn by_sizes(before: Number, after: Number) -> Outcome<Ratio> {
    match (before.int(), after.int()) {
        (Some(input), Some(output)) if input > 0 && output > 0 => {
            Ok(Ratio { input: Some(input), output: Some(output), num: input, den: output })
        }
        (Some(_), Some(output)) => wrong(format!("a size of {output}")),
        _ => match (Size::of(before), Size::of(after)) {
            (Some(Size::Symbol(a)), Some(Size::Symbol(b))) if a.id == b.id => {
                match (a.num.checked_mul(b.den), a.den.checked_mul(b.num)) {
                    (Some(num), Some(den)) => Ok(Ratio { input: None, output: None, num, den }),
                    _ => unknown("its ratio is too fine"),
                }
            }
            _ => unknown("its scale depends on the input's extents, which are not fixed"),
        },
    }
}

/// A ratio from the extent before and a scale, which is read as the fraction that it was meant to be.
fn by_scale(before: Number, scale: Number) -> Outcome<Ratio> {
    let Some(scale) = scale.real() else {
        return unknown("its scale depends on the input's extents, which are not fixed");
    };
    let Some((up, down)) = rational(scale) else { return wrong(format!("a scale of {scale}")) };
    let output = match before {
        Number::Int(input) => input.checked_mul(up).map(|units| units / down),
        _ => None,
    };
    if output == Some(0) {
        return wrong(format!("nothing is left at a scale of {scale}"));
    }
    Ok(Ratio { input: before.int(), output, num: down, den: up })
}

/// The scale of all dimensions that fits them into the sizes asked for, or makes them fill these.
fn one_scale(policy: &str, before: &[Number], after: &[Number]) -> Outcome<(i64, i64)> {
    let mut chosen: Option<(i64, i64)> = None;
    for (before, after) in before.iter().zip(after) {
        let (Some(input), Some(output)) = (before.int(), after.int().filter(|&size| size > 0)) else {
            return unknown("its scale depends on the input's extents, which are not fixed");
        };
        let less = |(up, down): (i64, i64)| {
            i128::from(output) * i128::from(down) < i128::from(up) * i128::from(input)
        };
        chosen = match (policy, chosen) {
            (_, None) => Some((output, input)),
            ("not_larger", Some(best)) if less(best) => Some((output, input)),
            ("not_smaller", Some(best)) if !less(best) => Some((output, input)),
            ("not_larger" | "not_smaller", best) => best,
            _ => return wrong(format!("`keep_aspect_ratio_policy` is `{policy}`")),
        };
    }
    match chosen {
        Some(scale) => Ok(scale),
        None => wrong("it resizes nothing"),
    }
}

/// A ratio from the extent before and the scale `up / down`, the extent rounded to the nearest.
fn by_fraction(before: Number, up: i64, down: i64) -> Ratio {
    let input = before.int();
    let output =
        input.and_then(|input| Some(input.checked_mul(up)?.checked_mul(2)?.checked_add(down)? / (2 * down)));
    Ratio { input, output, num: down, den: up }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "small numbers, and halves are exact")]
mod tests {
    use super::*;

    /// The format's own words, in floating point.
    fn coordinate(mode: &str, i: f64, input: f64, output: f64, scale: f64) -> f64 {
        match mode {
            "half_pixel" => (i + 0.5) / scale - 0.5,
            "pytorch_half_pixel" => {
                if output > 1.0 {
                    (i + 0.5) / scale - 0.5
                } else {
                    0.0
                }
            }
            "align_corners" => {
                if output <= 1.0 {
                    0.0
                } else {
                    i * (input - 1.0) / (output - 1.0)
                }
            }
            "asymmetric" => i / scale,
            "tf_half_pixel_for_nn" => (i + 0.5) / scale,
            _ => {
                let adjustment = output / (scale * input);
                input / 2.0 * (1.0 - adjustment) + (i + 0.5) / scale - 0.5
            }
        }
    }

    #[test]
    fn fractions_are_the_formats_coordinates() {
        let modes = [
            "half_pixel",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_half_pixel_for_nn",
            "half_pixel_symmetric",
        ];
        for (input, up, down) in
            [(7, 2, 1), (10, 1, 2), (9, 3, 2), (5, 13, 7), (8, 1, 3), (4, 1, 4), (1, 6, 1)]
        {
            let output = input * up / down;
            let ratio = Ratio { input: Some(input), output: Some(output), num: down, den: up };
            for mode in modes {
                let (num, offset, den) = line(mode, ratio).unwrap();
                for i in 0..output {
                    let exact = (num * i128::from(i) + offset) as f64 / den as f64;
                    let told =
                        coordinate(mode, i as f64, input as f64, output as f64, up as f64 / down as f64);
                    // One unit of an input of one, whatever the fraction.
                    let alone = mode == "align_corners" && (input == 1 || output == 1);
                    assert!(
                        alone || (exact - told).abs() < 1e-9,
                        "{mode} {input} {up}/{down}: {exact} {told}"
                    );
                    assert!(!alone || exact.floor() == 0.0);
                }
            }
        }
    }

    #[test]
    fn rounding_is_a_floor_of_another_fraction() {
        for (num, offset, den) in [(1, 0, 2), (2, -1, 4), (3, 1, 4), (5, -3, 7), (4, -2, 2)] {
            for i in -20..20_i128 {
                let x = (num * i + offset) as f64 / den as f64;
                let close = [
                    ("floor", x.floor()),
                    ("ceil", x.ceil()),
                    ("round_prefer_floor", (x - 0.5).ceil()),
                    ("round_prefer_ceil", (x + 0.5).floor()),
                ];
                for (mode, told) in close {
                    let (n, o, d) = rounded((num, offset, den), mode).unwrap();
                    assert_eq!((n * i + o).div_euclid(d) as f64, told, "{mode} {x}");
                }
            }
        }
    }
}
