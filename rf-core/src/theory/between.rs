//! Any two layers in const context: the units of one that units of another read, and the other way round.
//!
//! Sets, not hulls, are traced: behind holes a transposed convolution may read less than hulls say.

use super::interval::Interval;
use super::layer::Layer;
use super::support::{Part, Scope, count, edge, effort, fill, lay_out, windows};
use super::table::Table;
use crate::graph::UNKNOWN;

/// Room for the supports of all layers in a unit's cone, in words of 64 bits.
const WORDS: usize = 4096;
/// Most layers that a support in const context is traced through.
const NODES: usize = 4096;
/// Steps of a trace that one answer may take; the compiler needs some seconds for so many.
pub(crate) const STEPS: i64 = 150_000;

impl Layer<'_> {
    /// The hull of the units of the earlier layer `target` that the units `units` read along an axis, through local and
    /// global paths, every map continued beyond its borders: with one unit its field there, with a block of units the
    /// window that the block needs. Behind a global layer [`Layer::field`] has less: what its map reads of the image.
    ///
    /// `None` where the target stands behind the layer, and where the sets are too large for const evaluation;
    /// `trace::window` gives them at run time.
    ///
    /// ```
    /// use rf_core::graph::{Graph, Init, Node, Op, Window};
    /// use rf_core::theory::{Evaluated, Interval, Table, evaluate};
    ///
    /// const CONV: Op = Op::Conv { channels: 1, window: Window::new([3, 1, 1]), groups: 1, bias: false };
    /// const NODES: &[Node<'static>] = &[
    ///     Node { name: "input", op: Op::Input { channels: 1, extents: [32, 1, 1] }, inputs: &[] },
    ///     Node { name: "a", op: CONV, inputs: &[0] },
    ///     Node { name: "b", op: CONV, inputs: &[1] },
    ///     Node { name: "c", op: CONV, inputs: &[2] },
    /// ];
    /// const GRAPH: Graph<'static> = Graph { name: "Net", rank: 1, nodes: NODES, groups: &[], init: Init::HeFanOut };
    /// const ROWS: &Evaluated<4, 0> = &evaluate(&GRAPH);
    /// const TABLE: Table<'static> = Table::new(GRAPH, ROWS);
    ///
    /// const WINDOW: Option<Interval> = TABLE.row("c").window_in(&TABLE.row("a"), 0, Interval { first: 4, last: 5 });
    /// assert_eq!(WINDOW, Some(Interval { first: 4, last: 9 }));
    /// // Pixel 10 is read by units 8 to 10 of the first layer, and through them by units 4 to 10 of the last.
    /// const REACHED: Option<Interval> = TABLE.row("c").reached_by(&TABLE.layer(0), 0, 10);
    /// assert_eq!(REACHED, Some(Interval { first: 4, last: 10 }));
    /// ```
    #[must_use]
    pub const fn window_in(&self, target: &Self, axis: usize, units: Interval) -> Option<Interval> {
        if target.node > self.node || axis >= self.rank() {
            return None;
        }
        let scope = Scope { axis, bounded: false, global: true };
        let mut steps = STEPS;
        match traced(self, units, target.node, scope, &mut steps) {
            Some((_, hull)) => Some(hull),
            None => None,
        }
    }

    /// The hull of this layer's units that depend on index `from` of the earlier layer `source` along an axis, on the
    /// real, finite feature maps: its projective field.
    ///
    /// `None` where the source stands behind the layer, where an extent is `_`, and where the maps are too large for
    /// const evaluation; `trace::projective` gives the set at run time, `trace::projective_mask` over all axes.
    #[must_use]
    pub const fn reached_by(&self, source: &Self, axis: usize, from: i64) -> Option<Interval> {
        if source.node > self.node || axis >= self.rank() {
            return None;
        }
        reached(self, source.node, from, axis)
    }
}

/// Number and hull of the units of node `until` that a run of units reads; `None` where that is too large for const
/// evaluation. What it costs is taken from `steps`.
#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
pub(crate) const fn traced(
    layer: &Layer<'_>,
    units: Interval,
    until: usize,
    scope: Scope,
    steps: &mut i64,
) -> Option<(i64, Interval)> {
    let (table, node) = (&layer.table, layer.node);
    if node >= NODES {
        return None;
    }
    let mut parts = [Part::EMPTY; NODES];
    windows(table, node, units, until, scope, &mut parts);
    *steps -= effort(table, node, until, scope, &parts);
    if *steps < 0 || lay_out(node, until, &mut parts) > WORDS {
        return None;
    }
    let mut words = [0; WORDS];
    fill(table, node, until, scope, &parts, &mut words);
    Some(count(parts[until], &words))
}

/// The hull of the units of `layer` that depend on index `from` of the earlier `source`, on real, finite maps; `None`
/// as above, and where an extent is not known.
#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
pub(crate) const fn reached(layer: &Layer<'_>, source: usize, from: i64, axis: usize) -> Option<Interval> {
    let (table, node) = (&layer.table, layer.node);
    if node >= NODES {
        return None;
    }
    let mut parts = [Part::EMPTY; NODES];
    let scope = Scope { axis, bounded: true, global: true };
    if !lay_maps(table, node, source, axis, &mut parts)
        || lay_out(node, source, &mut parts) > WORDS
        || effort(table, node, source, scope, &parts) > STEPS
    {
        return None;
    }
    let mut words = [0; WORDS];
    forward(table, node, (source, from), scope, &parts, &mut words);
    Some(count(parts[node], &words).1)
}

/// Gives each node's part its whole map; false where an extent is not known.
pub(crate) const fn lay_maps(
    table: &Table<'_>,
    node: usize,
    source: usize,
    axis: usize,
    parts: &mut [Part],
) -> bool {
    let mut index = source;
    while index <= node {
        let extent = table.rows[index].extent(axis);
        if extent == UNKNOWN {
            return false;
        }
        parts[index].window = Interval { first: 0, last: extent - 1 };
        index += 1;
    }
    true
}

/// Marks, layer by layer, the units that depend on unit `from` of node `source`.
pub(crate) const fn forward(
    table: &Table<'_>,
    node: usize,
    (source, from): (usize, i64),
    scope: Scope,
    parts: &[Part],
    words: &mut [u64],
) {
    parts[source].set(words, from);
    let mut index = source + 1;
    while index <= node {
        let inputs = table.graph.nodes[index].inputs;
        let mut k = 0;
        while k < inputs.len() {
            if inputs[k] >= source && count(parts[inputs[k]], words).0 > 0 {
                let edge = edge(table, index, k, scope);
                let mut unit = 0;
                while unit <= parts[index].window.last {
                    if !edge.all.is_empty() || taps_any(parts[inputs[k]], edge.map, edge.last, unit, words) {
                        parts[index].set(words, unit);
                    }
                    unit += 1;
                }
            }
            k += 1;
        }
        index += 1;
    }
}

/// Whether a unit taps one that is marked.
const fn taps_any(part: Part, map: Option<super::map::AxisMap>, last: i64, unit: i64, words: &[u64]) -> bool {
    let Some(map) = map else { return false };
    let taps = map.taps(unit);
    let mut t = 0;
    while t < taps.count {
        let index = taps.first + t * taps.step;
        let inside = index >= part.window.first && index <= part.window.last && index <= last;
        if inside && part.get(words, index) {
            return true;
        }
        t += 1;
    }
    false
}
