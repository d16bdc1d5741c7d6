//! The closed form against what it is the expectation of: gradients of linear networks with weights drawn at random,
//! one axis, everything by its definition. Energies must agree within their own standard errors.
#![expect(clippy::cast_precision_loss, reason = "small numbers")]
extern crate std;
use std::collections::BTreeMap;

use super::super::nets::Net;
use super::*;
use crate::graph::{Merge, Op, Pool, Resize};

/// Uniform and normal numbers from a seed.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        // Twelve uniform numbers have variance 1: near enough to normal, and only the variance counts.
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

type Gradient = BTreeMap<(i64, i64), f64>;

/// One draw: the gradient at the input of a random combination of the unit's channels.
fn draw(net: &Net, unit: i64, dice: &mut Dice) -> Gradient {
    let graph = net.graph();
    let buffer = TableBuf::new(&graph);
    let channels = |index: usize| buffer.table().layer(index).shape().channels;
    let mut gradients = vec![Gradient::new(); net.nodes.len()];
    for c in 0..channels(net.last()) {
        gradients[net.last()].insert((c, unit), dice.normal());
    }
    for index in (1..net.nodes.len()).rev() {
        let current = core::mem::take(&mut gradients[index]);
        let mut weights = BTreeMap::new();
        let mut first = 0;
        for &input in graph.nodes[index].inputs {
            let (inputs, outputs) = (channels(input), channels(index));
            let mut give = |c: i64, n: i64, g: f64| *gradients[input].entry((c, n)).or_insert(0.0) += g;
            for (&(c, x), &g) in &current {
                let mut weigh = |window: &crate::graph::Window, groups: i64, taps: Vec<(i64, i64)>| {
                    let deviation = (2.0 / (outputs * window.kernel[0]) as f64).sqrt();
                    let group = c / (outputs / groups);
                    for (t, n) in taps {
                        for ci in group * (inputs / groups)..(group + 1) * (inputs / groups) {
                            let w = *weights.entry((c, ci, t)).or_insert_with(|| deviation * dice.normal());
                            give(ci, n, w * g);
                        }
                    }
                };
                let padding = |window: &crate::graph::Window| match window.padding[0] {
                    Padding::Explicit { before, .. } => before,
                    _ => unreachable!("none here"),
                };
                match graph.nodes[index].op {
                    Op::Conv { window, groups, .. } => {
                        let (s, d) = (window.stride[0], window.dilation[0]);
                        let taps = (0..window.kernel[0]).map(|t| (t, x * s - padding(&window) + t * d));
                        weigh(&window, groups, taps.collect());
                    }
                    Op::ConvTranspose { window, groups, .. } => {
                        let places = (-60..60).flat_map(|n| (0..window.kernel[0]).map(move |t| (t, n)));
                        let taps = places.filter(|(t, n)| n * window.stride[0] - padding(&window) + t == x);
                        weigh(&window, groups, taps.collect());
                    }
                    Op::Pool { pool: Pool::Avg, window, .. } => {
                        for t in 0..window.kernel[0] {
                            give(c, x * window.stride[0] - padding(&window) + t, g / window.kernel[0] as f64);
                        }
                    }
                    Op::Upsample { factor, mode: Resize::Nearest } => give(c, x.div_euclid(factor[0]), g),
                    Op::Upsample { factor, .. } => {
                        let source = (x as f64 + 0.5) / factor[0] as f64 - 0.5;
                        let part = source - source.floor();
                        give(c, source.floor() as i64, g * (1.0 - part));
                        give(c, source.floor() as i64 + 1, g * part);
                    }
                    Op::PixelShuffle { factor } => {
                        give(c * factor[0] + x.rem_euclid(factor[0]), x.div_euclid(factor[0]), g);
                    }
                    Op::Merge(Merge::Add) => give(c, x, g),
                    Op::Merge(Merge::Concat) => {
                        if (first..first + inputs).contains(&c) {
                            give(c - first, x, g);
                        }
                    }
                    ref op => unreachable!("{op:?}"),
                }
            }
            first += inputs;
        }
    }
    core::mem::take(&mut gradients[0])
}

/// Holds every pixel of the closed map against the mean over draws.
fn agree(net: &Net) {
    let graph = net.graph();
    let map = Closed::of(&graph).map().expect("has a closed form");
    let buffer = TableBuf::new(&graph);
    let unit = centre_of(&buffer.table().output())[0];
    let mut dice = Dice(7);
    let draws = 1500;
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for _ in 0..draws {
        let mut energy: BTreeMap<i64, f64> = BTreeMap::new();
        for ((_, x), g) in draw(net, unit, &mut dice) {
            *energy.entry(x).or_insert(0.0) += g * g;
        }
        for (x, e) in energy {
            let sum = sums.entry(x).or_insert((0.0, 0.0));
            *sum = (sum.0 + e, sum.1 + e * e);
        }
    }
    let n = f64::from(draws);
    for (x, (sum, squares)) in sums {
        let mean = sum / n;
        let error = ((squares / n - mean * mean) / n).sqrt();
        let closed = map.at([x, 0, 0]);
        assert!((closed - mean).abs() <= 5.0 * error, "pixel {x}: {closed} against {mean} ± {error}");
    }
}

#[test]
fn skips_and_mixtures() {
    let mut net = Net::new(1, 2, 40);
    net.conv(3, 3, 1, 1, 1);
    for _ in 0..2 {
        let input = net.last();
        net.conv(3, 3, 1, 1, 1);
        let branch = net.conv(3, 3, 1, 2, 2);
        net.merge(Merge::Add, &[branch, input]);
    }
    agree(&net);
    // A map added to itself is doubled, not drawn twice.
    let stem = net.last();
    net.merge(Merge::Add, &[stem, stem]);
    net.conv(4, 3, 2, 1, 1);
    agree(&net);
}

#[test]
fn concatenations_groups_and_pools() {
    let mut net = Net::new(1, 2, 40);
    let wide = net.conv(2, 5, 2, 2, 1);
    let input =
        net.node(Op::Conv { channels: 4, window: net.window(1, 2, 0, 1), groups: 2, bias: false }, &[0]);
    net.merge(Merge::Concat, &[wide, input]);
    net.then(Op::Conv { channels: 4, window: net.window(3, 1, 1, 1), groups: 2, bias: false });
    net.pool(Pool::Avg, 3, 2, 1);
    net.conv(2, 3, 1, 1, 1);
    agree(&net);
}

#[test]
fn decoders() {
    for kind in 0..4 {
        let mut net = Net::new(1, 1, 24);
        let skip = net.conv(2, 3, 1, 1, 1);
        net.conv(4, 3, 2, 1, 1);
        match kind {
            0 => net.up(2, Resize::Linear),
            1 => net.up(2, Resize::Nearest),
            2 => net.then(Op::PixelShuffle { factor: net.all(2, 1) }),
            _ => net.up_conv(3, 4, 2, 1),
        };
        net.conv(2, 3, 1, 1, 1);
        net.merge(Merge::Concat, &[net.last(), skip]);
        net.conv(2, 3, 1, 1, 1);
        agree(&net);
    }
}
