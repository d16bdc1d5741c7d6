//! The best changes that were found, and their words.

use super::super::layer::Layer;
use super::super::text::Text;
use super::change::{Change, changed, describe};
use super::source::{Arg, Source, Sources};

/// How many changes are shown.
const SHOWN: usize = 3;

/// A change that mends the assertion and breaks no other.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) change: Change,
    /// Multiply-accumulates (or parameters, where those are not known) that it adds.
    pub(super) cost: u64,
    /// What the assertion asks about, after the change.
    pub(super) gives: Text,
}

/// The best changes so far, cheapest first.
pub(super) struct Findings {
    list: [Option<Found>; SHOWN],
    len: usize,
}

impl Findings {
    pub(super) const EMPTY: Self = Self { list: [None; SHOWN], len: 0 };

    /// Whether there are as many as are shown.
    pub(super) const fn is_full(&self) -> bool {
        self.len == SHOWN
    }

    /// Whether none of them would give way to a change that costs what is expected.
    pub(super) const fn beats(&self, change: &Change) -> bool {
        match &self.list[SHOWN - 1] {
            Some(last) => {
                last.cost < change.cost || (last.cost == change.cost && last.change.size <= change.size)
            }
            None => false,
        }
    }

    /// Whether a change is among them already: two guesses may come to the same.
    const fn has(&self, change: &Change) -> bool {
        let mut place = 0;
        while place < self.len {
            if let Some(found) = &self.list[place]
                && found.change.is(change)
            {
                return true;
            }
            place += 1;
        }
        false
    }

    pub(super) const fn add(&mut self, mut new: Found) {
        if self.has(&new.change) {
            return;
        }
        let mut place = 0;
        while place < SHOWN {
            match self.list[place] {
                Some(old) if old.cost < new.cost => {}
                Some(old) if old.cost == new.cost && old.change.size <= new.change.size => {}
                Some(old) => {
                    self.list[place] = Some(new);
                    new = old;
                }
                None => {
                    self.list[place] = Some(new);
                    self.len += 1;
                    return;
                }
            }
            place += 1;
        }
    }

    pub(super) const fn tell<const N: usize>(
        &self,
        layer: &Layer<'_>,
        sources: &Sources<N>,
        (cut, alone): (bool, bool),
        text: &mut Text,
    ) {
        if self.len == 0 {
            text.str("\nhelp: ").str(if cut {
                "no way out was found: of the single changes, only some can be tried in const evaluation"
            } else if alone {
                "of the single changes of an argument or a repeat that were tried, none satisfies it"
            } else {
                "of the single changes of an argument or a repeat that were tried, none satisfies it and keeps the \
                 other assertions"
            });
            return;
        }
        text.str("\nhelp: the smallest single ").str(match (self.len, alone) {
            (1, true) => "change that satisfies it:",
            (1, false) => "change that satisfies it and keeps the other assertions:",
            (_, true) => "changes that satisfy it:",
            (_, false) => "changes that satisfy it and keep the other assertions:",
        });
        let (mut edits, mut width, mut place) = ([Text::new(); SHOWN], 0, 0);
        while place < self.len {
            if let Some(found) = &self.list[place] {
                edit(layer, &sources.list[found.change.source], &found.change, &mut edits[place]);
                let length = edits[place].len();
                width = if length > width { length } else { width };
            }
            place += 1;
        }
        let mut place = 0;
        while place < self.len {
            if let Some(found) = &self.list[place] {
                text.str("\n        ");
                let start = text.len();
                text.str(edits[place].as_str());
                if found.gives.len() > 0 {
                    text.pad(start, width).str("   gives ").str(found.gives.as_str());
                }
            }
            place += 1;
        }
        if cut {
            text.str("\n        (not all changes were tried: that would take too long in const evaluation)");
        }
    }
}

/// `layer1.0.conv1 and 3 more at 12:9: kernel 3 -> 5, padding 1 -> 2`.
const fn edit(layer: &Layer<'_>, source: &Source, change: &Change, text: &mut Text) {
    let graph = &layer.table.graph;
    let first = &graph.nodes[source.first];
    text.str(first.name);
    if let Arg::Repeat = change.arg {
        let last = &graph.nodes[source.first + source.nodes * source.copies - 1];
        if source.nodes * source.copies > 1 {
            text.str(" .. ").str(last.name);
        }
    } else if source.nodes > 1 {
        text.str(" and ").int(source.nodes as i64 - 1).str(" more");
    }
    if source.line > 0 {
        text.str(" at ").int(source.line as i64).str(":").int(source.column as i64);
    }
    text.str(": ");
    if let Arg::Repeat = change.arg {
        text.str("repeats ").int(source.copies as i64).str(" -> ");
        text.int(source.copies as i64 + change.step);
    } else if let Some(op) = changed(&first.op, change, source) {
        describe(&first.op, &op, source, graph.rank, text);
    }
}
