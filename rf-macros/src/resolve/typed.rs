//! Values read as what an argument wants. A refused value is reported once, at the value.

use std::fmt;
use std::rc::Rc;

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::env::{Bound, Env, follow, substitute};
use crate::ast::{Kind, Value};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Axes, Bool, Float, Int, Pad, Pads};
use crate::nearest::nearest;
use rf_core::graph::UNKNOWN;

/// What a value is for, in words.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Arg {
        param: &'static str,
        layer: &'static str,
    },
    /// The right side of a comparison of this query.
    Compared(&'static str),
    Input,
    Repeats,
    Range,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arg { param, layer } => write!(f, "`{param}` of `{layer}`"),
            Self::Compared(query) => write!(f, "the value that `{query}` is compared with"),
            Self::Input => f.write_str("a number of the input"),
            Self::Repeats => f.write_str("the number of repeats"),
            Self::Range => f.write_str("the bound of a range"),
        }
    }
}

/// An integer.
pub(crate) fn int(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<Int> {
    let (value, env) = match seen {
        Bound::Int(value) => return Some(Int::Lit(*value)),
        Bound::Unknown => return Some(Int::Lit(1)),
        Bound::Value(value, env) => (*value, env),
    };
    match &value.kind {
        Kind::Int(int) => Some(Int::Lit(*int)),
        Kind::Word(word) => Some(Int::Expr(alone(word), given.place)),
        Kind::Expr(tokens) | Kind::Ratio(_, _, tokens) => {
            Some(Int::Expr(expression(errors, given, tokens, env)?, value.place))
        }
        Kind::Broken => None,
        other => {
            errors.once(value.id, value.place, messages::expected_int(role, shape(other)));
            None
        }
    }
}

/// An integer that the macro itself must know.
pub(crate) fn literal(errors: &mut Errors, role: Role, given: &Value, env: &Rc<Env<'_>>) -> Option<i64> {
    match follow(given, env) {
        Bound::Int(value) => Some(value),
        Bound::Unknown => Some(1),
        Bound::Value(Value { kind: Kind::Int(value), .. }, _) => Some(*value),
        Bound::Value(Value { kind: Kind::Broken, .. }, _) => None,
        Bound::Value(value, _) => {
            errors.once(value.id, value.place, messages::expected_literal(role));
            None
        }
    }
}

/// One integer for all axes, or a tuple of one per axis.
pub(crate) fn axes(
    errors: &mut Errors,
    rank: Option<usize>,
    role: Role,
    given: &Value,
    seen: &Bound<'_>,
) -> Option<Axes> {
    let Bound::Value(value @ Value { kind: Kind::Tuple(entries), .. }, env) = seen else {
        return int(errors, role, given, seen).map(Axes::All);
    };
    let wrong = |found, rank| messages::wrong_rank(role, found, rank);
    let read = |errors: &mut Errors, entry: &Value| int(errors, role, entry, &follow(entry, env));
    each(errors, rank, (value, entries), wrong, read).map(Axes::Each)
}

/// A tuple of one entry per axis.
pub(crate) fn each<T>(
    errors: &mut Errors,
    rank: Option<usize>,
    (tuple, entries): (&Value, &[Value]),
    wrong: impl FnOnce(usize, usize) -> String,
    mut read: impl FnMut(&mut Errors, &Value) -> Option<T>,
) -> Option<Vec<T>> {
    let rank = rank?;
    if entries.len() != rank {
        errors.once(tuple.id, tuple.place, wrong(entries.len(), rank));
        return None;
    }
    // All of them are read, so that all mistakes are told.
    let entries: Vec<_> = entries.iter().map(|entry| read(errors, entry)).collect();
    entries.into_iter().collect()
}

/// Padding: a number, a word, or a tuple of one number, word or pair per axis.
pub(crate) fn pads(
    errors: &mut Errors,
    rank: Option<usize>,
    role: Role,
    given: &Value,
    seen: &Bound<'_>,
) -> Option<Pads> {
    let Bound::Value(value @ Value { kind: Kind::Tuple(entries), .. }, env) = seen else {
        return pad(errors, role, given, seen).map(Pads::All);
    };
    let wrong = |found, rank| messages::wrong_padding_rank(role, found, rank);
    let read = |errors: &mut Errors, entry: &Value| pad(errors, role, entry, &follow(entry, env));
    each(errors, rank, (value, entries), wrong, read).map(Pads::Each)
}

fn pad(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<Pad> {
    match seen {
        Bound::Value(Value { kind: Kind::Word(word), .. }, _) => {
            if let Some(pad) = pad_word(word) {
                return Some(pad);
            }
        }
        Bound::Value(value @ Value { kind: Kind::Tuple(sides), .. }, env) => {
            let [before, after] = sides.as_slice() else {
                errors.once(value.id, value.place, messages::expected_pair(role, sides.len()));
                return None;
            };
            let first = int(errors, role, before, &follow(before, env));
            let second = int(errors, role, after, &follow(after, env));
            return Some(Pad::Sides(first?, second?));
        }
        _ => {}
    }
    int(errors, role, given, seen).map(Pad::Both)
}

/// The words of padding. Anything else is a const of the user's.
fn pad_word(word: &Ident) -> Option<Pad> {
    match word.to_string().as_str() {
        "valid" => Some(Pad::Both(Int::Lit(0))),
        "same" => Some(Pad::Word("Same")),
        "same_lower" => Some(Pad::Word("SameLower")),
        "causal" => Some(Pad::Word("Causal")),
        _ => None,
    }
}

/// `true`, `false` or an expression.
pub(crate) fn bool(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<Bool> {
    let (value, env) = match seen {
        Bound::Unknown => return Some(Bool::Lit(true)),
        Bound::Int(_) => {
            errors.once(given.id, given.place, messages::expected_bool(role, "an integer"));
            return None;
        }
        Bound::Value(value, env) => (*value, env),
    };
    match &value.kind {
        Kind::Bool(value) => Some(Bool::Lit(*value)),
        Kind::Word(word) => Some(Bool::Expr(alone(word))),
        Kind::Expr(tokens) => expression(errors, given, tokens, env).map(Bool::Expr),
        Kind::Broken => None,
        other => {
            errors.once(value.id, value.place, messages::expected_bool(role, shape(other)));
            None
        }
    }
}

/// A number with a fraction; an integer will do.
#[expect(clippy::cast_precision_loss, reason = "slopes and rates are small")]
pub(crate) fn float(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<Float> {
    let (value, env) = match seen {
        Bound::Unknown => return Some(Float::Lit(0.0)),
        Bound::Int(value) => return Some(Float::Lit(*value as f64)),
        Bound::Value(value, env) => (*value, env),
    };
    match &value.kind {
        Kind::Int(value) => Some(Float::Lit(*value as f64)),
        Kind::Word(word) => Some(Float::Expr(alone(word))),
        Kind::Float(tokens) | Kind::Expr(tokens) => expression(errors, given, tokens, env).map(Float::Expr),
        Kind::Broken => None,
        other => {
            errors.once(value.id, value.place, messages::expected_float(role, shape(other)));
            None
        }
    }
}

/// A text in quotes.
pub(crate) fn text(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<String> {
    match seen {
        Bound::Unknown => Some(String::new()),
        Bound::Value(Value { kind: Kind::Text(text), .. }, _) => Some(text.clone()),
        Bound::Value(Value { kind: Kind::Broken, .. }, _) => None,
        _ => {
            errors.once(given.id, given.place, messages::expected_text(role));
            None
        }
    }
}

/// One extent for all axes or a tuple of one per axis, each an integer or `_`.
pub(crate) fn extents(
    errors: &mut Errors,
    rank: Option<usize>,
    role: Role,
    given: &Value,
    seen: &Bound<'_>,
) -> Option<Axes> {
    let Bound::Value(value @ Value { kind: Kind::Tuple(entries), .. }, env) = seen else {
        return extent(errors, role, given, seen).map(Axes::All);
    };
    if entries.len() != rank? {
        errors.once(value.id, value.place, messages::wrong_rank(role, entries.len(), rank?));
        return None;
    }
    let ints: Vec<_> = entries.iter().map(|entry| extent(errors, role, entry, &follow(entry, env))).collect();
    ints.into_iter().collect::<Option<_>>().map(Axes::Each)
}

/// An integer or `_`.
pub(crate) fn extent(errors: &mut Errors, role: Role, given: &Value, seen: &Bound<'_>) -> Option<Int> {
    match seen {
        Bound::Value(Value { kind: Kind::Free, .. }, _) => Some(Int::Lit(UNKNOWN)),
        _ => int(errors, role, given, seen),
    }
}

/// One of some words.
pub(crate) fn word(
    errors: &mut Errors,
    role: Role,
    given: &Value,
    seen: &Bound<'_>,
    words: &'static [(&'static str, &'static str)],
) -> Option<&'static str> {
    let value = match seen {
        Bound::Unknown => return words.first().map(|(_, meaning)| *meaning),
        Bound::Int(_) => given,
        Bound::Value(Value { kind: Kind::Broken, .. }, _) => return None,
        Bound::Value(value, _) => value,
    };
    let word = match &value.kind {
        Kind::Word(word) => word.to_string(),
        _ => String::new(),
    };
    let known = words.iter().find(|(known, _)| *known == word);
    if known.is_none() {
        let close = nearest(&word, words.iter().map(|(known, _)| *known));
        let list: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        errors.once(value.id, value.place, messages::expected_word(role, &word, close, &list));
    }
    known.map(|(_, meaning)| *meaning)
}

/// The user's expression, parameters replaced.
fn expression(
    errors: &mut Errors,
    given: &Value,
    tokens: &TokenStream,
    env: &Env<'_>,
) -> Option<TokenStream> {
    let replaced = substitute(tokens, env);
    if replaced.is_none() {
        errors.once(given.id, given.place, messages::expression_grows());
    }
    replaced
}

fn alone(word: &Ident) -> TokenStream {
    TokenTree::Ident(word.clone()).into()
}

/// What a value looks like, in words.
pub(crate) fn shape(kind: &Kind) -> &'static str {
    match kind {
        Kind::Int(_) => "an integer",
        Kind::Float(_) => "a number with a fraction",
        Kind::Bool(_) => "a truth value",
        Kind::Text(_) => "a text",
        Kind::Free => "`_`",
        Kind::Tuple(_) => "a tuple",
        Kind::List(_) => "a list",
        Kind::Ratio(..) => "a ratio",
        Kind::Word(_) | Kind::Expr(_) | Kind::Broken => "an expression",
    }
}
