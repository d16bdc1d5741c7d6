//! Assertions: each holds exactly when the oracle says so, and says which layer where it does not.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use rf_core::graph::UNKNOWN;
use rf_core::theory::{Assertion, At, Compare, Query, Value, assert as must_hold};
use rf_tests::oracle::measure::{Hull, at, hull, used};
use rf_tests::oracle::{Field, Tracer};

use super::paths::shortest;
use super::{Case, judge};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The message of a panic, if there is one; not printed.
fn message_of(panics: impl FnOnce()) -> Option<String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                print(info);
            }
        }));
    });
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(panics));
    QUIET.set(false);
    result.err().map(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default()
    })
}

/// Asks the theory, both ways around, and holds it to the truth.
fn ask(
    case: &Case<'_>,
    node: usize,
    query: Query,
    axis: Option<usize>,
    compare: Option<(Compare, Value<'_>)>,
    truth: bool,
) {
    for negate in [false, true] {
        let assertion = Assertion { query, at: At::Node(node), axis, negate, compare };
        let message = message_of(|| must_hold(&case.table, assertion));
        let place = format!("{query:?} {compare:?} axis {axis:?} negated {negate}, layer {node}");
        assert_eq!(message.is_none(), truth != negate, "{place}: {message:?}");
        if let Some(message) = message {
            let name = format!("`{}`", case.layer(node).name());
            assert!(message.contains(&name), "{place}: {message}");
        }
    }
}

/// Holds a range of numbers, least and most, to every comparison near its ends.
fn ask_range(case: &Case<'_>, node: usize, query: Query, axis: Option<usize>, (least, most): (i64, i64)) {
    for value in [least - 1, least, most, most + 1] {
        let answers = [
            (Compare::Ge, least >= value),
            (Compare::Gt, least > value),
            (Compare::Le, most <= value),
            (Compare::Lt, most < value),
            (Compare::Eq, least == value && most == value),
        ];
        for (compare, truth) in answers {
            ask(case, node, query, axis, Some((compare, Value::Int(value))), truth);
        }
    }
}

/// The units whose fields the tables speak of, and their local hulls.
fn locals(case: &Case<'_>, tracer: &mut Tracer<'_>, node: usize, axis: usize) -> Vec<Option<Hull>> {
    let layer = case.layer(node);
    let end = layer.jump(axis).map_or(case.shapes[node].extents[axis], |_| layer.period(axis));
    (0..end).map(|unit| hull(&tracer.support(Field::Local, node, at(axis, unit)), axis)).collect()
}

#[test]
fn extents() {
    judge(|case| {
        let node = case.answered().pop().expect("the input");
        let ranges = (0..case.graph.rank).map(|axis| {
            let locals = locals(case, &mut case.tracer(axis), node, axis);
            let extents = locals.iter().map(|hull| hull.map_or(0, Hull::extent));
            let range = (extents.clone().min().expect("a unit"), extents.max().expect("a unit"));
            ask_range(case, node, Query::LocalRf, Some(axis), range);
            if !case.layer(node).is_global() {
                ask_range(case, node, Query::Rf, Some(axis), range);
            }
            range
        });
        let all = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).expect("an axis");
        ask_range(case, node, Query::LocalRf, None, all);
        if !case.layer(node).is_global() {
            ask_range(case, node, Query::Rf, None, all);
        }
    });
}

#[test]
fn positions() {
    judge(|case| {
        let node = case.answered().pop().expect("the input");
        let layer = case.layer(node);
        for axis in 0..case.graph.rank {
            if let Some(jump) = layer.jump(axis) {
                let is = |value: Value<'_>, truth| {
                    ask(case, node, Query::Jump, Some(axis), Some((Compare::Eq, value)), truth);
                };
                is(Value::Ratio(3 * jump.num, 3 * jump.den), true);
                is(Value::Ratio(jump.num + 1, jump.den), false);
                is(Value::Int(jump.num), jump.den == 1 || jump.num == 0);
            }
            let hull = hull(&case.tracer(axis).support(Field::Local, node, at(axis, 0)), axis);
            if let Some(Hull { left, .. }) = hull {
                ask_range(case, node, Query::Start, Some(axis), (left, left));
                ask_range(case, node, Query::Padding, Some(axis), (-left, -left));
            }
        }
    });
}

#[test]
fn shape() {
    judge(|case| {
        let node = case.answered().pop().expect("the input");
        let shape = case.shapes[node];
        let mut numbers = vec![shape.channels];
        if !shape.flat {
            numbers.extend(&shape.extents[..case.graph.rank]);
        }
        let is = |numbers: &[i64], truth| {
            ask(case, node, Query::Shape, None, Some((Compare::Eq, Value::Shape(numbers))), truth);
        };
        is(&numbers, true);
        for place in 0..numbers.len() {
            let mut other = numbers.clone();
            other[place] += 1;
            is(&other, false);
            other[place] = UNKNOWN;
            is(&other, true);
        }
    });
}

/// Whether no unit's support has a hole along any axis, each taken by itself.
#[test]
fn dense() {
    judge(|case| {
        let node = case.answered().pop().expect("the input");
        let whole = |axis: usize| {
            let layer = case.layer(node);
            let mut tracer = case.tracer(axis);
            let end = layer.jump(axis).map_or(case.shapes[node].extents[axis], |_| layer.period(axis));
            (0..end).all(|unit| {
                let pixels = tracer.support(Field::Local, node, at(axis, unit));
                let extent = hull(&pixels, axis).map_or(0, Hull::extent);
                used(&pixels, axis).len() as i64 == extent
            })
        };
        let truth = (0..case.graph.rank).all(whole);
        ask(case, node, Query::Dense, None, None, truth);
    });
}

#[test]
fn truths() {
    judge(|case| {
        let node = case.answered().pop().expect("the input");
        let layer = case.layer(node);
        ask(case, node, Query::Aligned, None, None, layer.is_aligned());
        ask(case, node, Query::Global, None, None, layer.is_global());
        ask(case, node, Query::Live, None, None, layer.is_live());
        ask(case, node, Query::Covers, None, None, layer.covers() == Some(true));
        ask(case, node, Query::Productive, None, None, layer.is_productive() == Some(true));
    });
}

/// The shortest path does not exceed the image along some axis.
#[test]
fn productive() {
    judge(|case| {
        for node in case.answered() {
            let axes = 0..case.graph.rank;
            let Some(shortest) = axes.map(|axis| shortest(case, node, axis)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let truth =
                shortest.iter().zip(case.shapes[0].extents).any(|(&shortest, image)| shortest <= image);
            assert_eq!(case.layer(node).is_productive(), Some(truth), "layer {node}");
        }
    });
}
