//! Shapes, faults, and inputs without fixed extents.

use std::cell::Cell;

use rf_core::graph::{Op, UNKNOWN};
use rf_core::theory::{Fault, TableBuf, UNBOUNDED};
use rf_core::trace::{productive_inputs, smallest_input};
use rf_tests::oracle::shape::FaultKind;
use rf_tests::oracle::strategy::{check, faulty, net};
use rf_tests::oracle::{Net, Shape, shapes};

use super::paths::shortest;
use super::{CASES, judge, with_case};

#[test]
fn shape() {
    judge(|case| {
        for node in case.answered() {
            let (found, truth) = (case.layer(node).shape(), case.shapes[node]);
            let extents = if truth.flat { &[] } else { &truth.extents[..case.graph.rank] };
            assert_eq!((found.channels, found.extents()), (truth.channels, extents), "layer {node}");
        }
    });
}

/// The impossible layer is named, with a fault of the right kind, and no earlier one is.
#[test]
fn faults() {
    check(CASES, faulty(), |(net, kind)| {
        net.with(|graph| {
            let buffer = TableBuf::new(graph);
            let table = buffer.table();
            let first = table.layers().find_map(|layer| Some((layer.index(), layer.fault()?)));
            let (node, fault) = first.expect("a fault");
            if matches!(fault, Fault::TooManyJumps { .. }) {
                return;
            }
            assert_eq!(node, net.last(), "{fault:?} instead of {kind:?}");
            let fits = match kind {
                FaultKind::Zero => matches!(fault, Fault::TooSmall { .. }),
                FaultKind::Empty => matches!(
                    fault,
                    Fault::Window { .. }
                        | Fault::NothingLeft { .. }
                        | Fault::TooSmall { .. }
                        | Fault::Divide { .. }
                ),
                FaultKind::Channels => matches!(fault, Fault::Divide { .. } | Fault::TooSmall { .. }),
                FaultKind::Extents => matches!(fault, Fault::DivideExtent { .. }),
                FaultKind::Mismatch => {
                    matches!(fault, Fault::MergeExtent { .. } | Fault::MergeChannels { .. })
                }
                FaultKind::Flat => matches!(fault, Fault::Flat),
            };
            assert!(fits, "{fault:?} for {kind:?}");
        });
    });
}

/// The same net with other extents of the input.
fn resized(net: &Net, extents: [i64; 3]) -> Net {
    let mut net = net.clone();
    let Op::Input { channels, .. } = net.layers[0].op else { unreachable!("the first layer is the input") };
    net.layers[0].op = Op::Input { channels, extents };
    net
}

/// With `_` for the input's extents, what can be said at all is what is said with numbers.
#[test]
fn unknown_extents() {
    check(CASES, net(), |net| {
        let open = std::array::from_fn(|axis| if axis < net.rank { UNKNOWN } else { 1 });
        let open = resized(net, open);
        open.with(|graph| {
            let buffer = TableBuf::new(graph);
            with_case(net, |case| {
                for node in case.answered() {
                    let (known, open) = (case.layer(node), buffer.table().layer(node));
                    if open.fault().is_some() {
                        continue;
                    }
                    // A map of one unit is its own global pool, and is spread over others; an open extent has many units.
                    let many = !case.shapes[..=node].iter().any(Shape::single);
                    for axis in (0..case.graph.rank).filter(|_| many) {
                        for unit in -4..9 {
                            let (seen, most) = (known.field(axis, unit), open.field(axis, unit));
                            let place = format!("layer {node} axis {axis} unit {unit}");
                            assert!(most.contains(seen), "{place}: {seen:?}, {most:?}");
                        }
                    }
                    // Global layers, and what they broadcast, depend on the number of units.
                    if known.is_global() || open.is_global() {
                        continue;
                    }
                    for axis in 0..case.graph.rank {
                        let unit_fields = |layer: &rf_core::theory::Layer<'_>| -> Vec<_> {
                            let row = layer.data().axis(axis);
                            (-4..9).map(|unit| row.field(layer.table().phases(), unit)).collect()
                        };
                        assert_eq!(unit_fields(&known), unit_fields(&open), "layer {node} axis {axis}");
                        assert_eq!(known.jump(axis), open.jump(axis), "jump of layer {node} axis {axis}");
                    }
                    assert_eq!(known.is_aligned(), open.is_aligned(), "alignment of layer {node}");
                }
            });
        });
    });
}

#[test]
fn smallest_square_input() {
    check(CASES, net(), |net| {
        let works = |extent: i64| {
            let extents = std::array::from_fn(|axis| if axis < net.rank { extent } else { 1 });
            resized(net, extents).with(|graph| shapes(graph).is_ok() && !jumps_too_many(graph))
        };
        let truth = (1..=24).find(|&extent| works(extent));
        let found = with_table(net, |table| smallest_input(table, 24));
        assert_eq!(found, truth);
    });
}

/// The smallest extent that is accepted and at which no path is too long, and the largest that a unit still spans.
#[test]
fn productive_range() {
    check(CASES, net(), |net| {
        let at = |extent: i64| {
            let extents = std::array::from_fn(|axis| if axis < net.rank { extent } else { 1 });
            resized(net, extents)
        };
        let starves = Cell::new(false);
        let productive = |extent: i64| {
            let net = at(extent);
            let accepted = net.with(|graph| shapes(graph).is_ok() && !jumps_too_many(graph));
            accepted && {
                let mut all = true;
                with_case(&net, |case| {
                    starves
                        .set(starves.get() || case.answered_by_axis().len() < case.answered_as_sets().len());
                    all = case.answered_by_axis().into_iter().all(|node| {
                        let axes = 0..case.graph.rank;
                        axes.map(|axis| shortest(case, node, axis))
                            .any(|shortest| shortest.is_none_or(|shortest| shortest <= extent))
                    });
                });
                all
            }
        };
        let found = with_table(net, |table| productive_inputs(table, 24));
        let truth = (1..=24).find(|&extent| productive(extent));
        // The oracle of one axis does not know what is lost along another.
        if starves.get() {
            return;
        }
        assert_eq!(found.map(|range| range.min), truth);
        let Some(range) = found else { return };
        with_case(&at(range.min), |case| {
            let spans = |&node: &usize| {
                let layer = case.layer(node);
                let axes = (0..case.graph.rank).map(|axis| layer.local_rf().axis(axis).max);
                if layer.is_global() { UNBOUNDED } else { axes.min().expect("an axis") }
            };
            let widest = case.answered_as_sets().iter().map(spans).max().expect("the input");
            assert_eq!(range.max, widest.max(range.min));
        });
    });
}

fn with_table<R>(net: &Net, read: impl FnOnce(&rf_core::theory::Table<'_>) -> R) -> R {
    net.with(|graph| read(&TableBuf::new(graph).table()))
}

fn jumps_too_many(graph: &rf_core::graph::Graph<'_>) -> bool {
    let buffer = TableBuf::new(graph);
    buffer.table().layers().any(|layer| matches!(layer.fault(), Some(Fault::TooManyJumps { .. })))
}
