//! All figures of a field at once, with their standard errors where they were sampled.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::TWO_SIGMA;
use super::map::{FieldMap, Quantity};
use super::numeric::{ln, log10_1p};

/// A figure and its standard error: 0 for what is exact, NaN where too few samples tell.
///
/// It prints as many digits as the error allows: `40.46 ± 0.54`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Estimate {
    /// A figure without error.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// Whether `value` lies within `errors` standard errors.
    #[must_use]
    pub fn agrees(&self, value: f64, errors: f64) -> bool {
        (self.value - value).abs() <= errors * self.error
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, error } = *self;
        let text = if error > 0.0 && error.is_finite() {
            // Two digits of the error, and the figure as far as they reach.
            let digits = f.precision().unwrap_or_else(|| decimals(error));
            if is_whole(value) {
                // A number of pixels; its error needs no more than a hundredth of one.
                return write!(
                    f,
                    "{:>width$}",
                    format!("{value} \u{b1} {error:.0$}", digits.min(2)),
                    width = width(f)
                );
            }
            format!("{value:.digits$} \u{b1} {error:.digits$}")
        } else {
            let digits =
                f.precision().unwrap_or(if is_whole(value) { 0 } else { decimals(value.abs() / 40.0) });
            let unknown = if error == 0.0 { "" } else { " \u{b1} ?" };
            format!("{value:.digits$}{unknown}")
        };
        // Like a number, to the right.
        write!(f, "{text:>width$}", width = width(f))
    }
}

fn width(f: &fmt::Formatter<'_>) -> usize {
    f.width().unwrap_or(0)
}

fn is_whole(value: f64) -> bool {
    value.is_finite() && value % 1.0 == 0.0
}

/// Decimals that show two digits of `size`.
fn decimals(size: f64) -> usize {
    if !size.is_normal() {
        return 2;
    }
    // ⌊log10⌋, with a margin for the rounding of powers of ten.
    let power = ln(size) / core::f64::consts::LN_10 + 1e-9;
    let floor = power as i64 - i64::from(power < 0.0 && power % 1.0 != 0.0);
    (1 - floor).clamp(0, 8).unsigned_abs() as usize
}

/// One measure of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What is measured: `sigma`, `extent 0.9545`, `luo`.
    pub name: String,
    /// One number per axis, or one for the whole map.
    pub values: Vec<Estimate>,
}

/// All measures of a field, in a fixed order.
///
/// | name | |
/// |---|---|
/// | `sigma` | standard deviation about the true centre, per axis |
/// | `fit sigma`, `fit r2` | the Gaussian that fits the marginal best, per axis |
/// | `kurtosis` | excess kurtosis, per axis |
/// | `extent 0.5` .. `extent 0.99` | centred interval that holds a share of the marginal, per axis |
/// | `ratio` | `extent 0.9545` to the theoretical extent, per axis |
/// | `side 0.5` .. `side 0.99` | centred square that holds a share of the map |
/// | `luo` | size of Luo et al. 2016, on the amplitude |
/// | `area 0.5`, `area 0.99` | share of the map's pixels in that square |
/// | `area log10 0.5`, `area log10 0.99` | the same on log10(1+·) (`RepLKNet`): depends on the gradient's scale |
///
/// It prints as a table. Extents, sides and `luo` count pixels; their errors are those of the same figures without
/// the steps of whole pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures(pub Vec<Figure>);

impl Figures {
    /// The figure of that name, one entry per axis or a single one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[Estimate]> {
        self.0.iter().find(|figure| figure.name == name).map(|figure| figure.values.as_slice())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (row, Figure { name, values }) in self.0.iter().enumerate() {
            write!(f, "{}{name:<16}  {}", if row == 0 { "" } else { "\n" }, per_axis(values))?;
        }
        Ok(())
    }
}

/// One text where all axes say the same, else one per axis.
pub(crate) fn per_axis(values: &[Estimate]) -> String {
    let mut texts: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
    if texts.iter().all(|text| *text == texts[0]) {
        texts.truncate(1);
    }
    texts.join(" \u{d7} ")
}

/// How a field was sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Samples, dead ones included.
    pub samples: u64,
    /// Samples whose gradient is zero everywhere.
    pub dead: u64,
    /// Flips and rotations that the maps are averaged over, 1 for none.
    pub symmetries: usize,
}

/// An effective field, in closed form or sampled: what pictures and files show.
pub trait Field {
    /// The energy map.
    fn map(&self) -> &FieldMap;

    /// All measures of it.
    fn figures(&self) -> Figures;

    /// How it was sampled; `None` in closed form.
    fn sampling(&self) -> Option<Sampling> {
        None
    }
}

impl Field for FieldMap {
    fn map(&self) -> &FieldMap {
        self
    }

    fn figures(&self) -> Figures {
        let amplitude = if self.frame().quantity == Quantity::Energy { self.root() } else { self.clone() };
        let exact = |entry: &Entry| Estimate::exact(entry.value);
        collect(&measure(self, &amplitude), |_, entry| exact(entry))
    }
}

/// A figure of one axis or of the map, and the same without the steps of whole pixels.
pub(crate) struct Entry {
    name: String,
    pub(crate) value: f64,
    #[cfg_attr(not(feature = "sampler"), expect(dead_code, reason = "only sampled figures have errors"))]
    pub(crate) smooth: f64,
}

/// Every measure of a map; entries of one name stand side by side, one per axis.
#[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
pub(crate) fn measure(energy: &FieldMap, amplitude: &FieldMap) -> Vec<Entry> {
    let mut all = Vec::new();
    let rank = energy.rank();
    let mut put = |name: String, value: f64, smooth: f64| all.push(Entry { name, value, smooth });
    let fits: Vec<_> = (0..rank).map(|axis| energy.fit(axis)).collect();
    for (name, values) in [
        ("sigma", energy.sigma()[..rank].to_vec()),
        ("fit sigma", fits.iter().map(|fit| fit.sigma).collect()),
        ("fit r2", fits.iter().map(|fit| fit.r_squared).collect()),
        ("kurtosis", energy.kurtosis()[..rank].to_vec()),
    ] {
        for value in values {
            put(name.into(), value, value);
        }
    }
    let field = energy.frame().theoretical.extents;
    for share in [0.5, 0.9, TWO_SIGMA, 0.99] {
        let extent = energy.extent(share);
        for (axis, &extent) in extent.iter().enumerate().take(rank) {
            put(format!("extent {share}"), extent as f64, energy.smooth_extent(axis, share));
        }
    }
    let extent = energy.extent(TWO_SIGMA);
    for axis in 0..rank {
        let of_field = |extent: f64| extent / field[axis] as f64;
        let smooth = of_field(energy.smooth_extent(axis, TWO_SIGMA));
        put("ratio".into(), of_field(extent[axis] as f64), smooth);
    }
    for share in [0.5, 0.9, 0.95, 0.99] {
        let square = energy.square(share, |value| value);
        put(format!("side {share}"), square.side as f64, square.smooth_side);
    }
    put("luo".into(), amplitude.luo(), amplitude.smooth_luo());
    for share in [0.5, 0.99] {
        let square = energy.square(share, |value| value);
        put(format!("area {share}"), square.area, square.smooth_area);
    }
    for share in [0.5, 0.99] {
        let square = energy.square(share, log10_1p);
        put(format!("area log10 {share}"), square.area, square.smooth_area);
    }
    all
}

/// The entries as figures, given what each is worth.
pub(crate) fn collect(entries: &[Entry], estimate: impl Fn(usize, &Entry) -> Estimate) -> Figures {
    let mut figures: Vec<Figure> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let value = estimate(index, entry);
        match figures.last_mut().filter(|figure| figure.name == entry.name) {
            Some(figure) => figure.values.push(value),
            None => figures.push(Figure { name: entry.name.clone(), values: vec![value] }),
        }
    }
    Figures(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn as_many_digits_as_the_error_allows() {
        let text = |value, error| Estimate { value, error }.to_string();
        assert_eq!(text(40.455_97, 0.543_03), "40.46 \u{b1} 0.54");
        assert_eq!(text(165.0, 3.2), "165 \u{b1} 3.2");
        assert_eq!(text(1234.6, 25.0), "1235 \u{b1} 25");
        assert_eq!(text(0.5, 0.001), "0.5000 \u{b1} 0.0010");
        assert_eq!(text(165.0, 0.0), "165");
        assert_eq!(text(5.163_98, 0.0), "5.16");
        assert_eq!(text(2.0, f64::NAN), "2 \u{b1} ?");
        assert_eq!(std::format!("{:>12.1}|", Estimate { value: 2.04, error: 0.11 }), "   2.0 \u{b1} 0.1|");
    }
}
