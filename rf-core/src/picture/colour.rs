//! Colours: perceptually uniform maps, and a palette that colour-blind readers can tell apart.

/// A colour: red, green, blue.
pub(crate) type Rgb = [u8; 3];

pub(crate) const WHITE: Rgb = [255, 255, 255];
pub(crate) const INK: Rgb = [34, 34, 34];
pub(crate) const GRID: Rgb = [222, 222, 222];

/// A perceptually uniform colour map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourMap {
    /// From black over purple and orange to pale yellow: zero is dark.
    #[default]
    Inferno,
    /// From purple over green to yellow.
    Viridis,
}

/// Colours of series in a chart, in order (Okabe and Ito 2008).
pub const SERIES: [[u8; 3]; 7] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [86, 180, 233],
    [230, 159, 0],
    [90, 90, 90],
];

/// Matplotlib's maps (van der Walt and Smith 2015), as polynomials of degree six fitted by Zucker (public domain):
/// within two hundredths of the published tables.
type Polynomial = [[f64; 3]; 7];

const INFERNO: Polynomial = [
    [0.000_218_94, 0.001_651_00, -0.019_480_90],
    [0.106_513_42, 0.563_956_44, 3.932_712_39],
    [11.602_493_08, -3.972_853_97, -15.942_394_11],
    [-41.703_996_13, 17.436_398_88, 44.354_145_20],
    [77.162_935_70, -33.402_358_94, -81.807_309_26],
    [-71.319_428_24, 32.626_064_26, 73.209_519_86],
    [25.131_126_22, -12.242_668_95, -23.070_325_00],
];

const VIRIDIS: Polynomial = [
    [0.277_727_33, 0.005_407_34, 0.334_099_81],
    [0.105_093_04, 1.404_613_53, 1.384_590_16],
    [-0.330_861_83, 0.214_847_56, 0.095_095_16],
    [-4.634_230_50, -5.799_100_97, -19.332_440_96],
    [6.228_269_94, 14.179_933_37, 56.690_552_60],
    [4.776_384_998, -13.745_145_38, -65.353_032_63],
    [-5.435_455_86, 4.645_852_61, 26.312_435_25],
];

impl ColourMap {
    /// The colour of `value`, between 0 and 1.
    #[must_use]
    pub fn at(self, value: f64) -> [u8; 3] {
        let polynomial = match self {
            Self::Inferno => &INFERNO,
            Self::Viridis => &VIRIDIS,
        };
        let value = value.clamp(0.0, 1.0);
        core::array::from_fn(|channel| {
            let level = polynomial.iter().rev().fold(0.0, |sum, term| sum * value + term[channel]);
            byte(level)
        })
    }
}

/// A level between 0 and 1 as a byte.
#[expect(clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn byte(level: f64) -> u8 {
    (level.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

/// `part` of `over` on top of `under`.
pub(crate) fn blend(under: Rgb, over: Rgb, part: f64) -> Rgb {
    core::array::from_fn(|channel| {
        let (low, high) = (f64::from(under[channel]), f64::from(over[channel]));
        byte((low + (high - low) * part.clamp(0.0, 1.0)) / 255.0)
    })
}
