//! `assert !query(path, ..) cmp value;`.

use proc_macro2::{Delimiter, Group};

use super::cursor::Cursor;
use super::{Parser, expr, item, path, value};
use crate::ast::{Arg, Assertion, Compare, Path};
use crate::messages;

/// Reads an assertion; nothing, after an error, where its query is broken.
pub(super) fn assertion(parser: &mut Parser, cursor: &mut Cursor) -> Option<Assertion> {
    cursor.next();
    let start = cursor.here();
    let negate = cursor.take_punct('!');
    if cursor.is_word(0, "same_as") {
        parser.at(cursor.here(), messages::same_as_is_an_item());
        cursor.skip_to(|cursor| cursor.is_punct(0, ';'));
        return None;
    }
    let parsed = query(parser, cursor);
    let Some((query, path, rest)) = parsed else {
        cursor.skip_to(|cursor| cursor.is_punct(0, ';'));
        return None;
    };
    let compare = compare(parser, cursor);
    let place = start.to(cursor.previous());
    item::end(parser, cursor, "an assertion");
    Some(Assertion { place, negate, query, path, rest, compare })
}

fn query(parser: &mut Parser, cursor: &mut Cursor) -> Option<(proc_macro2::Ident, Option<Path>, Vec<Arg>)> {
    let here = cursor.here();
    let Some(query) = cursor.take_ident() else {
        parser.at(here, messages::expected_query());
        return None;
    };
    let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
        parser.at(here, messages::expected_query_args(&query.to_string()));
        return None;
    };
    let (path, rest) = query_args(parser, &group)?;
    Some((query, path, rest))
}

/// A path, then an axis or a named argument.
fn query_args(parser: &mut Parser, group: &Group) -> Option<(Option<Path>, Vec<Arg>)> {
    let mut cursor = Cursor::within(group);
    if cursor.is_empty() {
        return Some((None, Vec::new()));
    }
    let path = path::path(parser, &mut cursor)?;
    let mut rest = Vec::new();
    value::comma(parser, &mut cursor);
    while !cursor.is_empty() {
        rest.push(expr::arg(parser, &mut cursor));
        value::comma(parser, &mut cursor);
    }
    Some((Some(path), rest))
}

fn compare(
    parser: &mut Parser,
    cursor: &mut Cursor,
) -> Option<(Compare, crate::place::Place, crate::ast::Value)> {
    const OPERATORS: [([char; 2], Compare); 4] = [
        (['>', '='], Compare::Ge),
        (['<', '='], Compare::Le),
        (['=', '='], Compare::Eq),
        (['!', '='], Compare::Ne),
    ];
    let place = cursor.here();
    for (pair, compare) in OPERATORS {
        if cursor.take_pair(pair) {
            return Some((compare, place.to(cursor.previous()), value::value(parser, cursor, ';')));
        }
    }
    for (pair, compare) in [(['=', '>'], Compare::Ge), (['=', '<'], Compare::Le)] {
        if cursor.take_pair(pair) {
            let place = place.to(cursor.previous());
            parser.at(place, messages::reversed_comparison(pair));
            return Some((compare, place, value::value(parser, cursor, ';')));
        }
    }
    for (mark, compare) in [('>', Compare::Gt), ('<', Compare::Lt), ('=', Compare::Eq)] {
        if cursor.take_punct(mark) {
            if mark == '=' {
                parser.at(place, messages::single_equals());
            }
            return Some((compare, place, value::value(parser, cursor, ';')));
        }
    }
    None
}
