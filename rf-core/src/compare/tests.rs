use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::super::first::same;
use super::super::identity::Identity;
use super::*;
use crate::graph::{Activation, GraphBuf, Merge, Norm, Op, Padding, Sides, UNKNOWN, Window};
use crate::theory::TableBuf;

fn conv(channels: i64, kernel: i64, stride: i64, padding: i64) -> Op {
    let padding = [Padding::both(padding), Padding::both(padding), Padding::ZERO];
    let window = Window::new([kernel, kernel, 1]).stride([stride, stride, 1]).padding(padding);
    Op::Conv { channels, window, groups: 1, bias: false }
}

const RELU: Op = Op::Activation(Activation::Relu);
const BATCH: Op = Op::Norm { norm: Norm::Batch, affine: true };
const ADD: Op = Op::Merge(Merge::Add);

/// Name, operation, inputs.
type Line = (&'static str, Op, &'static [usize]);

fn net(layers: &[Line]) -> GraphBuf {
    let mut net = GraphBuf::new("Net", 3, &[32, 32]);
    for (name, op, inputs) in layers {
        net.push(name, *op, inputs);
    }
    net
}

/// What the first difference is called; nothing where there is none.
fn first(a: &GraphBuf, b: &GraphBuf) -> Option<String> {
    let (a, b) = (a.lend(), b.lend());
    let (a, b) = (TableBuf::new(&a.graph()), TableBuf::new(&b.graph()));
    let (a, b) = (a.table(), b.table());
    let (mut ours, mut theirs) = (vec![Identity::NONE; a.len()], vec![Identity::NONE; b.len()]);
    let mut text = Text::new();
    let same = same(&a, &b, &mut ours, &mut theirs, &mut text);
    assert_eq!(same, diff(&a, &b).is_same(), "{}", text.as_str());
    (!same).then(|| text.as_str().to_string())
}

/// The changed entries: both names and what was changed in the layer itself.
fn changed(a: &GraphBuf, b: &GraphBuf) -> Vec<String> {
    let (a, b) = (a.lend(), b.lend());
    let (a, b) = (TableBuf::new(&a.graph()), TableBuf::new(&b.graph()));
    let changed = diff(&a.table(), &b.table()).entries.into_iter().filter(Entry::is_changed);
    let name = |side: &Option<Side>| side.as_ref().map_or_else(String::new, |side| side.name.clone());
    let text = |entry: Entry| {
        let own = entry.changes.iter().filter(|change| change.own);
        let own: Vec<String> =
            own.map(|change| format!("{} {} -> {}", change.what, change.before, change.after)).collect();
        format!("{} | {} | {}", name(&entry.before), name(&entry.after), own.join(", "))
    };
    changed.map(text).collect()
}

/// A residual block with a projection, as torchvision writes it.
fn block() -> GraphBuf {
    net(&[
        ("conv1", conv(8, 3, 2, 1), &[0]),
        ("bn1", BATCH, &[1]),
        ("relu", RELU, &[2]),
        ("conv2", conv(8, 3, 1, 1), &[3]),
        ("down", conv(8, 1, 2, 0), &[0]),
        ("add", ADD, &[4, 5]),
        ("out", RELU, &[6]),
    ])
}

/// The same as an exporter might write it: norms folded, the projection first, a padding by itself, other names.
fn exported() -> GraphBuf {
    let sides = Sides { before: [1, 1, 0], after: [1, 1, 0] };
    net(&[
        ("Conv_0", conv(8, 1, 2, 0), &[0]),
        ("Pad_1", Op::Pad { sides }, &[0]),
        ("Conv_2", conv(8, 3, 2, 0), &[2]),
        ("Relu_3", RELU, &[3]),
        ("Drop_4", Op::Dropout, &[4]),
        ("Conv_5", conv(8, 3, 1, 1), &[5]),
        ("Add_6", ADD, &[1, 6]),
    ])
}

#[test]
fn names_norms_order_and_lone_paddings_mean_nothing() {
    assert_eq!(first(&block(), &exported()), None);
    assert_eq!(first(&exported(), &block()), None);
    assert_eq!(changed(&block(), &exported()), Vec::<String>::new());
}

#[test]
fn the_first_difference_names_both_sides() {
    let other = |change: fn(&mut Vec<Line>)| {
        let mut layers: Vec<Line> = vec![
            ("a", conv(8, 3, 2, 1), &[0]),
            ("b", conv(8, 3, 1, 1), &[1]),
            ("c", conv(8, 1, 2, 0), &[0]),
            ("d", ADD, &[2, 3]),
        ];
        change(&mut layers);
        first(&block(), &net(&layers)).unwrap_or_default()
    };
    assert_eq!(other(|_| ()), "");
    assert_eq!(other(|net| net[1].1 = conv(8, 5, 1, 2)), "`conv2` has kernel 3, `b` there has 5");
    assert_eq!(other(|net| net[2].1 = conv(8, 2, 2, 0)), "`down` has kernel 1, `c` there has 2");
    assert_eq!(other(|net| net[2].1 = conv(9, 1, 2, 0)), "`down` has channels 8, `c` there has 9");
    assert_eq!(other(|net| net[3].1 = Op::Merge(Merge::Mul)), "`add` has kind add, `d` there has mul");
    assert_eq!(other(|net| net.truncate(3)), "`add` (add) is not there");
    assert_eq!(other(|net| net.push(("e", conv(1, 1, 1, 0), &[4]))), "`e` (conv) there is not here");
    assert_eq!(
        other(|net| net[3].2 = &[2, 2]),
        "`add` reads `conv2` and `down`, `d` there reads `b` and `b`"
    );
}

#[test]
fn sums_of_sums_are_one_sum() {
    let one = net(&[("a", conv(3, 1, 1, 0), &[0]), ("b", conv(3, 3, 1, 1), &[0]), ("sum", ADD, &[0, 1, 2])]);
    let two = net(&[
        ("b", conv(3, 3, 1, 1), &[0]),
        ("first", ADD, &[1, 0]),
        ("a", conv(3, 1, 1, 0), &[0]),
        ("sum", ADD, &[3, 2]),
    ]);
    assert_eq!(first(&one, &two), None);
    assert_eq!(first(&two, &one), None);
}

#[test]
fn unknown_extents_are_compared_in_what_does_not_follow_from_them() {
    let fixed = net(&[("a", conv(8, 3, 2, 1), &[0])]);
    let mut open = GraphBuf::new("Net", 3, &[UNKNOWN, UNKNOWN]);
    open.push("x", conv(8, 3, 2, 1), &[0]);
    assert_eq!(first(&fixed, &open), None);
    let mut larger = GraphBuf::new("Net", 3, &[64, 32]);
    larger.push("x", conv(8, 3, 2, 1), &[0]);
    let text = first(&fixed, &larger).expect("another input");
    assert_eq!(text, "`input` has extents 32×32, `input` there has 64×32");
    let mut line = GraphBuf::new("Net", 3, &[32]);
    line.push("x", Op::Identity, &[0]);
    assert_eq!(first(&fixed, &line).expect("other axes"), "it has 2 spatial axes, that has 1");
}

#[test]
fn a_change_is_told_once_and_what_follows_from_it_apart() {
    let mut wider = block();
    wider = {
        let lent = wider.lend();
        let mut layers = GraphBuf::new("Net", 3, &[32, 32]);
        for node in &lent.graph().nodes[1..] {
            let op = if node.name == "conv1" { conv(8, 5, 2, 2) } else { node.op };
            layers.push(node.name, op, node.inputs);
        }
        layers
    };
    assert_eq!(changed(&block(), &wider), ["conv1 | conv1 | kernel 3 -> 5, padding 1 -> 2"]);
}

/// Layers that an exporter numbers: what stands behind an inserted one is told by its arguments.
#[test]
fn insertions_and_removals_are_found_where_numbers_shift() {
    let chain = |ops: &[Op]| {
        let mut net = GraphBuf::new("Net", 3, &[32, 32]);
        for (at, op) in ops.iter().enumerate() {
            net.push(&format!("Conv_{at}"), *op, &[at]);
        }
        net
    };
    let (a, b, c, d) = (conv(8, 3, 1, 1), conv(16, 3, 2, 1), conv(24, 1, 1, 0), conv(32, 5, 1, 2));
    let short = chain(&[a, b, d]);
    let long = chain(&[a, b, c, d]);
    assert_eq!(changed(&short, &long), [" | Conv_2 | "]);
}

#[test]
fn a_skip_that_was_moved_is_a_change_of_what_reads_it() {
    let skip = |from: &'static [usize]| {
        net(&[
            ("a", conv(8, 3, 1, 1), &[0]),
            ("b", conv(8, 3, 1, 1), &[1]),
            ("c", conv(8, 3, 1, 1), &[2]),
            ("sum", ADD, from),
        ])
    };
    assert_eq!(changed(&skip(&[3, 1]), &skip(&[3, 2])), ["sum | sum | reads a, c -> b, c"]);
}
