//! The fast engine against the reference engine.
use std::vec;
use std::vec::Vec;

use super::*;
use crate::effective::Canvas;
use crate::engine::Stream;
use crate::engine::reference;
use crate::engine::testing::{networks, random};
use crate::graph::{Activation, MAX_RANK, Merge};

/// Whether a network was compared.
fn agree(seed: u64, canvas: Canvas) -> bool {
    let graph = random(seed, 14, false);
    let node = graph.nodes.len() - 1;
    let extents = crate::engine::layers(&graph).unwrap()[node].extents;
    let target = usize::from(seed.is_multiple_of(5));
    let Ok(cone) = Cone::new(graph, node, extents.map(|e| e / 2), target, canvas, false) else {
        return false;
    };
    let supply = crate::engine::testing::weights(&cone, seed);
    let mut tensors: Vec<Vec<Vec<f32>>> = Vec::new();
    for (i, parameters) in supply.parameters.iter().enumerate() {
        let one = |k: usize| {
            let mut values = supply.values(seed, 0, i, k).into_owned();
            let mut noise = vec![0.0; values.len()];
            Stream::new([seed, 1, i as u64, k as u64]).uniform(&mut noise, 0.3);
            values.iter_mut().zip(noise).for_each(|(v, n)| *v += n);
            values
        };
        tensors.push((0..parameters.len()).map(one).collect());
    }
    let wide: Vec<Vec<Vec<f64>>> = tensors
        .iter()
        .map(|n| n.iter().map(|t| t.iter().map(|&v| f64::from(v)).collect()).collect())
        .collect();
    let mut input = vec![0.0; cone.size(0)];
    Stream::new([seed, 2, 0, 0]).normal(&mut input, 1.0);
    let mut combination = vec![0.0; cone.channels(node)];
    Stream::new([seed, 3, 0, 0]).normal(&mut combination, 1.0);
    let widened = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let values = reference::forward(&cone, &wide, &widened(&input)).unwrap();
    let gradients = reference::backward(&cone, &wide, &values, &widened(&combination));
    let exact = &gradients[target];
    let lookup = |i: usize, k: usize| Weight::from(&tensors[i][k][..]);
    let fast = Fast::new(&cone).unwrap();
    let got = fast.gradient(&cone, &lookup, &input, &combination);
    let scale = exact.values.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    // The answer must be one that `f32` can give: errors of a few of its roundings in every map, all else exact, must
    // not move it. (A normalisation of nearly equal values cancels, a gate turns small errors into large ones.)
    let moves = (1..3_u64).any(|turn| {
        let err = |t: &mut reference::Tensor| {
            for (i, v) in t.values.iter_mut().enumerate() {
                // Equal values move apart: where they tie for a maximum, either is right.
                let sign = ((v.to_bits() >> 13) + 977 * i as u64)
                    .wrapping_mul(turn.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                    >> 63;
                *v *= if sign == 0 { 1.0 + 2e-7 } else { 1.0 - 2e-7 };
            }
        };
        let values = reference::forward_with(&cone, &wide, &widened(&input), &err).unwrap();
        let moved = &reference::backward_with(&cone, &wide, &values, &widened(&combination), &err)[target];
        exact.values.iter().zip(&moved.values).any(|(a, b)| (a - b).abs() > 2e-5 * scale)
    });
    if moves {
        return false;
    }
    let units = exact.region.count();
    for u in 0..units {
        for c in 0..exact.channels {
            let (e, g) = (exact.values[c * units + u], f64::from(got[u * exact.channels + c]));
            assert!((e - g).abs() <= 1e-4 * scale, "network {seed} on {canvas:?}: {e} and {g}, of {scale}");
            assert!(
                // What is tiny may vanish in `f32`; what is exactly zero must be.
                if e == 0.0 { g == 0.0 } else { g != 0.0 || e.abs() < 1e-7 * scale },
                "network {seed}: zeros differ, {e} and {g}"
            );
        }
    }
    true
}

#[test]
fn fast_is_reference() {
    let compared = (0..networks(1000))
        .flat_map(|seed| [agree(seed, Canvas::Unbounded), agree(seed, Canvas::Input)])
        .filter(|&compared| compared)
        .count();
    assert!(compared as u64 > networks(1000) * 3 / 2, "{compared}");
}

/// Wide three-by-three layers go by Winograd's way; a bias, a skip and real borders go with them.
#[test]
fn minimal_filtering_is_convolution() {
    for (canvas, groups) in [(Canvas::Unbounded, 1), (Canvas::Input, 1), (Canvas::Unbounded, 2)] {
        let mut b = crate::engine::testing::Builder::new(16, &[23, 21]);
        let mut last = 0;
        for i in 0..9 {
            let window = b.window(3, 1, 1, 1);
            let channels = if i % 2 == 0 { 32 } else { 16 };
            let conv = b.push(Op::Conv { channels, window, groups, bias: true }, &[last]);
            let tanh = b.push(Op::Activation(Activation::Tanh), &[conv]);
            last = if i == 4 { b.push(Op::Merge(Merge::Add), &[conv, tanh]) } else { tanh };
        }
        let graph = b.graph();
        let cone = Cone::new(graph, last, [11, 10, 0], 0, canvas, false).unwrap();
        let supply = crate::engine::testing::weights(&cone, 5);
        let lookup = |i: usize, k: usize| -> Weight<'_> {
            let mut values = supply.values(5, 0, i, k).into_owned();
            values.iter_mut().enumerate().filter(|_| k == 1).for_each(|(c, v)| *v = 0.01 * c as f32);
            Weight::from(values)
        };
        let wide: Vec<Vec<Vec<f64>>> = (supply.parameters.iter().enumerate())
            .map(|(i, p)| {
                (0..p.len())
                    .map(|k| lookup(i, k).into_values().iter().map(|&v| f64::from(v)).collect())
                    .collect()
            })
            .collect();
        let mut input = vec![0.0; cone.size(0)];
        Stream::new([1, 2, 0, 0]).normal(&mut input, 1.0);
        let ones = vec![1.0; cone.channels(last)];
        let widened: Vec<f64> = input.iter().map(|&v| f64::from(v)).collect();
        let values = reference::forward(&cone, &wide, &widened).unwrap();
        let exact = &reference::backward(&cone, &wide, &values, &vec![1.0; ones.len()])[0];
        let got = Fast::new(&cone).unwrap().gradient(&cone, &lookup, &input, &ones);
        let scale = exact.values.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let units = exact.region.count();
        for u in 0..units {
            for c in 0..exact.channels {
                let (e, g) = (exact.values[c * units + u], f64::from(got[u * exact.channels + c]));
                assert!((e - g).abs() <= 2e-5 * scale, "{e} and {g}, of {scale}");
            }
        }
    }
}

/// Weights drawn where they are used are the tensor's own: the gradient is the same, bit for bit.
#[test]
fn drawn_weights_are_the_tensors_values() {
    let mut b = crate::engine::testing::Builder::new(32, &[19, 17]);
    let strided = b.window(3, 2, 1, 1);
    let wide = b.push(Op::Conv { channels: 96, window: strided, groups: 1, bias: false }, &[0]);
    let norm = b.push(Op::Norm { norm: Norm::Batch, affine: true }, &[wide]);
    let relu = b.push(Op::Activation(Activation::Relu), &[norm]);
    let point = b.window(1, 1, 0, 1);
    let narrow = b.push(Op::Conv { channels: 32, window: point, groups: 1, bias: true }, &[relu]);
    let up = Op::ConvTranspose {
        channels: 64,
        window: strided,
        output_padding: [0; MAX_RANK],
        groups: 1,
        bias: false,
    };
    let up = b.push(up, &[narrow]);
    let same = b.window(3, 1, 1, 1);
    let last = b.push(Op::Conv { channels: 64, window: same, groups: 1, bias: false }, &[up]);
    let graph = b.graph();
    let extents = crate::engine::layers(&graph).unwrap()[last].extents;
    let cone = Cone::new(graph, last, extents.map(|e| e / 2), 0, Canvas::Unbounded, false).unwrap();
    let supply = crate::engine::testing::weights(&cone, 11);
    let drawn = |i: usize, k: usize| supply.tensor(11, 0, i, k);
    let written = |i: usize, k: usize| Weight::from(supply.values(11, 0, i, k).into_owned());
    let mut input = vec![0.0; cone.size(0)];
    Stream::new([11, 2, 0, 0]).normal(&mut input, 1.0);
    let ones = vec![1.0; cone.channels(last)];
    let fast = Fast::new(&cone).unwrap();
    let bits = |g: Vec<f32>| g.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
    let one = bits(fast.gradient(&cone, &drawn, &input, &ones));
    assert!(one == bits(fast.gradient(&cone, &written, &input, &ones)) && one.iter().any(|&b| b != 0));
}
