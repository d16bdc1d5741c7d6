//! Whatever is typed: no panic, and errors or an expansion that parses. `PROPTEST_CASES` says how often:
//! `PROPTEST_CASES=100000 cargo test --profile long -p rf-macros fuzz` is the long run.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use proptest::prelude::*;

use super::tokens;
use crate::{Expansion, expansion};

/// Networks that use the whole language between them.
const SEEDS: &[&str] = &[
    "/// Doc.\n pub ResNet { input: [3, 224, 224]; init: he_fan_in;
      block basic(c, s = 1) { ((conv1: conv(c, 3, stride = s, padding = 1) -> batch_norm -> relu)
        + down: (conv(c * 4, 1, stride = s) -> batch_norm)) -> relu }
      conv1: conv(64, 7, stride = (2, 2), padding = ((3, 3), (3, 2)), bias = false);
      relu; pool: max_pool(3, stride = 2, padding = 1, ceil_mode = true);
      layer1: basic(64) * 2 -> basic(128, s = 2);
      \"up/0\": [conv_transpose(64, 2, stride = 2), layer1.0.conv1, \"layer1.0.1\"] -> \"drop\": dropout(0.5);
      up: \"up/0\" -> resample((_, 8), num = 2) -> opaque(\"Odd\", channels = 3, extent = _); same_as \"none.onnx\";
      gate: mul [identity, squeeze_excite(16) -> sigmoid] -> max [relu, leaky_relu(negative_slope = 0.2)];
      fc: global_avg_pool -> flatten -> linear(1000);
      assert rf(layer1) >= 43; assert !aligned(layer1.0.1); assert jump(up) == 3 / 2;
      assert shape(fc) == [1000]; assert rf(layer1, h) <= (3, 4); assert params() > 10 * 10; }",
    "crate = ::other::path; Tcn<const D: usize, const E: i64 = 3> { input: [1, _];
      dilated: for d in [1, 2, D, D * 2] { conv(WIDTH * 2, 3, dilation = d, padding = causal) -> relu };
      more: for i in 0..=3 { custom(kernel = i, stride = 1, global = false) } * 2;
      inlined: zoo::Backbone -> Other; skip: inlined.layer3 -> pad((1, 2)) -> crop(((0, 1),));
      out: upsample(2, mode = bilinear) -> attention(heads = 8) -> hardtanh(-1.0, 1.0);
      assert erf(out, energy = 0.9) >= 20; assert halo(dilated) == f::<A, B>(3); }",
];

/// Tokens that appear in or near the language.
const POOL: &[&str] = &[
    "->",
    "+",
    "*",
    ";",
    ",",
    ":",
    "::",
    "=",
    "==",
    ">=",
    "..",
    "..=",
    ".",
    "!",
    "-",
    "#",
    "<",
    ">",
    "&",
    "'a",
    "input",
    "init",
    "block",
    "assert",
    "for",
    "in",
    "mul",
    "max",
    "same_as",
    "\"a.0\"",
    "\"\"",
    "crate",
    "self",
    "Self",
    "_",
    "r#type",
    "conv",
    "relu",
    "basic",
    "layer1",
    "same",
    "true",
    "rf",
    "shape",
    "max_poll",
    "0",
    "1",
    "2",
    "0.1",
    "1.0e5",
    "1e400",
    "99999999999999999999",
    "1_000u64",
    "-1",
    "1000000000",
    "\"text\"",
    "'c'",
    "b\"x\"",
    "()",
    "[]",
    "{}",
    "(1, 2)",
    "[relu, relu]",
    "{ relu }",
    "conv(8, 3)",
    "a: relu;",
    "[3, 4, 5]",
    "0.0.1",
    "x.0",
    "é",
];

/// A change somewhere: where, what, and with which token.
type Change = (u32, u8, u16);

/// Applies one change to the token tree that it falls on, counting through all groups.
fn change(stream: TokenStream, left: &mut usize, change: Change) -> TokenStream {
    let (_, kind, pick) = change;
    let mut out: Vec<TokenTree> = Vec::new();
    for token in stream {
        let here = *left == 0;
        *left = left.wrapping_sub(1);
        let other =
            POOL.get(usize::from(pick) % POOL.len()).map_or_else(TokenStream::new, |text| tokens(text));
        match (here, kind % 6, token) {
            (true, 0, _) => {}
            (true, 1, token) => out.extend([token.clone(), token]),
            (true, 2, _) => out.extend(other),
            (true, 3, token) => out.extend(other.into_iter().chain([token])),
            (true, 4, TokenTree::Group(group)) => out.extend(group.stream()),
            (true, 5, token) => out.push(Group::new(Delimiter::Parenthesis, token.into()).into()),
            (true, _, _) => out.push(Literal::i64_unsuffixed(i64::from(pick)).into()),
            (false, _, TokenTree::Group(group)) => {
                let inner = self::change(group.stream(), left, change);
                out.push(Group::new(group.delimiter(), inner).into());
            }
            (false, _, token) => out.push(token),
        }
    }
    out.into_iter().collect()
}

/// How many token trees there are, groups and their insides.
fn size(stream: &TokenStream) -> usize {
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) => 1 + size(&group.stream()),
        _ => 1,
    };
    stream.clone().into_iter().map(one).sum()
}

/// Whether braces stand within parentheses or brackets.
fn has_braced_value(stream: &TokenStream, inside: bool) -> bool {
    stream.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => {
            let brace = group.delimiter() == Delimiter::Brace;
            inside && brace || has_braced_value(&group.stream(), inside || !brace)
        }
        _ => false,
    })
}

fn judge(source: TokenStream) -> Result<(), TestCaseError> {
    let text = source.to_string();
    // A value in braces is passed on as the user's own Rust, for rustc to judge.
    let braced = has_braced_value(&source, false);
    let Expansion { out, errors } = expansion(source);
    let mut all = out;
    for fault in errors.texts() {
        for word in ["overflow", "index out of bounds", "unwrap", "panicked"] {
            prop_assert!(!fault.contains(word), "{fault}\n{text}");
        }
    }
    all.extend(errors.into_tokens());
    let parsed = syn::parse2::<syn::File>(all);
    prop_assert!(braced || parsed.is_ok(), "{:?}\n{text}", parsed.err());
    Ok(())
}

/// Any token: every mark in both spacings, words, raw words, and literals of every kind and size.
fn any_token() -> impl Strategy<Value = TokenTree> {
    let mark = (prop::sample::select("=<>!~+-*/%^&|@.,;:#$?".chars().collect::<Vec<_>>()), any::<bool>())
        .prop_map(|(mark, joint)| {
            let spacing = if joint { proc_macro2::Spacing::Joint } else { proc_macro2::Spacing::Alone };
            proc_macro2::Punct::new(mark, spacing).into()
        });
    let word = prop_oneof![
        prop::sample::select(
            &["input", "block", "assert", "rf", "conv", "relu", "for", "in", "crate", "_", "x"][..]
        )
        .prop_map(str::to_owned),
        "[a-zA-Z_][a-zA-Z0-9_]{0,8}",
    ]
    .prop_map(|word| proc_macro2::Ident::new(&word, proc_macro2::Span::call_site()).into());
    let literal = prop_oneof![
        any::<u64>().prop_map(Literal::u64_unsuffixed),
        any::<u128>().prop_map(Literal::u128_unsuffixed),
        any::<u8>().prop_map(Literal::u8_suffixed),
        (0.0..1e300).prop_map(Literal::f64_unsuffixed),
        ".{0,6}".prop_map(|text| Literal::string(&text)),
        any::<char>().prop_map(Literal::character),
        any::<Vec<u8>>().prop_map(|bytes| Literal::byte_string(&bytes)),
    ]
    .prop_map(TokenTree::Literal);
    prop_oneof![mark, word, literal]
}

/// Any tokens, in groups of every kind.
fn any_tokens() -> impl Strategy<Value = TokenStream> {
    let delimiters =
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None].as_slice();
    let tree = any_token().prop_recursive(4, 64, 8, move |inner| {
        (prop::sample::select(delimiters), prop::collection::vec(inner, 0..8)).prop_map(
            |(delimiter, inner)| TokenTree::Group(Group::new(delimiter, inner.into_iter().collect())),
        )
    });
    prop::collection::vec(tree, 0..24).prop_map(|trees| trees.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_networks(seed in 0..SEEDS.len(), changes in prop::collection::vec(any::<Change>(), 0..6)) {
        let mut source = SEEDS.get(seed).map_or_else(TokenStream::new, |seed| tokens(seed));
        for one in changes {
            let mut left = one.0 as usize % size(&source).max(1);
            source = change(source, &mut left, one);
        }
        judge(source)?;
    }

    #[test]
    fn random_tokens(picks in prop::collection::vec(0..POOL.len(), 0..60)) {
        let words = picks.iter().filter_map(|&pick| POOL.get(pick)).copied();
        judge(tokens(&words.clone().collect::<Vec<_>>().join(" ")))?;
        judge(tokens(&format!("Net {{ input: [3, 4, 5]; {} }}", words.collect::<Vec<_>>().join(" "))))?;
    }

    #[test]
    fn arbitrary_tokens(tokens in any_tokens(), inside in any_tokens()) {
        judge(tokens)?;
        let mut framed = super::tokens("pub Net { input: [3, 4, 5]; a: conv(8, 3); }").into_iter().collect::<Vec<_>>();
        if let Some(TokenTree::Group(body)) = framed.pop() {
            let items = body.stream().into_iter().chain(inside).collect();
            framed.push(Group::new(Delimiter::Brace, items).into());
        }
        judge(framed.into_iter().collect())?;
    }
}
