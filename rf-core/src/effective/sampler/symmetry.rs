//! The flips and axis exchanges under which a unit's field does not change in distribution.
//!
//! Weights and inputs drawn independently know no direction, so only the architecture can break a symmetry. It is
//! checked on every edge of the cone, unit by unit: a flip must take the taps of each unit to the taps of its
//! mirror image.
use std::vec;
use std::vec::Vec;

use crate::engine::{Cone, Reads, Region};
use crate::graph::{MAX_RANK, Op};
use crate::theory::AxisMap;

/// One symmetry: axis `a` of the result is axis `order[a]` of the map, reversed where `flip[a]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symmetry {
    order: [usize; MAX_RANK],
    flip: [bool; MAX_RANK],
}

impl Symmetry {
    /// Whether it takes axis `a` of the map to axis `b`.
    pub(super) const fn takes(&self, a: usize, b: usize) -> bool {
        self.order[b] == a
    }
}

/// All symmetries of a cone, the identity first.
pub(super) fn symmetries(cone: &Cone<'_>) -> Vec<Symmetry> {
    let flips: [bool; MAX_RANK] = core::array::from_fn(|a| edges(cone).all(|e| e.mirrors(a)));
    let swaps = |a: usize, b: usize| a == b || edges(cone).all(|e| e.exchanges(a, b));
    let same: [[bool; MAX_RANK]; MAX_RANK] = core::array::from_fn(|a| core::array::from_fn(|b| swaps(a, b)));
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut all = Vec::new();
    for order in orders.into_iter().filter(|o| (0..MAX_RANK).all(|a| same[a][o[a]])) {
        for mask in 0..8_usize {
            let flip = core::array::from_fn(|a| mask >> a & 1 == 1);
            if (0..MAX_RANK).all(|a| !flip[a] || flips[a]) {
                all.push(Symmetry { order, flip });
            }
        }
    }
    // Axes of one unit flip onto themselves: keep each distinct symmetry once.
    let long: [bool; MAX_RANK] = core::array::from_fn(|a| cone.regions[cone.target].len[a] > 1);
    all.retain(|s| (0..MAX_RANK).all(|a| long[a] || (!s.flip[a] && s.order[a] == a)));
    all
}

/// The mean of a map over its symmetries.
pub(super) fn average(map: &[f64], region: &Region, symmetries: &[Symmetry]) -> Vec<f64> {
    let len = region.len;
    let stride = [len[1] * len[2], len[2], 1];
    let mut sum = vec![0.0; map.len()];
    for s in symmetries {
        let mut at = 0;
        for i in 0..len[0] {
            for j in 0..len[1] {
                for k in 0..len[2] {
                    let mut from = 0;
                    for (a, x) in [i, j, k].into_iter().enumerate() {
                        from += if s.flip[a] { len[a] - 1 - x } else { x } * stride[s.order[a]];
                    }
                    sum[at] += map[from];
                    at += 1;
                }
            }
        }
    }
    let n = symmetries.len() as f64;
    for v in &mut sum {
        *v /= n;
    }
    sum
}

/// One layer reading one of its inputs.
struct Edge<'a> {
    op: &'a Op,
    reads: Reads,
    out: Region,
    input: Region,
    inside: Region,
}

fn edges<'a>(cone: &'a Cone<'_>) -> impl Iterator<Item = Edge<'a>> {
    (0..=cone.node).filter(|&i| cone.valued[i] || cone.passes[i]).flat_map(move |i| {
        let node = &cone.graph.nodes[i];
        let used = move |&(_, &j): &(usize, &usize)| cone.valued[j] || cone.passes[j];
        node.inputs.iter().enumerate().filter(used).map(move |(k, &j)| Edge {
            op: &node.op,
            reads: cone.reads(i, k),
            out: cone.regions[i],
            input: cone.regions[j],
            inside: cone.inside(j),
        })
    })
}

impl Edge<'_> {
    /// Whether reversing axis `a` takes the taps of each unit to those of its mirror image.
    fn mirrors(&self, a: usize) -> bool {
        if self.out.is_empty() || self.input.is_empty() {
            return true;
        }
        let (low, high) = (self.out.low[a], self.out.high()[a]);
        let around = self.input.low[a] + self.input.high()[a];
        // A flattened map gives each unit a weight of its own: drawn alike, so any exchange of units will do.
        let centred = around == self.inside.len[a] as i64 - 1;
        let local = |map: AxisMap| {
            (low..=high).all(|i| {
                let (here, there) = (map.taps(i), map.taps(low + high - i));
                here.count == there.count
                    && (here.count == 0 || (here.step == there.step && around - here.last() == there.first))
            })
        };
        match self.reads {
            Reads::Local(maps) => local(maps[a]),
            Reads::All => centred,
            Reads::Gate => centred && local(AxisMap::IDENTITY),
            Reads::One => true,
        }
    }

    /// Whether axes `a` and `b` are alike, counted from the regions' first units.
    fn exchanges(&self, a: usize, b: usize) -> bool {
        if self.out.is_empty() || self.input.is_empty() {
            return true;
        }
        if self.out.len[a] != self.out.len[b] || self.input.len[a] != self.input.len[b] {
            return false;
        }
        let like = |x: AxisMap, y: AxisMap| {
            (0..self.out.len[a] as i64).all(|i| {
                let (x, y) = (x.taps(self.out.low[a] + i), y.taps(self.out.low[b] + i));
                (x.count, x.step, x.first - self.input.low[a])
                    == (y.count, y.step, y.first - self.input.low[b])
            })
        };
        let inside = self.inside.len[a] == self.inside.len[b] && self.input.low[a] == self.input.low[b];
        match self.reads {
            Reads::Local(maps) => like(maps[a], maps[b]) && kernel(self.op, a) == kernel(self.op, b),
            Reads::All => inside,
            Reads::Gate => inside && like(AxisMap::IDENTITY, AxisMap::IDENTITY),
            Reads::One => true,
        }
    }
}

/// What distinguishes two axes beside their taps: a transposed kernel may have taps that no unit of the region uses.
fn kernel(op: &Op, a: usize) -> i64 {
    match op {
        Op::Conv { window, .. } | Op::DepthwiseConv { window, .. } | Op::ConvTranspose { window, .. } => {
            window.kernel[a]
        }
        Op::PixelShuffle { factor } | Op::PixelUnshuffle { factor } => factor[a],
        _ => 1,
    }
}
