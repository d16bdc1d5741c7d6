//! Assertions on a table, checked in const context: a wrong one is a panic, which is a compile error at the line
//! that asserts it.

#[cfg(feature = "alloc")]
use super::fault::Fault;
use super::layer::Layer;
use super::message;
use super::row::NONE;
use super::table::Table;
use super::text::Text;
use super::verdict::{Verdict, verdict};
use super::way_out::way_out;

/// What an assertion asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the language's own; the README's table explains them")]
pub enum Query {
    Rf,
    LocalRf,
    Erf { energy: f64 },
    Jump,
    Start,
    Padding,
    Shape,
    Halo,
    Params,
    Macs,
    Aligned,
    Dense,
    Covers,
    Global,
    Live,
    Productive,
}

/// What an assertion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<'a> {
    /// A node by its index.
    Node(usize),
    /// A group by its index.
    Group(usize),
    /// A path, looked up in the table.
    Name(&'a str),
    /// The whole network (`params()`, `macs()`).
    Network,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the six comparison operators")]
pub enum Compare {
    Ge,
    Gt,
    Le,
    Lt,
    Eq,
    Ne,
}

/// What a query is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// One number, for all axes.
    Int(i64),
    /// A fraction, for a jump.
    Ratio(i64, i64),
    /// The same per axis.
    Ratios([(i64, i64); 3]),
    /// A number per axis.
    PerAxis([i64; 3]),
    /// Channels and extents; [`UNKNOWN`](crate::graph::UNKNOWN) matches anything.
    Shape(&'a [i64]),
}

/// One `assert` of the language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assertion<'a> {
    /// The question.
    pub query: Query,
    /// The layer asked.
    pub at: At<'a>,
    /// One axis, or all.
    pub axis: Option<usize>,
    /// Whether the condition must *not* hold.
    pub negate: bool,
    /// The comparison, `None` for queries that are true or false.
    pub compare: Option<(Compare, Value<'a>)>,
}

/// The assertions of a network, and where its layers stand in the source.
#[derive(Clone, Copy, Debug)]
pub struct Asserted<'a> {
    /// All of them: what would mend one must not break another.
    pub assertions: &'a [Assertion<'a>],
    /// The layers that the source writes, as text (`theory/way_out/source.rs`); with an empty one every layer stands
    /// for itself.
    pub sources: &'a str,
    /// A number per layer, the same where the operations are; empty where that is not known.
    pub ops: &'a [usize],
}

/// Checks an assertion. One on a layer that is at fault, or stands behind one, passes: the fault is an error
/// already, and this one would only repeat it.
///
/// # Panics
/// Where the assertion does not hold, with the layer, both numbers and the widest path.
#[track_caller]
pub const fn assert(table: &Table<'_>, assertion: Assertion<'_>) {
    let asserted = Asserted { assertions: core::slice::from_ref(&assertion), sources: "", ops: &[] };
    assert_one(table, &asserted, 0);
}

/// Checks one of a network's assertions, as [`assert()`] does.
///
/// # Panics
/// Where it does not hold.
#[track_caller]
pub const fn assert_one(table: &Table<'_>, asserted: &Asserted<'_>, index: usize) {
    let assertion = &asserted.assertions[index];
    let layer = match assertion.at {
        At::Node(index) => table.layer(index),
        At::Group(index) => table.group(index),
        At::Name(name) => table.row(name),
        At::Network => table.output(),
    };
    if layer.fault().is_some() {
        return;
    }
    let mut text = Text::new();
    let verdict = verdict(&layer, assertion, &mut text);
    if let Verdict::Fails = verdict {
        way_out(&layer, asserted, index, &mut text);
    }
    assert!(matches!(verdict, Verdict::Holds), "{}", text.as_str());
}

/// Whether an assertion holds, at run time. Where it does not, or its layer is not known or at fault, the words that a
/// compile error would have.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::{Assertion, At, Compare, Query, TableBuf, Value, check};
///
/// let mut net = GraphBuf::new("Net", 3, &[32, 32]);
/// net.push("conv", Op::Conv { channels: 8, window: Window::new([3, 3, 1]), groups: 1, bias: true }, &[0]);
/// let lent = net.lend();
/// let table = TableBuf::new(&lent.graph());
/// let at_least = |pixels| Assertion {
///     query: Query::Rf,
///     at: At::Name("conv"),
///     axis: None,
///     negate: false,
///     compare: Some((Compare::Ge, Value::Int(pixels))),
/// };
/// assert_eq!(check(&table.table(), at_least(3)), Ok(()));
/// let words = check(&table.table(), at_least(5)).unwrap_err();
/// assert!(words.starts_with("receptive field of `conv` is 3 px, asserted at least 5 px: short by 2"));
/// ```
#[cfg(feature = "alloc")]
pub fn check(table: &Table<'_>, assertion: Assertion<'_>) -> Result<(), alloc::string::String> {
    let mut text = Text::new();
    let layer = match assertion.at {
        At::Node(index) => table.layer(index),
        At::Group(index) => table.group(index),
        At::Network => table.output(),
        At::Name(name) => {
            let Some(layer) = table.find(name) else {
                no_layer(table, name, &mut text);
                return Err(text.as_str().into());
            };
            layer
        }
    };
    if layer.fault().is_some() {
        text.name(layer.name()).str(" cannot be evaluated: ");
        let mut cause = layer;
        while let (Some(Fault::Upstream), Some(before)) = (cause.fault(), faulty_input(&cause)) {
            cause = before;
        }
        if let Some(fault) = cause.fault() {
            message::fault(&cause, fault, &mut text);
        }
        return Err(text.as_str().into());
    }
    match verdict(&layer, &assertion, &mut text) {
        Verdict::Holds => return Ok(()),
        Verdict::Fails => {
            let asserted = Asserted { assertions: core::slice::from_ref(&assertion), sources: "", ops: &[] };
            way_out(&layer, &asserted, 0, &mut text);
        }
        Verdict::Unanswered => {}
    }
    Err(text.as_str().into())
}

#[cfg(feature = "alloc")]
fn faulty_input<'a>(layer: &Layer<'a>) -> Option<Layer<'a>> {
    let inputs = layer.node().inputs.iter().map(|&input| layer.table.layer(input));
    inputs.into_iter().find(|input| input.fault().is_some())
}

/// Checks the layers that one expression of the source became.
///
/// # Panics
/// At the first faulty one, unless its fault is another's upstream.
#[track_caller]
pub const fn check_layers(table: &Table<'_>, nodes: &[usize]) {
    let mut index = 0;
    while index < nodes.len() {
        if let Some(fault) = table.rows[nodes[index]].fault {
            let mut text = Text::new();
            let elsewhere = !message::fault(&table.layer(nodes[index]), fault, &mut text);
            assert!(elsewhere, "{}", text.as_str());
        }
        index += 1;
    }
}

/// Checks the layers that one place of the source became: list `place` of `lists`, the numbers of nodes in each divided
/// by spaces and each ended by a semicolon.
///
/// # Panics
/// As [`check_layers`] does.
#[track_caller]
pub const fn check_place(table: &Table<'_>, lists: &str, place: usize) {
    if table.sound {
        return;
    }
    let (lists, mut left, mut at, mut node) = (lists.as_bytes(), place, 0, 0);
    while at < lists.len() {
        match lists[at] {
            digit @ b'0'..=b'9' if left == 0 => node = node * 10 + (digit - b'0') as usize,
            b' ' if left == 0 => {
                check_layers(table, &[node]);
                node = 0;
            }
            b';' if left == 0 => return check_layers(table, &[node]),
            b';' => left -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// Reports a path that names nothing.
#[track_caller]
pub(crate) const fn unknown(table: &Table<'_>, name: &str) -> ! {
    let mut text = Text::new();
    no_layer(table, name, &mut text);
    panic!("{}", text.as_str())
}

const fn no_layer(table: &Table<'_>, name: &str, text: &mut Text) {
    text.str("no layer ").name(name).str(" in ").name(table.graph.name);
    message::closest(table, name, text);
}

/// The path with the largest extent that leads to a layer: at each merge the widest input.
///
/// The layer before `node` on it, or [`NONE`] at the network's input.
pub(crate) const fn widest_input(layer: &Layer<'_>, node: usize, axis: usize) -> usize {
    let table = &layer.table;
    let inputs = table.graph.nodes[node].inputs;
    if inputs.len() == 1 {
        return inputs[0];
    }
    let (mut widest, mut extent) = (NONE, -1);
    let mut k = 0;
    while k < inputs.len() {
        let row = &table.rows[inputs[k]];
        let local = row.largest(axis);
        let reached = if row.unreached(axis) {
            local
        } else {
            super::interval::max(local, row.axis(axis).reach.extent())
        };
        if reached > extent {
            (widest, extent) = (inputs[k], reached);
        }
        k += 1;
    }
    widest
}
