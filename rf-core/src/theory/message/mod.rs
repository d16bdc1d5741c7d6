//! Every message of the theory, in one place.

mod answer;
mod fault;
mod nearest;
mod truth;

use super::assertion::{Assertion, At, Compare, Query, Value};
use super::layer::Layer;
use super::numbers::{Range, UNBOUNDED};
use super::text::Text;
use super::verdict::{self, comparison};
use crate::effective::NoClosedForm;
use crate::graph::{Op, UNKNOWN};
use answer::{differs, range, shape_of, units};

pub(crate) use answer::{answer, ratio};
pub(crate) use fault::fault;
pub(crate) use nearest::{closest, closest_in};
pub(crate) use truth::truth;

/// What an axis is called.
pub(crate) const fn axis_name(rank: usize, axis: usize) -> &'static str {
    match (rank, axis) {
        (1, _) => "length",
        (3, 0) => "depth",
        (2, 0) | (3, 1) => "height",
        _ => "width",
    }
}

pub(crate) const fn along(text: &mut Text, rank: usize, axis: usize) {
    if rank > 1 {
        text.str(" along the ").str(axis_name(rank, axis));
    }
}

const fn query_name(query: Query) -> &'static str {
    match query {
        Query::Rf => "receptive field",
        Query::LocalRf => "local receptive field",
        Query::Erf { .. } => "effective receptive field",
        Query::Jump => "jump",
        Query::Start => "start",
        Query::Padding => "effective padding",
        Query::Shape => "shape",
        Query::Halo => "halo",
        Query::Params => "number of parameters",
        Query::Macs => "number of multiply-accumulates",
        Query::Aligned => "alignment",
        Query::Dense => "density",
        Query::Covers => "coverage",
        Query::Global => "globality",
        Query::Live => "liveness",
        Query::Productive => "productivity",
    }
}

/// What is asked and of what: the layer, or the network.
const fn subject(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    let whole = matches!(assertion.at, At::Network) && matches!(assertion.query, Query::Params | Query::Macs);
    text.str(query_name(assertion.query)).str(" of ");
    text.name(if whole { layer.table.graph.name } else { layer.name() });
}

/// Whether an assertion says something of one axis.
const fn names_axis(assertion: &Assertion<'_>) -> bool {
    assertion.axis.is_some() || matches!(assertion.compare, Some((_, Value::PerAxis(_) | Value::Ratios(_))))
}

/// `jump of `layer4` along the height is `, without the axis where all are alike.
const fn along_axis(layer: &Layer<'_>, assertion: &Assertion<'_>, axis: usize, text: &mut Text) {
    subject(layer, assertion, text);
    if differs(layer, assertion.query) || names_axis(assertion) {
        along(text, layer.rank(), axis);
    }
    text.str(" is ");
}

const fn asserted(text: &mut Text, operator: Compare) {
    text.str(", asserted ");
    compared(text, operator);
}

const fn compared(text: &mut Text, operator: Compare) {
    text.str(match operator {
        Compare::Ge => "at least ",
        Compare::Gt => "more than ",
        Compare::Le => "at most ",
        Compare::Lt => "less than ",
        Compare::Eq => "exactly ",
        Compare::Ne => "other than ",
    });
}

/// By how much a range misses a bound.
const fn miss(text: &mut Text, range: Range, operator: Compare, wanted: i64) {
    let (short, over) = match operator {
        Compare::Ge => (wanted.saturating_sub(range.min), 0),
        Compare::Gt => (wanted.saturating_sub(range.min).saturating_add(1), 0),
        Compare::Lt => (0, range.max.saturating_sub(wanted).saturating_add(1)),
        Compare::Eq if range.min < wanted => (wanted.saturating_sub(range.min), 0),
        Compare::Le | Compare::Eq => (0, range.max.saturating_sub(wanted)),
        Compare::Ne => (0, 0),
    };
    if range.max == UNBOUNDED && over > 0 {
        return;
    }
    if short > 0 {
        text.str(": short by ").grouped(short.unsigned_abs());
    } else if over > 0 {
        text.str(": over by ").grouped(over.unsigned_abs());
    }
}

/// `receptive field of `layer4` is 435 px, asserted at least 448 px: short by 13`, and the widest path.
pub(crate) const fn number(
    layer: &Layer<'_>,
    assertion: &Assertion<'_>,
    operator: Compare,
    axis: usize,
    found: Range,
    wanted: i64,
    text: &mut Text,
) {
    along_axis(layer, assertion, axis, text);
    range(text, found);
    asserted(text, operator);
    text.int(wanted).str(" px");
    miss(text, found, operator, wanted);
    if let (true, Some(cause)) = (matches!(assertion.query, Query::Rf | Query::Halo), layer.global_cause()) {
        text.str("\nit is global: ").name(cause.name()).str(" sees all of its input");
    } else if let (true, Some(merge)) =
        (matches!(assertion.query, Query::Halo) && found.max == UNBOUNDED, layer.misaligned_at())
    {
        text.str("\npaths of different jumps meet in ").name(merge.name());
    }
    if matches!(assertion.query, Query::Rf | Query::LocalRf | Query::Halo) {
        if found.min != found.max && found.max != UNBOUNDED {
            text.str("\nit differs by unit, with a period of ").int(layer.period(axis)).str(" units");
        }
        super::why::widest_path(layer, axis, text);
    }
    if matches!(assertion.query, Query::LocalRf)
        && found.max == 0
        && layer.is_global()
        && let Some(cause) = layer.global_cause()
    {
        text.str("\nevery path leads through the global layer ").name(cause.name());
    }
}

/// A jump that is not what was asserted.
pub(crate) const fn jump(
    layer: &Layer<'_>,
    assertion: &Assertion<'_>,
    axis: usize,
    operator: Compare,
    wanted: (i64, i64),
    text: &mut Text,
) {
    along_axis(layer, assertion, axis, text);
    if let Some(jump) = layer.jump(axis) {
        ratio(text, jump.num, jump.den);
    }
    text.str(" px");
    asserted(text, operator);
    ratio(text, wanted.0, wanted.1);
    text.str(" px");
}

/// A count that is not what was asserted.
pub(crate) const fn cost(
    layer: &Layer<'_>,
    assertion: &Assertion<'_>,
    operator: Compare,
    counted: u64,
    wanted: i64,
    text: &mut Text,
) {
    subject(layer, assertion, text);
    text.str(" is ").grouped(counted);
    asserted(text, operator);
    count(text, wanted);
    let number = if counted > i64::MAX as u64 { i64::MAX } else { counted as i64 };
    miss(text, Range { min: number, max: number }, operator, wanted);
}

/// A shape that is not what was asserted.
pub(crate) const fn shape(layer: &Layer<'_>, operator: Compare, wanted: &[i64], text: &mut Text) {
    text.str("shape of ").name(layer.name()).str(" is ");
    shape_of(layer, text);
    asserted(text, operator);
    units(text, wanted);
}

/// `receptive field of `layer4` is 435 px, asserted not at least 400 px`: a negated comparison that does hold.
pub(crate) const fn negated(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    subject(layer, assertion, text);
    if let Some(axis) = assertion.axis {
        along(text, layer.rank(), axis);
    }
    text.str(" is ");
    answer(layer, assertion, text);
    text.str(", asserted not ");
    let (operator, value) = comparison(assertion);
    compared(text, operator);
    match (value, assertion.query) {
        (Value::Shape(wanted), _) => units(text, wanted),
        (Value::Int(wanted), Query::Params | Query::Macs) => count(text, wanted),
        (value, _) => pixels(layer.rank(), value, text),
    }
}

/// What a number of pixels is compared with.
const fn pixels(rank: usize, value: Value<'_>, text: &mut Text) {
    let end = if matches!(value, Value::PerAxis(_) | Value::Ratios(_)) { rank } else { 1 };
    let mut axis = 0;
    while axis < end {
        text.str(if axis > 0 { " by " } else { "" });
        let (over, under) = verdict::ratio(value, axis);
        ratio(text, over, under);
        axis += 1;
    }
    text.str(" px");
}

const fn count(text: &mut Text, wanted: i64) {
    if wanted < 0 {
        text.int(wanted);
    } else {
        text.grouped(wanted as u64);
    }
}

/// Why the effective field of a layer is not known without sampling.
pub(crate) const fn no_closed_form(layer: &Layer<'_>, fault: NoClosedForm, text: &mut Text) {
    text.str("effective receptive field of ").name(layer.name()).str(" is not known at compile time: ");
    text.name(layer.table().layer(fault.node).name()).str(" ").str(fault.obstacle.text());
    text.str("\nhelp: ").str(fault.obstacle.way_out());
}

/// A query that has no answer for this layer.
pub(crate) const fn undefined(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    subject(layer, assertion, text);
    text.str(" is not defined: ");
    match (assertion.query, layer.misaligned_at(), layer.global_cause()) {
        (Query::Macs, ..) => uncounted(layer, assertion, text),
        (_, Some(merge), _) => {
            text.str("paths of different jumps meet in ").name(merge.name());
        }
        (_, _, Some(cause)) => {
            text.str("every path leads through the global layer ").name(cause.name());
        }
        _ => {
            text.str("its unit 0 sees no pixel");
        }
    }
}

/// The first layer whose multiply-accumulates are not known.
const fn uncounted(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    let (mut node, end) = if let At::Network = assertion.at { (0, layer.table.len()) } else { layer.nodes() };
    while node < end {
        let of = layer.table.layer(node);
        if of.macs().is_none() {
            text.name(of.name()).str(match of.node().op {
                Op::Custom { .. } | Op::Opaque { .. } => " does not say what it costs",
                _ if is_fixed(&of) => " has more of them than can be counted",
                _ => " has an extent that is not fixed",
            });
            return;
        }
        node += 1;
    }
    text.str("all layers together have more of them than can be counted");
}

const fn is_fixed(layer: &Layer<'_>) -> bool {
    let mut axis = 0;
    while axis < layer.rank() && layer.data().extent(axis) != UNKNOWN {
        axis += 1;
    }
    axis == layer.rank()
}

/// A query about a layer behind one of which nobody knows what it reads.
pub(crate) const fn unknown_cause(layer: &Layer<'_>, query: Query, cause: &Layer<'_>, text: &mut Text) {
    text.str(query_name(query)).str(" of ").name(layer.name()).str(" is not known: ");
    if cause.node == layer.node {
        text.str("it ");
    } else {
        text.str("it depends on ").name(cause.node().name).str(", which ");
    }
    text.str("has no index map");
    if let Op::Opaque { operator, .. } = cause.node().op {
        text.str(" (").str(operator).str(")");
    }
}

/// A query that has no answer axis by axis.
pub(crate) const fn inseparable(
    layer: &Layer<'_>,
    assertion: &Assertion<'_>,
    merge: &Layer<'_>,
    text: &mut Text,
) {
    subject(layer, assertion, text);
    text.str(" cannot be told axis by axis: in ").name(merge.name());
    text.str(" a path meets others that some units lack along one axis, and that sees more along another");
    text.str("\nhelp: ask unit by unit, at run time, with `trace::mask`");
}

/// A query without an answer in const context.
pub(crate) const fn undecided(layer: &Layer<'_>, query: Query, text: &mut Text) {
    text.str(query_name(query)).str(" of ").name(layer.name());
    match query {
        Query::Dense if layer.drifts_on() => {
            text.str(" is not defined: paths of different jumps meet over an extent that is `_`");
        }
        Query::Dense => {
            text.str(" needs a support too large for const evaluation");
            text.str("\nhelp: ask at run time with `trace::is_dense`");
        }
        Query::Productive => {
            text.str(" cannot be told in const evaluation: too many paths may become the shortest");
            text.str("\nhelp: ask at run time with `TableBuf::new`");
        }
        _ => {
            text.str(" is not defined: the input's extent is `_`");
        }
    }
}
