//! The fast engine against the reference engine.
use std::vec;
use std::vec::Vec;

use super::*;
use crate::effective::Canvas;
use crate::engine::Stream;
use crate::engine::testing::{networks, random};

/// Signs without a pattern that a layer could share.
const SIGNS: [f64; 7] = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0];

/// Whether a network was compared.
fn agree(seed: u64, canvas: Canvas) -> bool {
    let graph = random(seed, 14, true);
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
    let lookup = |i: usize, k: usize| Cow::Borrowed(&tensors[i][k][..]);
    let fast = Fast::new(&cone).unwrap();
    let got = fast.gradient(&cone, &lookup, &input, &combination);
    let scale = exact.values.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    // The answer must be one that `f32` can give: moving inputs and weights by their own rounding must not move it.
    let shake =
        |v: &[f64]| v.iter().enumerate().map(|(i, v)| v * (1.0 + 6e-8 * SIGNS[i % 7])).collect::<Vec<f64>>();
    let near: Vec<Vec<Vec<f64>>> = wide.iter().map(|n| n.iter().map(|t| shake(t)).collect()).collect();
    let values = reference::forward(&cone, &near, &shake(&widened(&input))).unwrap();
    let shaken = &reference::backward(&cone, &near, &values, &shake(&widened(&combination)))[target];
    // Nor may it be what cancellation leaves (a normalisation of equal values passes next to nothing).
    let largest = gradients.iter().flat_map(|g| &g.values).fold(0.0_f64, |m, g| m.max(g.abs()));
    let moves = exact.values.iter().zip(&shaken.values).any(|(a, b)| (a - b).abs() > 1e-5 * scale);
    if moves || scale < 1e-6 * largest {
        return false;
    }
    let units = exact.region.count();
    for u in 0..units {
        for c in 0..exact.channels {
            let (e, g) = (exact.values[c * units + u], f64::from(got[u * exact.channels + c]));
            assert!((e - g).abs() <= 1e-4 * scale, "network {seed} on {canvas:?}: {e} and {g}, of {scale}");
            assert!(
                (e == 0.0) == (g == 0.0) || e.abs() < 1e-7 * scale,
                "network {seed}: zeros differ, {e} and {g}"
            );
        }
    }
    true
}

#[test]
fn fast_is_reference() {
    let compared = (0..networks(2000))
        .flat_map(|seed| [agree(seed, Canvas::Unbounded), agree(seed, Canvas::Input)])
        .filter(|&compared| compared)
        .count();
    assert!(compared as u64 > networks(2000) * 3 / 2, "{compared}");
}
