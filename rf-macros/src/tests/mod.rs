//! The stages by themselves: what is understood, and what is said of what is not.

mod docs;
mod errors;
mod expansions;
mod fuzz;
mod names;
mod spans;

use crate::errors::Errors;
use crate::model::Model;
use crate::{Expansion, expansion};

/// Tokens of a source text.
fn tokens(source: &str) -> proc_macro2::TokenStream {
    match source.parse() {
        Ok(tokens) => tokens,
        Err(error) => unreachable!("{error}: {source}"),
    }
}

/// The model of a network without its frame: an input of three axes of numbers is put before it.
fn model(items: &str) -> Option<Model> {
    let mut errors = Errors::default();
    let network = crate::parse::parse(&mut errors, tokens(&framed(items)));
    let model = crate::resolve::resolve(&mut errors, network);
    assert_eq!(errors.texts().collect::<Vec<_>>(), Vec::<&str>::new());
    model
}

/// The messages about a network without its frame.
fn messages(items: &str) -> Vec<String> {
    messages_of(&framed(items))
}

/// The messages about a whole network.
fn messages_of(source: &str) -> Vec<String> {
    let Expansion { errors, .. } = expansion(tokens(source));
    errors.texts().map(str::to_owned).collect()
}

fn framed(items: &str) -> String {
    format!("Net {{ input: [3, 64, 64]; {items} }}")
}
