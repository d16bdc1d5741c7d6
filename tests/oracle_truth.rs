//! The oracle held to the known answers: published numbers of real networks, and small ones worked out by hand.

#[path = "truth/branches.rs"]
mod branches;
#[path = "truth/chains.rs"]
mod chains;
#[path = "truth/decoders.rs"]
mod decoders;

use rf_tests::oracle::measure::{Hull, at, hull};
use rf_tests::oracle::{Field, Net, Tracer, shapes};

/// A layer, and its extent, jump and effective padding: unit `u` covers `u·jump − padding ..`, `extent` pixels.
type Row = (usize, i64, i64, i64);

/// Holds layers of a net to their rows along one axis.
fn hold(net: &Net, axis: usize, rows: &[Row]) {
    net.with(|graph| {
        let shapes = shapes(graph).unwrap_or_else(|fault| panic!("{fault:?} in {net:?}"));
        let mut tracer = Tracer::of_axis(graph, &shapes, axis);
        for &(node, extent, jump, padding) in rows {
            for unit in [0, 1, 6] {
                let pixels = tracer.support(Field::Local, node, at(axis, unit));
                let hull = hull(&pixels, axis).expect("a field");
                let found = (hull.left, hull.extent());
                assert_eq!(found, (unit * jump - padding, extent), "layer {node} unit {unit} axis {axis}");
            }
        }
    });
}

/// Extents of units `0..count` of the last layer along the first axis, and how many pixels they use.
fn phases(net: &Net, count: i64) -> (Vec<i64>, Vec<usize>) {
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let mut tracer = Tracer::of_axis(graph, &shapes, 0);
        let supports = (0..count).map(|unit| tracer.support(Field::Local, net.last(), at(0, unit)));
        supports.map(|pixels| (hull(&pixels, 0).map_or(0, Hull::extent), pixels.len())).unzip()
    })
}
