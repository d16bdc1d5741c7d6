//! Nodes and groups from short lines: what the macro writes, so that the compiler has little to read.

use core::slice::from_ref;

use super::{Group, Node, Op};

/// A group: name, first node, end, output, whether it is a stage.
pub(crate) type GroupLine<'a> = (&'a str, usize, usize, usize, bool);

/// The nodes of these names: `which` says which of `ops` each has, and `arities` how many of `inputs`, which stand one
/// after another.
#[must_use]
pub const fn nodes<'a, const N: usize>(
    ops: &[Op],
    which: &[usize; N],
    names: &[&'a str; N],
    arities: &[usize; N],
    mut inputs: &'a [usize],
) -> [Node<'a>; N] {
    let mut nodes = [Node { name: "", op: Op::Identity, inputs: &[] }; N];
    let mut at = 0;
    while at < N {
        // Most nodes have one input, and a call of `split_at` takes the compiler's interpreter long.
        let (own, rest) = match inputs {
            [one, rest @ ..] if arities[at] == 1 => (from_ref(one), rest),
            _ => inputs.split_at(arities[at]),
        };
        nodes[at] = Node { name: names[at], op: ops[which[at]], inputs: own };
        (inputs, at) = (rest, at + 1);
    }
    nodes
}

/// The groups of `lines`.
#[must_use]
pub const fn groups<'a, const N: usize>(lines: &[GroupLine<'a>; N]) -> [Group<'a>; N] {
    let mut groups = [Group { name: "", first: 0, end: 0, output: 0, stage: false }; N];
    let mut at = 0;
    while at < N {
        let (name, first, end, output, stage) = lines[at];
        groups[at] = Group { name, first, end, output, stage };
        at += 1;
    }
    groups
}
