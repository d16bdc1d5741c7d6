//! Fields unit by unit, their period, jump, start and extents.

use rf_core::theory::Phase;
use rf_tests::oracle::measure::{Hull, at, hull};
use rf_tests::oracle::{Field, Tracer};

use super::{Case, clip, hull_of, judge};

/// Judges every layer that has axes left, axis by axis.
fn each_axis(judged: impl Fn(&Case<'_>, usize, usize)) {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                judged(case, node, axis);
            }
        }
    });
}

/// The local fields of some units of a layer, in truth.
fn truth(case: &Case<'_>, node: usize, axis: usize, units: std::ops::Range<i64>) -> Vec<Option<Hull>> {
    let mut tracer = case.tracer(axis);
    units.map(|unit| hull(&tracer.support(Field::Local, node, at(axis, unit)), axis)).collect()
}

#[test]
fn local_fields() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let units = case.units(node, axis);
        let row = layer.data().axis(axis);
        let found: Vec<_> = units.clone().map(|unit| hull_of(row.field(case.table.phases(), unit))).collect();
        assert_eq!(found, truth(case, node, axis, units), "layer {node} axis {axis}");
    });
}

/// What a unit reads, as a set over all axes at once: where axes are separable its hull is each axis' field, and it is
/// empty only where some axis' field is.
#[test]
fn fields_of_sets() {
    judge(|case| {
        let rank = case.graph.rank;
        let mut tracer = Tracer::new(case.graph, case.shapes);
        for node in case.answered_as_sets() {
            let (layer, mut end) = (case.layer(node), [1; 3]);
            end[..rank].fill(if rank == 3 { 3 } else { 6 });
            for unit in rf_tests::oracle::points([0; 3], end) {
                let field =
                    |axis: usize| hull_of(layer.data().axis(axis).field(case.table.phases(), unit[axis]));
                let fields: Vec<_> = (0..rank).map(field).collect();
                let volume: i64 =
                    fields.iter().map(|hull| hull.map_or(1, |hull| hull.right - hull.left + 1)).product();
                if volume > 3000 || !layer.is_separable() {
                    continue;
                }
                let set = tracer.support(Field::Local, node, unit);
                let place = format!("unit {unit:?} of layer {node}");
                if set.is_empty() {
                    assert!(fields.contains(&None), "{place}: {fields:?}");
                } else {
                    let hulls: Vec<_> = (0..rank).map(|axis| hull(&set, axis)).collect();
                    assert_eq!(fields, hulls, "{place}");
                }
            }
        }
    });
}

/// The hull of what a unit sees in the tables' sense: through local paths without end, and through global layers
/// the hull of what all units of theirs really see.
fn seen(case: &Case<'_>, node: usize, axis: usize, units: std::ops::Range<i64>) -> Vec<Option<Hull>> {
    let mut tracer = case.tracer(axis);
    let mut of = |field, unit| hull(&tracer.support(field, node, at(axis, unit)), axis);
    units.map(|unit| of(Field::Reach, unit)).collect()
}

#[test]
fn whole_fields() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let units = case.units(node, axis);
        for (unit, truth) in units.clone().zip(seen(case, node, axis, units)) {
            let place = format!("unit {unit} of layer {node} axis {axis}");
            assert_eq!(hull_of(layer.field(axis, unit)), truth, "{place}");
            let clipped = clip(truth, case.shapes[0].extents[axis]);
            assert_eq!(hull_of(layer.clipped_field(axis, unit)), clipped, "clipped, {place}");
        }
    });
}

/// Unit `u + period` sees what unit `u` sees, `period * jump` pixels further; so does no smaller number of units,
/// where all paths share the jump.
#[test]
fn period_and_jump() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let (Some(jump), period) = (layer.jump(axis), layer.period(axis)) else { return };
        assert_eq!(period * jump.num % jump.den, 0, "a whole number of pixels, layer {node} axis {axis}");
        let advance = period * jump.num / jump.den;
        let fields = truth(case, node, axis, -period..period);
        let (before, after) = fields.split_at(fields.len() / 2);
        let moved: Vec<_> = before
            .iter()
            .map(|hull| hull.map(|hull| Hull { left: hull.left + advance, right: hull.right + advance }))
            .collect();
        assert_eq!(moved, after, "period {period} jump {jump}, layer {node} axis {axis}");
    });
}

#[test]
fn start_and_padding() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let truth = truth(case, node, axis, 0..1)[0].map(|hull| hull.left);
        assert_eq!(layer.start(axis), truth, "layer {node} axis {axis}");
        assert_eq!(layer.padding(axis), truth.map(|start| -start), "layer {node} axis {axis}");
    });
}

/// Extent, and pixels before and after the unit's own pixel `⌊unit · jump⌋`.
#[test]
fn phases() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let Some(jump) = layer.jump(axis) else { return };
        for unit in 0..layer.period(axis) {
            let own = (unit * jump.num).div_euclid(jump.den);
            let truth = match truth(case, node, axis, unit..unit + 1)[0] {
                Some(hull) => (hull.extent(), own - hull.left, hull.right - own),
                None => (0, 0, 0),
            };
            let Phase { extent, left, right } = layer.phases(axis).nth(unit as usize).expect("a phase");
            assert_eq!(Phase { extent, left, right }, layer.phase(axis, unit));
            let found = if extent == 0 { (0, 0, 0) } else { (extent, left, right) };
            assert_eq!(found, truth, "unit {unit} of layer {node} axis {axis}");
        }
    });
}

/// The units over which smallest and largest are taken: one period, or the map where there is none.
fn all_units(case: &Case<'_>, node: usize, axis: usize) -> std::ops::Range<i64> {
    let layer = case.layer(node);
    match layer.jump(axis) {
        Some(_) => 0..layer.period(axis),
        None => 0..case.shapes[node].extents[axis],
    }
}

#[test]
fn extents() {
    each_axis(|case, node, axis| {
        let layer = case.layer(node);
        let units = all_units(case, node, axis);
        let locals = truth(case, node, axis, units.clone());
        let extent = |hull: &Option<Hull>| hull.map_or(0, Hull::extent);
        let (least, most) = (locals.iter().map(extent).min(), locals.iter().map(extent).max());
        let found = layer.local_rf().axis(axis);
        assert_eq!((Some(found.min), Some(found.max)), (least, most), "local, layer {node} axis {axis}");
        if layer.is_global() {
            // Behind a global layer units overhang the image unequally: the sets are clipped, and counted there.
            let image = case.shapes[0].extents[axis];
            let fields = seen(case, node, axis, 0..case.shapes[node].extents[axis]);
            let fields: Vec<_> = fields.into_iter().map(|hull| extent(&clip(hull, image))).collect();
            let found = layer.rf().axis(axis);
            let truth = (fields.iter().min().copied(), fields.iter().max().copied());
            assert_eq!((Some(found.min), Some(found.max)), truth, "global, layer {node} axis {axis}");
        } else {
            assert_eq!(layer.rf().axis(axis), found, "layer {node} axis {axis}");
        }
    });
}

#[test]
fn live() {
    judge(|case| {
        for node in case.answered() {
            let sees = |axis| {
                let mut tracer = case.tracer(axis);
                // What global layers bring has a period of its own.
                let mut units = all_units(case, node, axis);
                if case.layer(node).jump(axis).is_some() {
                    units.end *= 24;
                }
                units.into_iter().all(|unit| !tracer.support(Field::Reach, node, at(axis, unit)).is_empty())
            };
            let truth = (0..case.graph.rank).all(sees);
            assert_eq!(case.layer(node).is_live(), truth, "layer {node}");
        }
    });
}

#[test]
fn covers() {
    judge(|case| {
        for node in case.answered() {
            let spans = |axis| {
                let image = case.shapes[0].extents[axis];
                let whole =
                    |hull: &Option<Hull>| hull.is_some_and(|hull| hull.left <= 0 && hull.right >= image - 1);
                seen(case, node, axis, 0..case.shapes[node].extents[axis]).iter().all(whole)
            };
            let truth = (0..case.graph.rank).all(spans);
            assert_eq!(case.layer(node).covers(), Some(truth), "layer {node}");
        }
    });
}

/// What is left of fields inside the image, over the units of the map; and what the central one sees.
#[test]
fn in_the_image() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            let clipped = layer.clipped_rf().expect("extents are known");
            let mut central = true;
            for axis in 0..case.graph.rank {
                let (image, units) = (case.shapes[0].extents[axis], case.shapes[node].extents[axis]);
                let fields: Vec<_> =
                    seen(case, node, axis, 0..units).into_iter().map(|hull| clip(hull, image)).collect();
                let extents = fields.iter().map(|hull| hull.map_or(0, Hull::extent));
                let truth = (extents.clone().min(), extents.max());
                let found = clipped.axis(axis);
                assert_eq!((Some(found.min), Some(found.max)), truth, "layer {node} axis {axis}");
                central &= fields[units as usize / 2].is_some_and(|hull| hull.extent() == image);
            }
            assert_eq!(layer.covers_at_centre(), Some(central), "layer {node}");
        }
    });
}
