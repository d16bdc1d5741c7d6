//! Arguments: a literal, a word, a tuple, or a const expression that syn delimits.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use rf_core::emit::is_keyword;

use super::cursor::Cursor;
use super::{Parser, prefix};
use crate::ast::{Kind, Value};
use crate::messages;
use crate::place::{self, Place};

/// A const expression of more tokens belongs in a `const`: syn and rustc read expressions recursively.
const TOKENS: usize = 256;

/// The same for its groups.
const DEPTH: usize = 32;

/// Reads a value up to `stop` or the end.
pub(super) fn value(parser: &mut Parser, cursor: &mut Cursor, stop: char) -> Value {
    let count = cursor.distance(stop);
    let id = parser.id();
    let Some(place) = cursor.rest().get(..count).and_then(place::of) else {
        let place = if cursor.is_empty() { cursor.previous() } else { cursor.here() };
        parser.at(place, messages::expected_value());
        return Value { id, place, kind: Kind::Broken };
    };
    if let Some(kind) = simple(parser, cursor, count, place) {
        cursor.take(count);
        return Value { id, place, kind };
    }
    let (place, kind) = expression(parser, cursor, count, stop, place);
    Value { id, place, kind }
}

/// Reads a value of one token.
pub(super) fn single(parser: &mut Parser, cursor: &mut Cursor) -> Value {
    let id = parser.id();
    let place = cursor.here();
    let kind = match cursor.peek(0) {
        Some(TokenTree::Punct(_)) | None => {
            parser.at(cursor.here(), messages::expected_value());
            Kind::Broken
        }
        Some(token) => token_kind(parser, &token.clone(), place),
    };
    if !kind.is_broken() || !cursor.is_punct(0, ';') {
        cursor.next();
    }
    Value { id, place, kind }
}

/// Reads values separated by commas to the end.
pub(super) fn list(parser: &mut Parser, cursor: &mut Cursor) -> Vec<Value> {
    let mut values = Vec::new();
    while !cursor.is_empty() {
        values.push(value(parser, cursor, ','));
        comma(parser, cursor);
    }
    values
}

/// The comma after a value, unless it is the last. Where it is missing the next value follows.
pub(super) fn comma(parser: &mut Parser, cursor: &mut Cursor) {
    if !cursor.is_empty() && !cursor.take_punct(',') {
        parser.at(cursor.previous(), messages::expected_comma("value"));
    }
}

/// The common values, which need no parser.
fn simple(parser: &mut Parser, cursor: &Cursor, count: usize, place: Place) -> Option<Kind> {
    match cursor.rest().get(..count)? {
        [token] => Some(token_kind(parser, &token.clone(), place)),
        [TokenTree::Punct(minus), TokenTree::Literal(literal)] if minus.as_char() == '-' => {
            match literal_kind(parser, literal, place) {
                Kind::Int(value) => Some(Kind::Int(-value)),
                Kind::Broken => Some(Kind::Broken),
                _ => None,
            }
        }
        [TokenTree::Literal(over), TokenTree::Punct(slash), TokenTree::Literal(under)]
            if slash.as_char() == '/' =>
        {
            match (literal_kind(parser, over, place), literal_kind(parser, under, place)) {
                (Kind::Int(a), Kind::Int(b)) => {
                    Some(Kind::Ratio(a, b, cursor.rest().iter().take(3).cloned().collect()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn token_kind(parser: &mut Parser, token: &TokenTree, place: Place) -> Kind {
    match token {
        TokenTree::Literal(literal) => literal_kind(parser, literal, place),
        TokenTree::Ident(ident) if ident == "_" => Kind::Free,
        TokenTree::Ident(ident) if ident == "true" || ident == "false" => Kind::Bool(ident == "true"),
        TokenTree::Ident(ident) if !is_keyword(&ident.to_string()) => Kind::Word(ident.clone()),
        TokenTree::Group(group) => group_kind(parser, group, place),
        TokenTree::Ident(_) | TokenTree::Punct(_) => {
            parser.at(place, messages::not_a_value(&shown(token)));
            Kind::Broken
        }
    }
}

fn literal_kind(parser: &mut Parser, literal: &Literal, place: Place) -> Kind {
    let text = literal.to_string();
    if let Ok(value) = text.parse() {
        return Kind::Int(value);
    }
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Int(int) if int.suffix().starts_with('f') => Kind::Float(literal_tokens(literal)),
        syn::Lit::Int(int) => int.base10_digits().parse().map_or_else(
            |_| {
                parser.at(place, messages::int_too_large());
                Kind::Broken
            },
            Kind::Int,
        ),
        syn::Lit::Float(_) => Kind::Float(literal_tokens(literal)),
        syn::Lit::Str(text) => Kind::Text(text.value()),
        _ => Kind::Text(text),
    }
}

fn literal_tokens(literal: &Literal) -> TokenStream {
    TokenTree::Literal(literal.clone()).into()
}

fn group_kind(parser: &mut Parser, group: &Group, place: Place) -> Kind {
    if deep(&group.stream(), DEPTH) {
        parser.at(place, messages::too_deep(DEPTH));
        return Kind::Broken;
    }
    let mut inner = Cursor::within(group);
    let tuple = inner.distance(',') < inner.rest().len();
    match group.delimiter() {
        Delimiter::Parenthesis if tuple => Kind::Tuple(list(parser, &mut inner)),
        Delimiter::Parenthesis if !inner.is_empty() => {
            let only = value(parser, &mut inner, ',').kind;
            if inner.is_empty() {
                return only;
            }
            comma(parser, &mut inner);
            Kind::Broken
        }
        Delimiter::Bracket => Kind::List(list(parser, &mut inner)),
        // A block is Rust; the compiler reads it.
        Delimiter::Brace => Kind::Expr(TokenTree::Group(group.clone()).into()),
        Delimiter::None => checked(parser, group.stream(), place),
        Delimiter::Parenthesis => {
            parser.at(place, messages::expected_value());
            Kind::Broken
        }
    }
}

/// Anything longer. A comma may stand within `<A, B>`, so if the tokens up to the comma are no expression,
/// syn says where it ends.
fn expression(
    parser: &mut Parser,
    cursor: &mut Cursor,
    count: usize,
    stop: char,
    place: Place,
) -> (Place, Kind) {
    let ahead: Vec<TokenTree> = cursor.rest().iter().take(TOKENS + 1).cloned().collect();
    let tokens: TokenStream = ahead.iter().take(count).cloned().collect();
    if count > TOKENS || deep(&tokens, DEPTH) {
        cursor.take(count);
        parser.at(place, messages::expression_too_long(TOKENS));
        return (place, Kind::Broken);
    }
    if syn::parse2::<syn::Expr>(tokens.clone()).is_ok() {
        cursor.take(count);
        return (place, Kind::Expr(tokens));
    }
    let until = if stop == ',' { ahead.len() } else { count };
    let longer = ahead.get(..until).unwrap_or_default();
    let shallow = !deep(&longer.iter().cloned().collect(), DEPTH);
    let used = if shallow { prefix::<syn::Expr>(longer).map_or(0, |(_, used)| used) } else { 0 };
    if used == 0 || used == count {
        cursor.take(count);
        return (place, checked(parser, tokens, place));
    }
    let place = cursor.ahead(used);
    if let Some(kind) = simple(parser, cursor, used, place) {
        cursor.take(used);
        return (place, kind);
    }
    let used = cursor.take(used);
    (place::of(&used).unwrap_or(place), Kind::Expr(used.into_iter().collect()))
}

/// Tokens that must be one expression.
fn checked(parser: &mut Parser, tokens: TokenStream, place: Place) -> Kind {
    match syn::parse2::<syn::Expr>(tokens.clone()) {
        Ok(_) => Kind::Expr(tokens),
        Err(error) => {
            parser.at(place, messages::not_an_expression(&error.to_string()));
            Kind::Broken
        }
    }
}

/// Whether groups nest deeper than `limit`.
fn deep(tokens: &TokenStream, limit: usize) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => limit == 0 || deep(&group.stream(), limit - 1),
        _ => false,
    })
}

/// A token, for a message.
pub(super) fn shown(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "`(`".to_owned(),
            Delimiter::Bracket => "`[`".to_owned(),
            Delimiter::Brace => "`{`".to_owned(),
            Delimiter::None => "a substituted expression".to_owned(),
        },
        other => format!("`{other}`"),
    }
}
