//! Where something stands in the user's source.

use proc_macro2::{Span, TokenTree};

/// The first and the last token of a piece of source.
///
/// `Span::join` answers nothing on stable, so the two are carried apart: rustc underlines from the first
/// token of an item to its last one when the emitted tokens wear these two spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Place {
    /// From the first token of `self` to the last one of `end`.
    pub(crate) fn to(self, end: Self) -> Self {
        Self { first: self.first, last: end.last }
    }

    /// The line in the file, where a compiler tells it (there is none in unit tests).
    pub(crate) fn line(self) -> Option<usize> {
        proc_macro::is_available().then(|| self.first.unwrap().line())
    }

    /// Line and column of the first token; 0 where no compiler tells them.
    pub(crate) fn start(self) -> (usize, usize) {
        let first = proc_macro::is_available().then(|| self.first.unwrap());
        first.map_or((0, 0), |first| (first.line(), first.column()))
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { first: span, last: span }
    }
}

impl From<&TokenTree> for Place {
    fn from(token: &TokenTree) -> Self {
        match token {
            TokenTree::Group(group) => Self { first: group.span_open(), last: group.span_close() },
            other => other.span().into(),
        }
    }
}

/// The place of a run of tokens; nothing for an empty one.
pub(crate) fn of(tokens: &[TokenTree]) -> Option<Place> {
    Some(Place::from(tokens.first()?).to(tokens.last()?.into()))
}
