//! The first difference, in const context: what `same_as` of the language says.

use super::identity::{Identity, Known, identify};
use super::kind::Kind;
use super::meaning::{FACETS, Meaning};
use super::view::View;
use crate::graph::name::same as same_name;
use crate::theory::{Table, Text};

/// Checks that a network of at most `N` layers is the same in spatial meaning as one of at most `M`, which `file` is the
/// place of.
///
/// Nothing is said where either has a layer at fault: that is an error already.
///
/// # Panics
/// At the first layer that differs, with the layers of both sides.
#[track_caller]
pub const fn check_same<const N: usize, const M: usize>(network: &Table<'_>, other: &Table<'_>, file: &str) {
    if is_faulty(network) || is_faulty(other) {
        return;
    }
    let (mut ours, mut theirs) = ([Identity::NONE; N], [Identity::NONE; M]);
    let mut text = Text::new();
    text.str("not the network in ").name(file).str(": ");
    let same = same(network, other, &mut ours, &mut theirs, &mut text);
    assert!(same, "{}", text.as_str());
}

const fn is_faulty(table: &Table<'_>) -> bool {
    let mut node = 0;
    while node < table.len() {
        if table.layer(node).fault().is_some() {
            return true;
        }
        node += 1;
    }
    false
}

/// Whether both are the same; where not, the words for the first difference are in `text`. `ours` and `theirs` are room
/// for a number per layer.
pub(super) const fn same(
    a: &Table<'_>,
    b: &Table<'_>,
    ours: &mut [Identity],
    theirs: &mut [Identity],
    text: &mut Text,
) -> bool {
    if a.graph().rank != b.graph().rank {
        text.str("it has ")
            .int(a.graph().rank as i64)
            .str(" spatial axes, that has ")
            .int(b.graph().rank as i64);
        return false;
    }
    let known = Known::of(a, b);
    let (a, b) = (known.view(a), known.view(b));
    identify(&a, known, ours);
    identify(&b, known, theirs);
    let sides = Sides { a, b, ours, theirs };
    if let Some(node) = lacking(&a, ours, theirs) {
        sides.describe(node, text);
        return false;
    }
    if let Some(node) = lacking(&b, theirs, ours) {
        layer(&b, node, text);
        text.str(" there is not here");
        return false;
    }
    true
}

/// The first layer of a network whose number the other has not. Both mostly have them in the same order, so that a search
/// begins where the last one ended.
const fn lacking(view: &View<'_, '_>, own: &[Identity], other: &[Identity]) -> Option<usize> {
    let (mut node, mut next) = (0, 0);
    while node < view.table.len() {
        let (mut tries, mut at) = (0, next);
        while tries < other.len() && other[at].own != own[node].own {
            (tries, at) = (tries + 1, (at + 1) % other.len());
        }
        if tries == other.len() {
            let part = matches!(view.kind(node), Kind::None) || view.is_absorbed(node);
            if !part {
                return Some(node);
            }
        } else {
            next = at;
        }
        node += 1;
    }
    None
}

struct Sides<'s, 'a, 'b> {
    a: View<'s, 'a>,
    b: View<'s, 'b>,
    ours: &'s [Identity],
    theirs: &'s [Identity],
}

impl Sides<'_, '_, '_> {
    /// Says what layer `node` has that its counterpart has not.
    const fn describe(&self, node: usize, text: &mut Text) {
        let Some(other) = self.counterpart(node) else {
            layer(&self.a, node, text);
            text.str(" is not there");
            return;
        };
        let (ours, theirs) = (Meaning::of(&self.a, node), Meaning::of(&self.b, other));
        let (mine, yours) = (self.a.graph().nodes[node].name, self.b.graph().nodes[other].name);
        let mut at = 0;
        while at < FACETS.len() {
            if !ours.agrees(&theirs, FACETS[at]) {
                text.name(mine).str(" has ").str(FACETS[at].word()).str(" ");
                ours.write(FACETS[at], text);
                text.str(", ").name(yours).str(" there has ");
                theirs.write(FACETS[at], text);
                return;
            }
            at += 1;
        }
        text.name(mine).str(" reads ");
        inputs(&self.a, node, text);
        text.str(", ").name(yours).str(" there reads ");
        inputs(&self.b, other, text);
    }

    /// The other side's layer that stands for `node`: of those that are not here, one of the same name, else one that
    /// reads the same, else the first.
    const fn counterpart(&self, node: usize) -> Option<usize> {
        let (mut best, mut rank, mut at) = (None, 0, 0);
        while at < self.b.table.len() {
            if !matches!(self.b.kind(at), Kind::None)
                && !has(self.ours, self.theirs[at])
                && !self.b.is_absorbed(at)
            {
                let fit = self.fit(node, at);
                if fit > rank {
                    (best, rank) = (Some(at), fit);
                }
            }
            at += 1;
        }
        best
    }

    const fn fit(&self, node: usize, other: usize) -> usize {
        let (mine, yours) = (self.a.graph().nodes[node], self.b.graph().nodes[other]);
        let alike = self.a.kind(node) as usize == self.b.kind(other) as usize;
        if same_name(mine.name, yours.name) {
            5
        } else if mine.inputs.len() == 1 && yours.inputs.len() == 1 {
            let (from, of) = (self.a.reads(node).0, self.b.reads(other).0);
            let fed = self.ours[from].own == self.theirs[of].own;
            1 + alike as usize + 2 * fed as usize
        } else {
            1 + alike as usize
        }
    }
}

const fn has(identities: &[Identity], wanted: Identity) -> bool {
    let mut at = 0;
    while at < identities.len() {
        if identities[at].own == wanted.own {
            return true;
        }
        at += 1;
    }
    false
}

/// `name` and what kind of layer it is.
const fn layer(view: &View<'_, '_>, node: usize, text: &mut Text) {
    text.name(view.graph().nodes[node].name).str(" (").str(view.kind(node).word()).str(")");
}

/// What a layer reads, as far as it means something.
const fn inputs(view: &View<'_, '_>, node: usize, text: &mut Text) {
    let (graph, mut k) = (view.graph(), 0);
    let inputs = graph.nodes[node].inputs;
    while k < inputs.len() {
        let input = if inputs.len() == 1 { view.reads(node).0 } else { view.seen(inputs[k]) };
        if k > 0 {
            text.str(" and ");
        }
        text.name(graph.nodes[input].name);
        k += 1;
    }
}
