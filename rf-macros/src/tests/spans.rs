//! What an editor goes by: the user's tokens stand in the expansion under their own spans, declarations and
//! uses.

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::tokens;
use crate::{Expansion, expansion};

/// Every identifier of the expansion that wears the span of `text` in the source: the byte offsets.
fn offsets(source: &str, name: &str) -> Vec<usize> {
    let Expansion { out, errors } = expansion(tokens(source));
    assert!(errors.is_empty());
    let mut found = Vec::new();
    collect(out, name, &mut found);
    let mut starts: Vec<usize> = found.iter().map(|ident| ident.span().byte_range().start).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn collect(stream: TokenStream, name: &str, found: &mut Vec<Ident>) {
    for token in stream {
        match token {
            TokenTree::Ident(ident) if ident == name => found.push(ident),
            TokenTree::Group(group) => collect(group.stream(), name, found),
            _ => {}
        }
    }
}

/// Where `name` stands in the source as a word.
fn mentions(source: &str, name: &str) -> Vec<usize> {
    let letter = |at: Option<char>| at.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let alone = |&at: &usize| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        let after = source.get(at + name.len()..).and_then(|text| text.chars().next());
        !letter(before) && !letter(after)
    };
    source.match_indices(name).map(|(at, _)| at).filter(alone).collect()
}

const SOURCE: &str = "Net {
    input: [WIDTH, 64, 64];
    block double(c, k = 3) { conv(c, k, padding = k / 2) -> for r in [1, c] { conv(c + r, k, dilation = r) } }
    enc1: double(8);
    enc2: enc1 -> double(16, k = 5) -> max_pool(2);
    dec1: [upsample(2), enc1] -> double(WIDTH);
    assert rf(enc1) >= 3;
    assert rf(enc2.1) <= WIDTH;
    assert aligned(dec1);
}";

#[test]
fn every_mention_is_in_the_expansion() {
    for name in ["Net", "enc1", "enc2", "dec1", "double", "c", "r", "WIDTH"] {
        assert_eq!(offsets(SOURCE, name), mentions(SOURCE, name), "{name}");
    }
}

#[test]
fn a_parameter_is_found_but_where_it_names_an_argument() {
    let mentioned = mentions(SOURCE, "k").len();
    assert_eq!(offsets(SOURCE, "k").len(), mentioned - 1);
}
