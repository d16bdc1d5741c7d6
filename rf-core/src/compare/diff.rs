//! What changed between two networks, layer by layer.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::align::{Key, Pair, align};
use super::first::same;
use super::identity::{Identity, Known, identify, own};
use super::kind::Kind;
use super::meaning::{FACETS, Meaning};
use super::view::View;
use crate::theory::{Layer, Table, Text, UNBOUNDED};

/// Two networks, aligned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The layers that mean something in space, in the order of the second network; those of the first alone stand
    /// where they were.
    pub entries: Vec<Entry>,
    same: bool,
}

/// A layer of one or of both networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The layer of the first network; `None` for one that was added.
    pub before: Option<Side>,
    /// The layer of the second; `None` for one that was removed.
    pub after: Option<Side>,
    /// What differs between the two.
    pub changes: Vec<Change>,
}

/// A layer of one of the networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Its index in the graph.
    pub node: usize,
    /// The language's word for what it is.
    pub kind: &'static str,
    /// Its window, in words: `kernel 3, stride 2`. Empty for a layer without one.
    pub window: String,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `kind`, `kernel`, `stride`, `padding`, `dilation`, `factor`, `channels`, `reads`, `extents`, `rf`, `jump` or `start`.
    pub what: &'static str,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
    /// Whether the layer itself was changed; what follows from layers before it is not its own.
    pub own: bool,
}

impl Diff {
    /// Whether both networks are the same in spatial meaning: whether [`check_same`](super::check_same) has nothing to say.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.same
    }
}

impl Entry {
    /// Whether the layer was added, removed, or changed in itself.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before.is_none() || self.after.is_none() || self.changes.iter().any(|change| change.own)
    }
}

/// Compares two networks layer by layer.
///
/// Layers are matched by name, then by their arguments, in order. A network with an input of unknown extents is compared
/// in what does not follow from them.
///
/// ```
/// use rf_core::compare::diff;
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::TableBuf;
///
/// let net = |kernel| {
///     let mut net = GraphBuf::new("Net", 1, &[32, 32]);
///     let window = Window::new([kernel, kernel, 1]);
///     net.push("conv", Op::Conv { channels: 8, window, groups: 1, bias: false }, &[0]);
///     net
/// };
/// let (three, five) = (net(3), net(5));
/// let (three, five) = (three.lend(), five.lend());
/// let (three, five) = (TableBuf::new(&three.graph()), TableBuf::new(&five.graph()));
/// let diff = diff(&three.table(), &five.table());
/// let kernel = &diff.entries[1].changes[0];
/// assert_eq!((kernel.what, &*kernel.before, &*kernel.after), ("kernel", "3", "5"));
/// ```
#[must_use]
pub fn diff(a: &Table<'_>, b: &Table<'_>) -> Diff {
    let known = Known::of(a, b);
    let (mut ours, mut theirs) = (Skeleton::of(a, known), Skeleton::of(b, known));
    let same = same(a, b, &mut ours.identities, &mut theirs.identities, &mut Text::new());
    let pairs = align(&ours.keys(), &theirs.keys(), same);
    let entries = pairs.iter().map(|&pair| entry(&ours, &theirs, &pairs, pair)).collect();
    Diff { entries, same }
}

/// The layers of a network that mean something.
struct Skeleton<'t, 'a> {
    view: View<'t, 'a>,
    identities: Vec<Identity>,
    nodes: Vec<usize>,
}

impl<'t, 'a> Skeleton<'t, 'a> {
    fn of(table: &'t Table<'a>, known: Known) -> Self {
        let (view, mut identities) = (known.view(table), vec![Identity::NONE; table.len()]);
        identify(&view, known, &mut identities);
        let means = |&node: &usize| view.kind(node) != Kind::None && !view.is_absorbed(node);
        Self { view, identities, nodes: (0..table.len()).filter(means).collect() }
    }

    fn keys(&self) -> Vec<Key<'a>> {
        let key = |&node: &usize| Key {
            name: self.view.graph().nodes[node].name,
            kind: self.view.kind(node),
            own: own(&Meaning::of(&self.view, node)),
            identity: self.identities[node].own,
        };
        self.nodes.iter().map(key).collect()
    }

    fn side(&self, at: usize) -> Side {
        let node = self.nodes[at];
        let meaning = Meaning::of(&self.view, node);
        let name = self.view.graph().nodes[node].name.to_owned();
        Side { name, node, kind: meaning.kind.word(), window: window(&meaning) }
    }

    /// The places in the skeleton of what a layer reads.
    fn reads(&self, at: usize) -> Vec<usize> {
        let (graph, node) = (self.view.graph(), self.nodes[at]);
        let mut found = Vec::new();
        let mut open: Vec<usize> = graph.nodes[node].inputs.to_vec();
        while let Some(input) = open.pop() {
            let single = graph.nodes[node].inputs.len() == 1;
            let from = if single { self.view.reads(node).0 } else { self.view.seen(input) };
            match self.nodes.binary_search(&from) {
                Ok(place) => found.push(place),
                // A sum within the sum.
                Err(_) => open.extend(graph.nodes[from].inputs),
            }
        }
        found.sort_unstable();
        found
    }
}

fn entry(ours: &Skeleton<'_, '_>, theirs: &Skeleton<'_, '_>, pairs: &[Pair], (a, b): Pair) -> Entry {
    let changes = match (a, b) {
        (Some(a), Some(b)) => changes(ours, theirs, pairs, a, b),
        _ => Vec::new(),
    };
    Entry { before: a.map(|a| ours.side(a)), after: b.map(|b| theirs.side(b)), changes }
}

fn changes(
    ours: &Skeleton<'_, '_>,
    theirs: &Skeleton<'_, '_>,
    pairs: &[Pair],
    a: usize,
    b: usize,
) -> Vec<Change> {
    if ours.identities[ours.nodes[a]] == theirs.identities[theirs.nodes[b]] {
        return Vec::new();
    }
    let (before, after) =
        (Meaning::of(&ours.view, ours.nodes[a]), Meaning::of(&theirs.view, theirs.nodes[b]));
    let differing = FACETS.into_iter().filter(|&facet| !before.agrees(&after, facet));
    let mut changes: Vec<Change> = differing
        .map(|facet| {
            let text = |meaning: &Meaning| {
                let mut text = Text::new();
                meaning.write(facet, &mut text);
                text.as_str().to_owned()
            };
            let own = facet.is_own() || before.kind == Kind::Input;
            Change { what: facet.word(), before: text(&before), after: text(&after), own }
        })
        .collect();
    changes.extend(rewired(ours, theirs, pairs, a, b));
    let (before, after) = (ours.view.table.layer(ours.nodes[a]), theirs.view.table.layer(theirs.nodes[b]));
    for (what, text) in DERIVED {
        let (before, after) = (text(&before), text(&after));
        if before != after {
            changes.push(Change { what, before, after, own: false });
        }
    }
    changes
}

/// That a layer reads others than those that stand for what it read.
fn rewired(
    ours: &Skeleton<'_, '_>,
    theirs: &Skeleton<'_, '_>,
    pairs: &[Pair],
    a: usize,
    b: usize,
) -> Option<Change> {
    let (reads_a, reads_b) = (ours.reads(a), theirs.reads(b));
    let stands_for =
        |place: &usize| pairs.iter().find(|(a, _)| a.as_ref() == Some(place)).and_then(|(_, b)| *b);
    let mut expected: Vec<Option<usize>> = reads_a.iter().map(stands_for).collect();
    expected.sort_unstable();
    if expected == reads_b.iter().copied().map(Some).collect::<Vec<_>>() {
        return None;
    }
    let names = |side: &Skeleton<'_, '_>, places: &[usize]| {
        let name = |&place: &usize| side.view.graph().nodes[side.nodes[place]].name;
        places.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    // Behind a layer that was added or removed it is fed otherwise, but was not changed itself.
    let only_there = |place: &usize| pairs.iter().any(|(a, b)| a.is_none() && b.as_ref() == Some(place));
    let own = !expected.contains(&None) && !reads_b.iter().any(only_there);
    Some(Change { what: "reads", before: names(ours, &reads_a), after: names(theirs, &reads_b), own })
}

type Write = fn(&Layer<'_>) -> String;

/// What follows from all layers before.
const DERIVED: [(&str, Write); 3] = [("rf", rf), ("jump", jump), ("start", start)];

fn rf(layer: &Layer<'_>) -> String {
    let local = layer.local_rf();
    let text = per_axis(layer, |axis| match (local.axis(axis).min, local.axis(axis).max) {
        (_, UNBOUNDED) => "unbounded".to_owned(),
        (min, max) if min == max => min.to_string(),
        (min, max) => format!("{min}..{max}"),
    });
    match layer.is_global() {
        true if local.max() == 0 => "global".to_owned(),
        true => format!("global, {text}"),
        false => text,
    }
}

fn jump(layer: &Layer<'_>) -> String {
    per_axis(layer, |axis| layer.jump(axis).map_or_else(|| "-".to_owned(), |jump| jump.to_string()))
}

fn start(layer: &Layer<'_>) -> String {
    per_axis(layer, |axis| layer.start(axis).map_or_else(|| "-".to_owned(), |start| start.to_string()))
}

/// One text per axis, once where all axes agree.
fn per_axis(layer: &Layer<'_>, value: impl Fn(usize) -> String) -> String {
    let each: Vec<String> = (0..layer.table().graph().rank).map(value).collect();
    if each.iter().all(|other| *other == each[0]) { each[0].clone() } else { each.join("×") }
}

/// The window of a layer that has one, in words; what is 1, or no padding, is left out.
fn window(meaning: &Meaning) -> String {
    use super::meaning::Facet::{Dilation, Factor, Kernel, Padding, Stride};
    let neutral = |facet| match facet {
        Padding => 0,
        _ => 1,
    };
    let says = |facet: &_| meaning.get(*facet)[..meaning.rank].iter().any(|&value| value != neutral(*facet));
    let slides = meaning.get(Kernel)[0] > 0 && !meaning.kind.is_merge() && meaning.kind != Kind::Input;
    if !slides {
        return String::new();
    }
    let facets = [Kernel, Stride, Padding, Dilation, Factor].into_iter();
    let texts = facets.filter(|facet| *facet == Kernel || says(facet)).map(|facet| {
        let mut text = Text::new();
        text.str(facet.word()).str(" ");
        meaning.write(facet, &mut text);
        text.as_str().to_owned()
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
