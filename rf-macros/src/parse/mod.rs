//! Tokens to [`ast`]: every mistake is recorded at its token, and reading goes on at the next `;`, `,` or
//! brace.

mod assertion;
mod cursor;
mod expr;
mod header;
mod item;
mod path;
mod value;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser as _};

use crate::ast::Network;
use crate::errors::Errors;
use crate::messages;
use crate::place::Place;
use cursor::Cursor;
pub(crate) use path::spelled;

/// Groups deeper than this are refused: the stages after this one walk the tree recursively.
const DEPTH: usize = 64;

/// Reads a whole `network! { .. }`.
pub(crate) fn parse(errors: &mut Errors, tokens: TokenStream) -> Network {
    let mut parser = Parser { errors, ids: 0, depth: 0 };
    let mut cursor = Cursor::new(tokens);
    let library = header::library(&mut parser, &mut cursor);
    let (header, body) = header::header(&mut parser, &mut cursor);
    let mut network = Network { library, header, body: body.is_some(), ..Network::default() };
    if let Some(mut body) = body {
        item::items(&mut parser, &mut body, &mut network);
    }
    network.ids = parser.ids;
    network
}

/// Reads items into a network, beside those that it has.
#[cfg(feature = "onnx")]
pub(crate) fn items(errors: &mut Errors, tokens: TokenStream, network: &mut Network) {
    let mut parser = Parser { errors, ids: network.ids, depth: 0 };
    item::items(&mut parser, &mut Cursor::new(tokens), network);
    network.ids = parser.ids;
}

/// What all parsing functions share.
struct Parser<'e> {
    errors: &'e mut Errors,
    ids: usize,
    depth: usize,
}

impl Parser<'_> {
    fn at(&mut self, place: impl Into<Place>, text: impl Into<String>) {
        self.errors.at(place, text);
    }

    /// A number that no other piece of this network has.
    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids - 1
    }

    /// Runs `read` one level deeper, unless that is too deep.
    fn deeper<T>(&mut self, place: Place, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth == DEPTH {
            self.at(place, messages::too_deep(DEPTH));
            return None;
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        Some(read)
    }
}

/// What `T` reads at the beginning, and how many of the tokens it takes. Nothing where they begin with no `T`, or where it
/// ends within an invisible group, as `macro_rules!` puts around a fragment: then more may be left than stood before it.
fn prefix<T: Parse>(tokens: &[TokenTree]) -> Option<(T, usize)> {
    let read = |input: ParseStream| Ok((input.parse::<T>()?, input.parse::<TokenStream>()?));
    let (read, rest) = read.parse2(tokens.iter().cloned().collect()).ok()?;
    let used = tokens.len().checked_sub(rest.into_iter().count())?;
    (used > 0).then_some((read, used))
}
