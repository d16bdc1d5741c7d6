//! Nodes and groups from short lines: what the macro writes, so that the compiler has little to read.

use super::{Group, Node, Op};

/// A group: name, first node, end, output, whether it is a stage.
pub(crate) type GroupLine<'a> = (&'a str, usize, usize, usize, bool);

/// `[[0], [0], [1], [2], ..]`: what each node reads that reads the one before it.
#[must_use]
pub const fn chained<const N: usize>() -> [[usize; 1]; N] {
    let (mut inputs, mut at) = ([[0]; N], 1);
    while at < N {
        inputs[at] = [at - 1];
        at += 1;
    }
    inputs
}

/// The nodes of these names: `which` says which of `ops` each has. A node reads the one before it, as [`chained`] says,
/// unless it stands among `others`, in order, with what it reads.
#[must_use]
pub const fn nodes<'a, const N: usize>(
    ops: &[Op],
    which: &[usize; N],
    names: &[&'a str; N],
    chained: &'a [[usize; 1]; N],
    others: &[(usize, &'a [usize])],
) -> [Node<'a>; N] {
    // No call: the compiler's interpreter does this for every node.
    let mut nodes = [Node { name: "", op: Op::Identity, inputs: &[] }; N];
    let (mut at, mut next) = (0, 0);
    let mut other = if others.is_empty() { N } else { others[0].0 };
    while at < N {
        if at == other {
            nodes[at] = Node { name: names[at], op: ops[which[at]], inputs: others[next].1 };
            next += 1;
            other = if next < others.len() { others[next].0 } else { N };
        } else {
            nodes[at] = Node { name: names[at], op: ops[which[at]], inputs: &chained[at] };
        }
        at += 1;
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
