//! The accumulator that every stage is handed first: a stage returns what it understood and pushes the rest
//! here.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, TokenStream, TokenTree};

use crate::messages;
use crate::place::Place;

/// Beyond so many, further errors help nobody; one last line says how many there were.
const SHOWN: usize = 100;

/// One mistake in the source.
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// All mistakes found so far, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Errors {
    faults: Vec<Fault>,
    more: usize,
    /// Values already reported: a block's body is laid out once per call, its mistakes are told once.
    told: HashSet<usize>,
}

impl Errors {
    /// Records a mistake.
    pub(crate) fn at(&mut self, place: impl Into<Place>, text: impl Into<String>) {
        if self.faults.len() < SHOWN {
            self.faults.push(Fault { place: place.into(), text: text.into() });
        } else {
            self.more += 1;
        }
    }

    /// Records a mistake unless one was recorded for the same piece of source.
    pub(crate) fn once(&mut self, id: usize, place: impl Into<Place>, text: impl Into<String>) {
        if self.told.insert(id) {
            self.at(place, text);
        }
    }

    /// Whether a search for a similar name is still worth its time.
    pub(crate) fn few(&self) -> bool {
        self.faults.len() < SHOWN
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(|fault| fault.text.as_str())
    }

    /// The mistakes as items: `::core::compile_error! { ".." }`.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        if self.more > 0
            && let Some(last) = self.faults.last_mut()
        {
            last.text.push_str(&messages::more_errors(self.more));
        }
        if proc_macro::is_available() {
            self.faults.sort_by_key(|Fault { place, .. }| {
                let start = place.first.unwrap();
                (start.line(), start.column())
            });
        }
        self.faults.iter().flat_map(Fault::tokens).collect()
    }
}

impl Fault {
    /// rustc underlines a macro call from its first token to its last one, so these wear the user's two
    /// spans:
    ///
    /// ```text
    /// error: unknown layer `max_poll`
    ///        help: `max_pool` has a similar name
    ///   |
    /// 9 |     pool: max_poll(2);
    ///   |           ^^^^^^^^
    /// ```
    fn tokens(&self) -> Vec<TokenTree> {
        let Place { first, last } = self.place;
        let colon = |spacing| {
            let mut punct = Punct::new(':', spacing);
            punct.set_span(first);
            TokenTree::Punct(punct)
        };
        let mut bang = Punct::new('!', Spacing::Alone);
        bang.set_span(first);
        let mut text = Literal::string(&self.text);
        text.set_span(last);
        let mut body = Group::new(Delimiter::Brace, TokenTree::Literal(text).into());
        body.set_span(last);
        vec![
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            Ident::new("core", first).into(),
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            Ident::new("compile_error", first).into(),
            bang.into(),
            body.into(),
        ]
    }
}
