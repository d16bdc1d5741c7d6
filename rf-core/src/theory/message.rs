//! Every message of the theory, in one place.

use super::assertion::{Assertion, Compare, Query, Value};
use super::fault::Fault;
use super::layer::{Layer, Range, UNBOUNDED};
use super::table::Table;
use super::text::Text;
use crate::effective::NoClosedForm;
use crate::graph::{Graph, Node, Op, UNKNOWN};

/// What an axis is called.
pub(crate) const fn axis_name(rank: usize, axis: usize) -> &'static str {
    match (rank, axis) {
        (1, _) => "length",
        (3, 0) => "depth",
        (2, 0) | (3, 1) => "height",
        _ => "width",
    }
}

/// The words of a faulty layer; `false` for a fault that is said elsewhere.
pub(crate) const fn fault(layer: &Layer<'_>, fault: Fault, text: &mut Text) -> bool {
    let rank = layer.table.graph.rank;
    let node = layer.node();
    if matches!(fault, Fault::Upstream) {
        return false;
    }
    text.name(node.name).str(": ");
    match fault {
        Fault::Upstream => {}
        Fault::TooSmall { what, value, least } => {
            text.str(what).str(" is ").int(value).str(", must be at least ").int(least);
        }
        Fault::TooLarge { what } => {
            text.str(what).str(" is too large: must not exceed 2^30");
        }
        Fault::Reach => {
            text.str("what all units of its input read takes too long to trace in const evaluation");
            text.str("\nhelp: evaluate this network at run time, with `TableBuf::new`");
        }
        Fault::Window { axis, window, padded } => {
            text.str("kernel extent ").int(window).str(" does not fit in padded input ").int(padded);
            along(text, rank, axis);
        }
        Fault::NothingLeft { axis, extent } => {
            text.str("nothing is left of its input");
            along(text, rank, axis);
            text.str(": the output would have ").int(extent).str(" units");
        }
        Fault::SameNeedsExtent { axis } => {
            text.str("`same` padding with a stride depends on the input's extent, which is `_`");
            along(text, rank, axis);
            text.str("\nhelp: give the input a fixed extent, or the layer explicit padding");
        }
        Fault::NeedsExtent { axis } => {
            text.str("needs an input of fixed extent, which is `_`");
            along(text, rank, axis);
            text.str("\nhelp: give the input a fixed extent, or put a `global_avg_pool` before it");
        }
        Fault::NeedsChannels => {
            text.str("needs a known number of input channels, which is `_`");
        }
        Fault::Divide { what, channels, divisor } => {
            text.int(channels).str(" channels are not divisible by ").str(what).str(", ").int(divisor);
        }
        Fault::Channels { wanted, channels } => {
            text.str("reads ").int(wanted).str(" channels of an input that has ").int(channels);
        }
        Fault::DivideExtent { axis, extent, factor } => {
            text.str("extent ").int(extent).str(" is not divisible by the factor ").int(factor);
            along(text, rank, axis);
        }
        Fault::MergeExtent { axis, input, first, other } => {
            text.str("inputs differ in extent");
            along(text, rank, axis);
            pair(text, layer.table(), node, input, first, other);
        }
        Fault::MergeChannels { input, first, other } => {
            text.str("inputs differ in channels");
            pair(text, layer.table(), node, input, first, other);
        }
        Fault::TooManyJumps { axis } => {
            text.str("paths of more than four different jumps meet");
            along(text, rank, axis);
        }
        Fault::InlinedChannels { expected, found } => {
            text.str("the inlined network expects ").int(expected).str(" channels and gets ").int(found);
        }
        Fault::Phases { room } => {
            text.str("the receptive field has more phases than the ").int(room as i64);
            text.str(" that a table in const context has room for");
            text.str("\nhelp: build the table at run time with `TableBuf::new(&GRAPH)`");
        }
        Fault::Inputs { found } => {
            text.str("cannot read ").int(found as i64).str(" inputs, or reads a later layer");
        }
        Fault::Flat => {
            text.str("needs spatial axes, which are gone behind `flatten` or `linear`");
        }
    }
    true
}

pub(crate) const fn along(text: &mut Text, rank: usize, axis: usize) {
    if rank > 1 {
        text.str(" along the ").str(axis_name(rank, axis));
    }
}

/// The two inputs of a merge that do not fit.
const fn pair(text: &mut Text, table: &Table<'_>, node: &Node<'_>, input: usize, first: i64, other: i64) {
    let mut lead = 0;
    // The first input that is not at odds by itself: the one whose number was kept.
    while lead + 1 < node.inputs.len() && lead == input {
        lead += 1;
    }
    text.str(": ").name(table.graph.nodes[node.inputs[lead]].name).str(" has ").int(first);
    text.str(", ").name(table.graph.nodes[node.inputs[input]].name).str(" has ").int(other);
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

const fn asserted(text: &mut Text, operator: Compare) {
    text.str(", asserted ");
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

const fn range(text: &mut Text, range: Range) {
    if range.min == UNBOUNDED || (range.max == UNBOUNDED && range.min == 0) {
        text.str("unbounded");
        return;
    }
    text.int(range.min);
    if range.max == UNBOUNDED {
        text.str(" px and more");
        return;
    }
    if range.max != range.min {
        text.str(" to ").int(range.max);
    }
    text.str(" px");
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
    text.str(query_name(assertion.query)).str(" of ").name(layer.name());
    if assertion.axis.is_some()
        || matches!(assertion.compare, Some((_, Value::PerAxis(_))))
        || differs(layer, assertion.query)
    {
        along(text, layer.rank(), axis);
    }
    text.str(" is ");
    range(text, found);
    asserted(text, operator);
    text.int(wanted).str(" px");
    miss(text, found, operator, wanted);
    if let (true, Some(cause)) = (matches!(assertion.query, Query::Rf | Query::Halo), layer.global_cause()) {
        text.str("\nit is global: ").name(cause.name()).str(" sees all of its input");
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

/// What an assertion asks about, as it is: `451 px`, `[8, 32, 32]`. Nothing for a query that is true or false.
pub(crate) const fn answer(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    let query = assertion.query;
    match query {
        Query::Rf | Query::LocalRf | Query::Halo | Query::Erf { .. } | Query::Start | Query::Padding => {
            let effective = match query {
                Query::Erf { energy } => match layer.effective(energy) {
                    Ok(field) => Some(field.extent),
                    Err(_) => None,
                },
                _ => None,
            };
            each(layer, assertion, effective, text);
        }
        Query::Jump => {
            if let Some(jump) = layer.jump(if let Some(axis) = assertion.axis { axis } else { 0 }) {
                ratio(text, jump.num, jump.den);
                text.str(" px");
            }
        }
        Query::Shape => shape_of(layer, text),
        Query::Params | Query::Macs => {
            if let Some(counted) = super::verdict::counted(layer, assertion) {
                text.grouped(counted);
            }
        }
        _ => {}
    }
}

/// A range, or one per axis where they differ.
const fn each(
    layer: &Layer<'_>,
    assertion: &Assertion<'_>,
    effective: Option<crate::graph::PerAxis>,
    text: &mut Text,
) {
    let alike = match &effective {
        Some(extent) => {
            (layer.rank() < 2 || extent[0] == extent[1]) && (layer.rank() < 3 || extent[0] == extent[2])
        }
        None => !differs(layer, assertion.query),
    };
    let mut axis = 0;
    while axis < layer.rank() {
        let asked = match assertion.axis {
            Some(only) => only == axis,
            None => axis == 0 || !alike,
        };
        if asked {
            if axis > 0 && assertion.axis.is_none() {
                text.str(" by ");
            }
            let found = match &effective {
                Some(extent) => Ok(Range { min: extent[axis], max: extent[axis] }),
                None => super::verdict::axis_range(layer, assertion.query, axis),
            };
            if let Ok(found) = found {
                range(text, found);
            }
        }
        axis += 1;
    }
}

/// Whether the axes differ in the number asked for.
const fn differs(layer: &Layer<'_>, query: Query) -> bool {
    let mut axis = 1;
    while axis < layer.rank() {
        let (first, other) =
            (super::verdict::axis_range(layer, query, 0), super::verdict::axis_range(layer, query, axis));
        if let (Ok(first), Ok(other)) = (first, other)
            && (first.min != other.min || first.max != other.max)
        {
            return true;
        }
        axis += 1;
    }
    false
}

/// A jump that is not what was asserted.
pub(crate) const fn jump(
    layer: &Layer<'_>,
    axis: usize,
    operator: Compare,
    wanted: (i64, i64),
    text: &mut Text,
) {
    text.str("jump of ").name(layer.name());
    if jumps_differ(layer) {
        along(text, layer.rank(), axis);
    }
    text.str(" is ");
    if let Some(jump) = layer.jump(axis) {
        ratio(text, jump.num, jump.den);
    }
    text.str(" px");
    asserted(text, operator);
    ratio(text, wanted.0, wanted.1);
    text.str(" px");
}

const fn jumps_differ(layer: &Layer<'_>) -> bool {
    let mut axis = 1;
    while axis < layer.rank() {
        if let (Some(first), Some(other)) = (layer.jump(0), layer.jump(axis))
            && !first.equals(other)
        {
            return true;
        }
        axis += 1;
    }
    false
}

pub(crate) const fn ratio(text: &mut Text, num: i64, den: i64) {
    text.int(num);
    if den != 1 {
        text.str("/").int(den);
    }
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
    text.str(query_name(assertion.query)).str(" of ");
    if matches!(assertion.at, super::assertion::At::Network) {
        text.name(layer.table.graph.name);
    } else {
        text.name(layer.name());
    }
    text.str(" is ").grouped(counted);
    asserted(text, operator);
    if wanted < 0 {
        text.int(wanted);
    } else {
        text.grouped(wanted as u64);
    }
    let number = if counted > i64::MAX as u64 { i64::MAX } else { counted as i64 };
    miss(text, Range { min: number, max: number }, operator, wanted);
}

/// A shape that is not what was asserted.
pub(crate) const fn shape(layer: &Layer<'_>, operator: Compare, wanted: &[i64], text: &mut Text) {
    text.str("shape of ").name(layer.name()).str(" is ");
    shape_of(layer, text);
    asserted(text, operator);
    text.str("[");
    let mut index = 0;
    while index < wanted.len() {
        if index > 0 {
            text.str(", ");
        }
        unit_count(text, wanted[index]);
        index += 1;
    }
    text.str("]");
}

/// `[512, 7, 7]`.
const fn shape_of(layer: &Layer<'_>, text: &mut Text) {
    let shape = layer.shape();
    text.str("[");
    unit_count(text, shape.channels);
    let mut axis = 0;
    while axis < shape.extents().len() {
        text.str(", ");
        unit_count(text, shape.extents()[axis]);
        axis += 1;
    }
    text.str("]");
}

const fn unit_count(text: &mut Text, count: i64) {
    if count == UNKNOWN {
        text.str("_");
    } else {
        text.int(count);
    }
}

/// A negated comparison that does hold.
pub(crate) const fn negated(layer: &Layer<'_>, query: Query, text: &mut Text) {
    text.str("the comparison of the ").str(query_name(query)).str(" of ").name(layer.name());
    text.str(" holds, asserted that it does not");
}

/// Why the effective field of a layer is not known without sampling.
pub(crate) const fn no_closed_form(layer: &Layer<'_>, fault: NoClosedForm, text: &mut Text) {
    text.str("effective receptive field of ").name(layer.name()).str(" is not known at compile time: ");
    text.name(layer.table().layer(fault.node).name()).str(" ").str(fault.obstacle.text());
    text.str("\nhelp: ").str(fault.obstacle.way_out());
}

/// A query that has no answer for this layer.
pub(crate) const fn undefined(layer: &Layer<'_>, query: Query, text: &mut Text) {
    text.str(query_name(query)).str(" of ").name(layer.name()).str(" is not defined: ");
    match (query, layer.misaligned_at(), layer.global_cause()) {
        (Query::Macs, ..) => {
            text.str("an extent is not fixed, or a `custom` layer does not say what it costs");
        }
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

/// A query that is true or false, and is the other.
pub(crate) const fn truth(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    text.name(layer.name());
    if assertion.negate {
        text.str(match assertion.query {
            Query::Aligned => " is aligned: all its paths share jump and centre",
            Query::Dense => " is dense: its support has no holes",
            Query::Covers => " covers the input: every unit sees all of it",
            Query::Global => " is global",
            Query::Live => " is live: every unit depends on some pixel",
            _ => " is productive: its shortest path does not exceed the input",
        });
        text.str(", asserted that it is not");
        if let (Query::Global, Some(cause)) = (assertion.query, layer.global_cause()) {
            text.str("\n").name(cause.name()).str(" sees all of its input");
        }
        return;
    }
    match assertion.query {
        Query::Aligned => super::why::misaligned(layer, text),
        Query::Dense => super::dense::explain(layer, text),
        Query::Covers => uncovered(layer, text),
        Query::Global => {
            text.str(" is not global: no path leads through a global layer");
        }
        Query::Live => dead(layer, text),
        _ => unproductive(layer, text),
    }
}

const fn uncovered(layer: &Layer<'_>, text: &mut Text) {
    text.str(" does not cover the input");
    let mut axis = 0;
    while axis < layer.rank() {
        let image = layer.table.input_extent(axis);
        let mut unit = 0;
        while unit < layer.axis(axis).extent {
            let seen = layer.clipped_field(axis, unit);
            if seen.extent() < image {
                text.str(": unit ")
                    .int(unit)
                    .str(" sees ")
                    .int(seen.extent())
                    .str(" of ")
                    .int(image)
                    .str(" px");
                along(text, layer.rank(), axis);
                return;
            }
            unit += 1;
        }
        axis += 1;
    }
}

const fn dead(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not live");
    let mut axis = 0;
    while axis < layer.rank() {
        let mut unit = 0;
        while unit < layer.period(axis) {
            if layer.field(axis, unit).is_empty() {
                text.str(": unit ")
                    .int(unit)
                    .str(" of every ")
                    .int(layer.period(axis))
                    .str(" depends on no pixel");
                along(text, layer.rank(), axis);
                text.str("\nhelp: a transposed convolution needs a kernel of at least its stride");
                return;
            }
            unit += 1;
        }
        axis += 1;
    }
}

const fn unproductive(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not productive: its shortest path already sees ").int(layer.shortest(0));
    text.str(" px, more than the ").int(layer.table.input_extent(0)).str(" px of the input");
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

/// A query without an answer in const context.
pub(crate) const fn undecided(layer: &Layer<'_>, query: Query, text: &mut Text) {
    text.str(query_name(query)).str(" of ").name(layer.name());
    match query {
        Query::Dense => {
            text.str(" needs a support too large for const evaluation");
            text.str("\nhelp: ask at run time with `trace::support`");
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

/// `help:` with the known name nearest to an unknown one, if one is near.
pub(crate) const fn closest(table: &Table<'_>, name: &str, text: &mut Text) {
    closest_in(&table.graph, name, text);
}

/// The same for a graph without a table.
pub(crate) const fn closest_in(graph: &Graph<'_>, name: &str, text: &mut Text) {
    let (mut best, mut least) = ("", name.len() / 2 + 1);
    let mut index = 0;
    while index < graph.nodes.len() + graph.groups.len() {
        let known = if index < graph.nodes.len() {
            graph.nodes[index].name
        } else {
            graph.groups[index - graph.nodes.len()].name
        };
        let distance = distance(name, known);
        if distance < least {
            (best, least) = (known, distance);
        }
        index += 1;
    }
    if !best.is_empty() {
        text.str("\nhelp: the closest known name is ").name(best);
    }
}

/// Edit distance of two names of at most 63 bytes each; longer ones are cut.
const fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (rows, columns) = (short(a), short(b));
    let mut line = [0usize; 64];
    let mut j = 0;
    while j <= columns {
        line[j] = j;
        j += 1;
    }
    let mut i = 1;
    while i <= rows {
        let mut diagonal = line[0];
        line[0] = i;
        let mut j = 1;
        while j <= columns {
            let substituted = diagonal + (a[i - 1] != b[j - 1]) as usize;
            diagonal = line[j];
            let edited = 1 + if line[j] < line[j - 1] { line[j] } else { line[j - 1] };
            line[j] = if substituted < edited { substituted } else { edited };
            j += 1;
        }
        i += 1;
    }
    line[columns]
}

const fn short(bytes: &[u8]) -> usize {
    if bytes.len() < 63 { bytes.len() } else { 63 }
}
