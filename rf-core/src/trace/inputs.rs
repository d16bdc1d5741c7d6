//! Which extents of the input suit a network.

use alloc::vec::Vec;

use crate::graph::{Graph, Op};
use crate::theory::{Layer, Range, Table, TableBuf, UNBOUNDED};

/// The smallest extent, the same along all axes, that every layer of the network accepts, up to `limit`.
///
/// Not every larger one need do: a decoder's skips fit only multiples of its [`Layer::tile_multiple`]. An extent at which
/// more different jumps would meet than a table has room for is none.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::TableBuf;
/// use rf_core::trace::smallest_input;
///
/// let mut net = GraphBuf::new("Net", 3, &[224, 224]);
/// net.push("conv", Op::Conv { channels: 8, window: Window::new([7, 5, 1]), groups: 1, bias: true }, &[0]);
/// let lent = net.lend();
/// assert_eq!(smallest_input(&TableBuf::new(&lent.graph()).table(), 1000), Some(7));
/// ```
#[must_use]
pub fn smallest_input(table: &Table<'_>, limit: i64) -> Option<i64> {
    (1..=limit).find(|&extent| with_input(table, extent, accepts))
}

/// The extents of the input, the same along all axes, for which all of the network is of use (Richter et al. 2021,
/// "Should You Go Deeper? Optimizing Convolutional Neural Network Architectures without Training", section 5).
///
/// The smallest one is the smallest up to `limit` that every layer accepts and at which every layer is productive:
/// below it, [`unproductive`] layers cannot integrate more of the image. The largest is the largest that some
/// unit still sees from end to end, [`UNBOUNDED`] where a layer is global: of a larger image no unit sees all.
/// `None` where no extent up to `limit` does. As with [`smallest_input`], not every extent between the two is accepted
/// by a decoder.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::TableBuf;
/// use rf_core::trace::{productive_inputs, unproductive};
///
/// let window = Window::new([3, 3, 1]).padding([rf_core::graph::Padding::both(1); 3]);
/// let conv = Op::Conv { channels: 8, window, groups: 1, bias: true };
/// let mut net = GraphBuf::new("Net", 3, &[4, 4]);
/// for (name, input) in [("a", 0), ("b", 1), ("c", 2)] {
///     net.push(name, conv, &[input]);
/// }
/// let lent = net.lend();
/// let table = TableBuf::new(&lent.graph());
/// let names: Vec<&str> = unproductive(&table.table(), 4).map(|layer| layer.name()).collect();
/// assert_eq!(names, ["b", "c"]);
/// let range = productive_inputs(&table.table(), 1000).expect("an extent");
/// assert_eq!((range.min, range.max), (7, 7));
/// ```
#[must_use]
pub fn productive_inputs(table: &Table<'_>, limit: i64) -> Option<Range> {
    let productive =
        |table: &Table<'_>, extent| accepts(table) && unproductive(table, extent).next().is_none();
    let min = (1..=limit).find(|&extent| with_input(table, extent, |table| productive(table, extent)))?;
    let max = with_input(table, min, |table| table.layers().map(|layer| spans(&layer)).max());
    Some(Range { min, max: max.unwrap_or(min).max(min) })
}

/// The largest extent along all axes that some unit of a layer sees from end to end.
fn spans(layer: &Layer<'_>) -> i64 {
    let field = layer.local_rf();
    let axes = (0..layer.table().graph().rank).map(|axis| field.axis(axis).max);
    if layer.is_global() { UNBOUNDED } else { axes.min().unwrap_or(1) }
}

/// Evaluates the network for another input, `extent` pixels along each axis.
fn with_input<R>(table: &Table<'_>, extent: i64, read: impl FnOnce(&Table<'_>) -> R) -> R {
    let graph = table.graph();
    let mut nodes = graph.nodes.to_vec();
    if let Some(Op::Input { extents, .. }) = nodes.first_mut().map(|input| &mut input.op) {
        extents[..graph.rank].fill(extent);
    }
    read(&TableBuf::new(&Graph { nodes: &nodes, ..*graph }).table())
}

fn accepts(table: &Table<'_>) -> bool {
    table.layers().all(|layer| layer.fault().is_none())
}

/// The layers whose shortest path exceeds an input of `extent` pixels along every axis (Richter et al. 2021):
/// they cannot integrate more of the image.
///
/// Where the table has but a bound ([`Layer::shortest_is_bound`]) all paths are followed here.
pub fn unproductive<'a>(table: &Table<'a>, extent: i64) -> impl Iterator<Item = Layer<'a>> + use<'a> {
    let (table, rank) = (*table, table.graph().rank);
    let bound = table.layers().any(|layer| layer.shortest_is_bound());
    let exact = bound.then(|| TableBuf::new(table.graph()));
    let exceeds =
        |layer: &Layer<'_>| !layer.shortest_is_bound() && (0..rank).all(|axis| layer.shortest(axis) > extent);
    let asked = exact.as_ref().map_or(table, TableBuf::table);
    let found: Vec<usize> = asked.layers().filter(exceeds).map(|layer| layer.index()).collect();
    found.into_iter().map(move |node| table.layer(node))
}
