//! The `network!` macro of the `receptive-field` crate.
//!
//! Three stages, each of which always answers and pushes mistakes into one accumulator:
//! `parse` reads tokens to a tree with places (and `file` those of models that are named), `resolve` binds names and lays blocks out to flat nodes,
//! `expand` writes them as Rust and decides nothing. No number that decides anything
//! is computed here: that is `rf-core`'s part, and `table` asks it for what the docs of the type show.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ast;
mod errors;
mod expand;
mod file;
mod layers;
mod messages;
mod model;
mod nearest;
mod parse;
mod place;
mod resolve;
mod table;
#[cfg(test)]
mod tests;

use errors::Errors;

/// A network, checked by the compiler. The language is described at `receptive_field::network`.
#[proc_macro]
pub fn network(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let Expansion { mut out, errors } = expansion(tokens.into());
    out.extend(errors.into_tokens());
    out.into()
}

/// What the macro answers: everything that was understood, and every mistake.
struct Expansion {
    out: proc_macro2::TokenStream,
    errors: Errors,
}

fn expansion(tokens: proc_macro2::TokenStream) -> Expansion {
    let mut errors = Errors::default();
    let mut network = parse::parse(&mut errors, tokens);
    file::read(&mut errors, &mut network);
    let model = resolve::resolve(&mut errors, network);
    let out = model.as_ref().map(expand::expand).unwrap_or_default();
    Expansion { out, errors }
}
