//! A position in a run of tokens, with the look-ahead that the grammar needs.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

use crate::place::{self, Place};

/// Tokens still to be read, and where they end.
pub(crate) struct Cursor {
    tokens: std::vec::IntoIter<TokenTree>,
    /// Place of the last token read; at the beginning, of the opening brace.
    previous: Place,
}

impl Cursor {
    /// The tokens of a whole macro call.
    pub(crate) fn new(tokens: TokenStream) -> Self {
        Self { tokens: flat(tokens), previous: Span::call_site().into() }
    }

    /// The tokens within a group.
    pub(crate) fn within(group: &Group) -> Self {
        Self { tokens: flat(group.stream()), previous: group.span_open().into() }
    }

    pub(crate) fn rest(&self) -> &[TokenTree] {
        self.tokens.as_slice()
    }

    pub(crate) fn peek(&self, ahead: usize) -> Option<&TokenTree> {
        self.rest().get(ahead)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Reads one token.
    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.next()?;
        self.previous = (&token).into();
        Some(token)
    }

    /// Reads so many tokens.
    pub(crate) fn take(&mut self, count: usize) -> Vec<TokenTree> {
        (0..count).map_while(|_| self.next()).collect()
    }

    /// The next token, or, at the end, the last one read: where to report that something is missing.
    pub(crate) fn here(&self) -> Place {
        self.peek(0).map_or(self.previous, Place::from)
    }

    /// The next token as it is written.
    pub(crate) fn here_text(&self) -> String {
        self.peek(0).map(TokenTree::to_string).unwrap_or_default()
    }

    /// The last token read.
    pub(crate) fn previous(&self) -> Place {
        self.previous
    }

    pub(crate) fn ident(&self, ahead: usize) -> Option<&Ident> {
        match self.peek(ahead)? {
            TokenTree::Ident(ident) => Some(ident),
            _ => None,
        }
    }

    /// Whether the word `word` stands `ahead`.
    pub(crate) fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.ident(ahead).is_some_and(|ident| ident == word)
    }

    pub(crate) fn is_punct(&self, ahead: usize, char: char) -> bool {
        matches!(self.peek(ahead), Some(TokenTree::Punct(punct)) if punct.as_char() == char)
    }

    /// Whether two punctuation marks stand `ahead` as one operator.
    pub(crate) fn is_pair(&self, ahead: usize, pair: [char; 2]) -> bool {
        let [first, second] = pair;
        matches!(self.peek(ahead), Some(TokenTree::Punct(punct))
            if punct.as_char() == first && punct.spacing() == Spacing::Joint)
            && self.is_punct(ahead + 1, second)
    }

    /// A `:` that is no half of `::`.
    pub(crate) fn is_colon(&self, ahead: usize) -> bool {
        self.is_punct(ahead, ':') && !self.is_pair(ahead, [':', ':'])
    }

    pub(crate) fn group(&self, ahead: usize, delimiter: Delimiter) -> Option<&Group> {
        match self.peek(ahead)? {
            TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
            _ => None,
        }
    }

    /// Reads an identifier.
    pub(crate) fn take_ident(&mut self) -> Option<Ident> {
        let ident = self.ident(0)?.clone();
        self.next();
        Some(ident)
    }

    /// Reads a group with the given delimiter.
    pub(crate) fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let group = self.group(0, delimiter)?.clone();
        self.next();
        Some(group)
    }

    /// Reads a punctuation mark, if it stands here.
    pub(crate) fn take_punct(&mut self, char: char) -> bool {
        let found = self.is_punct(0, char);
        if found {
            self.next();
        }
        found
    }

    /// Reads a two-character operator, if it stands here.
    pub(crate) fn take_pair(&mut self, pair: [char; 2]) -> bool {
        let found = self.is_pair(0, pair);
        if found {
            self.take(2);
        }
        found
    }

    /// Reads up to the next token for which `stop` holds of the cursor, which is left standing.
    pub(crate) fn skip_to(&mut self, stop: impl Fn(&Self) -> bool) -> Vec<TokenTree> {
        let mut skipped = Vec::new();
        while !self.is_empty() && !stop(self) {
            skipped.extend(self.next());
        }
        skipped
    }

    /// How many tokens stand before the next mark `char` (or the end).
    pub(crate) fn distance(&self, char: char) -> usize {
        self.rest()
            .iter()
            .position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == char))
            .unwrap_or(self.rest().len())
    }

    /// The place of the next `count` tokens.
    pub(crate) fn ahead(&self, count: usize) -> Place {
        self.rest().get(..count).and_then(place::of).unwrap_or_else(|| self.here())
    }
}

/// The tokens, with the invisible groups opened that `macro_rules!` puts around a single substituted token.
fn flat(tokens: TokenStream) -> std::vec::IntoIter<TokenTree> {
    let opened: Vec<TokenTree> = tokens.into_iter().map(open).collect();
    opened.into_iter()
}

fn open(token: TokenTree) -> TokenTree {
    match &token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inner = group.stream().into_iter();
            match (inner.next(), inner.next()) {
                (Some(only), None) => open(only),
                _ => token,
            }
        }
        _ => token,
    }
}
