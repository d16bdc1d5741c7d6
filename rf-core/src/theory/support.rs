//! Supports along one axis: exactly which indices of an earlier layer a run of units reads.
//!
//! Backwards over the nodes: each needed unit needs the taps of its layer. The sets are bits in storage that the
//! caller lends, so that the compiler runs this with arrays and a program with vectors. The taps of a layer are a
//! product of its axes' taps, so the projection of a unit's n-dimensional support is what stands here.

use super::interval::{Interval, min};
use super::kind::{broadcasts, is_gate, is_single};
use super::map::AxisMap;
use super::table::Table;
use crate::graph::{Op, Padding, UNKNOWN};

/// The needed units of one node: bits from word `offset` on, the first standing for unit `window.first`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) window: Interval,
    pub(crate) offset: usize,
    /// At most this many units lie from one that is needed to the next, where that is kept.
    pub(crate) gap: i64,
}

impl Part {
    pub(crate) const EMPTY: Self = Self { window: Interval::EMPTY, offset: 0, gap: 1 };

    pub(crate) const fn get(&self, words: &[u64], unit: i64) -> bool {
        let bit = (unit - self.window.first) as usize;
        (words[self.offset + bit / 64] >> (bit % 64)) & 1 == 1
    }

    pub(crate) const fn set(&self, words: &mut [u64], unit: i64) {
        if unit >= self.window.first && unit <= self.window.last {
            let bit = (unit - self.window.first) as usize;
            words[self.offset + bit / 64] |= 1 << (bit % 64);
        }
    }

    const fn words(&self) -> usize {
        (self.window.extent() as usize).div_ceil(64)
    }
}

/// Which paths and which units count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) axis: usize,
    /// Whether units beyond a feature map's borders (padding) contribute nothing, as in a real run. Otherwise
    /// the pattern continues there, as in the unclipped receptive field.
    pub(crate) bounded: bool,
    /// Whether paths through global layers count.
    pub(crate) global: bool,
}

/// What a layer reads of one of its inputs along one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The progression of each unit, if it has one.
    pub(crate) map: Option<AxisMap>,
    /// Units that every unit reads: all of a global layer's input, the one of a spread gate.
    pub(crate) all: Interval,
    /// The last unit that may be read: a pool with `ceil_mode` can hang over an end that negative padding crops.
    pub(crate) last: i64,
}

/// What node `node` reads of its input `k`.
pub(crate) const fn edge(table: &Table<'_>, node: usize, k: usize, scope: Scope) -> Edge {
    let from = table.graph.nodes[node].inputs[k];
    let (row, input) = (&table.rows[node], &table.rows[from]);
    let extent = input.extent(scope.axis);
    let everything = if !scope.global {
        Interval::EMPTY
    } else if extent == UNKNOWN {
        super::compose::EVERYTHING
    } else {
        Interval { first: 0, last: extent - 1 }
    };
    let map = row.map(scope.axis);
    let merge = matches!(table.graph.nodes[node].op, Op::Merge(_));
    if matches!(map, AxisMap::All) || (merge && broadcasts(input, row, table.graph.rank)) {
        return Edge { map: None, all: everything, last: i64::MAX };
    }
    let gate = is_gate(&table.graph.nodes[node].op) && !is_single(input, table.graph.rank);
    let cut =
        if scope.bounded && extent != UNKNOWN { cut(&table.graph.nodes[node].op, scope.axis) } else { 0 };
    let last = if cut > 0 { extent - cut - 1 } else { i64::MAX };
    Edge { map: Some(map), all: if gate { everything } else { Interval::EMPTY }, last }
}

/// How many units at the end a pool cuts off although a window of it may hang over them.
pub(crate) const fn cut(op: &Op, axis: usize) -> i64 {
    match op {
        Op::Pool { window, ceil_mode: true, .. } => match window.padding[axis] {
            Padding::Explicit { after, .. } if after < 0 => -after,
            _ => 0,
        },
        _ => 0,
    }
}

/// The hull of what the units `units` of node `node` need, of every node from `until` on.
///
/// `parts` has an entry for each node up to `node`; a bound that has no end (`_` behind a global layer) stands as
/// it is.
pub(crate) const fn windows(
    table: &Table<'_>,
    node: usize,
    units: Interval,
    until: usize,
    scope: Scope,
    parts: &mut [Part],
) {
    parts[node].window = if scope.bounded { clip(table, node, units, scope.axis) } else { units };
    let mut index = node;
    while index > until {
        let window = parts[index].window;
        let inputs = table.graph.nodes[index].inputs;
        let mut k = 0;
        while k < inputs.len() && !window.is_empty() {
            // A path that goes around the target does not lead to it; nodes before it have no room.
            if inputs[k] < until {
                k += 1;
                continue;
            }
            let edge = edge(table, index, k, scope);
            let mut needed = edge.all;
            if let Some(map) = edge.map {
                let cropped = Interval { first: i64::MIN, last: edge.last };
                needed = needed.hull(tap_hull(map, window).intersection(cropped));
            }
            if scope.bounded {
                needed = clip(table, inputs[k], needed, scope.axis);
            }
            parts[inputs[k]].window = parts[inputs[k]].window.hull(needed);
            k += 1;
        }
        index -= 1;
    }
}

const fn clip(table: &Table<'_>, node: usize, units: Interval, axis: usize) -> Interval {
    let extent = table.rows[node].extent(axis);
    if extent == UNKNOWN { units } else { units.intersection(Interval { first: 0, last: extent - 1 }) }
}

/// The hull of the taps of a window of outputs: the outermost outputs bound it, but for dead or leaning ones at
/// the ends, fewer than one cycle.
pub(crate) const fn tap_hull(map: AxisMap, window: Interval) -> Interval {
    let ends = min(map.steps().0, window.extent());
    let mut hull = Interval::EMPTY;
    let mut t = 0;
    while t < ends {
        hull = hull.hull(one(map, window.first + t)).hull(one(map, window.last - t));
        t += 1;
    }
    hull
}

const fn one(map: AxisMap, unit: i64) -> Interval {
    let taps = map.taps(unit);
    if taps.count == 0 { Interval::EMPTY } else { Interval { first: taps.first, last: taps.last() } }
}

/// Lays the parts out one after another and says how many words they take in all.
pub(crate) const fn lay_out(node: usize, until: usize, parts: &mut [Part]) -> usize {
    let mut used: usize = 0;
    let mut index = node + 1;
    while index > until {
        index -= 1;
        parts[index].offset = used;
        used = used.saturating_add(parts[index].words());
    }
    used
}

/// Fills the sets of all nodes from `until` on, where `windows` and `lay_out` have made room.
pub(crate) const fn fill(
    table: &Table<'_>,
    node: usize,
    until: usize,
    scope: Scope,
    parts: &[Part],
    words: &mut [u64],
) {
    let own = parts[node];
    set_all(words.split_at_mut(own.offset).1.split_at_mut(own.words()).0, own.window, own.window);
    let mut index = node;
    while index > until {
        let part = parts[index];
        let inputs = table.graph.nodes[index].inputs;
        let mut k = 0;
        while k < inputs.len() && !part.window.is_empty() {
            if inputs[k] >= until {
                spread(part, edge(table, index, k, scope), parts[inputs[k]], words);
            }
            k += 1;
        }
        index -= 1;
    }
}

/// Marks what the needed units of one node read of one input, which stands before it and so behind it in `words`.
const fn spread(part: Part, edge: Edge, target: Part, words: &mut [u64]) {
    let (before, there) = words.split_at_mut(target.offset);
    let there = there.split_at_mut(target.words()).0;
    let here = before.split_at(part.offset).1.split_at(part.words()).0;
    match edge.map {
        Some(AxisMap::Window { kernel, stride: 1, dilation, before }) if edge.last == i64::MAX => {
            let mut t = 0;
            while t < kernel {
                shift_or(there, target.window, here, part.window.first - before + t * dilation);
                t += 1;
            }
        }
        Some(map) => spread_bits(part.window.first, here, map, edge.last, target.window, there),
        None => {}
    }
    if !edge.all.is_empty() && any(here) {
        set_all(there, target.window, edge.all);
    }
}

/// The same bit by bit, for a map that moves units by unequal steps.
const fn spread_bits(first: i64, here: &[u64], map: AxisMap, last: i64, window: Interval, there: &mut [u64]) {
    let (from, to) = (window.first, min(window.last, last));
    let mut word = 0;
    while word < here.len() {
        let mut bits = here[word];
        while bits != 0 {
            let taps = map.taps(first + word as i64 * 64 + bits.trailing_zeros() as i64);
            let (mut unit, mut t) = (taps.first, 0);
            while t < taps.count {
                if unit >= from && unit <= to {
                    let bit = (unit - from) as usize;
                    there[bit / 64] |= 1 << (bit % 64);
                }
                unit += taps.step;
                t += 1;
            }
            bits &= bits - 1;
        }
        word += 1;
    }
}

/// Whether any bit is set.
const fn any(words: &[u64]) -> bool {
    let mut word = 0;
    while word < words.len() {
        if words[word] != 0 {
            return true;
        }
        word += 1;
    }
    false
}

/// Sets the bits of `units` in `words`, whose bits are the units of `window`.
const fn set_all(words: &mut [u64], window: Interval, units: Interval) {
    let units = units.intersection(window);
    let mut unit = units.first;
    while unit <= units.last {
        let bit = unit - window.first;
        // Up to the end of a word at once.
        let many = min(units.last - unit + 1, 64 - bit % 64);
        words[(bit / 64) as usize] |= (u64::MAX >> (64 - many)) << (bit % 64);
        unit += many;
    }
}

/// Ors `source`, whose first bit is unit `first`, into `target`, whose bits are the units of `window`.
pub(crate) const fn shift_or(target: &mut [u64], window: Interval, source: &[u64], first: i64) {
    if target.is_empty() || source.is_empty() {
        return;
    }
    let offset = first - window.first;
    let (words, bits) = (offset.div_euclid(64), offset.rem_euclid(64) as u32);
    let len = target.len() as i64;
    let mut at = 0;
    while at < source.len() {
        let (low, word) = (at as i64 + words, source[at]);
        if word != 0 && low >= 0 && low < len {
            target[low as usize] |= word << bits;
        }
        if word != 0 && bits > 0 && low >= -1 && low + 1 < len {
            target[(low + 1) as usize] |= word >> (64 - bits);
        }
        at += 1;
    }
    // Units beyond the window must not stay in the last word's spare bits.
    let spare = window.extent().rem_euclid(64) as u32;
    if spare > 0 {
        target[target.len() - 1] &= (1 << spare) - 1;
    }
}

/// The set units' number and hull. The windows bound a set; holes can keep it from reaching their ends.
pub(crate) const fn count(part: Part, words: &[u64]) -> (i64, Interval) {
    let (mut count, mut hull) = (0, Interval::EMPTY);
    let mut word = 0;
    while word < part.words() {
        let bits = words[part.offset + word];
        if bits != 0 {
            let first = part.window.first + word as i64 * 64;
            count += bits.count_ones() as i64;
            hull = hull.hull(Interval {
                first: first + bits.trailing_zeros() as i64,
                last: first + 63 - bits.leading_zeros() as i64,
            });
        }
        word += 1;
    }
    (count, hull)
}

/// Steps that filling the sets takes, more or less: words moved, or bits where units move by unequal steps.
pub(crate) const fn effort(
    table: &Table<'_>,
    node: usize,
    until: usize,
    scope: Scope,
    parts: &[Part],
) -> i64 {
    let (mut steps, mut index) = (0_i64, node);
    while index > until {
        let part = parts[index];
        let inputs = table.graph.nodes[index].inputs.len() as i64;
        if !part.window.is_empty() {
            let (each, units) = match table.rows[index].map(scope.axis) {
                AxisMap::Window { kernel, stride: 1, .. } => (kernel, part.words() as i64),
                AxisMap::Window { kernel, .. } => (kernel, part.window.extent()),
                _ => (4, part.window.extent()),
            };
            steps = steps.saturating_add(each.saturating_mul(units + 4).saturating_mul(inputs));
        }
        index -= 1;
    }
    steps
}
