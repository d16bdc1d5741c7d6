//! Which layer of one network stands for which of another.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::kind::Kind;

/// What two layers are matched by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    /// Equal where layers have equal arguments.
    pub(super) own: u64,
    /// Equal where all that they see is equal too.
    pub(super) identity: u64,
}

/// A layer of the one side, a layer of the other, or both.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Most cells of the table of scores, 64 MiB of it. Beyond, names alone decide.
const CELLS: usize = 1 << 24;

/// Pairs in the order of both: names first, then arguments, then kinds, as many as there are in the same order. What is
/// left over is paired by what it sees or is called wherever it stands. Networks that are known to be the `same` are paired
/// by what layers see alone.
pub(super) fn align(a: &[Key<'_>], b: &[Key<'_>], same: bool) -> Vec<Pair> {
    if same {
        let mut pairs = unpaired(a.len(), b.len());
        rejoin(&mut pairs, |at| a[at].identity, |at| b[at].identity);
        return pairs;
    }
    let head = a.iter().zip(b).take_while(|(a, b)| certain(a, b)).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(a, b)| certain(a, b)).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut pairs: Vec<Pair> = (0..head).map(|at| (Some(at), Some(at))).collect();
    let shift = |at: Option<usize>| at.map(|at| at + head);
    pairs.extend(in_order(middle_a, middle_b).into_iter().map(|(a, b)| (shift(a), shift(b))));
    pairs.extend((0..tail).rev().map(|back| (Some(a.len() - 1 - back), Some(b.len() - 1 - back))));
    rejoin(&mut pairs, |at| a[at].identity, |at| b[at].identity);
    rejoin(&mut pairs, |at| a[at].name, |at| b[at].name);
    pairs
}

fn certain(a: &Key<'_>, b: &Key<'_>) -> bool {
    a.identity == b.identity || a.name == b.name && a.own == b.own
}

/// How good a match is; 0 for none. A name alone is worth less than equal arguments: exporters number layers, and one
/// more layer shifts all names behind it.
fn score(a: &Key<'_>, b: &Key<'_>) -> u32 {
    match (a.name == b.name, a.identity == b.identity || a.own == b.own, a.kind == b.kind) {
        (true, true, _) => 10,
        (false, true, _) => 6,
        (true, false, true) => 5,
        (true, false, false) => 2,
        (false, false, true) => 1,
        (false, false, false) => 0,
    }
}

/// The alignment of the largest score (Needleman and Wunsch 1970).
fn in_order(a: &[Key<'_>], b: &[Key<'_>]) -> Vec<Pair> {
    let width = b.len() + 1;
    if (a.len() + 1).saturating_mul(width) > CELLS {
        return unpaired(a.len(), b.len());
    }
    // The best score of the ends from `i` and from `j` on.
    let mut best = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let (skip_a, skip_b) = (best[(i + 1) * width + j], best[i * width + j + 1]);
            let matched = match score(&a[i], &b[j]) {
                0 => 0,
                score => score + best[(i + 1) * width + j + 1],
            };
            best[i * width + j] = matched.max(skip_a).max(skip_b);
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < a.len() && j < b.len() {
        let (here, score) = (best[i * width + j], score(&a[i], &b[j]));
        if score > 0 && here == score + best[(i + 1) * width + j + 1] {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs.extend((i..a.len()).map(|at| (Some(at), None)));
    pairs.extend((j..b.len()).map(|at| (None, Some(at))));
    pairs
}

fn unpaired(a: usize, b: usize) -> Vec<Pair> {
    (0..a).map(|at| (Some(at), None)).chain((0..b).map(|at| (None, Some(at)))).collect()
}

/// Joins layers left alone that share a value, at the place of the second.
fn rejoin<T: Ord>(pairs: &mut Vec<Pair>, of_a: impl Fn(usize) -> T, of_b: impl Fn(usize) -> T) {
    let mut alone: BTreeMap<T, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate().rev() {
        if let (Some(a), None) = pair {
            alone.entry(of_a(*a)).or_default().push(place);
        }
    }
    let mut moved = Vec::new();
    for place in 0..pairs.len() {
        if let (None, Some(b)) = pairs[place]
            && let Some(from) = alone.get_mut(&of_b(b)).and_then(Vec::pop)
        {
            pairs[place].0 = pairs[from].0;
            moved.push(from);
        }
    }
    moved.sort_unstable();
    let mut place = 0;
    pairs.retain(|_| {
        place += 1;
        moved.binary_search(&(place - 1)).is_err()
    });
}
