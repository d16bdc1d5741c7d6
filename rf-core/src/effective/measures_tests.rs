//! Measures against the known answers and against one another.
#![expect(clippy::cast_precision_loss, reason = "small numbers")]
extern crate std;
use super::super::nets::{chain, resnet50, vgg16};
use super::super::{Canvas, Closed, Frame, PixelBox};
use super::*;
use crate::graph::{Activation, Op};

fn map(net: &super::super::nets::Net) -> FieldMap {
    Closed::of(&net.graph()).map().expect("has a closed form")
}

#[test]
fn the_known_answers() {
    let known = [
        (5, 1.8257, [5, 7, 9, 11], 2.331, [7, 9, 11, 11], 10.82, 8.31),
        (10, 2.5820, [7, 11, 13, 15], 3.496, [9, 15, 17, 19], 15.78, 11.70),
        (20, 3.6515, [9, 15, 17, 21], 5.062, [11, 21, 23, 29], 22.74, 16.40),
        (40, 5.1640, [11, 21, 23, 29], 7.233, [17, 29, 33, 41], 32.02, 22.74),
    ];
    for (layers, sigma, sides, root_sigma, root_sides, luo, uniform) in known {
        let map = map(&chain(layers, 101));
        let shares = [0.5, 0.9, 0.95, 0.99];
        assert!((map.sigma()[0] - sigma).abs() < 1e-4);
        assert_eq!(shares.map(|share| map.side(share)), sides);
        assert!((map.root().sigma()[1] - root_sigma).abs() < 5.1e-4, "{}", map.root().sigma()[1]);
        assert_eq!(shares.map(|share| map.root().side(share)), root_sides);
        assert!((map.luo() - luo).abs() < 5.1e-3, "{layers} {}", map.luo());
        // Uniform kernels add up coherently: their amplitude is the energy's shape.
        let frame = Frame { quantity: Quantity::Amplitude, ..*map.frame() };
        let coherent = FieldMap::new(frame, map.values().to_vec()).expect("a map");
        assert!((coherent.luo() - uniform).abs() < 5.1e-3, "{layers} {}", coherent.luo());
        assert!((map.kurtosis()[0] + 1.5 / layers as f64).abs() < 1e-9);
    }
    let vgg = map(&vgg16(224));
    assert_eq!([0.5, 0.9, 0.95, 0.99].map(|share| vgg.side(share)), [60, 108, 122, 148]);
    assert!((map(&resnet50(512)).sigma()[0] - 41.3).abs() < 0.05);
}

#[test]
fn slopes_of_size_and_ratio() {
    // Between depths 10 and 40; at 5 the size is cut off by the theoretical field.
    let [ten, forty] = [10, 40].map(|layers| map(&chain(layers, 101)).luo());
    let slope = |ratio: f64| ratio.ln() / 4.0_f64.ln();
    assert!((slope(forty / ten) - 0.51).abs() < 5e-3);
    assert!((slope(forty / 81.0 / (ten / 21.0)) + 0.46).abs() < 5e-3);
}

#[test]
fn dilation_and_wide_kernels() {
    let mut net = super::super::nets::Net::new(2, 3, 101);
    for layer in 1..=15 {
        let dilation = match layer {
            4 => 2,
            8 => 4,
            12 => 8,
            _ => 1,
        };
        net.conv(32, 3, 1, dilation, dilation);
        net.then(Op::Activation(Activation::Relu));
    }
    assert!((map(&net).sigma()[0] - 8.0).abs() < 1e-9);
    let mut net = super::super::nets::Net::new(2, 3, 101);
    net.conv(32, 31, 1, 15, 1);
    assert!((map(&net).sigma()[0] - 8.944).abs() < 1e-3);
    assert!((map(&chain(15, 101)).sigma()[0] - 3.162).abs() < 1e-3);
}

/// A sampled Gaussian on a canvas with its centre between two pixels of one axis.
fn gaussian(sigma: f64) -> FieldMap {
    let pixels = PixelBox { origin: [-40, -30, 0], extents: [81, 80, 1] };
    let centre = [0.0, 9.5, 0.0];
    let frame = Frame {
        rank: 2,
        pixels,
        centre,
        theoretical: pixels,
        quantity: Quantity::Energy,
        canvas: Canvas::Unbounded,
    };
    let mut values = Vec::new();
    for y in -40..=40 {
        for x in -30..50 {
            let square = f64::from(y).powi(2) + (f64::from(x) - 9.5).powi(2);
            values.push((-square / (2.0 * sigma * sigma)).exp());
        }
    }
    FieldMap::new(frame, values).expect("a map")
}

#[test]
fn a_gaussian_is_fitted_exactly() {
    let map = gaussian(6.0);
    for axis in 0..2 {
        let fit = map.fit(axis);
        assert!((fit.sigma - 6.0).abs() < 1e-6, "{fit:?}");
        assert!(fit.r_squared > 1.0 - 1e-9 && map.kurtosis()[axis].abs() < 1e-4);
        assert!((map.sigma()[axis] - 6.0).abs() < 1e-6);
    }
    // Two standard deviations to each side hold 95.45 %: 24 pixels, or 25 with a central one.
    assert_eq!(map.extent(0.9545)[..2], [25, 24]);
    // In two axes a radius of r holds 1 − exp(−r²/2σ²).
    let cumulative = map.cumulative();
    for radius in [6, 12, 18] {
        let share = 1.0 - (-f64::from(radius * radius) / 72.0).exp();
        // A disc of whole pixels is not quite round.
        assert!(
            (cumulative[radius as usize] - share).abs() < 0.02,
            "{radius}: {} {share}",
            cumulative[radius as usize]
        );
    }
    let level = map.level(0.5);
    assert!(
        (level - 0.5).abs() < 0.01,
        "half the mass lies where the density is above half its peak: {level}"
    );
}

#[test]
fn scale_matters_to_the_logarithm_alone() {
    let map = gaussian(6.0);
    let larger =
        FieldMap::new(*map.frame(), map.values().iter().map(|value| value * 1e3).collect()).expect("a map");
    assert!((map.area_ratio(0.5) - larger.area_ratio(0.5)).abs() < 1e-12);
    assert!(map.area_ratio_log10(0.5) < larger.area_ratio_log10(0.5));
    assert_eq!(map.side(0.0), 2);
    assert!((map.area_ratio(1.0) - 1.0).abs() < 1e-12);
}

#[test]
fn own_functions_are_those_of_std() {
    for step in -700..700 {
        let x = f64::from(step) * 0.97;
        assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13);
        let y = x.exp();
        assert!((super::super::numeric::ln(y) - x).abs() < 1e-12 * (1.0 + x.abs()));
        assert!((sqrt(y) / y.sqrt() - 1.0).abs() < 4e-16);
        assert!((log10_1p(y) - y.ln_1p() / core::f64::consts::LN_10).abs() <= 1e-13 * log10_1p(y));
    }
}

#[test]
fn columns_of_the_table() {
    let mut net = chain(2, 31);
    let window = crate::graph::Window { kernel: [3, 5, 1], ..net.window(3, 1, 1, 1) };
    net.then(Op::Conv { channels: 4, window, groups: 1, bias: false });
    net.then(Op::SqueezeExcite { squeeze: 4 });
    let graph = net.graph();
    let table = crate::theory::TableBuf::new(&graph);
    let text = std::format!("{:#}", table.table().with_effective());
    let lines: std::vec::Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "layer     shape           rf  erf          σ  jump  start  shortest  params       macs"
    );
    assert_eq!(
        lines[3],
        "n2     32×31×31            3    3       0.82     1     -1         3       0          0"
    );
    assert!(lines[6].starts_with("n5      4×31×29          7×9    7  1.41×1.83     1"), "{text}");
    assert!(lines[7].starts_with("n6      4×31×29  global, 7×9    -          -     1"), "{text}");
    assert_eq!(lines[9], "`n6` is a gate over all units (squeeze-excite), which has no closed form");
    assert_eq!(lines[10], "help: sample it with `Erf::of(&GRAPH).at(..).run()`");
}

/// Every measure by its definition, pixel by pixel, on random maps of one to three axes about any centre.
#[test]
fn measures_are_their_definitions() {
    let mut state = 1_u64;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    for round in 0..60 {
        let rank = 1 + round % 3;
        let mut pixels = PixelBox { origin: [0; 3], extents: [1; 3] };
        let mut centre = [0.0; 3];
        for (axis, centre) in centre.iter_mut().enumerate().take(rank) {
            pixels.extents[axis] = 1 + dice(8) as i64;
            pixels.origin[axis] = dice(9) as i64 - 4;
            *centre = pixels.origin[axis] as f64 + dice(2 * pixels.extents[axis] as u64) as f64 / 2.0;
        }
        let count = pixels.pixels().unwrap();
        let values: std::vec::Vec<f64> = (0..count).map(|_| (1 + dice(1000)) as f64).collect();
        let quantity = if dice(2) == 0 { Quantity::Energy } else { Quantity::Amplitude };
        let frame = Frame { rank, pixels, centre, theoretical: pixels, quantity, canvas: Canvas::Unbounded };
        let map = FieldMap::new(frame, values).unwrap();
        // Every pixel with its distances from the centre.
        let mut all = std::vec::Vec::new();
        for a in 0..pixels.extents[0] {
            for b in 0..pixels.extents[1] {
                for c in 0..pixels.extents[2] {
                    let place: [i64; 3] = core::array::from_fn(|i| pixels.origin[i] + [a, b, c][i]);
                    let away: [f64; 3] = core::array::from_fn(|i| (place[i] as f64 - centre[i]).abs());
                    all.push((away, map.at(place)));
                }
            }
        }
        let total: f64 = all.iter().map(|pixel| pixel.1).sum();
        let share = (1 + dice(98)) as f64 / 100.0;
        let enough = |held: f64| held >= share * total * (1.0 - 1e-9);
        for axis in 0..rank {
            let moment = |n: i32| all.iter().map(|(away, v)| v * away[axis].powi(n)).sum::<f64>() / total;
            assert!((map.sigma()[axis] - moment(2).sqrt()).abs() < 1e-9);
            let kurtosis = if moment(2) > 0.0 { moment(4) / moment(2).powi(2) - 3.0 } else { 0.0 };
            assert!((map.kurtosis()[axis] - kurtosis).abs() < 1e-9);
            // Intervals about a pixel have 1, 3, 5.. pixels, between two 2, 4, 6..
            let smallest = if centre[axis] % 1.0 == 0.0 { 1 } else { 2 };
            let extent = (smallest..99).step_by(2).find(|extent| {
                enough(
                    all.iter().filter(|(away, _)| away[axis] * 2.0 < f64::from(*extent)).map(|p| p.1).sum(),
                )
            });
            assert_eq!(map.extent(share)[axis], i64::from(extent.unwrap()));
        }
        // Squares: their half width grows in steps of half a pixel.
        let widest = |away: &[f64; 3]| away.iter().fold(0.0_f64, |most, v| most.max(*v));
        let inside = |half: f64| all.iter().filter(move |(away, _)| widest(away) <= half);
        let half = (0..99)
            .map(|n| f64::from(n) / 2.0)
            .find(|half| enough(inside(*half).map(|p| p.1).sum()))
            .unwrap();
        assert_eq!(map.side(share), (2.0 * half) as i64 + 1);
        assert!((map.area_ratio(share) - inside(half).count() as f64 / count as f64).abs() < 1e-12);
        let cumulative = map.cumulative();
        for (radius, held) in cumulative.iter().enumerate() {
            let near =
                |away: &[f64; 3]| away.iter().map(|v| v * v).sum::<f64>() <= (radius * radius) as f64 + 1e-9;
            let sum: f64 = all.iter().filter(|(away, _)| near(away)).map(|pixel| pixel.1).sum();
            assert!((held - sum / total).abs() < 1e-12, "radius {radius}");
        }
        assert!((cumulative.last().unwrap() - 1.0).abs() < 1e-12);
        // The contour's level: all pixels at or above it hold the share, all above it do not.
        let level = map.level(share);
        let above = |least: f64| all.iter().filter(|p| p.1 >= least).map(|p| p.1).sum::<f64>();
        assert!(enough(above(level)) && !enough(above(level * 1.000_001)));
        let amplitude = |v: f64| if quantity == Quantity::Energy { v.sqrt() } else { v };
        let near = all.iter().filter(|(away, _)| widest(away) < 1.5).map(|p| amplitude(p.1));
        // Pixels beyond the map count as zeros in the mean of the centre.
        let block: i32 = (0..rank).map(|axis| if centre[axis] % 1.0 == 0.0 { 3 } else { 2 }).product();
        let threshold = 0.0455 * near.sum::<f64>() / f64::from(block);
        let bright = all.iter().filter(|p| amplitude(p.1) > threshold).count() as f64;
        assert!((map.luo() - bright.powf(1.0 / rank as f64)).abs() < 1e-6);
    }
}
