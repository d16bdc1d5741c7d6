//! Supports along one axis in const context: which pixels a unit really reads, as bits.

use super::evaluate::broadcasts;
use super::interval::{Interval, max};
use super::layer::Layer;
use super::map::AxisMap;
use super::text::Text;

/// Room for the supports of all layers in a unit's cone, in words of 64 bits.
const WORDS: usize = 2048;
/// Most layers that a support in const context is traced through.
const NODES: usize = 4096;

/// The needed units of one node: bits `offset * 64 ..`, the first standing for unit `window.first`.
#[derive(Clone, Copy)]
struct Part {
    window: Interval,
    offset: usize,
}

struct Trace {
    parts: [Part; NODES],
    words: [u64; WORDS],
    used: usize,
}

impl Trace {
    /// Room for `window`'s units; false where there is none.
    const fn reserve(&mut self, node: usize, window: Interval) -> bool {
        let words = (window.extent() as usize).div_ceil(64);
        if self.used + words > WORDS {
            return false;
        }
        self.parts[node] = Part { window, offset: self.used };
        self.used += words;
        true
    }

    const fn get(&self, part: Part, unit: i64) -> bool {
        let bit = (unit - part.window.first) as usize;
        self.words[part.offset + bit / 64] >> (bit % 64) & 1 == 1
    }

    const fn set(&mut self, part: Part, unit: i64) {
        let bit = (unit - part.window.first) as usize;
        self.words[part.offset + bit / 64] |= 1 << (bit % 64);
    }
}

/// How many of the pixels between its first and its last a unit reads along an axis, and the first it leaves out.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    pub(crate) count: i64,
    pub(crate) extent: i64,
    pub(crate) hole: Option<i64>,
}

/// The support of one unit along one axis, `None` where it is too large for const evaluation.
///
/// Backwards over the nodes: each needed unit needs the taps of its layer. Global layers have no local support.
const fn used(layer: &Layer<'_>, axis: usize, unit: i64) -> Option<Used> {
    let table = &layer.table;
    if layer.node >= NODES {
        return None;
    }
    let empty = Part { window: Interval::EMPTY, offset: 0 };
    let mut trace = Trace { parts: [empty; NODES], words: [0; WORDS], used: 0 };
    windows(layer, axis, unit, &mut trace.parts);
    let mut node = layer.node + 1;
    while node > 0 {
        node -= 1;
        let window = trace.parts[node].window;
        if !window.is_empty() && !trace.reserve(node, window) {
            return None;
        }
    }
    let own = trace.parts[layer.node];
    trace.set(own, unit);
    let mut node = layer.node;
    while node > 0 {
        let part = trace.parts[node];
        let map = table.rows[node].axes[axis].map;
        let inputs = table.graph.nodes[node].inputs;
        let mut k = 0;
        while k < inputs.len() && !part.window.is_empty() && !matches!(map, AxisMap::All) {
            if !broadcasts(&table.rows[inputs[k]], &table.rows[node], layer.rank()) {
                spread(&mut trace, part, inputs[k], map);
            }
            k += 1;
        }
        node -= 1;
    }
    Some(count(&trace))
}

/// The hull of the needed units of every node.
const fn windows(layer: &Layer<'_>, axis: usize, unit: i64, parts: &mut [Part; NODES]) {
    let table = &layer.table;
    parts[layer.node].window = Interval { first: unit, last: unit };
    let mut node = layer.node;
    while node > 0 {
        let row = &table.rows[node].axes[axis];
        let window = parts[node].window;
        // Global layers and inputs spread over a merge have no local support.
        if !window.is_empty() && !matches!(row.map, AxisMap::All) {
            let needed = needed(row.map, window);
            let inputs = table.graph.nodes[node].inputs;
            let mut k = 0;
            while k < inputs.len() {
                let part = &mut parts[inputs[k]];
                if !broadcasts(&table.rows[inputs[k]], &table.rows[node], layer.rank()) {
                    part.window = part.window.hull(needed);
                }
                k += 1;
            }
        }
        node -= 1;
    }
}

/// The hull of the taps of a whole window of outputs.
const fn needed(map: AxisMap, window: Interval) -> Interval {
    let mut hull = Interval::EMPTY;
    // The outermost outputs bound it, but for dead ones at the ends, at most one cycle of them.
    let (cycle, _) = map.steps();
    let ends = super::interval::min(cycle, window.extent());
    let mut t = 0;
    while t < ends {
        hull = hull.hull(tap_hull(map, window.first + t)).hull(tap_hull(map, window.last - t));
        t += 1;
    }
    hull
}

const fn tap_hull(map: AxisMap, unit: i64) -> Interval {
    let taps = map.taps(unit);
    if taps.count == 0 { Interval::EMPTY } else { Interval { first: taps.first, last: taps.last() } }
}

/// Marks the taps of every needed unit of a node in one of its inputs.
const fn spread(trace: &mut Trace, part: Part, input: usize, map: AxisMap) {
    let target = trace.parts[input];
    if target.window.is_empty() {
        return;
    }
    let mut unit = part.window.first;
    while unit <= part.window.last {
        if trace.get(part, unit) {
            let taps = map.taps(unit);
            let mut t = 0;
            while t < taps.count {
                trace.set(target, taps.first + t * taps.step);
                t += 1;
            }
        }
        unit += 1;
    }
}

const fn count(trace: &Trace) -> Used {
    let part = trace.parts[0];
    let mut used = Used { count: 0, extent: part.window.extent(), hole: None };
    let mut pixel = part.window.first;
    while pixel <= part.window.last {
        if trace.get(part, pixel) {
            used.count += 1;
        } else if used.hole.is_none() {
            used.hole = Some(pixel);
        }
        pixel += 1;
    }
    used
}

/// The first axis and unit whose support has a hole; `Err` where one is too large for const evaluation.
const fn first_hole(layer: &Layer<'_>) -> Result<Option<(usize, i64, Used)>, ()> {
    let mut axis = 0;
    while axis < layer.rank() {
        let mut unit = 0;
        while unit < max(layer.period(axis), 1) {
            match used(layer, axis, unit) {
                Some(used) if used.count < used.extent => return Ok(Some((axis, unit, used))),
                Some(_) => {}
                None => return Err(()),
            }
            unit += 1;
        }
        axis += 1;
    }
    Ok(None)
}

/// Whether every unit reads, along each axis, all pixels between its first and its last.
pub(crate) const fn is_dense(layer: &Layer<'_>) -> Option<bool> {
    match first_hole(layer) {
        Ok(hole) => Some(hole.is_none()),
        Err(()) => None,
    }
}

/// The hole of a layer that is not dense, in words.
pub(crate) const fn explain(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not dense");
    let Ok(Some((axis, _, used))) = first_hole(layer) else { return };
    text.str(": its receptive field spans ").int(used.extent).str(" px");
    if layer.rank() > 1 {
        text.str(" along the ").str(super::message::axis_name(layer.rank(), axis));
    }
    text.str(" and uses ").int(used.count);
}
