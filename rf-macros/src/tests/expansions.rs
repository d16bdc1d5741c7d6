//! What is written for a few small networks, and what remains of broken ones. Reviewed by eye;
//! `INSTA_UPDATE=always cargo test -p rf-macros` writes them anew.

use super::tokens;
use crate::{Expansion, expansion};

/// The expansion as a reader would write it, errors last.
fn expanded(source: &str) -> String {
    let Expansion { mut out, errors } = expansion(tokens(source));
    out.extend(errors.into_tokens());
    match syn::parse2(out.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => unreachable!("{error}: {out}"),
    }
}

#[test]
fn chain() {
    insta::assert_snapshot!(expanded(
        "/// Two layers.
         pub Chain {
             input: [3, 32, _];
             /// The first.
             conv1: conv(8, 3, stride = 2, padding = (1, same), bias = false);
             relu;
             assert rf(conv1) >= 3;
         }"
    ));
}

#[test]
fn expressions() {
    insta::assert_snapshot!(expanded(
        "Expressions {
             input: [C, N, N];
             block wide(c, k = 3) { conv(c * 2, k, padding = k / 2) }
             a: wide(WIDTH) -> crop((1, 2));
             assert shape(a) == [WIDTH * 2, _, _];
         }"
    ));
}

#[test]
fn generic() {
    insta::assert_snapshot!(expanded(
        "pub(crate) Tcn<const D: usize> {
             input: [1, _];
             a: for d in [1, D] { conv(4, 2, dilation = d) };
             assert rf(a) == 2 + D;
         }"
    ));
}

#[test]
fn inlined() {
    insta::assert_snapshot!(expanded(
        "crate = ::fields;
         Detector {
             input: [3, 64, 64];
             backbone: zoo::Backbone;
             head: backbone.layer3 -> conv(4, 1);
             assert rf(backbone.layer1.0) >= 3;
         }"
    ));
}

#[test]
fn broken_layer() {
    insta::assert_snapshot!(expanded(
        "Broken {
             input: [3, 32, 32];
             a: conv(8, 3);
             b: cnov(8, 3) -> relu;
             c: b -> tanh;
             d: a -> relu;
             assert rf(a) == 3;
             assert rf(c) == 3;
             assert rf(e) == 3;
         }"
    ));
}

#[test]
fn half_written() {
    insta::assert_snapshot!(expanded(
        "pub Half { input: [3, 32, 32]; a: conv(8, 3) -> ; b: conv(8, ); c: re }"
    ));
}

#[test]
fn without_input() {
    insta::assert_snapshot!(expanded("pub Blind { a: conv(8, (3, 3)); b: relu; assert rf(b) == 3; }"));
}

#[test]
fn misspelt_items() {
    insta::assert_snapshot!(expanded(
        "pub Misspelt { input: [3, 32, 32]; blok one(c) { conv(c, 3) } a: one(8); b relu; asert rf(b) == 3; }"
    ));
}
