//! Closed maps and profiles against a brute force that shares no code with them: every channel of every unit by
//! itself, and every layer by the definition of its forward pass.
#![expect(clippy::cast_precision_loss, reason = "small numbers")]
extern crate std;
use std::collections::BTreeMap;

use super::super::TWO_SIGMA;
use super::super::nets::{Net, chain, resnet50, vgg16};
use super::*;
use crate::graph::{Activation, Init, Merge, Norm, Resize, Window};

type Place = (i64, [i64; 3]);
type Energy = BTreeMap<Place, f64>;

/// All positions of a box.
fn positions(first: [i64; 3], last: [i64; 3]) -> Vec<[i64; 3]> {
    let mut all = Vec::new();
    for a in first[0]..=last[0] {
        for b in first[1]..=last[1] {
            for c in first[2]..=last[2] {
                all.push([a, b, c]);
            }
        }
    }
    all
}

fn before(window: &Window) -> [i64; 3] {
    window
        .padding
        .map(|padding| if let Padding::Explicit { before, .. } = padding { before } else { panic!() })
}

/// The inputs that output `x` of a window reads.
fn read(window: &Window, x: [i64; 3]) -> Vec<[i64; 3]> {
    let p = before(window);
    positions([0; 3], window.kernel.map(|k| k - 1))
        .into_iter()
        .map(|t| core::array::from_fn(|a| x[a] * window.stride[a] - p[a] + t[a] * window.dilation[a]))
        .collect()
}

#[expect(clippy::too_many_lines, reason = "one arm per layer, all in one place")]
/// The energy at node 0 of a unit of `node`, of every channel by itself. `image` clips every node to its extents.
fn oracle(net: &Net, node: usize, unit: [i64; 3], image: bool) -> Energy {
    let graph = net.graph();
    let buffer = TableBuf::new(&graph);
    let shape = |index: usize| {
        let row = buffer.table().layer(index).shape();
        let mut extents = [1; 3];
        for (axis, extent) in row.extents().iter().enumerate() {
            extents[axis] = *extent;
        }
        (row.channels, extents)
    };
    let mut energies = vec![Energy::new(); node + 1];
    for c in 0..shape(node).0 {
        energies[node].insert((c, unit), 1.0);
    }
    for index in (1..=node).rev() {
        let current = core::mem::take(&mut energies[index]);
        let (outputs, _) = shape(index);
        let mut first_channel = 0;
        for &input in graph.nodes[index].inputs {
            let (inputs, extents) = shape(input);
            let inside = |n: &[i64; 3]| !image || (0..3).all(|a| (0..extents[a]).contains(&n[a]));
            for (&(c, x), &e) in &current {
                let mut give = |c: i64, n: [i64; 3], e: f64| {
                    if inside(&n) {
                        *energies[input].entry((c, n)).or_insert(0.0) += e;
                    }
                };
                let convolve = |window: &Window,
                                groups: i64,
                                taps: Vec<[i64; 3]>,
                                give: &mut dyn FnMut(i64, [i64; 3], f64)| {
                    let k = window.kernel.iter().product::<i64>() as f64;
                    let variance = match graph.init {
                        Init::HeFanOut => 2.0 / (outputs as f64 * k),
                        Init::HeFanIn => 2.0 * groups as f64 / (inputs as f64 * k),
                        Init::Xavier => 2.0 / ((inputs / groups + outputs) as f64 * k),
                        Init::LeCun => groups as f64 / (inputs as f64 * k),
                        Init::Uniform => groups as f64 / (3.0 * inputs as f64 * k),
                    };
                    let group = c / (outputs / groups);
                    for n in taps {
                        for ci in group * (inputs / groups)..(group + 1) * (inputs / groups) {
                            give(ci, n, variance * e);
                        }
                    }
                };
                match graph.nodes[index].op {
                    Op::Conv { window, groups, .. } => convolve(&window, groups, read(&window, x), &mut give),
                    Op::DepthwiseConv { window, .. } => {
                        convolve(&window, inputs, read(&window, x), &mut give);
                    }
                    Op::ConvTranspose { window, groups, .. } => {
                        let p = before(&window);
                        // Per axis every (n, t) that meets the definition; all kernels and strides here are small.
                        let axis = |a: usize| -> Vec<i64> {
                            let near = x[a].div_euclid(window.stride[a]);
                            let pairs = (near - 9..=near + 9)
                                .flat_map(|n| (0..window.kernel[a]).map(move |t| (n, t)));
                            pairs
                                .filter(|(n, t)| n * window.stride[a] - p[a] + t * window.dilation[a] == x[a])
                                .map(|(n, _)| n)
                                .collect()
                        };
                        let mut taps = Vec::new();
                        for a in axis(0) {
                            for b in axis(1) {
                                taps.extend(axis(2).into_iter().map(|c| [a, b, c]));
                            }
                        }
                        convolve(&window, groups, taps, &mut give);
                    }
                    Op::Pool { pool, window, .. } => {
                        let all = read(&window, x);
                        let real: Vec<_> = all.iter().copied().filter(|n| inside(n)).collect();
                        for &n in &real {
                            let k = all.len() as f64;
                            give(c, n, if pool == Pool::Max { e / real.len() as f64 } else { e / (k * k) });
                        }
                    }
                    Op::GlobalPool { pool } => {
                        let k = extents.iter().product::<i64>() as f64;
                        for n in positions([0; 3], extents.map(|extent| extent - 1)) {
                            give(c, n, if pool == Pool::Max { e / k } else { e / (k * k) });
                        }
                    }
                    Op::Linear { features, .. } => {
                        for n in positions([0; 3], extents.map(|extent| extent - 1)) {
                            for ci in 0..inputs {
                                give(ci, n, e * 2.0 / features as f64);
                            }
                        }
                    }
                    Op::Upsample { factor, mode: Resize::Nearest } => {
                        give(c, core::array::from_fn(|a| x[a].div_euclid(factor[a])), e);
                    }
                    Op::Upsample { factor, mode: Resize::Linear } => {
                        let source: [f64; 3] =
                            core::array::from_fn(|a| (x[a] as f64 + 0.5) / factor[a] as f64 - 0.5);
                        let clamp =
                            |a: usize, v: f64| if image { v.clamp(0.0, (extents[a] - 1) as f64) } else { v };
                        let source: [f64; 3] = core::array::from_fn(|a| clamp(a, source[a]));
                        for n in
                            positions(source.map(|v| v.floor() as i64), source.map(|v| v.floor() as i64 + 1))
                        {
                            let w: f64 =
                                (0..3).map(|a| (1.0 - (source[a] - n[a] as f64).abs()).max(0.0)).product();
                            if w > 0.0 {
                                give(c, n, e * w * w);
                            }
                        }
                    }
                    Op::PixelShuffle { factor } => {
                        let parts: i64 = factor.iter().product();
                        let part = (0..3).fold(0, |part, a| part * factor[a] + x[a].rem_euclid(factor[a]));
                        give(c * parts + part, core::array::from_fn(|a| x[a].div_euclid(factor[a])), e);
                    }
                    Op::PixelUnshuffle { factor } => {
                        let parts: i64 = factor.iter().product();
                        let (ci, mut part) = (c / parts, c % parts);
                        let mut n = x;
                        for a in (0..3).rev() {
                            n[a] = x[a] * factor[a] + part % factor[a];
                            part /= factor[a];
                        }
                        give(ci, n, e);
                    }
                    Op::Activation(Activation::Relu) => give(c, x, e / 2.0),
                    Op::Norm { norm: Norm::Batch, .. } | Op::Merge(Merge::Add) => give(c, x, e),
                    Op::Merge(Merge::Concat) => {
                        if (first_channel..first_channel + inputs).contains(&c) {
                            give(c - first_channel, x, e);
                        }
                    }
                    ref op => panic!("{op:?}"),
                }
            }
            first_channel += inputs;
        }
    }
    let mut summed = Energy::new();
    for ((_, x), e) in core::mem::take(&mut energies[0]) {
        *summed.entry((0, x)).or_insert(0.0) += e;
    }
    summed
}

/// Holds a closed map and its profiles against the oracle; returns whether there is a closed form.
fn agree(net: &Net, unit: Option<[i64; 3]>, canvas: Canvas) -> bool {
    let graph = net.graph();
    let buffer = TableBuf::new(&graph);
    let layer = buffer.table().output();
    let unit = unit.unwrap_or_else(|| centre_of(&layer));
    let map = match closed_map(&layer, unit, canvas) {
        Ok(map) => map,
        Err(ClosedError::NoClosedForm { .. }) => return false,
        Err(error) => panic!("{error}"),
    };
    let truth = oracle(net, net.last(), unit, matches!(canvas, Canvas::Input));
    let (total, expected): (f64, f64) = (map.total(), truth.values().sum());
    assert!((total / expected - 1.0).abs() < 1e-9, "{total} {expected} {:#?}", net.nodes);
    let found = map.values().iter().filter(|value| **value > 0.0).count();
    assert_eq!(found, truth.values().filter(|value| **value > 0.0).count(), "{:#?}", net.nodes);
    for ((_, x), e) in &truth {
        assert!((map.at(*x) - e).abs() <= 1e-9 * e, "{x:?} {} {e} {:#?}", map.at(*x), net.nodes);
    }
    if matches!(canvas, Canvas::Unbounded) {
        profiles_agree(&layer, unit, &map, net);
    }
    true
}

/// The const profiles are the marginals of the map.
fn profiles_agree(layer: &Layer<'_>, unit: [i64; 3], map: &FieldMap, net: &Net) {
    for share in [0.5, TWO_SIGMA] {
        match layer.effective_at(unit, share) {
            Ok(field) => {
                for axis in 0..map.rank() {
                    let frame = map.frame();
                    let centre = frame.centre[axis];
                    assert!((field.centre_twice[axis] as f64 / 2.0 - centre).abs() < 1e-12);
                    let marginal = map.marginal(axis);
                    let first = frame.pixels.origin[axis];
                    let square: f64 = marginal
                        .iter()
                        .zip(first..)
                        .map(|(value, x)| value * (x as f64 - centre).powi(2))
                        .sum();
                    let sigma = (square / map.total()).sqrt();
                    assert!(
                        (field.sigma[axis] - sigma).abs() < 1e-9 * (1.0 + sigma),
                        "{field:?} {sigma} {:#?}",
                        net.nodes
                    );
                    let held = |extent: i64| -> f64 {
                        let inside = marginal
                            .iter()
                            .zip(first..)
                            .filter(|(_, x)| (*x as f64 - centre).abs() <= (extent - 1) as f64 / 2.0);
                        inside.map(|(value, _)| value).sum::<f64>() / map.total()
                    };
                    let extent = field.extent[axis];
                    assert!(held(extent) >= share - 1e-9 && (extent <= 2 || held(extent - 2) < share + 1e-9));
                }
            }
            Err(fault) => assert_eq!(fault.obstacle, Obstacle::UnevenUnits),
        }
    }
}

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of(&mut self, first: i64, last: i64) -> i64 {
        first + self.roll((last - first + 1).unsigned_abs()) as i64
    }
}

fn random(seed: u64) -> Net {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let rank = 1 + dice.roll(3) as usize;
    let mut net = Net::new(rank, 2, if rank == 3 { 8 } else { 16 });
    let inits = [Init::HeFanOut, Init::HeFanIn, Init::Xavier, Init::LeCun, Init::Uniform];
    net.init = inits[dice.roll(5) as usize];
    let layers = if rank == 3 { 3 } else { 6 };
    for _ in 0..layers {
        let valid = net.nodes.clone();
        let k = dice.of(1, 3);
        match dice.roll(13) {
            0..=2 => {
                let (s, p, d) = (dice.of(1, 2), dice.of(0, 1), dice.of(1, 2));
                net.conv(dice.of(1, 2) * 2, k, s, p, d);
            }
            3 => {
                let window = net.window(k, 1, k / 2, 1);
                net.then(Op::Conv { channels: 4, window, groups: 2, bias: false });
            }
            4 => {
                let window = net.window(3, 1, 1, 1);
                net.then(Op::DepthwiseConv { multiplier: dice.of(1, 2), window, bias: false });
            }
            5 => {
                net.up_conv(dice.of(1, 3), dice.of(1, 4), 2, 0);
            }
            6 => {
                net.pool(Pool::Max, dice.of(2, 3), 2, 1);
            }
            7 => {
                net.pool(Pool::Avg, dice.of(2, 3), dice.of(1, 2), 1);
            }
            8 => {
                net.up(2, if dice.roll(2) == 0 { Resize::Nearest } else { Resize::Linear });
            }
            9 => {
                let factor = net.all(2, 1);
                net.then(if dice.roll(2) == 0 {
                    Op::PixelShuffle { factor }
                } else {
                    Op::PixelUnshuffle { factor }
                });
            }
            10 => {
                net.relu();
            }
            _ => {
                let (a, b) = (net.last(), dice.roll(net.nodes.len() as u64) as usize);
                net.merge(if dice.roll(2) == 0 { Merge::Add } else { Merge::Concat }, &[a, b]);
            }
        }
        let graph = net.graph();
        let buffer = TableBuf::new(&graph);
        let layer = buffer.table().output();
        let wide = layer.fault().is_none() && layer.shape().extents().iter().any(|&extent| extent > 40);
        if layer.fault().is_some() || layer.shape().channels > 16 || wide {
            net.nodes = valid;
        }
    }
    net
}

#[test]
fn random_graphs_agree_with_the_brute_force() {
    let mut closed = 0;
    for seed in 0..240 {
        let net = random(seed);
        // Adding a map to itself is coherent, which the brute force does not know.
        let doubled = net.nodes.iter().any(|node| node.inputs.len() == 2 && node.inputs[0] == node.inputs[1]);
        if doubled {
            continue;
        }
        closed += usize::from(agree(&net, None, Canvas::Unbounded));
        agree(&net, Some([0; 3]), Canvas::Input);
        agree(&net, None, Canvas::Input);
    }
    assert!(closed > 120, "{closed}");
}

#[test]
fn wide_windows_agree_with_the_brute_force() {
    for (kernel, dilation) in [(31, 1), (11, 3), (9, 2)] {
        let mut net = Net::new(1, 1, 400);
        net.pool(Pool::Max, 3, 2, 1);
        net.conv(2, 3, 1, 1, 5);
        let input = net.conv(2, kernel, 1, kernel / 2, dilation);
        net.conv(2, kernel, 1, kernel / 2, 1);
        net.merge(Merge::Add, &[input, net.last()]);
        assert!(agree(&net, None, Canvas::Unbounded));
    }
}

#[test]
fn global_layers_agree_with_the_brute_force() {
    let mut net = Net::new(2, 3, 11);
    net.conv(4, 3, 2, 1, 1);
    net.then(Op::GlobalPool { pool: Pool::Avg });
    net.then(Op::Linear { features: 5, bias: true });
    assert!(agree(&net, None, Canvas::Unbounded));
    let mut net = Net::new(2, 3, 11);
    net.conv(4, 3, 2, 1, 1);
    net.then(Op::Linear { features: 5, bias: true });
    assert!(agree(&net, None, Canvas::Input));
}

#[test]
fn five_uniform_layers_have_the_known_centre_row() {
    let map = Closed::of(&chain(5, 31).graph()).map().expect("has a closed form");
    let marginal = map.marginal(0);
    let sum: f64 = marginal.iter().sum();
    let known = [1.0, 5.0, 15.0, 30.0, 45.0, 51.0, 45.0, 30.0, 15.0, 5.0, 1.0];
    for (found, known) in marginal.iter().zip(known) {
        assert!((found / sum - known / 243.0).abs() < 1e-12);
    }
}

#[test]
#[ignore = "a timing, for a release build"]
fn the_map_of_resnet50_takes_at_most_3_ms() {
    for (name, net) in [("resnet50", resnet50(512)), ("vgg16", vgg16(224))] {
        let graph = net.graph();
        let mut times: Vec<_> = (0..21)
            .map(|_| {
                let start = std::time::Instant::now();
                let map = Closed::of(&graph).map().expect("has a closed form");
                (start.elapsed(), map.total())
            })
            .collect();
        times.sort_by_key(|time| time.0);
        std::println!("{name}: {:?} (best {:?})", times[10].0, times[0].0);
        assert!(times[10].0.as_micros() < 3000);
    }
}

#[test]
fn what_has_no_closed_form_says_so() {
    let mut net = chain(2, 31);
    net.then(Op::SqueezeExcite { squeeze: 4 });
    let error = Closed::of(&net.graph()).map().expect_err("a gate");
    assert_eq!(
        error.to_string(),
        "`n5` is a gate over all units (squeeze-excite), which has no closed form\n\
         help: sample it with `Erf::of(&GRAPH).at(..).run()`"
    );
    // An activation of unknown slope matters only where paths mix.
    let mut net = chain(2, 31);
    net.then(Op::Activation(Activation::Gelu));
    net.conv(32, 3, 1, 1, 1);
    assert!(Closed::of(&net.graph()).map().is_ok());
    let branch = net.then(Op::Activation(Activation::Gelu));
    net.merge(Merge::Add, &[branch, branch - 1]);
    let error = Closed::of(&net.graph()).map().expect_err("a mixture of unknown parts");
    assert!(error.to_string().starts_with("`n7` is an activation whose slope depends"), "{error}");
    let error = Closed::of(&net.graph()).at("nn7").map().expect_err("no such layer");
    assert_eq!(
        error.to_string(),
        "no layer, block or stage is named `nn7`\nhelp: the closest known name is `n7`"
    );
}
