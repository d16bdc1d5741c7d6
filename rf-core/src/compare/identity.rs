//! A number per layer that is equal for layers of equal meaning whose inputs have equal numbers: what each sees, and
//! how. Two networks are the same where they have the same numbers.

use super::kind::Kind;
use super::meaning::{FACETS, Facet, Meaning};
use super::view::View;
use crate::graph::{MAX_RANK, UNKNOWN};
use crate::theory::Table;

/// A layer's number, and for a merge the sum of what it joins: sums of sums are one sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) own: u64,
    terms: u64,
}

impl Identity {
    pub(super) const NONE: Self = Self { own: 0, terms: 0 };
}

/// Which facets of the two networks can be compared: with an input of unknown extents, not what follows from them.
#[derive(Clone, Copy)]
pub(super) struct Known {
    channels: bool,
    extents: [bool; MAX_RANK],
}

impl Known {
    pub(super) const fn of(a: &Table<'_>, b: &Table<'_>) -> Self {
        let (ours, theirs) = (a.layer(0).data(), b.layer(0).data());
        let (mut extents, mut axis) = ([true; MAX_RANK], 0);
        while axis < a.graph().rank {
            extents[axis] = ours.extent(axis) != UNKNOWN && theirs.extent(axis) != UNKNOWN;
            axis += 1;
        }
        Self { channels: ours.channels() != UNKNOWN && theirs.channels() != UNKNOWN, extents }
    }
}

/// Fills in the number of each layer, of as many as there is room for.
pub(super) const fn identify(view: &View<'_, '_>, known: Known, identities: &mut [Identity]) {
    let mut node = 0;
    while node < view.table.len() && node < identities.len() {
        identities[node] = one(view, known, node, identities);
        node += 1;
    }
}

const fn one(view: &View<'_, '_>, known: Known, node: usize, before: &[Identity]) -> Identity {
    let inputs = view.graph().nodes[node].inputs;
    let kind = view.kind(node);
    if matches!(kind, Kind::None) {
        return before[view.seen(node)];
    }
    let (mut terms, mut k) = (0u64, 0);
    while k < inputs.len() {
        let input = if inputs.len() == 1 { view.reads(node).0 } else { view.seen(inputs[k]) };
        let merged = kind.is_merge() && view.kind(input) as usize == kind as usize;
        let term = if merged { before[input].terms } else { mixed(before[input].own, 1) };
        terms = terms.wrapping_add(term);
        k += 1;
    }
    let own = mixed(facets(&Meaning::of(view, node), known), terms);
    Identity { own, terms }
}

impl Known {
    /// A network, to be compared in what is known.
    pub(super) const fn view<'t, 'a>(self, table: &'t Table<'a>) -> View<'t, 'a> {
        View { table, exact: self.extents[0] && self.extents[1] && self.extents[2] }
    }
}

/// Equal for layers of equal arguments, whatever they read.
#[cfg(feature = "alloc")]
pub(super) const fn own(meaning: &Meaning) -> u64 {
    facets(meaning, Known { channels: true, extents: [false; MAX_RANK] })
}

/// The facets that are known, in one number.
const fn facets(meaning: &Meaning, known: Known) -> u64 {
    let (mut hash, mut at) = (0, 0);
    while at < FACETS.len() {
        let (values, mut axis) = (meaning.get(FACETS[at]), 0);
        while axis < MAX_RANK {
            let open = match FACETS[at] {
                Facet::Channels => !known.channels,
                Facet::Extents => !known.extents[axis],
                _ => false,
            };
            hash = mixed(hash, if open { 0 } else { values[axis] as u64 });
            axis += 1;
        }
        at += 1;
    }
    hash
}

/// A step of SplitMix64 (Steele, Lea and Flood 2014), whose output has no visible relation to its input.
const fn mixed(hash: u64, value: u64) -> u64 {
    let mut mixed = (hash ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
