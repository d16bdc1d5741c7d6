//! Tokens to [`ast`]: every mistake is recorded at its token, and reading goes on at the next `;`, `,` or
//! brace.

mod assertion;
mod cursor;
mod expr;
mod header;
mod item;
mod path;
mod value;

use proc_macro2::TokenStream;

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
    let mut network = Network {
        library,
        header,
        inputs: Vec::new(),
        blind: false,
        inits: Vec::new(),
        blocks: Vec::new(),
        stages: Vec::new(),
        assertions: Vec::new(),
        body: body.is_some(),
        ids: 0,
    };
    if let Some(mut body) = body {
        item::items(&mut parser, &mut body, &mut network);
    }
    network.ids = parser.ids;
    network
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
