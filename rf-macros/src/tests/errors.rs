//! One mistake is one message, and independent ones are all told.

use super::{messages, messages_of};

/// The first lines of all messages about a network.
fn first_lines(items: &str) -> Vec<String> {
    let lines = messages(items);
    lines.iter().map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

/// Blocks that each call the one below.
fn tower(ground: &str, levels: usize, block: impl Fn(usize, usize) -> String) -> String {
    let above = (1..levels).map(|level| block(level, level - 1));
    std::iter::once(ground.to_owned()).chain(above).collect()
}

#[test]
fn three_typos_are_three_errors() {
    let items = "a: cnov(8, 3); b: conv(8, 3, strid = 2); c: relu; assert rf(d) >= 3;";
    assert_eq!(
        messages(items),
        [
            "unknown layer `cnov`\nhelp: `conv` has a similar name",
            "`conv` takes no argument `strid`\nhelp: `stride` has a similar name",
            "unknown label `d`\nhelp: `a` has a similar name",
        ]
    );
}

#[test]
fn a_label_is_meant_before_a_layer_as_close() {
    assert_eq!(
        messages("conv1: conv(8, 3); c: [conv1, con1];"),
        ["unknown layer or label `con1`\nhelp: `conv1` has a similar name"]
    );
}

#[test]
fn what_depends_on_a_mistake_is_not_told() {
    assert_eq!(
        first_lines("a: conv(8, 3) -> cnov(8); b: a -> relu; assert rf(a.1) >= 3; assert rf(b) >= 3;"),
        ["unknown layer `cnov`"]
    );
}

#[test]
fn a_block_is_judged_once() {
    assert_eq!(
        first_lines("block b(c) { conv(c, 3, paddin = 1) } a: b(1) * 5 -> b(2); z: b(3);"),
        ["`conv` takes no argument `paddin`"]
    );
    assert_eq!(
        first_lines("block b(c) { conv(c, (3, 3, 3)) } a: b(1) * 5;"),
        ["`kernel` of `conv` has 3 numbers, the input has 2 axes"]
    );
    assert_eq!(
        first_lines("block b(c) { conv(c, 3) } a: b(\"8\") * 5 -> b(2);"),
        ["`channels` of `conv` must be an integer, not a text"]
    );
}

#[test]
fn a_block_that_is_never_called_is_judged_too() {
    assert_eq!(
        first_lines("block b(c) { conv(c, \"3\") } a: relu;"),
        ["`kernel` of `conv` must be an integer, not a text"]
    );
}

#[test]
fn missing_semicolons() {
    assert_eq!(
        messages("a: relu b: tanh; c: gelu"),
        ["expected `;` after a stage", "expected `;` after a stage"]
    );
}

#[test]
fn names_of_other_libraries() {
    assert_eq!(
        messages("a: Conv2d(8, 3); b: MaxPool2d(2); c: conv(8, kernel_size = 3);"),
        [
            "unknown layer `Conv2d`\nhelp: it is called `conv` here",
            "unknown layer `MaxPool2d`\nhelp: it is called `max_pool` here",
            "`conv` takes no argument `kernel_size`\nhelp: `kernel` has a similar name",
        ]
    );
}

#[test]
fn repeats_beyond_reason() {
    assert_eq!(first_lines("a: relu * 1000000000;"), ["more than 100,000 layers"]);
    assert_eq!(first_lines("a: for i in 0..1000000000000 { relu };"), ["more than 100,000 layers"]);
    assert_eq!(first_lines("a: ((relu * 1000) * 1000) * 1000;"), ["more than 100,000 layers"]);
    assert_eq!(first_lines("a: relu * 60000; b: relu * 60000;"), ["more than 100,000 layers"]);
    assert_eq!(first_lines("a: relu * 0;"), ["0 repeats"]);
    assert_eq!(first_lines("a: for i in 3..3 { relu };"), ["the loop runs over nothing"]);
}

#[test]
fn blocks_that_double_at_each_level() {
    let items = tower("block b0() { relu }", 60, |level, below| {
        format!("block b{level}() {{ b{below}() -> b{below}() }}")
    });
    assert_eq!(first_lines(&format!("{items} a: b59();")), ["more than 100,000 layers"]);
}

#[test]
fn blocks_that_nest_deeply() {
    let items = tower("block b0() { relu -> relu }", 500, |level, below| {
        format!("block b{level}() {{ b{below}() -> relu }}")
    });
    assert_eq!(first_lines(&format!("{items} a: b499();")), ["blocks and groups nest deeper than 96 levels"]);
}

#[test]
fn parentheses_that_nest_deeply() {
    let source = format!("a: {}relu{};", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(first_lines(&source), ["nested deeper than 64 levels"]);
    let source = format!("a: conv({}8{}, 3);", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(first_lines(&source), ["nested deeper than 32 levels"]);
    let source = format!("a: conv({}8, 3);", "-".repeat(100_000));
    assert_eq!(first_lines(&source), ["this expression has more than 256 tokens"]);
}

#[test]
fn expressions_that_grow() {
    let items = tower("block b0(x) { conv(x, 3) }", 40, |level, below| {
        format!("block b{level}(x) {{ b{below}(x + x) }}")
    });
    let first = first_lines(&format!("{items} a: b39(1);"));
    assert_eq!(first.len(), 1);
    assert!(first.iter().all(|text| text.starts_with("this expression cannot be made")), "{first:?}");
}

#[test]
fn a_network_without_a_frame() {
    assert_eq!(messages_of("").len(), 1);
    assert_eq!(messages_of("Net"), messages_of("pub Net"));
    assert_eq!(messages_of("Net {}").len(), 1);
    assert_eq!(messages_of("Net { input: [3]; }").len(), 1);
    assert_eq!(messages_of("{ input: [3, 4]; }").len(), 1);
}

#[test]
fn a_hundred_errors_and_no_more() {
    let items = "a;".repeat(150);
    let texts = messages(&items);
    assert_eq!(texts.len(), 100);
}

/// An invisible group, as `macro_rules!` makes them, in which a type ends: what is left of it is more tokens than stand
/// before it.
#[test]
fn a_type_that_ends_in_an_invisible_group() {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
    for more in 0..8 {
        let inside: TokenStream = format!("8 > {}", "b ".repeat(more)).parse().unwrap_or_default();
        let hidden = TokenTree::Group(Group::new(Delimiter::None, inside));
        let body: TokenStream =
            super::tokens("input: [3, 8, 8]; a: relu -> Net <").into_iter().chain([hidden]).collect();
        let body = TokenTree::Group(Group::new(Delimiter::Brace, body));
        let source = super::tokens("N").into_iter().chain([body]).collect();
        assert!(!crate::expansion(source).errors.is_empty(), "{more}");
    }
}
