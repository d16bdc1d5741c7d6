//! The reference engine against finite differences, and against numbers that PyTorch gives.
use std::vec;
use std::vec::Vec;

use super::*;
use crate::effective::Canvas;
use crate::engine::Stream;
use crate::engine::params::Supply;
use crate::engine::testing::{Builder, networks, random};
use crate::graph::{Activation, Pool, Resize};

fn drawn(cone: &Cone<'_>, seed: u64) -> Vec<Vec<Vec<f64>>> {
    let supply: Supply = crate::engine::testing::weights(cone, seed);
    let mut all = Vec::new();
    for (node, parameters) in supply.parameters.iter().enumerate() {
        let mut tensors = Vec::new();
        for k in 0..parameters.len() {
            let mut values: Vec<f64> =
                supply.values(seed, 0, node, k).iter().map(|&v| f64::from(v)).collect();
            // Biases and scales that are not 0 and 1, so that a wrong one shows; variances stay positive.
            let mut noise = vec![0.0; values.len()];
            Stream::new([seed, 1, node as u64, k as u64]).uniform(&mut noise, 0.3);
            values.iter_mut().zip(noise).for_each(|(v, n)| *v += f64::from(n));
            tensors.push(values);
        }
        all.push(tensors);
    }
    all
}

fn normal(n: usize, seed: u64) -> Vec<f64> {
    let mut values = vec![0.0; n];
    Stream::new([seed, 2, 0, 0]).normal(&mut values, 1.0);
    values.into_iter().map(f64::from).collect()
}

/// Compares the gradient with central differences at a few inputs; kinks are the only excuse, and they are rare.
fn check(seed: u64, canvas: Canvas) -> (usize, usize) {
    let graph = random(seed, 12, true);
    let node = graph.nodes.len() - 1;
    let layers = crate::engine::layer::layers(&graph).unwrap();
    let unit = layers[node].extents.map(|e| e / 2);
    let cone = match Cone::new(graph, node, unit, 0, canvas, true) {
        Ok(cone) => cone,
        Err(Error::DeadUnit { .. } | Error::Unrelated { .. }) => return (0, 0),
        Err(e) => panic!("{e} ({seed})"),
    };
    let weights = drawn(&cone, seed);
    let input = normal(cone.size(0), seed);
    let seed_vector = normal(cone.channels(node), seed + 1000);
    let output = |input: &[f64]| {
        let values = forward(&cone, &weights, input).unwrap();
        values[node].values.iter().zip(&seed_vector).map(|(v, s)| v * s).sum::<f64>()
    };
    assert_eq!(cone.regions[node].count(), 1, "{seed}");
    let values = forward(&cone, &weights, &input).unwrap();
    let gradient = &backward(&cone, &weights, &values, &seed_vector)[0];
    let scale = gradient.values.iter().fold(0.0_f64, |m, g| m.max(g.abs())).max(1e-3);
    let mut wrong = 0;
    let checked = 24.min(input.len());
    for k in 0..checked {
        let i = k * input.len() / checked;
        let h = 1e-5;
        let at = |h: f64| {
            let mut moved = input.clone();
            moved[i] += h;
            output(&moved)
        };
        let slope = (at(h) - at(-h)) / (2.0 * h);
        wrong += usize::from((slope - gradient.values[i]).abs() > 1e-5 * scale);
    }
    (checked, wrong)
}

#[test]
fn gradients_are_finite_differences() {
    for canvas in [Canvas::Input, Canvas::Unbounded] {
        let (mut checked, mut wrong) = (0, 0);
        for seed in 0..networks(400) {
            let (c, w) = check(seed, canvas);
            assert!(w <= 2, "network {seed} on {canvas:?}: {w} of {c} gradients are wrong");
            checked += c;
            wrong += w;
        }
        assert!(checked > 500 && wrong <= checked / 500, "{wrong} of {checked}");
    }
}

/// The cone gives what the whole network gives.
#[test]
fn cone_is_the_whole() {
    for seed in 0..networks(300) {
        let graph = random(seed, 12, true);
        let node = graph.nodes.len() - 1;
        let unit = crate::engine::layer::layers(&graph).unwrap()[node].extents.map(|e| e / 3);
        let Ok(cone) = Cone::new(graph, node, unit, 0, Canvas::Input, true) else { continue };
        let whole = Cone::whole(graph, node, unit, 0).unwrap();
        let weights = drawn(&cone, seed);
        let input = Tensor {
            channels: whole.channels(0),
            region: whole.regions[0],
            values: normal(whole.size(0), seed),
        };
        let mut part = Tensor::zeros(cone.channels(0), cone.regions[0]);
        for c in 0..part.channels {
            for index in part.region.indices() {
                let (to, from) = (part.position(c, index).unwrap(), input.position(c, index).unwrap());
                part.values[to] = input.values[from];
            }
        }
        let seed_vector = normal(cone.channels(node), seed);
        let a = forward(&whole, &weights, &input.values).unwrap();
        let b = forward(&cone, &weights, &part.values).unwrap();
        let unit_values = a[node].across(whole.regions[node].position(unit).unwrap());
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * (1.0 + x.abs());
        assert!(unit_values.iter().zip(&b[node].values).all(|(x, y)| close(*x, *y)), "{seed}");
        let (a, b) =
            (backward(&whole, &weights, &a, &seed_vector), backward(&cone, &weights, &b, &seed_vector));
        for c in 0..part.channels {
            for index in whole.regions[0].indices() {
                let x = a[0].values[a[0].position(c, index).unwrap()];
                let y = b[0].position(c, index).map_or(0.0, |i| b[0].values[i]);
                assert!(close(x, y), "{seed}: {x} and {y} at {index:?}");
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers write their lists in place")]
fn run(b: Builder, input: Vec<f64>, weights: Vec<Vec<Vec<f64>>>) -> Vec<f64> {
    let graph = b.graph();
    let node = graph.nodes.len() - 1;
    let cone = Cone::whole(graph, node, [0; 3], 0).unwrap();
    forward(&cone, &weights, &input).unwrap()[node].values.clone()
}

#[test]
fn small_layers_by_hand() {
    let line = |n: i32| (1..=n).map(f64::from).collect::<Vec<_>>();
    // 1-D convolution, kernel (1, 2, 4), padding 1.
    let mut b = Builder::new(1, &[4]);
    b.conv(0, 1, 3, 1, 1);
    assert_eq!(run(b, line(4), vec![vec![], vec![vec![1.0, 2.0, 4.0]]]), [10.0, 17.0, 24.0, 11.0]);
    // Transposed, stride 2: every input spreads to 2i, 2i + 1, 2i + 2.
    let mut b = Builder::new(1, &[3]);
    let window = b.window(3, 2, 0, 1);
    b.push(Op::ConvTranspose { channels: 1, window, output_padding: [0; 3], groups: 1, bias: false }, &[0]);
    assert_eq!(
        run(b, line(3), vec![vec![], vec![vec![1.0, 2.0, 4.0]]]),
        [1.0, 2.0, 6.0, 4.0, 11.0, 6.0, 12.0]
    );
    // Average pools with and without the padding counted.
    for (count_include_pad, expected) in [(true, [0.5, 2.5, 2.0]), (false, [1.0, 2.5, 4.0])] {
        let mut b = Builder::new(1, &[4]);
        let window = b.window(2, 2, 1, 1);
        b.push(Op::Pool { pool: Pool::Avg, window, ceil_mode: false, count_include_pad }, &[0]);
        assert_eq!(run(b, line(4), vec![vec![], vec![]]), expected);
    }
    // Bilinear ×2, align_corners = false.
    let mut b = Builder::new(1, &[3]);
    b.push(Op::Upsample { factor: [2, 1, 1], mode: Resize::Linear }, &[0]);
    assert_eq!(run(b, line(3), vec![vec![], vec![]]), [1.0, 1.25, 1.75, 2.25, 2.75, 3.0]);
    // Pixel shuffle: channels (0, 1, 2, 3) of a unit become its 2 × 2 units.
    let mut b = Builder::new(4, &[1, 2]);
    b.push(Op::PixelShuffle { factor: [2, 2, 1] }, &[0]);
    assert_eq!(run(b, line(8), vec![vec![], vec![]]), [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]);
    // Softmax over channels.
    let mut b = Builder::new(2, &[1]);
    b.push(Op::Activation(Activation::Softmax), &[0]);
    let y = run(b, vec![0.0, core::f64::consts::LN_2], vec![vec![], vec![]]);
    assert!((y[0] - 1.0 / 3.0).abs() < 1e-15 && (y[1] - 2.0 / 3.0).abs() < 1e-15);
}
