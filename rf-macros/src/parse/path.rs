//! `layer1.0.conv2` and `"layer1.0.conv2"`.

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;

use super::cursor::Cursor;
use super::{Parser, expr};
use crate::ast::Path;
use crate::messages;

/// Reads a path; nothing, after an error, where none stands.
pub(super) fn path(parser: &mut Parser, cursor: &mut Cursor) -> Option<Path> {
    let start = cursor.here();
    if let Some(text) = string(cursor.peek(0)) {
        cursor.next();
        return Some(Path { id: parser.id(), text, head: None, place: start });
    }
    let Some(head) = cursor.take_ident() else {
        parser.at(start, messages::expected_path());
        return None;
    };
    let mut text = spelled(&head);
    while cursor.take_punct('.') {
        let Some(piece) = piece(cursor) else {
            parser.at(cursor.here(), messages::bad_path_piece(&text));
            expr::skip(cursor);
            return None;
        };
        text.push('.');
        text.push_str(&piece);
    }
    Some(Path { id: parser.id(), text, head: Some(head), place: start.to(cursor.previous()) })
}

/// What a string literal says.
pub(super) fn string(token: Option<&TokenTree>) -> Option<String> {
    let Some(token @ TokenTree::Literal(_)) = token else { return None };
    syn::parse2::<syn::LitStr>(token.clone().into()).ok().map(|text| text.value())
}

/// An identifier as it is spelled in names: without `r#`.
pub(crate) fn spelled(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// What follows a dot: a label, an index, or two indices that the lexer took for a number (`0.1`).
fn piece(cursor: &mut Cursor) -> Option<String> {
    let piece = match cursor.peek(0)? {
        TokenTree::Ident(ident) => spelled(ident),
        TokenTree::Literal(literal) => {
            let digits = literal.to_string();
            let index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.split('.').all(index).then_some(digits)?
        }
        _ => return None,
    };
    cursor.next();
    Some(piece)
}
