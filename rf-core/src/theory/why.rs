//! Why a number is what it is: the widest path, the stages that add most to it, the paths that meet.

use super::layer::Layer;
use super::message::{along, ratio};
use super::path::Path;
use super::row::NONE;
use super::text::Text;

/// How many layers of a long path are shown at either end.
const ENDS: usize = 4;
/// How many stages or layers are listed that add most.
const SHOWN: usize = 3;

/// The layers that widen the field, along the widest path, and what adds most.
pub(crate) const fn widest_path(layer: &Layer<'_>, axis: usize, text: &mut Text) {
    let path = Path::widest(layer, axis);
    if path.len < 2 {
        return;
    }
    text.str("\nwidest path: ");
    list(layer, &path, text);
    if path.len > SHOWN && !layer.is_global() {
        shares(layer, &path, axis, text);
    }
}

/// `a -> b -> ... -> z`.
const fn list(layer: &Layer<'_>, path: &Path, text: &mut Text) {
    let mut place = 0;
    while place < path.len {
        if place > 0 {
            text.str(" -> ");
        }
        if path.len > 2 * ENDS && place == ENDS {
            text.str("... -> ");
            place = path.len - ENDS;
        }
        text.str(layer.table.graph.nodes[path.step(place).0].name);
        place += 1;
    }
}

/// What a stage, or a layer where there are no stages, adds to the field.
#[derive(Clone, Copy)]
struct Share<'a> {
    name: &'a str,
    pixels: i64,
    layers: i64,
}

/// The stages (or layers, where one stage is all) that add most, one a line.
const fn shares(layer: &Layer<'_>, path: &Path, axis: usize, text: &mut Text) {
    let groups = layer.table.graph.groups;
    let first = stage(layer, 0, path.step(0).0);
    let by_stage = first < groups.len() && path.step(path.len - 1).0 >= groups[first].end;
    let mut largest = [Share { name: "", pixels: 0, layers: 0 }; SHOWN];
    let mut rest = Share { name: "the others", pixels: 0, layers: 0 };
    let (mut place, mut group) = (0, 0);
    while place < path.len {
        let here = path.step(place).0;
        group = if by_stage { stage(layer, group, here) } else { groups.len() };
        let (name, end) = if group < groups.len() {
            (groups[group].name, groups[group].end)
        } else {
            (layer.table.graph.nodes[here].name, here + 1)
        };
        let mut share = Share { name, pixels: 0, layers: 0 };
        while place < path.len && path.step(place).0 < end {
            let (node, from) = path.step(place);
            let rows = layer.table.rows;
            share.pixels += rows[node].largest(axis) - rows[from].largest(axis);
            share.layers += 1;
            place += 1;
        }
        enter(&mut largest, &mut rest, share);
    }
    tell(&largest, &rest, text);
}

/// Puts a share among the largest; the one that falls out goes to the rest.
const fn enter<'a>(largest: &mut [Share<'a>; SHOWN], rest: &mut Share<'a>, mut new: Share<'a>) {
    let mut place = 0;
    while place < SHOWN {
        if new.pixels > largest[place].pixels {
            (largest[place], new) = (new, largest[place]);
        }
        place += 1;
    }
    rest.pixels += new.pixels;
    rest.layers += new.layers;
}

const fn tell(largest: &[Share<'_>; SHOWN], rest: &Share<'_>, text: &mut Text) {
    let (mut width, mut place) = (if rest.layers > 0 { rest.name.len() } else { 0 }, 0);
    while place < SHOWN {
        width = if largest[place].name.len() > width { largest[place].name.len() } else { width };
        place += 1;
    }
    text.str("\nof which:");
    let mut place = 0;
    while place <= SHOWN {
        let share = if place < SHOWN { &largest[place] } else { rest };
        if share.layers > 0 {
            text.str("\n        ");
            let start = text.len();
            text.str(share.name).pad(start, width).str("   ").int(share.pixels).str(" px");
            if share.layers > 1 {
                text.str(" in ").int(share.layers).str(" layers");
            }
        }
        place += 1;
    }
}

/// The stage that a node stands in, sought from group `from` on; the number of groups where there is none.
const fn stage(layer: &Layer<'_>, from: usize, node: usize) -> usize {
    let groups = layer.table.graph.groups;
    let mut index = from;
    while index < groups.len() && !(groups[index].stage && node < groups[index].end) {
        index += 1;
    }
    index
}

/// Both paths, both jumps, both centres.
pub(crate) const fn misaligned(layer: &Layer<'_>, text: &mut Text) {
    text.str(" is not aligned");
    let Some(merge) = layer.misaligned_at() else { return };
    text.str(": different paths meet in ").name(merge.node().name);
    let inputs = merge.node().inputs;
    let (axis, other) = odd_pair(&merge);
    let fork = fork(&merge, inputs[0], inputs[other], axis);
    through(&merge, inputs[0], axis, fork, text);
    through(&merge, inputs[other], axis, fork, text);
}

/// The axis and the input of a merge that are not aligned with the first input.
const fn odd_pair(merge: &Layer<'_>) -> (usize, usize) {
    let table = merge.table();
    let inputs = merge.node().inputs;
    let mut k = 1;
    while k < inputs.len() {
        let (first, other) = (table.layer(inputs[0]), table.layer(inputs[k]));
        let mut axis = 0;
        while axis < merge.rank() {
            if !agree(&first, &other, axis) {
                return (axis, k);
            }
            axis += 1;
        }
        k += 1;
    }
    (0, inputs.len() - 1)
}

const fn agree(first: &Layer<'_>, other: &Layer<'_>, axis: usize) -> bool {
    let (Some(a), Some(b)) = (first.jump(axis), other.jump(axis)) else { return true };
    let (Some(here), Some(there)) = (first.centre(axis), other.centre(axis)) else { return true };
    a.equals(b) && here.equals(there)
}

/// The last node on the widest paths to both: where they part.
const fn fork(merge: &Layer<'_>, mut a: usize, mut b: usize, axis: usize) -> usize {
    // A node's inputs stand before it, so the later of two is no ancestor of the other.
    while a != b && a != NONE && b != NONE {
        if a > b {
            a = super::assertion::widest_input(merge, a, axis);
        } else {
            b = super::assertion::widest_input(merge, b, axis);
        }
    }
    a
}

const fn through(merge: &Layer<'_>, input: usize, axis: usize, fork: usize, text: &mut Text) {
    let layer = merge.table.layer(input);
    text.str("\nthrough ").name(layer.node().name).str(": jump ");
    match layer.jump(axis) {
        Some(jump) => ratio(text, jump.num, jump.den),
        None => {
            text.str("undefined");
        }
    }
    if let Some(centre) = layer.centre(axis) {
        text.str(", centre of unit 0 at ");
        ratio(text, centre.num, centre.den);
    }
    along(text, merge.rank(), axis);
    let path = Path::since(&layer, axis, fork);
    if path.len > 1 || (path.len == 1 && path.step(0).0 != input) {
        text.str("\n        ");
        list(&layer, &path, text);
    }
}
