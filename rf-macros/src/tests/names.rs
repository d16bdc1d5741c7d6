//! Names of layers, as PyTorch's `state_dict` has them.

use super::model;
use crate::model::Source;

/// Every node's name after the input's.
fn names(items: &str) -> Vec<String> {
    let model = model(items);
    model.into_iter().flat_map(|model| model.nodes).skip(1).map(|node| node.name).collect()
}

/// Every group's name.
fn groups(items: &str) -> Vec<String> {
    model(items).into_iter().flat_map(|model| model.groups).map(|group| group.name).collect()
}

/// What each node reads, by name.
fn inputs(items: &str) -> Vec<String> {
    let Some(model) = model(items) else { return Vec::new() };
    let name = |source: &Source| match source {
        Source::Node(node) => model.nodes.get(*node).map_or_else(String::new, |node| node.name.clone()),
        Source::Inner(node, inner) => format!("{node}:{inner}"),
    };
    let edges = |node: &crate::model::Node| {
        format!("{} <- {}", node.name, node.inputs.iter().map(name).collect::<Vec<_>>().join(" "))
    };
    model.nodes.iter().skip(1).map(edges).collect()
}

#[test]
fn a_stage_of_one_layer_is_that_layer() {
    assert_eq!(names("conv1: conv(8, 3); relu; \"conv1\" -> conv(8, 1);"), ["conv1", "1", "2"]);
}

#[test]
fn a_stage_of_several_layers_numbers_them() {
    assert_eq!(
        names("features: conv(8, 3) -> relu -> max_pool(2);"),
        ["features.0", "features.1", "features.2"]
    );
    assert_eq!(names("relu -> relu;"), ["0.0", "0.1"]);
}

#[test]
fn an_unlabelled_parenthesis_is_transparent() {
    assert_eq!(names("a: (conv(8, 3) -> relu) -> relu;"), ["a.0", "a.1", "a.2"]);
    assert_eq!(names("a: (relu);"), ["a.0"]);
}

#[test]
fn a_labelled_parenthesis_is_a_scope() {
    assert_eq!(
        names("a: relu -> down: (conv(8, 1) -> batch_norm) -> relu;"),
        ["a.0", "a.down.0", "a.down.1", "a.2"]
    );
}

#[test]
fn a_label_replaces_a_position_and_takes_it() {
    assert_eq!(names("a: relu -> mid: relu -> relu;"), ["a.0", "a.mid", "a.2"]);
}

#[test]
fn one_block_stands_directly_under_its_stage() {
    let block = "block two() { c: conv(8, 3) -> relu }";
    assert_eq!(names(&format!("{block} a: two();")), ["a.c", "a.1"]);
    assert_eq!(names(&format!("{block} a: two() * 1;")), ["a.0.c", "a.0.1"]);
    assert_eq!(names(&format!("{block} a: two() -> two();")), ["a.0.c", "a.0.1", "a.1.c", "a.1.1"]);
}

#[test]
fn a_block_of_one_unlabelled_layer_is_that_layer() {
    assert_eq!(names("block b(c) { conv(c, 3) } a: b(8); f: b(8) -> b(8);"), ["a", "f.0", "f.1"]);
    assert_eq!(names("block b(c) { x: conv(c, 3) } a: b(8);"), ["a.x"]);
}

#[test]
fn repeats_are_positions() {
    assert_eq!(names("a: relu * 2;"), ["a.0", "a.1"]);
    assert_eq!(names("a: x: relu * 2 -> relu;"), ["a.x.0", "a.x.1", "a.1"]);
    assert_eq!(names("a: (relu -> tanh) * 2;"), ["a.0.0", "a.0.1", "a.1.0", "a.1.1"]);
}

#[test]
fn loops_take_a_position_per_round() {
    assert_eq!(names("a: for d in [1, 2] { conv(8, 3, dilation = d) };"), ["a.0", "a.1"]);
    assert_eq!(names("a: for d in 0..2 { relu -> relu };"), ["a.0.0", "a.0.1", "a.1.0", "a.1.1"]);
    assert_eq!(names("a: l: for d in 1..=2 { relu } -> relu;"), ["a.l.0", "a.l.1", "a.1"]);
    assert_eq!(names("a: for d in 0..2 { x: relu };"), ["a.0.x", "a.1.x"]);
}

#[test]
fn merges_take_no_position() {
    assert_eq!(names("a: relu + tanh;"), ["a.0", "a.1", "a.add"]);
    assert_eq!(names("a: [relu, tanh] -> relu;"), ["a.0", "a.1", "a.concat", "a.2"]);
    assert_eq!(
        names("a: mul [relu, tanh] -> max [relu, tanh] -> mul [relu, tanh];"),
        ["a.0", "a.1", "a.mul", "a.2", "a.3", "a.max", "a.4", "a.5", "a.mul_1"]
    );
}

#[test]
fn a_merge_does_not_take_a_label() {
    assert_eq!(names("a: (relu + tanh) -> add: relu;"), ["a.0", "a.1", "a.add_1", "a.add"]);
}

#[test]
fn a_merge_of_paths_has_the_name_of_its_stage() {
    assert_eq!(names("a: relu; b: relu; c: a + b; d: [a, b];"), ["a", "b", "c", "d"]);
    assert_eq!(names("a: relu; b: relu; c: x: [a, b] -> relu;"), ["a", "b", "c.x", "c.1"]);
}

#[test]
fn branches_share_what_comes_in() {
    assert_eq!(
        inputs("a: relu; b: [tanh, a -> gelu, silu];"),
        ["a <- input", "b.0 <- a", "b.1 <- a", "b.2 <- a", "b.concat <- b.0 b.1 b.2"]
    );
}

#[test]
fn paths_are_looked_up_inside_out() {
    assert_eq!(
        inputs("x: relu; a: x: tanh -> [x, \"input\"]; b: x -> gelu; c: a.x -> gelu;"),
        ["x <- input", "a.x <- x", "a.concat <- a.x input", "b <- x", "c <- a.x"]
    );
}

#[test]
fn an_index_pair_is_no_fraction() {
    assert_eq!(
        inputs("a: (relu -> tanh) * 2; b: a.0.1 -> gelu; c: a.1.0 -> gelu;").last(),
        Some(&"c <- a.1.0".to_owned())
    );
}

#[test]
fn a_layer_wins_over_a_label() {
    let edges = inputs("relu: tanh; a: gelu; b: relu -> silu; c: \"relu\" -> silu;");
    assert_eq!(
        edges.get(2..),
        Some(&["b.0 <- a".to_owned(), "b.1 <- b.0".to_owned(), "c <- relu".to_owned()][..])
    );
}

#[test]
fn raw_identifiers_are_named_without_their_prefix() {
    assert_eq!(names("r#type: relu; b: r#type -> tanh;"), ["type", "b"]);
}

#[test]
fn the_last_node_is_the_output() {
    assert_eq!(inputs("a: relu; b: tanh; c: a;").last(), Some(&"c <- a".to_owned()));
}

#[test]
fn stages_blocks_and_scopes_are_groups() {
    let items = "block b() { relu -> tanh } a: b() -> b(); c: relu; d: x: (relu) -> b() * 2;";
    assert_eq!(groups(items), ["a", "a.0", "a.1", "c", "d", "d.x", "d.1", "d.2"]);
}

#[test]
fn a_label_in_quotes_is_a_whole_name() {
    assert_eq!(
        inputs("\"a/b.c\": conv(8, 3) -> relu; \"d.0\": \"a/b.c.0\" -> conv(8, 1); e: \"d.0\" + \"d.0\";"),
        ["a/b.c.0 <- input", "a/b.c.1 <- a/b.c.0", "d.0 <- a/b.c.0", "e <- d.0 d.0"]
    );
    assert_eq!(names("a: \"x/y\": relu -> relu; \"GRAPH\": relu;"), ["a.x/y", "a.1", "GRAPH"]);
}

/// `conv` in the stage `"a.b"` is the network's, though there is an `a.conv`; and `1` in `c` is no part of `c`.
#[test]
fn dots_in_quotes_divide_no_scopes() {
    assert_eq!(
        inputs("\"a.conv\": relu; \"conv\": relu; \"a.b\": \"conv\" -> relu;").last().map(String::as_str),
        Some("a.b <- conv")
    );
    assert_eq!(
        inputs("\"c.1\": relu; \"1\": relu; c: \"1\" -> relu;").last().map(String::as_str),
        Some("c <- 1")
    );
}
