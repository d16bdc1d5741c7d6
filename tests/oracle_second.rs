//! The two oracles against each other: sets of indices, and a naive run of the network on positive weights.
//!
//! `RF_CASES` sets the number of random graphs, `RF_SEED` which ones.

use std::collections::BTreeSet;

use rf_core::graph::{Graph, Op, PerAxis};
use rf_tests::oracle::forward::{Map, Run, run};
use rf_tests::oracle::strategy::{check, net};
use rf_tests::oracle::{Field, Net, Shape, Tracer, shapes};

/// A map of ones with a little unrest.
#[expect(clippy::cast_precision_loss, reason = "small indices")]
fn input(shape: Shape) -> Map {
    let mut map = Map::filled(shape.channels, shape.extents, 1.0);
    for (position, value) in map.values.iter_mut().enumerate() {
        *value += (position * 7 % 11) as f64 / 16.0;
    }
    map
}

/// The network run again with one pixel, all of its channels, replaced.
fn touched(graph: &Graph<'_>, image: &Map, pixel: PerAxis, by: f64) -> Vec<Run> {
    let mut image = image.clone();
    for channel in 0..image.channels {
        *image.at(channel, pixel) = by;
    }
    run(graph, &image, 1)
}

/// Whether units depend on pixels as units, not channel by channel: a pixel shuffle picks single channels, so its
/// input must have mixed all of them.
fn mixed(net: &Net) -> bool {
    net.layers.iter().all(|layer| {
        !matches!(layer.op, Op::PixelShuffle { .. })
            || matches!(net.layers[layer.inputs[0]].op, Op::Conv { groups: 1, .. })
    })
}

/// Replaces pixels one by one, and holds the units that change to those whose set has the pixel.
fn agrees(net: &Net, by: f64, exact: impl Fn(&Net) -> bool) {
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid graph");
        let image = input(shapes[0]);
        let before = run(graph, &image, 1);
        for (node, run) in before.iter().enumerate() {
            let found = Shape { channels: run.map.channels, extents: run.map.extents, flat: run.map.flat };
            assert_eq!(found, shapes[node], "shape of layer {node}");
        }
        let mut tracer = Tracer::new(graph, &shapes);
        let pixels = tracer.units(0);
        for &pixel in pixels.iter().step_by(1 + pixels.len() / 8) {
            let after = touched(graph, &image, pixel, by);
            for node in 0..before.len() {
                let changed: BTreeSet<_> = before[node].map.changed(&after[node].map).into_iter().collect();
                let mut predicted = tracer.units(node);
                predicted.retain(|&unit| tracer.support(Field::Real, node, unit).contains(&pixel));
                let predicted: BTreeSet<_> = predicted.into_iter().collect();
                if exact(net) {
                    assert_eq!(changed, predicted, "layer {node}, pixel {pixel:?}");
                } else {
                    assert!(changed.is_subset(&predicted), "layer {node}, pixel {pixel:?}");
                }
            }
        }
    });
}

#[test]
fn a_pixel_that_is_not_a_number_spoils_exactly_what_reads_it() {
    check(60, net(), |net| agrees(net, f64::NAN, mixed));
}

/// A large value instead: what is positive and only grows shows it, save where values cancel, saturate or are
/// multiplied by the zeros of a padding.
#[test]
fn a_brighter_pixel_changes_exactly_what_reads_it() {
    let grows = |op: &Op| {
        matches!(op, Op::Input { .. } | Op::Conv { .. } | Op::DepthwiseConv { .. } | Op::ConvTranspose { .. })
            || matches!(
                op,
                Op::Pool { .. } | Op::AdaptivePool { .. } | Op::GlobalPool { .. } | Op::Linear { .. }
            )
            || matches!(
                op,
                Op::Upsample { .. } | Op::PixelShuffle { .. } | Op::PixelUnshuffle { .. } | Op::Flatten
            )
            || matches!(op, Op::Pad { .. } | Op::Dropout | Op::Identity)
            || matches!(op, Op::Merge(merge) if *merge != rf_core::graph::Merge::Mul)
    };
    check(60, net(), |net| {
        agrees(net, 1e9, |net| mixed(net) && net.layers.iter().all(|layer| grows(&layer.op)));
    });
}
