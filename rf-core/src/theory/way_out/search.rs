//! Changes tried, cheapest first: each is made to a copy of the graph, and what comes behind it is evaluated anew.

use super::super::assertion::{Asserted, Assertion, At, Query};
use super::super::compose::Pool;
use super::super::evaluate::refill;
use super::super::interval::Interval;
use super::super::layer::Layer;
use super::super::message::answer;
use super::super::repeat::{Repeats, Shapes};
use super::super::row::{NONE, Row};
use super::super::scratch::{BITS, Scratch};
use super::super::support::Part;
use super::super::table::Table;
use super::super::text::Text;
use super::super::verdict::holds;
use super::change::{Change, RESHAPED, changed};
use super::findings::{Findings, Found};
use super::gap::Gap;
use super::price::{BUDGET, price};
use super::propose::{Changes, propose};
use super::repeat::{EDGES, Moved, NO_GROUP, STAY, repeated};
use super::source::{Arg, Source, Sources};
use crate::graph::{Graph, Node};

/// Room for phases of the changed network, those of the network itself among them.
const PHASES: usize = 8192;
/// A search that has found enough goes on for so long, in case that a better change comes late.
const PATIENCE: usize = 200;
/// In a network of more layers nothing is traced unit by unit.
const TRACED: usize = 150;
/// After so many changes that would take too long, no other is looked at.
const REFUSED: usize = 4;
/// How often a change that is not enough is made larger.
const TRIES: u8 = 4;

/// What a change does.
#[expect(clippy::large_enum_variant, reason = "there is no heap in const context")]
enum Outcome {
    Mends(Found),
    /// The assertion still fails.
    TooLittle,
    /// A layer is at fault, or another assertion fails that held before.
    Breaks,
    /// Too much to evaluate.
    TooLong,
}

/// The copy that changes are made to.
struct Bench<'a, 'b, const N: usize> {
    base: &'b Layer<'a>,
    asserted: &'b Asserted<'a>,
    index: usize,
    rows: [Row; N],
    /// A number per node, the same where the operations are.
    ops: [usize; N],
    /// Places for [`Repeats`].
    seen: [usize; N],
    phases: [Interval; PHASES],
    parts: [Part; N],
    bits: [u64; BITS],
    /// Which node has which shape.
    shapes: [usize; N],
    /// Rows from here on are of an earlier change.
    dirty: usize,
    /// Whether some layer of the network is at fault without any change.
    faulty: bool,
    /// Whether what a global layer reads was too long to trace.
    lacking: bool,
    spent: usize,
    /// Multiply-accumulates without any change.
    macs: Option<u64>,
}

/// Appends what would mend a failing assertion, or that nothing does.
#[expect(clippy::large_stack_arrays, reason = "the compiler runs this; there is no heap in const context")]
#[inline(never)] // at run time its frame would be its callers' too
pub(crate) const fn search<const N: usize>(
    layer: &Layer<'_>,
    asserted: &Asserted<'_>,
    index: usize,
    gap: Gap,
    text: &mut Text,
) {
    let graph = &layer.table.graph;
    let sources = Sources::<N>::read(asserted.sources, graph);
    let mut changes = propose(layer, &sources, gap);
    let mut bench = Bench {
        base: layer,
        asserted,
        index,
        rows: [Row::EMPTY; N],
        ops: [0; N],
        seen: [0; N],
        phases: [Interval::EMPTY; PHASES],
        parts: [Part::EMPTY; N],
        bits: [0; BITS],
        shapes: [NONE; N],
        dirty: 0,
        faulty: false,
        lacking: false,
        spent: 0,
        macs: layer.table.macs(),
    };
    bench.set_up();
    let mut nodes = [graph.nodes[0]; N];
    nodes.split_at_mut(graph.nodes.len()).0.copy_from_slice(graph.nodes);
    let mut found = Findings::EMPTY;
    let mut refused = 0;
    while let Some(next) = cheapest(&changes) {
        let change = changes.list[next];
        let enough = found.is_full() && (bench.spent > PATIENCE || found.beats(&change));
        if enough || refused > REFUSED {
            break;
        }
        changes.list[next].done = true;
        let source = &sources.list[change.source];
        let outcome = if bench.lacks(source.first) {
            Outcome::TooLong
        } else if source.is_repeat() {
            bench.attempt_repeat(&change, source)
        } else {
            bench.attempt(&change, &sources, &mut nodes)
        };
        match outcome {
            Outcome::Mends(mended) => found.add(mended),
            Outcome::TooLittle => changes.enlarge(next),
            Outcome::Breaks => {}
            Outcome::TooLong => refused += 1,
        }
    }
    found.tell(layer, &sources, (refused > 0, asserted.assertions.len() == 1), text);
}

/// The untried change that costs least, then changes least.
const fn cheapest(changes: &Changes) -> Option<usize> {
    let mut best = None;
    let mut index = 0;
    while index < changes.len {
        let change = &changes.list[index];
        let better = match best {
            _ if change.done => false,
            None => true,
            Some(best) => {
                let best: &Change = &changes.list[best];
                change.cost < best.cost || (change.cost == best.cost && change.size < best.size)
            }
        };
        if better {
            best = Some(index);
        }
        index += 1;
    }
    best
}

impl Changes {
    /// Tries a change again, one step further, where the guess did not suffice.
    const fn enlarge(&mut self, index: usize) {
        let change = &mut self.list[index];
        if change.tries < TRIES && matches!(change.arg, Arg::Kernel | Arg::Dilation | Arg::Channels) {
            let more = if change.padded { 2 } else { 1 };
            let step = change.step + more * change.step.signum();
            change.cost += change.cost / change.step.unsigned_abs();
            change.size += more;
            (change.step, change.done, change.tries) = (step, false, change.tries + 1);
        }
    }
}

impl<'a, const N: usize> Bench<'a, '_, N> {
    const fn set_up(&mut self) {
        let table = &self.base.table;
        let count = table.graph.nodes.len();
        self.rows.split_at_mut(count).0.copy_from_slice(table.rows);
        self.ops.split_at_mut(self.asserted.ops.len()).0.copy_from_slice(self.asserted.ops);
        self.phases.split_at_mut(table.phases.len()).0.copy_from_slice(table.phases);
        self.dirty = count;
        let mut node = 0;
        while node < count {
            self.faulty = self.faulty || table.rows[node].fault.is_some();
            // They stood in room that is gone.
            self.rows[node].forget_others();
            node += 1;
        }
    }

    /// Whether the question needs all layers and not those up to one.
    const fn asks_all(&self) -> bool {
        matches!(self.asserted.assertions[self.index].query, Query::Params | Query::Macs)
    }

    /// Whether a change of node `first` would take too long to judge.
    const fn lacks(&self, first: usize) -> bool {
        let until = if self.asks_all() { self.base.table.len() } else { self.base.node + 1 };
        let price = price(self.base, &self.asserted.assertions[self.index]);
        self.spent + until.saturating_sub(first) + price > BUDGET
    }

    /// Makes the change in `nodes`, evaluates, and takes it back.
    const fn attempt(&mut self, change: &Change, sources: &Sources<N>, nodes: &mut [Node<'a>; N]) -> Outcome {
        let source = &sources.list[change.source];
        let graph = self.base.table.graph;
        let (mut possible, mut node, mut left) = (true, source.first, source.nodes);
        while left > 0 {
            if sources.owner[node] == change.source {
                left -= 1;
                match changed(&graph.nodes[node].op, change, source) {
                    // No other layer has this operation.
                    Some(op) => (nodes[node].op, self.ops[node]) = (op, self.ops[node] + N),
                    None => possible = false,
                }
            }
            node += 1;
        }
        let outcome = if possible {
            let copy = Graph { nodes: nodes.split_at(graph.nodes.len()).0, ..graph };
            self.judge(&copy, STAY, change, source.first)
        } else {
            Outcome::Breaks
        };
        let changed = nodes.split_at_mut(graph.nodes.len()).0.split_at_mut(source.first).1;
        changed.copy_from_slice(graph.nodes.split_at(source.first).1);
        self.ops.split_at_mut(self.asserted.ops.len()).0.copy_from_slice(self.asserted.ops);
        outcome
    }

    /// Evaluates a graph with another number of copies.
    #[expect(
        clippy::large_stack_arrays,
        reason = "the compiler runs this; there is no heap in const context"
    )]
    const fn attempt_repeat(&mut self, change: &Change, source: &Source) -> Outcome {
        let graph = self.base.table.graph;
        let (mut nodes, mut groups) = ([graph.nodes[0]; N], [NO_GROUP; N]);
        let mut edges = [0; EDGES];
        match repeated(&graph, source, change.step > 0, &mut edges, &mut nodes, &mut groups) {
            Some((copy, moved)) if !self.asks_within(&moved) => {
                self.judge(&copy, moved, change, moved.from - source.nodes)
            }
            _ => Outcome::Breaks,
        }
    }

    /// Whether some assertion is about the copy that a shorter repeat loses.
    const fn asks_within(&self, moved: &Moved) -> bool {
        let mut index = 0;
        while index < self.asserted.assertions.len() && moved.by < 0 {
            let node = match self.asserted.assertions[index].at {
                At::Node(node) => node,
                At::Group(group) => self.base.table.graph.groups[group].first,
                _ => 0,
            };
            if node < moved.from && node as i64 >= moved.from as i64 + moved.by {
                return true;
            }
            index += 1;
        }
        false
    }

    /// Evaluates a changed graph from node `first` on, and asks all assertions.
    const fn judge(&mut self, graph: &Graph<'_>, moved: Moved, change: &Change, first: usize) -> Outcome {
        let count = graph.nodes.len();
        let own = &self.asserted.assertions[self.index];
        let until = if self.asks_all() {
            count
        } else {
            let stale = Table { graph: *graph, rows: &[], phases: &[], sound: false };
            locate(&stale, own, moved).node + 1
        };
        self.spent += until.saturating_sub(first) + price(self.base, own);
        self.clean(first);
        let repeat = matches!(change.arg, Arg::Repeat);
        match self.refill(graph, (first, until), repeat, self.base.table.phases.len()) {
            None => return self.refused(),
            Some(used) => {
                let table = self.table(graph);
                if !holds(&locate(&table, own, moved), own, &mut Text::new()) {
                    return Outcome::TooLittle;
                }
                self.spent += count - until;
                if self.refill(graph, (until, count), repeat, used).is_none() {
                    return self.refused();
                }
            }
        }
        match self.others(graph, moved) {
            None => return Outcome::TooLong,
            Some(false) => return Outcome::Breaks,
            Some(true) => {}
        }
        let table = self.table(graph);
        let mut gives = Text::new();
        answer(&locate(&table, own, moved), own, &mut gives);
        let mut change = *change;
        change.size %= RESHAPED;
        if reshaped(&table.output(), &self.base.table.output()) {
            change.size += RESHAPED;
        }
        Outcome::Mends(Found { change, cost: self.added(&table), gives })
    }

    /// What a change is whose network is at fault.
    const fn refused(&self) -> Outcome {
        if self.lacking { Outcome::TooLong } else { Outcome::Breaks }
    }

    /// Makes the rows before node `first` the network's own again.
    const fn clean(&mut self, first: usize) {
        if self.dirty < first {
            let (dirty, base) = (self.dirty, self.base.table.rows);
            let stale = self.rows.split_at_mut(first).0.split_at_mut(dirty).1;
            stale.copy_from_slice(base.split_at(first).0.split_at(dirty).1);
            let mut node = dirty;
            while node < first {
                self.rows[node].forget_others();
                node += 1;
            }
        }
        self.dirty = first;
    }

    /// Evaluates nodes, with phases from place `used` on; `None` where one is at fault that was not.
    const fn refill(
        &mut self,
        graph: &Graph<'_>,
        (first, until): (usize, usize),
        repeat: bool,
        used: usize,
    ) -> Option<usize> {
        let room = if graph.nodes.len() > TRACED { 0 } else { BITS };
        let bits = self.bits.split_at_mut(room).0;
        let scratch = Scratch::new(&mut self.parts, bits, &mut [], &mut []);
        let mut pool = Pool::new(&mut self.phases, scratch);
        pool.used = used;
        self.seen = [0; N];
        // Other copies change which node is which.
        let ops = self.ops.split_at(if repeat { 0 } else { self.asserted.ops.len() }).0;
        let repeats = Repeats::new(ops, &mut self.seen, Shapes::new(&mut self.shapes));
        let sound = refill(graph, (first, until), self.faulty, repeats, &mut self.rows, &mut pool);
        self.lacking = room == 0 && pool.scratch.lacking;
        let after = pool.used;
        self.spent += (after - used) / 16;
        if sound || self.faulty { Some(after) } else { None }
    }

    const fn table<'t>(&'t self, graph: &Graph<'t>) -> Table<'t> {
        let rows = self.rows.split_at(graph.nodes.len()).0;
        Table { graph: *graph, rows, phases: &self.phases, sound: false }
    }

    /// Whether the other assertions hold that held before; nothing where that would take too long to ask.
    const fn others(&mut self, graph: &Graph<'_>, moved: Moved) -> Option<bool> {
        let mut index = 0;
        while index < self.asserted.assertions.len() {
            let other = &self.asserted.assertions[index];
            let before = locate(&self.base.table, other, STAY);
            if index != self.index && before.fault().is_none() {
                let price = price(&before, other);
                if self.spent + price > BUDGET {
                    return None;
                }
                self.spent += price;
                let table = self.table(graph);
                let broken = !holds(&locate(&table, other, moved), other, &mut Text::new());
                if broken && holds(&before, other, &mut Text::new()) {
                    return Some(false);
                }
            }
            index += 1;
        }
        Some(true)
    }

    /// Multiply-accumulates that a changed network has more, or parameters where those are not known.
    const fn added(&self, changed: &Table<'_>) -> u64 {
        match (self.macs, if self.macs.is_some() { changed.macs() } else { None }) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => changed.params().saturating_sub(self.base.table.params()),
        }
    }
}

/// What an assertion is about, in a changed network.
const fn locate<'a>(table: &Table<'a>, assertion: &Assertion<'_>, moved: Moved) -> Layer<'a> {
    match assertion.at {
        At::Node(node) => table.layer(moved.node(node)),
        At::Group(group) => table.group(group),
        At::Name(name) => table.row(name),
        At::Network => table.output(),
    }
}

/// Whether an output has other channels or extents.
const fn reshaped(a: &Layer<'_>, b: &Layer<'_>) -> bool {
    let mut axis = 0;
    while axis < a.rank() {
        if a.data().extent(axis) != b.data().extent(axis) {
            return true;
        }
        axis += 1;
    }
    a.data().channels() != b.data().channels()
}
