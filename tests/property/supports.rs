//! The sets themselves: supports, windows of blocks, masks, projective fields.

use std::collections::{BTreeSet, HashMap};

use rf_core::theory::Interval;
use rf_core::trace::{Bounds, TraceError, is_dense, mask, projective, projective_mask, window};
use rf_tests::oracle::measure::{self, at, dense, hull, used};
use rf_tests::oracle::{Field, Pixels, Tracer, Unit};

use super::{Case, hull_of, judge};

/// What the oracle calls each of the trace's two views.
const VIEWS: [(Bounds, Field); 2] = [(Bounds::Unbounded, Field::Endless), (Bounds::Real, Field::Real)];

/// The layers that a layer may be traced back to: the input, and one in between.
fn targets(node: usize) -> Vec<usize> {
    if node > 2 { vec![0, node / 2] } else { vec![0] }
}

#[test]
fn axis_windows() {
    judge(|case| {
        for node in case.answered() {
            for target in targets(node) {
                for axis in 0..case.graph.rank {
                    hold_windows(case, node, target, axis);
                }
            }
        }
    });
}

fn hold_windows(case: &Case<'_>, node: usize, target: usize, axis: usize) {
    let mut tracer = case.tracer(axis).back_to(target);
    let extent = case.shapes[node].extents[axis];
    for (bounds, field) in VIEWS {
        let mut blocks: Vec<(i64, i64)> = (0..extent).map(|unit| (unit, unit)).collect();
        blocks.extend([(0, extent - 1), (extent / 3, extent / 2)]);
        for (first, last) in blocks {
            let of = |unit| tracer.support(field, node, at(axis, unit));
            let parts: Vec<_> = (first..=last).map(of).collect();
            let pixels = Pixels::union(parts.iter().map(|part| &**part));
            let place = format!("units {first}..={last} of layer {node} axis {axis} to {target}, {bounds:?}");
            let (layer, target) = (case.layer(node), case.layer(target));
            let set = window(&layer, Interval { first, last }, &target, axis, bounds);
            let set = set.unwrap_or_else(|error| panic!("{error}: {place}"));
            let indices = used(&pixels, axis);
            assert_eq!(set.members(), indices, "{place}");
            let ends = indices.first().zip(indices.last()).map(|(first, last)| (*first, *last));
            assert_eq!(hull_of(set.hull()).map(|hull| (hull.left, hull.right)), ends, "{place}");
            let full = ends.is_none_or(|(first, last)| indices.len() as i64 == last - first + 1);
            assert_eq!(set.is_dense(), full, "{place}");
        }
    }
}

#[test]
fn masks() {
    judge(|case| {
        let mut volumes = Volumes::default();
        for node in case.answered_as_sets() {
            for target in targets(node) {
                let mut tracer = Tracer::new(case.graph, case.shapes).back_to(target);
                let units = tracer.units(node);
                for &unit in units.iter().step_by(1 + units.len() / 6).chain(units.last()) {
                    for (bounds, field) in VIEWS {
                        if volumes.of(case, field, (node, unit), target) > VOLUME {
                            continue;
                        }
                        let pixels = tracer.support(field, node, unit);
                        hold_mask(case, (node, unit), target, bounds, &pixels);
                    }
                }
            }
        }
    });
}

/// So many entries of sets the oracle, which holds each of them, still traces in no time.
const VOLUME: usize = 1_000_000;

/// Tracers of single axes back to every layer, which remember what they found.
#[derive(Default)]
struct Volumes<'a>(HashMap<(usize, usize), Tracer<'a>>);

impl<'a> Volumes<'a> {
    /// At most so many entries the sets have from a unit back to `target`: what the unit reads there, for every unit that
    /// it reads in a layer between.
    fn of(&mut self, case: &Case<'a>, field: Field, (node, unit): (usize, Unit), target: usize) -> usize {
        let rank = case.graph.rank;
        let mut read = |layer: usize| -> usize {
            let mut along = |axis| {
                let tracer = self.0.entry((layer, axis)).or_insert_with(|| case.tracer(axis).back_to(layer));
                tracer.support(field, node, at(axis, unit[axis])).len().max(1)
            };
            (0..rank).map(&mut along).product()
        };
        let between: usize = (target..node).map(&mut read).sum();
        between.saturating_mul(read(target))
    }
}

fn hold_mask(case: &Case<'_>, (node, unit): (usize, Unit), target: usize, bounds: Bounds, pixels: &Pixels) {
    let rank = case.graph.rank;
    let place = format!("unit {unit:?} of layer {node} to {target}, {bounds:?}");
    let index = if case.shapes[node].flat { &[] } else { &unit[..rank] };
    let found = match mask(&case.layer(node), index, &case.layer(target), bounds) {
        Err(TraceError::Unit) if case.shapes[node].flat => {
            mask(&case.layer(node), &unit[..rank], &case.layer(target), bounds)
        }
        found => found,
    };
    let found = found.unwrap_or_else(|error| panic!("{error}: {place}"));
    let mut set = Vec::new();
    found.each(|index| {
        let mut pixel = [0; 3];
        pixel[..index.len()].copy_from_slice(index);
        set.push(pixel);
    });
    assert_eq!(&set.into_iter().collect::<Pixels>(), pixels, "{place}");
    assert_eq!(found.count(), pixels.len() as u64, "{place}");
    assert_eq!(found.is_box(), dense(pixels, rank), "{place}");
    for axis in 0..rank {
        assert_eq!(found.projection(axis).members(), used(pixels, axis), "{place} axis {axis}");
    }
    if let Some(pixel) = pixels.first() {
        assert!(found.contains(&pixel[..rank]), "{place}");
    }
}

#[test]
fn projective_fields() {
    judge(|case| {
        for node in case.answered() {
            for source in targets(node) {
                for axis in 0..case.graph.rank {
                    let mut tracer = case.tracer(axis).back_to(source);
                    for pixel in tracer.units(source) {
                        let reached = tracer
                            .units(node)
                            .into_iter()
                            .filter(|&unit| tracer.support(Field::Real, node, unit).contains(&pixel));
                        let truth: BTreeSet<i64> = reached.map(|unit| unit[axis]).collect();
                        let found = projective(&case.layer(source), pixel[axis], &case.layer(node), axis);
                        let place = format!("pixel {pixel:?} of {source} to layer {node} axis {axis}");
                        let found = found.unwrap_or_else(|error| panic!("{error}: {place}"));
                        assert_eq!(found.members(), truth.into_iter().collect::<Vec<_>>(), "{place}");
                    }
                }
            }
        }
    });
}

/// Over all axes at once, a pixel reaches exactly the units whose supports hold it.
#[test]
fn projective_masks() {
    judge(|case| {
        for node in case.answered_as_sets() {
            for source in targets(node) {
                let mut tracer = Tracer::new(case.graph, case.shapes).back_to(source);
                let pixels = tracer.units(source);
                if pixels.len() * tracer.units(node).len() > 4000 {
                    continue;
                }
                for &pixel in pixels.iter().step_by(1 + pixels.len() / 4).chain(pixels.last()) {
                    let truth = measure::projective(&mut tracer, Field::Real, node, pixel);
                    let place = format!("pixel {pixel:?} of {source} to layer {node}");
                    let rank = case.graph.rank;
                    let found = projective_mask(&case.layer(source), &pixel[..rank], &case.layer(node));
                    let found = found.unwrap_or_else(|error| panic!("{error}: {place}"));
                    let mut units = Vec::new();
                    found.each(|index| {
                        let mut unit = [0; 3];
                        unit[..rank].copy_from_slice(index);
                        units.push(unit);
                    });
                    assert_eq!(units, truth, "{place}");
                }
            }
        }
    });
}

/// Hulls between any two layers as the compiler computes them, and density at run time.
#[test]
fn const_answers() {
    judge(|case| {
        for node in case.answered() {
            for target in targets(node) {
                for axis in 0..case.graph.rank {
                    hold_const_answers(case, node, target, axis);
                }
            }
            let layer = case.layer(node);
            match layer.is_dense() {
                None if cones(case, node) > ROOM => {}
                dense => assert_eq!(is_dense(&layer).ok(), dense, "density of layer {node}"),
            }
        }
    });
}

/// Units that the compiler has room for: what a block of units reads of all layers before it, from end to end of each,
/// as if there were no holes.
const ROOM: i64 = 5000;

fn cone(case: &Case<'_>, node: usize, target: usize, axis: usize, units: Interval) -> i64 {
    let mut windows = vec![Interval::EMPTY; node + 1];
    windows[node] = units;
    for reader in (target + 1..=node).rev() {
        let read = windows[reader];
        for &input in case.graph.nodes[reader].inputs {
            if input < target || read.is_empty() {
                continue;
            }
            let set = window(&case.layer(reader), read, &case.layer(input), axis, Bounds::Unbounded);
            let hull = set.map_or(Interval { first: 0, last: ROOM }, |set| set.hull());
            windows[input] = windows[input].hull(hull);
        }
    }
    windows.iter().map(|window| window.extent()).sum()
}

/// The same of each unit of a period along each axis.
fn cones(case: &Case<'_>, node: usize) -> i64 {
    let cone = |axis, unit| cone(case, node, 0, axis, Interval { first: unit, last: unit });
    let along = |axis| (0..case.layer(node).period(axis)).map(move |unit| cone(axis, unit)).sum::<i64>();
    (0..case.graph.rank).map(along).sum()
}

fn hold_const_answers(case: &Case<'_>, node: usize, target: usize, axis: usize) {
    let (layer, earlier) = (case.layer(node), case.layer(target));
    let mut tracer = case.tracer(axis).back_to(target);
    let place = format!("layer {node} axis {axis} to {target}");
    for (first, last) in [(0, 0), (1, 3), (-2, 1)] {
        let parts: Vec<_> =
            (first..=last).map(|unit| tracer.support(Field::Endless, node, at(axis, unit))).collect();
        let pixels = Pixels::union(parts.iter().map(|part| &**part));
        let units = Interval { first, last };
        let found = layer.window_in(&earlier, axis, units);
        if found.is_none() && cone(case, node, target, axis, units) > ROOM {
            continue;
        }
        assert_eq!(found.and_then(hull_of), hull(&pixels, axis), "units {first}..={last} of {place}");
    }
    for pixel in [0, case.shapes[target].extents[axis] / 2] {
        let mut units = tracer.units(node);
        units.retain(|&unit| tracer.support(Field::Real, node, unit).contains(&at(axis, pixel)));
        let found =
            layer.reached_by(&earlier, axis, pixel).map(|found| hull_of(found).map(|h| (h.left, h.right)));
        let truth = units.first().zip(units.last()).map(|(first, last)| (first[axis], last[axis]));
        assert_eq!(found, Some(truth), "pixel {pixel}, {place}");
    }
}
