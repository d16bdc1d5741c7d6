//! `chain + chain`, `term -> term`, and the atoms.

use proc_macro2::{Delimiter, Group, Spacing, TokenTree};
use rf_core::emit::is_keyword;

use super::cursor::Cursor;
use super::header::declared;
use super::{Parser, path, prefix, value};
use crate::ast::{Arg, Atom, Call, Chain, Expr, For, Label, Merge, MergeKind, Term, Type, Values};
use crate::messages;
use crate::place::Place;

/// Reads chains joined by `+`, up to a `,`, a `;` or the end.
pub(super) fn expr(parser: &mut Parser, cursor: &mut Cursor) -> Expr {
    let id = parser.id();
    let mut chains = vec![chain(parser, cursor)];
    let mut plus = None;
    while cursor.is_punct(0, '+') {
        plus.get_or_insert(cursor.here());
        cursor.next();
        chains.push(chain(parser, cursor));
    }
    Expr { chains, plus, id }
}

/// Reads terms joined by `->`.
fn chain(parser: &mut Parser, cursor: &mut Cursor) -> Chain {
    let mut terms = vec![term(parser, cursor)];
    loop {
        if cursor.take_pair(['-', '>']) {
            terms.push(term(parser, cursor));
        } else if ends_chain(cursor) || parser.depth == 0 && cursor.ident(0).is_some() {
            return Chain { terms };
        } else {
            let place = cursor.here();
            parser.at(place, messages::expected_arrow(&shown(cursor)));
            if !begins_atom(cursor) {
                skip(cursor);
                terms.push(Term { label: None, atom: Atom::Broken(place), times: None });
                continue;
            }
            terms.push(term(parser, cursor));
        }
    }
}

fn ends_chain(cursor: &Cursor) -> bool {
    cursor.is_empty() || ['+', ',', ';'].iter().any(|&mark| cursor.is_punct(0, mark))
}

fn begins_atom(cursor: &Cursor) -> bool {
    match cursor.peek(0) {
        Some(TokenTree::Ident(_)) => true,
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        _ => false,
    }
}

/// Passes over what is no part of a chain.
pub(super) fn skip(cursor: &mut Cursor) {
    cursor.skip_to(|cursor| ends_chain(cursor) || cursor.is_pair(0, ['-', '>']));
}

/// `label: atom * times`.
fn term(parser: &mut Parser, cursor: &mut Cursor) -> Term {
    let label = label(parser, cursor);
    let atom = atom(parser, cursor);
    let times = cursor.take_punct('*').then(|| times(parser, cursor));
    Term { label, atom, times }
}

/// The number of repeats: one token.
fn times(parser: &mut Parser, cursor: &mut Cursor) -> crate::ast::Value {
    value::single(parser, cursor)
}

/// `name :` or `"name" :`, if it stands here.
pub(super) fn label(parser: &mut Parser, cursor: &mut Cursor) -> Option<Label> {
    if !cursor.is_colon(1) {
        return None;
    }
    let place = cursor.here();
    if let Some(text) = path::string(cursor.peek(0)) {
        cursor.take(2);
        if text.is_empty() {
            parser.at(place, messages::empty_label());
            return None;
        }
        return Some(Label { text, ident: None, place });
    }
    let ident = cursor.take_ident()?;
    cursor.next();
    let ident = declared(parser, ident)?;
    Some(Label { text: path::spelled(&ident), ident: Some(ident), place })
}

fn atom(parser: &mut Parser, cursor: &mut Cursor) -> Atom {
    let place = cursor.here();
    match cursor.peek(0) {
        Some(TokenTree::Ident(_)) => word(parser, cursor),
        Some(TokenTree::Group(group)) => {
            let group = group.clone();
            cursor.next();
            grouped(parser, &group, place)
        }
        Some(TokenTree::Literal(literal)) if literal.to_string().starts_with('"') => {
            path::path(parser, cursor).map_or(Atom::Broken(place), Atom::Path)
        }
        Some(TokenTree::Punct(_)) if cursor.is_pair(0, [':', ':']) || cursor.is_punct(0, '<') => {
            ty(parser, cursor)
        }
        _ => {
            let previous = cursor.previous();
            let place = if ends_chain(cursor) { previous } else { place };
            parser.at(place, messages::expected_layer(&shown(cursor)));
            skip(cursor);
            Atom::Broken(place)
        }
    }
}

fn grouped(parser: &mut Parser, group: &Group, place: Place) -> Atom {
    match group.delimiter() {
        Delimiter::Bracket => merge(parser, group, MergeKind::Concat, place),
        delimiter => {
            if delimiter == Delimiter::Brace {
                parser.at(place, messages::parentheses_group());
            }
            inner(parser, group, place).map_or(Atom::Broken(place), |expr| Atom::Paren(place, Box::new(expr)))
        }
    }
}

/// The one expression within a group.
fn inner(parser: &mut Parser, group: &Group, place: Place) -> Option<Expr> {
    parser.deeper(place, |parser| {
        let mut cursor = Cursor::within(group);
        let inner = expr(parser, &mut cursor);
        if !cursor.is_empty() {
            let text = messages::unexpected_in_group(&shown(&cursor));
            parser.at(cursor.here(), text);
        }
        inner
    })
}

/// The body of a block: one expression.
pub(super) fn block_body(parser: &mut Parser, group: &Group, name: &str) -> Expr {
    let place = Place::from(&TokenTree::Group(group.clone()));
    if group.stream().is_empty() {
        parser.at(place, messages::empty_block(name));
    } else if let Some(expr) = inner_body(parser, group, place) {
        return expr;
    }
    Expr::broken(parser.id(), place)
}

/// As [`inner`], where a last `;` is easily typed and changes nothing.
fn inner_body(parser: &mut Parser, group: &Group, place: Place) -> Option<Expr> {
    parser.deeper(place, |parser| {
        let mut cursor = Cursor::within(group);
        let inner = expr(parser, &mut cursor);
        if !cursor.is_empty() {
            let text = messages::one_expression(&shown(&cursor));
            parser.at(cursor.here(), text);
        }
        inner
    })
}

fn merge(parser: &mut Parser, group: &Group, kind: MergeKind, place: Place) -> Atom {
    let id = parser.id();
    let branches = parser.deeper(place, |parser| branches(parser, &mut Cursor::within(group)));
    match branches {
        None => Atom::Broken(place),
        Some(branches) if branches.is_empty() => {
            parser.at(place, messages::empty_merge());
            Atom::Broken(place)
        }
        Some(branches) => Atom::Merge(Merge { id, kind, place, branches }),
    }
}

fn branches(parser: &mut Parser, cursor: &mut Cursor) -> Vec<Expr> {
    let mut branches = Vec::new();
    while !cursor.is_empty() {
        branches.push(expr(parser, cursor));
        if !cursor.is_empty() && !cursor.take_punct(',') {
            let text = messages::unexpected_in_group(&shown(cursor));
            parser.at(cursor.here(), text);
            cursor.skip_to(|cursor| cursor.is_punct(0, ','));
            cursor.take_punct(',');
        }
    }
    branches
}

/// An atom that begins with a word.
fn word(parser: &mut Parser, cursor: &mut Cursor) -> Atom {
    let place = cursor.here();
    if cursor.group(1, Delimiter::Bracket).is_some() {
        return named_merge(parser, cursor);
    }
    if cursor.is_word(0, "for") {
        return repeat(parser, cursor);
    }
    if cursor.is_pair(1, [':', ':']) || cursor.is_punct(1, '<') {
        return ty(parser, cursor);
    }
    if cursor.is_punct(1, '.') {
        return path::path(parser, cursor).map_or(Atom::Broken(place), Atom::Path);
    }
    let Some(name) = cursor.take_ident() else { return Atom::Broken(place) };
    if is_keyword(&name.to_string()) {
        parser.at(place, messages::expected_layer(&format!("the keyword `{name}`")));
        skip(cursor);
        return Atom::Broken(place);
    }
    let args = cursor.take_group(Delimiter::Parenthesis).map(|group| args(parser, &group));
    Atom::Call(Call { id: parser.id(), name, args, place: place.to(cursor.previous()) })
}

/// `mul [..]`, `max [..]`.
fn named_merge(parser: &mut Parser, cursor: &mut Cursor) -> Atom {
    let word = cursor.here();
    let name = cursor.take_ident().map(|name| name.to_string()).unwrap_or_default();
    let Some(group) = cursor.take_group(Delimiter::Bracket) else { return Atom::Broken(word) };
    let place = word.to(cursor.previous());
    let kind = match name.as_str() {
        "mul" => MergeKind::Mul,
        "max" => MergeKind::Max,
        _ => {
            parser.at(word, messages::unknown_merge(&name));
            return Atom::Broken(place);
        }
    };
    merge(parser, &group, kind, place)
}

/// `name = value, value, ..` within parentheses.
pub(super) fn args(parser: &mut Parser, group: &Group) -> Vec<Arg> {
    let mut cursor = Cursor::within(group);
    let mut args = Vec::new();
    while !cursor.is_empty() {
        args.push(arg(parser, &mut cursor));
        value::comma(parser, &mut cursor);
    }
    args
}

/// `value` or `name = value`.
pub(super) fn arg(parser: &mut Parser, cursor: &mut Cursor) -> Arg {
    let named = cursor.ident(0).is_some() && cursor.is_punct(1, '=') && !cursor.is_pair(1, ['=', '=']);
    let name = if named { cursor.take_ident() } else { None };
    if named {
        cursor.next();
    }
    Arg { name, value: value::value(parser, cursor, ',') }
}

/// `for name in values { body }`.
fn repeat(parser: &mut Parser, cursor: &mut Cursor) -> Atom {
    let start = cursor.here();
    cursor.next();
    let variable = cursor.take_ident();
    let has_in = cursor.is_word(0, "in");
    if has_in {
        cursor.next();
    }
    let over =
        cursor.skip_to(|cursor| cursor.group(0, Delimiter::Brace).is_some() || cursor.is_punct(0, ';'));
    let Some(body) = cursor.take_group(Delimiter::Brace) else {
        parser.at(start, messages::bad_for());
        return Atom::Broken(start);
    };
    let place = start.to(cursor.previous());
    let (Some(variable), true) = (variable, has_in) else {
        parser.at(start, messages::bad_for());
        return Atom::Broken(place);
    };
    let values = values(parser, over, start);
    if body.stream().is_empty() {
        parser.at(cursor.previous(), messages::empty_for());
        return Atom::Broken(place);
    }
    let body = inner_body(parser, &body, cursor.previous());
    match (declared(parser, variable), body) {
        (Some(variable), Some(body)) => Atom::For(Box::new(For { variable, values, body })),
        _ => Atom::Broken(place),
    }
}

/// `a..b`, `a..=b` or `[a, b, ..]`.
fn values(parser: &mut Parser, tokens: Vec<TokenTree>, start: Place) -> Values {
    let place = crate::place::of(&tokens).unwrap_or(start);
    let mut cursor = Cursor::new(tokens.into_iter().collect());
    if let (Some(group), 1) = (cursor.group(0, Delimiter::Bracket).cloned(), cursor.rest().len()) {
        let values = value::list(parser, &mut Cursor::within(&group));
        return Values::List { place, values };
    }
    if cursor.rest().len() < 4 {
        parser.at(place, messages::bad_range());
        return Values::Broken;
    }
    let from = value::single(parser, &mut cursor);
    let dots = cursor.take_pair(['.', '.']);
    let inclusive = cursor.take_punct('=');
    let to = value::single(parser, &mut cursor);
    if !dots || !cursor.is_empty() {
        parser.at(place, messages::bad_range());
        return Values::Broken;
    }
    Values::Range { from, to, inclusive }
}

/// A type path; syn finds where it ends.
fn ty(parser: &mut Parser, cursor: &mut Cursor) -> Atom {
    let place = cursor.here();
    let ahead = cursor.distance(';');
    let Some((_, used)) = prefix::<syn::TypePath>(cursor.rest().get(..ahead).unwrap_or_default()) else {
        parser.at(place, messages::bad_type());
        skip(cursor);
        return Atom::Broken(place);
    };
    let tokens = cursor.take(used).into_iter().collect();
    let place = place.to(cursor.previous());
    Atom::Type(Type { id: parser.id(), tokens, place })
}

/// The next token, for a message.
fn shown(cursor: &Cursor) -> String {
    match (cursor.peek(0), cursor.peek(1)) {
        (Some(TokenTree::Punct(first)), Some(TokenTree::Punct(second)))
            if first.spacing() == Spacing::Joint =>
        {
            format!("`{first}{second}`")
        }
        (Some(token), _) => value::shown(token),
        (None, _) => "the end".to_owned(),
    }
}

impl Expr {
    /// An expression that was not understood; reported already.
    pub(super) fn broken(id: usize, place: Place) -> Self {
        let term = Term { label: None, atom: Atom::Broken(place), times: None };
        Self { chains: vec![Chain { terms: vec![term] }], plus: None, id }
    }
}
