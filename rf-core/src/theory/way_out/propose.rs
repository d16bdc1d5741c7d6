//! Which changes are worth a try, and how far each should go: a guess, which `search` proves or refutes.

use super::super::assertion::widest_input;
use super::super::interval::{max, min};
use super::super::layer::Layer;
use super::super::row::NONE;
use super::change::{Change, RESHAPED, changed, expected, is_padded, size};
use super::gap::Gap;
use super::source::{Arg, NOBODY, Source, Sources, window};
use crate::graph::{Op, PerAxis};

/// Most changes that are kept in mind.
const MOST: usize = 256;

/// Changes to try, in no order.
pub(crate) struct Changes {
    pub(crate) list: [Change; MOST],
    pub(crate) len: usize,
}

const NO_CHANGE: Change = Change {
    source: 0,
    arg: Arg::Kernel,
    axes: [true; 3],
    step: 0,
    padded: false,
    cost: 0,
    size: 0,
    tries: 0,
    done: false,
};

/// What one more tap, and one more of dilation, of each layer of the source adds to a field, in 64ths of a pixel.
struct Gains<const N: usize> {
    kernel: [PerAxis; N],
    dilation: [PerAxis; N],
}

/// The changes of one proposal: where they come from.
struct Proposer<'a, 'b, const N: usize> {
    layer: &'b Layer<'a>,
    sources: &'b Sources<N>,
    /// Multiply-accumulates of the whole network.
    macs: u64,
    out: Changes,
}

/// The changes that may close `gap`.
pub(crate) const fn propose<const N: usize>(layer: &Layer<'_>, sources: &Sources<N>, gap: Gap) -> Changes {
    let macs = match layer.table.macs() {
        Some(macs) => macs,
        None => 0,
    };
    let out = Changes { list: [NO_CHANGE; MOST], len: 0 };
    let mut proposer = Proposer { layer, sources, macs, out };
    let gains = match gap {
        Gap::Pixels { .. } => gains(layer, sources),
        _ => Gains { kernel: [[0; 3]; N], dilation: [[0; 3]; N] },
    };
    let mut source = 0;
    while source < sources.count {
        if sources.list[source].first <= layer.node {
            match gap {
                Gap::Pixels { need, exact, halves } => {
                    let need = if halves { twice(need) } else { need };
                    proposer.field(source, need, exact, &gains);
                }
                Gap::Jump { over, under } => proposer.jump(source, over, under),
                Gap::Shape { channels, extents } => proposer.shape(source, channels, extents),
                Gap::Count { found, wanted, exact, macs } => {
                    proposer.count(source, wanted.saturating_sub(found), exact, macs);
                }
                Gap::Alignment => proposer.alignment(source),
                Gap::Holes => proposer.holes(source),
            }
        }
        source += 1;
    }
    proposer.out
}

const fn twice(need: PerAxis) -> PerAxis {
    [need[0].saturating_mul(2), need[1].saturating_mul(2), need[2].saturating_mul(2)]
}

const ALL: [bool; 3] = [true; 3];

/// The change with the largest magnitude.
const fn largest(need: PerAxis) -> i64 {
    let (mut largest, mut axis) = (0i64, 0);
    while axis < 3 {
        if need[axis].saturating_abs() > largest.saturating_abs() {
            largest = need[axis];
        }
        axis += 1;
    }
    largest
}

const fn gains<const N: usize>(layer: &Layer<'_>, sources: &Sources<N>) -> Gains<N> {
    let mut gains = Gains { kernel: [[0; 3]; N], dilation: [[0; 3]; N] };
    let uniform = layer.data().uniform();
    let mut axis = 0;
    while axis < layer.rank() {
        let mut node = layer.node;
        while node != NONE && (axis == 0 || !uniform) {
            let from = widest_input(layer, node, axis);
            let owner = sources.owner[node];
            if owner != NOBODY
                && from != NONE
                && let Some(window) = window(&layer.table.graph.nodes[node].op)
            {
                let transposed = matches!(layer.table.graph.nodes[node].op, Op::ConvTranspose { .. });
                let jump = jump(layer, if transposed { node } else { from }, axis);
                gains.kernel[owner][axis] += jump * window.dilation[axis];
                gains.dilation[owner][axis] += jump * (window.kernel[axis] - 1);
            }
            node = from;
        }
        axis += 1;
    }
    if uniform {
        let mut source = 0;
        while source < sources.count {
            gains.kernel[source] = [gains.kernel[source][0]; 3];
            gains.dilation[source] = [gains.dilation[source][0]; 3];
            source += 1;
        }
    }
    gains
}

/// A jump in 64ths of a pixel.
const fn jump(layer: &Layer<'_>, node: usize, axis: usize) -> i64 {
    match layer.table.layer(node).jump(axis) {
        Some(jump) => jump.num * 64 / jump.den,
        None => 0,
    }
}

impl<const N: usize> Proposer<'_, '_, N> {
    const fn source(&self, source: usize) -> &Source {
        &self.sources.list[source]
    }

    const fn op(&self, source: usize) -> &Op {
        &self.layer.table.graph.nodes[self.sources.list[source].first].op
    }

    /// Keeps a change, if there is room and it can be made.
    const fn push(&mut self, source: usize, arg: Arg, axes: [bool; 3], step: i64, padded: bool) {
        if self.out.len == MOST || step == 0 || step.saturating_abs() > 1 << 16 {
            return;
        }
        let mut known = 0;
        while known < self.out.len {
            let other = &self.out.list[known];
            if other.source == source && other.step == step && other.arg.letter() == arg.letter() {
                return;
            }
            known += 1;
        }
        let change = Change { source, arg, axes, step, padded, ..NO_CHANGE };
        if let Some(change) = self.priced(change) {
            self.out.list[self.out.len] = change;
            self.out.len += 1;
        }
    }

    const fn priced(&self, mut change: Change) -> Option<Change> {
        let from = &self.sources.list[change.source];
        if let Arg::Repeat = change.arg {
            let last = from.first + from.nodes * from.copies;
            let copy = match self.layer.table.sum_macs(last - from.nodes, last) {
                Some(macs) => macs,
                None => 0,
            };
            (change.cost, change.size) = (if change.step > 0 { copy } else { 0 }, 1);
            return Some(change);
        }
        let Some(op) = changed(self.op(change.source), &change, from) else { return None };
        let macs = match self.layer.table.rows[from.first].macs() {
            Some(macs) => macs.saturating_mul(from.nodes as u64),
            None => 0,
        };
        change.cost = expected(self.op(change.source), &op, macs, self.macs);
        change.size = size(self.op(change.source), &op);
        if matches!(change.arg, Arg::Stride) {
            change.size += RESHAPED;
        }
        Some(change)
    }

    /// The axes that one literal changes: all where it is a number, those in need where it is a tuple.
    const fn axes(&self, source: usize, arg: Arg, need: PerAxis) -> [bool; 3] {
        let mut axes = ALL;
        let mut at = 0;
        while at < 3 {
            let inside = at < self.layer.rank();
            axes[at] = inside && (self.source(source).is_scalar(arg) || need[at] != 0);
            at += 1;
        }
        axes
    }

    /// Whether the padding goes with the window, as it stands in the source.
    const fn padded(&self, source: usize, axes: [bool; 3]) -> bool {
        let Some(window) = window(self.op(source)) else { return false };
        self.source(source).is_literal(Arg::Padding)
            && (is_padded(&window, axes) || matches!(self.op(source), Op::ConvTranspose { .. }))
    }

    /// Wider or narrower windows, by what each adds to the widest path; larger or smaller strides; a repeat.
    const fn field(&mut self, source: usize, need: PerAxis, exact: bool, gains: &Gains<N>) {
        let way = largest(need).signum();
        self.repeat(source, way);
        let Some(old) = window(self.op(source)) else { return };
        let args = [Arg::Dilation, Arg::Kernel];
        let mut which = 0;
        while which < args.len() {
            let arg = args[which];
            if self.source(source).is_literal(arg) {
                let axes = self.axes(source, arg, need);
                let gain = if which == 0 { gains.dilation[source] } else { gains.kernel[source] };
                let padded = self.padded(source, axes);
                let each = if which == 0 { old.kernel[0] - 1 } else { old.dilation[0] };
                let follows = which == 1 && self.source(source).stride_follows();
                let steps = if follows { 1 } else { steps(need, gain, axes, exact) };
                let odd = padded && steps % 2 == 1 && each % 2 == 1;
                self.push(source, arg, axes, way * (steps + odd as i64), padded);
            }
            which += 1;
        }
        if self.source(source).is_literal(Arg::Stride) {
            let axes = self.axes(source, Arg::Stride, need);
            self.push(source, Arg::Stride, axes, way, false);
        }
    }

    /// One copy more, or one fewer.
    const fn repeat(&mut self, source: usize, way: i64) {
        let from = self.source(source);
        if from.is_repeat() && (way > 0 || from.copies > 1) {
            self.push(source, Arg::Repeat, ALL, way, false);
        }
    }

    /// The stride that gives the wanted jump.
    const fn jump(&mut self, source: usize, over: i64, under: i64) {
        let Some(window) = window(self.op(source)) else { return };
        if !self.source(source).is_literal(Arg::Stride) {
            return;
        }
        let (over, under) =
            if matches!(self.op(source), Op::ConvTranspose { .. }) { (under, over) } else { (over, under) };
        let stride = window.stride[0];
        let axes = self.axes(source, Arg::Stride, [1; 3]);
        let exact = stride.saturating_mul(over);
        if under != 0 && exact % under == 0 {
            self.push(source, Arg::Stride, axes, exact / under - stride, false);
        } else {
            self.push(source, Arg::Stride, axes, if over > under { 1 } else { -1 }, false);
        }
    }

    /// Padding, kernel or stride for other extents; channels for other channels.
    const fn shape(&mut self, source: usize, channels: i64, extents: PerAxis) {
        let unit = largest(extents);
        if unit == 0 {
            if self.source(source).is_literal(Arg::Channels) {
                self.push(source, Arg::Channels, ALL, channels, false);
            }
            return;
        }
        let Some(window) = window(self.op(source)) else { return };
        // So many of this layer's units for one of those asked about.
        let scale =
            match (jump(self.layer, self.layer.node, 0), jump(self.layer, self.source(source).first, 0)) {
                (after, here) if here > 0 && after > here => after / here,
                _ => 1,
            };
        let total = unit.saturating_mul(scale).saturating_mul(window.stride[0]);
        if self.source(source).is_literal(Arg::Padding) {
            let axes = self.axes(source, Arg::Padding, extents);
            let both = total / 2 + total % 2;
            self.push(source, Arg::Padding, axes, both, false);
        }
        if self.source(source).is_literal(Arg::Kernel) {
            let axes = self.axes(source, Arg::Kernel, extents);
            self.push(source, Arg::Kernel, axes, -total / window.dilation[0], false);
        }
        if self.source(source).is_literal(Arg::Stride) {
            let axes = self.axes(source, Arg::Stride, extents);
            self.push(source, Arg::Stride, axes, -unit.signum(), false);
        }
        self.repeat(source, 1);
        self.repeat(source, -1);
    }

    /// Smaller or larger windows, fewer or more channels.
    const fn count(&mut self, source: usize, missing: i64, exact: bool, macs: bool) {
        let way = missing.signum();
        self.repeat(source, way);
        let Some(old) = window(self.op(source)) else { return };
        if self.source(source).is_literal(Arg::Kernel) {
            let axes = self.axes(source, Arg::Kernel, [1; 3]);
            let padded = self.padded(source, axes);
            let odd = padded && old.dilation[0] % 2 == 1;
            self.push(source, Arg::Kernel, axes, if odd { 2 * way } else { way }, padded);
        }
        if macs && self.source(source).is_literal(Arg::Stride) {
            let axes = self.axes(source, Arg::Stride, [1; 3]);
            self.push(source, Arg::Stride, axes, -way, false);
        }
        let Op::Conv { channels, .. } = *self.op(source) else { return };
        if !self.source(source).is_literal(Arg::Channels) {
            return;
        }
        let row = &self.layer.table.rows[self.source(source).first];
        let own = match row.macs() {
            Some(own) if macs => own as i64,
            _ => row.params() as i64,
        };
        // The layer's own weights go with its channels, and those of the next one too.
        let own = max(own.saturating_mul(self.source(source).nodes as i64), 1);
        let step = missing.saturating_mul(channels) / own;
        if !exact {
            self.push(source, Arg::Channels, ALL, max(step / 2 + way, 1 - channels), false);
        }
        self.push(source, Arg::Channels, ALL, max(step + if exact { 0 } else { way }, 1 - channels), false);
    }

    /// One more or less of whatever moves centres.
    const fn alignment(&mut self, source: usize) {
        let args = [Arg::Padding, Arg::Kernel, Arg::Stride];
        let mut which = 0;
        while which < args.len() {
            let arg = args[which];
            if self.source(source).is_literal(arg) {
                let axes = self.axes(source, arg, [1; 3]);
                self.push(source, arg, axes, 1, false);
                self.push(source, arg, axes, -1, false);
                if let Arg::Kernel = arg {
                    let padded = self.padded(source, axes);
                    self.push(source, arg, axes, 2, padded);
                    self.push(source, arg, axes, -2, padded);
                }
            }
            which += 1;
        }
    }

    /// Smaller dilations and strides, larger kernels.
    const fn holes(&mut self, source: usize) {
        let Some(old) = window(self.op(source)) else { return };
        let widest = max(old.dilation[0], max(old.dilation[1], old.dilation[2]));
        if self.source(source).is_literal(Arg::Dilation) {
            let axes = self.axes(source, Arg::Dilation, [1; 3]);
            let padded = self.padded(source, axes);
            let mut step = 1;
            while step < min(widest, 8) {
                self.push(source, Arg::Dilation, axes, -step, padded);
                step += 1;
            }
            if widest > 8 {
                self.push(source, Arg::Dilation, axes, 1 - widest, padded);
            }
        }
        if self.source(source).is_literal(Arg::Kernel) {
            let axes = self.axes(source, Arg::Kernel, [1; 3]);
            let padded = self.padded(source, axes);
            let step = if padded && old.dilation[0] % 2 == 1 { 2 } else { 1 };
            self.push(source, Arg::Kernel, axes, step, padded);
        }
        if self.source(source).is_literal(Arg::Stride) {
            let axes = self.axes(source, Arg::Stride, [1; 3]);
            self.push(source, Arg::Stride, axes, -1, false);
        }
    }
}

/// The steps that make up for what is needed along every axis; none where one of them gains nothing, or where only a
/// part of a step would be exact.
const fn steps(need: PerAxis, gain: PerAxis, axes: [bool; 3], exact: bool) -> i64 {
    let (mut steps, mut at) = (0, 0);
    while at < 3 {
        if need[at] != 0 {
            let need = need[at].saturating_abs().saturating_mul(64);
            if !axes[at] || gain[at] == 0 || (exact && need % gain[at] != 0) {
                return 0;
            }
            steps = max(steps, (need - 1) / gain[at] + 1);
        }
        at += 1;
    }
    steps
}
