//! `crate = path; attributes visibility NAME generics = "file" { .. }`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use rf_core::emit::is_keyword;
use syn::parse::Parser as _;

use super::cursor::Cursor;
use super::{Parser, prefix};
use crate::ast::{File, Generic, Header};
use crate::messages;

/// `crate = path;`.
pub(super) fn library(parser: &mut Parser, cursor: &mut Cursor) -> Option<TokenStream> {
    if !(cursor.is_word(0, "crate") && cursor.is_punct(1, '=')) {
        return None;
    }
    cursor.take(2);
    let count = cursor.distance(';');
    let place = cursor.ahead(count);
    let path: TokenStream = cursor.take(count).into_iter().collect();
    cursor.take_punct(';');
    let is_self = |token: TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "Self");
    if syn::Path::parse_mod_style.parse2(path.clone()).is_err() || path.clone().into_iter().any(is_self) {
        parser.at(place, messages::not_a_crate_path());
        return None;
    }
    Some(path)
}

/// Everything before the brace, and the brace's inside.
pub(super) fn header(parser: &mut Parser, cursor: &mut Cursor) -> (Option<Header>, Option<Cursor>) {
    let attributes = attributes(parser, cursor);
    let visibility = visibility(parser, cursor);
    let Some(name) = cursor.take_ident().filter(|name| !is_keyword(&name.to_string())) else {
        parser.at(cursor.here(), messages::expected_name());
        let body = if cursor.is_empty() { None } else { body(parser, cursor) };
        return (None, body);
    };
    let generics = generics(parser, cursor);
    let file = file(parser, cursor);
    let body = body(parser, cursor);
    (Some(Header { attributes, visibility, name, generics, file }), body)
}

/// `#[..]`, doc comments among them.
pub(super) fn attributes(parser: &mut Parser, cursor: &mut Cursor) -> TokenStream {
    let mut attributes = TokenStream::new();
    while cursor.is_punct(0, '#') && cursor.group(1, Delimiter::Bracket).is_some() {
        let place = cursor.ahead(2);
        let attribute: TokenStream = cursor.take(2).into_iter().collect();
        if syn::Attribute::parse_outer.parse2(attribute.clone()).is_ok() {
            attributes.extend(attribute);
        } else {
            parser.at(place, messages::bad_attribute());
        }
    }
    attributes
}

fn visibility(parser: &mut Parser, cursor: &mut Cursor) -> TokenStream {
    if let Some(TokenTree::Group(group)) = cursor.peek(0)
        && group.delimiter() == Delimiter::None
    {
        // `$vis` of a `macro_rules!`.
        return checked(parser, cursor, 1);
    }
    if !cursor.is_word(0, "pub") {
        return TokenStream::new();
    }
    let count = if cursor.group(1, Delimiter::Parenthesis).is_some() { 2 } else { 1 };
    checked(parser, cursor, count)
}

/// So many tokens, which must be a visibility.
fn checked(parser: &mut Parser, cursor: &mut Cursor, count: usize) -> TokenStream {
    let place = cursor.ahead(count);
    let visibility: TokenStream = cursor.take(count).into_iter().collect();
    if syn::parse2::<syn::Visibility>(visibility.clone()).is_err() {
        parser.at(place, messages::bad_visibility());
        return TokenStream::new();
    }
    visibility
}

/// `<const NAME: TYPE, ..>`.
fn generics(parser: &mut Parser, cursor: &mut Cursor) -> Vec<Generic> {
    if !cursor.is_punct(0, '<') {
        return Vec::new();
    }
    let place = cursor.here();
    let Some((generics, used)) = prefix::<syn::Generics>(cursor.rest()) else {
        parser.at(place, messages::bad_generics());
        cursor.skip_to(|cursor| cursor.group(0, Delimiter::Brace).is_some());
        return Vec::new();
    };
    cursor.take(used);
    generics.params.into_iter().filter_map(|param| generic(parser, param)).collect()
}

fn generic(parser: &mut Parser, param: syn::GenericParam) -> Option<Generic> {
    match param {
        syn::GenericParam::Const(param) => Some(Generic {
            name: param.ident,
            ty: param.ty.to_token_stream(),
            default: param.default.map(|(_, default)| default.into_token_stream()),
        }),
        syn::GenericParam::Type(param) => {
            parser.at(param.ident.span(), messages::only_const_generics());
            None
        }
        syn::GenericParam::Lifetime(param) => {
            parser.at(param.lifetime.ident.span(), messages::only_const_generics());
            None
        }
    }
}

/// `= "file.onnx"`.
fn file(parser: &mut Parser, cursor: &mut Cursor) -> Option<File> {
    if !cursor.take_punct('=') {
        return None;
    }
    let file = self::file_name(cursor);
    if file.is_none() {
        parser.at(cursor.here(), messages::expected_file("`=`"));
        cursor.skip_to(|cursor| cursor.group(0, Delimiter::Brace).is_some());
    }
    file
}

/// A file's name in quotes, if it stands here.
pub(super) fn file_name(cursor: &mut Cursor) -> Option<File> {
    let path = super::path::string(cursor.peek(0))?;
    cursor.next();
    Some(File { path, place: cursor.previous() })
}

fn body(parser: &mut Parser, cursor: &mut Cursor) -> Option<Cursor> {
    let stray = cursor.skip_to(|cursor| cursor.group(0, Delimiter::Brace).is_some());
    let place = crate::place::of(&stray).unwrap_or_else(|| cursor.previous());
    let Some(group) = cursor.take_group(Delimiter::Brace) else {
        parser.at(place, messages::expected_body());
        return None;
    };
    if !stray.is_empty() {
        parser.at(place, messages::unexpected_before_body());
    }
    if !cursor.is_empty() {
        parser.at(cursor.here(), messages::one_network());
    }
    Some(Cursor::within(&group))
}

/// Reads the name of something that the user declares; a keyword is refused with a way out.
pub(super) fn declared(parser: &mut Parser, name: Ident) -> Option<Ident> {
    let text = name.to_string();
    if is_keyword(&text) {
        parser.at(name.span(), messages::keyword(&text));
        return None;
    }
    Some(name)
}
