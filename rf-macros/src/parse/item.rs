//! The items between a network's braces, each up to its `;` or brace.

use proc_macro2::{Delimiter, TokenStream};

use super::cursor::Cursor;
use super::header::{attributes, declared};
use super::{Parser, assertion, expr, value};
use crate::ast::{Block, Expr, Input, Kind, Network, Param, Stage};
use crate::layers::LAYERS;
use crate::messages;
use crate::nearest::nearest;
use crate::parse::spelled;

/// Reads items to the end.
pub(super) fn items(parser: &mut Parser, cursor: &mut Cursor, network: &mut Network) {
    loop {
        while cursor.take_punct(';') {}
        if cursor.is_empty() {
            return;
        }
        item(parser, cursor, network);
    }
}

fn item(parser: &mut Parser, cursor: &mut Cursor, network: &mut Network) {
    let start = cursor.here();
    let docs = attributes(parser, cursor);
    if cursor.is_word(0, "input") && cursor.is_colon(1) {
        match input(parser, cursor) {
            Some(input) => network.inputs.push(input),
            None => network.blind = true,
        }
    } else if cursor.is_word(0, "init") && cursor.is_colon(1) {
        init(parser, cursor, network);
    } else if cursor.is_word(0, "block") && cursor.ident(1).is_some() {
        network.blocks.extend(block(parser, cursor));
    } else if cursor.is_word(0, "assert") && !cursor.is_colon(1) {
        network.assertions.extend(assertion::assertion(parser, cursor));
    } else if cursor.is_empty() {
        parser.at(start, messages::docs_of_nothing());
    } else if let Some(keyword) = misspelt(cursor) {
        parser.at(cursor.here(), messages::unknown_item(&cursor.here_text(), keyword));
        if keyword == "block" {
            network.blocks.extend(block(parser, cursor));
        } else {
            network.assertions.extend(assertion::assertion(parser, cursor));
        }
    } else {
        let docs = only_docs(parser, start, docs);
        network.stages.push(stage(parser, cursor, docs));
    }
}

/// What two words in a row begin where the first is none that the language knows: `blok double(c) { .. }`,
/// `asert rf(a) >= 3`.
fn misspelt(cursor: &Cursor) -> Option<&'static str> {
    let (word, _) = (spelled(cursor.ident(0)?), cursor.ident(1)?);
    let called = cursor.group(2, Delimiter::Parenthesis).is_some();
    if called && cursor.group(3, Delimiter::Brace).is_some() {
        return Some("block");
    }
    (called && nearest(&word, ["assert"]).is_some()).then_some("assert")
}

/// Keeps doc comments and refuses other attributes: a stage cannot be configured away.
fn only_docs(parser: &mut Parser, place: crate::place::Place, attributes: TokenStream) -> TokenStream {
    let is_doc = |token: proc_macro2::TokenTree| match token {
        proc_macro2::TokenTree::Group(group) => {
            group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc")
        }
        _ => true,
    };
    if attributes.clone().into_iter().all(is_doc) {
        return attributes;
    }
    parser.at(place, messages::only_docs());
    TokenStream::new()
}

/// The end of an item: a `;`. What stands before it is reported and passed over.
pub(super) fn end(parser: &mut Parser, cursor: &mut Cursor, after: &str) {
    if cursor.take_punct(';') {
        return;
    }
    parser.at(cursor.previous(), messages::expected_semicolon(after));
    if !cursor.is_empty() && cursor.ident(0).is_none() {
        cursor.skip_to(|cursor| cursor.is_punct(0, ';'));
        cursor.take_punct(';');
    }
}

/// `input: [channels, extent, ..];`.
fn input(parser: &mut Parser, cursor: &mut Cursor) -> Option<Input> {
    cursor.take(2);
    let Some(group) = cursor.take_group(Delimiter::Bracket) else {
        parser.at(cursor.here(), messages::expected_input());
        cursor.skip_to(|cursor| cursor.is_punct(0, ';'));
        return None;
    };
    let place = cursor.previous();
    let entries = value::list(parser, &mut Cursor::within(&group));
    end(parser, cursor, "the input");
    Some(Input { place, entries })
}

/// `init: word;`.
fn init(parser: &mut Parser, cursor: &mut Cursor, network: &mut Network) {
    cursor.take(2);
    if let Some(word) = cursor.take_ident() {
        network.inits.push(word);
    } else {
        parser.at(cursor.here(), messages::expected_init());
        cursor.skip_to(|cursor| cursor.is_punct(0, ';'));
    }
    end(parser, cursor, "`init`");
}

/// `block name(params) { body }`.
fn block(parser: &mut Parser, cursor: &mut Cursor) -> Option<Block> {
    cursor.next();
    let name = cursor.take_ident()?;
    let params = if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
        params(parser, &mut Cursor::within(&group))
    } else {
        parser.at(cursor.here(), messages::expected_params(&name.to_string()));
        Vec::new()
    };
    let body = if let Some(group) = cursor.take_group(Delimiter::Brace) {
        expr::block_body(parser, &group, &name.to_string())
    } else {
        parser.at(cursor.here(), messages::expected_block_body(&name.to_string()));
        cursor.skip_to(|cursor| cursor.is_punct(0, ';') || cursor.group(0, Delimiter::Brace).is_some());
        cursor.take_group(Delimiter::Brace);
        Expr::broken(parser.id(), name.span().into())
    };
    Some(Block { name: declared(parser, name)?, params, body })
}

/// `name, name = default, ..`.
fn params(parser: &mut Parser, cursor: &mut Cursor) -> Vec<Param> {
    let mut params = Vec::new();
    while !cursor.is_empty() {
        params.extend(param(parser, cursor));
        if !cursor.is_empty() && !cursor.take_punct(',') {
            parser.at(cursor.here(), messages::expected_comma("parameter"));
            cursor.skip_to(|cursor| cursor.is_punct(0, ','));
            cursor.take_punct(',');
        }
    }
    params
}

fn param(parser: &mut Parser, cursor: &mut Cursor) -> Option<Param> {
    let Some(name) = cursor.take_ident() else {
        parser.at(cursor.here(), messages::expected_param());
        cursor.skip_to(|cursor| cursor.is_punct(0, ','));
        return None;
    };
    if cursor.is_colon(0) {
        parser.at(cursor.here(), messages::untyped_param());
        cursor.skip_to(|cursor| cursor.is_punct(0, ',') || cursor.is_punct(0, '='));
    }
    let default = cursor.take_punct('=').then(|| value::value(parser, cursor, ','));
    Some(Param { name: declared(parser, name)?, default })
}

/// `label: expr;`.
fn stage(parser: &mut Parser, cursor: &mut Cursor, docs: TokenStream) -> Stage {
    let label = expr::label(parser, cursor).or_else(|| colonless(parser, cursor));
    let expr = expr::expr(parser, cursor);
    end(parser, cursor, "a stage");
    Stage { docs, label, expr }
}

/// A label whose `:` is missing: a word that names no layer, before another.
fn colonless(parser: &mut Parser, cursor: &mut Cursor) -> Option<proc_macro2::Ident> {
    let (word, _) = (spelled(cursor.ident(0)?), cursor.ident(1)?);
    if LAYERS.iter().any(|layer| layer.name == word) {
        return None;
    }
    parser.at(cursor.here(), messages::expected_colon(&word));
    declared(parser, cursor.take_ident()?)
}

impl Kind {
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }
}
