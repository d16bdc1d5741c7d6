//! Tiles and coordinates.

use rf_core::theory::{Layer, Ratio};
use rf_core::trace::{centre, unit_at};
use rf_tests::oracle::Field;
use rf_tests::oracle::measure::{Hull, at, hull, overhang};
use rf_tests::oracle::paths::{grid, paths, support};

use super::{Case, judge};

/// The largest overhang, before and after, of tiles whose ends are multiples of `step` units.
fn largest(case: &Case<'_>, node: usize, axis: usize, step: i64, jump: Ratio) -> Option<(i64, i64)> {
    let mut tracer = case.tracer(axis);
    let mut largest: Option<(i64, i64)> = None;
    let period = case.layer(node).period(axis);
    for first in (0..period).step_by(usize::try_from(step).expect("a step")) {
        for units in (step..=2 * period).step_by(usize::try_from(step).expect("a step")) {
            let ends = (first, first + units);
            let Some((before, after)) = overhang(&mut tracer, node, axis, ends, (jump.num, jump.den)) else {
                continue;
            };
            // A tile that sees less than it stands for needs nothing there.
            largest =
                Some(largest.map_or((before.max(0), after.max(0)), |(b, a)| (b.max(before), a.max(after))));
        }
    }
    largest
}

fn wants_tiles<'a>(case: &Case<'a>, node: usize, axis: usize) -> Option<(Layer<'a>, Ratio)> {
    let layer = case.layer(node);
    let jump = layer.jump(axis)?;
    (!layer.is_global()).then_some((layer, jump))
}

#[test]
fn halos() {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                let Some((layer, jump)) = wants_tiles(case, node, axis) else {
                    assert_eq!(case.layer(node).halo(axis), None, "layer {node} axis {axis}");
                    continue;
                };
                let period = layer.period(axis);
                let place = format!("layer {node} axis {axis}");
                assert_eq!(layer.tile_multiple(axis), Some(period * jump.num / jump.den), "{place}");
                // Units that see nothing need nothing.
                let truth = largest(case, node, axis, period, jump).or(Some((0, 0)));
                let found = layer.halo(axis).map(|halo| (halo.before, halo.after));
                assert_eq!(found, truth, "aligned, {place}");
                if jump.den == 1 {
                    let truth = largest(case, node, axis, 1, jump).or(Some((0, 0)));
                    let found = layer.halo_any(axis).map(|halo| (halo.before, halo.after));
                    assert_eq!(found, truth, "any, {place}");
                }
            }
        }
    });
}

/// Where a unit stands for a part of a pixel, a tile of any units stands for all pixels that it touches.
#[test]
fn halos_of_parts_of_pixels() {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                let Some((layer, jump)) = wants_tiles(case, node, axis) else { continue };
                let mut tracer = case.tracer(axis);
                let mut truth = (0, 0);
                let period = layer.period(axis);
                for first in 0..period {
                    for last in first..first + period {
                        let fields = (first..=last).filter_map(|unit| {
                            hull(&tracer.support(Field::Local, node, at(axis, unit)), axis)
                        });
                        let all = fields
                            .reduce(|a, b| Hull { left: a.left.min(b.left), right: a.right.max(b.right) });
                        let Some(all) = all else { continue };
                        let tile = (
                            (first * jump.num).div_euclid(jump.den),
                            -(-(last + 1) * jump.num).div_euclid(jump.den) - 1,
                        );
                        truth = (truth.0.max(tile.0 - all.left), truth.1.max(all.right - tile.1));
                    }
                }
                let found = layer.halo_any(axis).map(|halo| (halo.before, halo.after));
                assert_eq!(found, Some(truth), "layer {node} axis {axis}");
            }
        }
    });
}

#[test]
fn coordinates() {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                let layer = case.layer(node);
                let mut tracer = case.tracer(axis);
                for unit in case.units(node, axis) {
                    let hull = hull(&tracer.support(Field::Local, node, at(axis, unit)), axis);
                    let truth = hull.map(|hull| Ratio::new(hull.left + hull.right, 2));
                    assert_eq!(centre(&layer, axis, unit), truth, "unit {unit} of layer {node} axis {axis}");
                }
                round_trip(&layer, axis, case.units(node, axis));
            }
        }
    });
}

/// Where centres ascend, to the next unit's too, the pixel at a unit's centre leads back to the unit.
fn round_trip(layer: &Layer<'_>, axis: usize, units: std::ops::Range<i64>) {
    let centres: Option<Vec<Ratio>> =
        (units.start..=units.end).map(|unit| centre(layer, axis, unit)).collect();
    let Some(centres) = centres else { return };
    let ascend = centres.windows(2).all(|pair| pair[0].num * pair[1].den < pair[1].num * pair[0].den);
    if layer.jump(axis).is_none() || !ascend {
        return;
    }
    for (unit, pixel) in units.zip(centres) {
        assert_eq!(unit_at(layer, axis, pixel), Some(Ratio::new(unit, 1)), "unit {unit} axis {axis}");
    }
}

/// On the grid that all paths share, and back again, for parts of units and of pixels too.
#[test]
fn grid_coordinates() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            // Paths through attention have a grid too, which counts where no other path brings anything.
            let Some(mut all) = paths(case.graph, case.shapes, node, 50) else { continue };
            for axis in 0..case.graph.rank {
                let Some(jump) = layer.jump(axis) else { continue };
                all.retain(|path| {
                    (-12..12).any(|unit| !support(case.graph, case.shapes, path, axis, unit).is_empty())
                });
                for (num, den) in [(-3, 1), (0, 1), (5, 1), (7, 2), (11, 3)] {
                    let unit = Ratio::new(num, den);
                    let place = format!("unit {unit} of layer {node} axis {axis}");
                    let pixel = layer.pixel_of(axis, unit).expect("a pixel");
                    assert_eq!(layer.unit_of(axis, pixel), Some(unit), "back from {pixel}, {place}");
                    if !layer.is_aligned() {
                        continue;
                    }
                    for path in &all {
                        let grid = grid(case.graph, case.shapes, path, axis);
                        let (top, bottom) =
                            (i64::try_from(grid.centre.top), i64::try_from(grid.centre.bottom));
                        let (Ok(top), Ok(bottom)) = (top, bottom) else { panic!("a small centre") };
                        let truth = Ratio::new(
                            num * jump.num * bottom + top * den * jump.den,
                            den * jump.den * bottom,
                        );
                        assert_eq!(pixel, truth, "{place}");
                    }
                }
            }
        }
    });
}
