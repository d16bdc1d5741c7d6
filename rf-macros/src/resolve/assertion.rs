//! Assertions: the query, what it is about, and what it is compared with.

use std::rc::Rc;

use super::env::{Env, follow};
use super::fraction;
use super::names::Names;
use super::queries::{Answer, QUERIES, QuerySignature};
use super::typed::{self, Role};
use crate::ast::{self, Arg, Kind, Value};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Assertion, At, Axes, Bound, Float, Query};
use crate::nearest::nearest;

/// Two standard deviations of a Gaussian: what `erf(l)` alone means.
const ENERGY: f64 = 0.9545;

/// The assertion, unless it is wrong or about something broken. `whole` says that no part of the network is
/// broken.
pub(crate) fn assertion(
    errors: &mut Errors,
    names: &Names,
    rank: Option<usize>,
    whole: bool,
    source: &ast::Assertion,
) -> Option<Assertion> {
    let signature = signature(errors, source)?;
    let at = about(errors, names, whole, signature, source);
    let (axis, query) = rest(errors, rank, signature, source)?;
    let compare = compare(errors, rank, signature, axis, source)?;
    Some(Assertion { place: source.place, query, at: at?, axis, negate: source.negate, compare })
}

fn signature(errors: &mut Errors, source: &ast::Assertion) -> Option<&'static QuerySignature> {
    let name = source.query.to_string();
    let known = QUERIES.iter().find(|query| query.name == name);
    if known.is_none() {
        let close = nearest(&name, QUERIES.iter().map(|query| query.name));
        let list: Vec<&str> = QUERIES.iter().map(|query| query.name).collect();
        errors.at(source.query.span(), messages::unknown_query(&name, close, &list));
    }
    known
}

fn about(
    errors: &mut Errors,
    names: &Names,
    whole: bool,
    signature: &QuerySignature,
    source: &ast::Assertion,
) -> Option<At> {
    match &source.path {
        Some(path) => names.at(errors, &path.text, path.place),
        None if signature.whole => whole.then_some(At::Network),
        None => {
            errors.at(source.query.span(), messages::query_needs_layer(signature.name));
            None
        }
    }
}

/// An axis (`rf(l, h)`) or the share of energy (`erf(l, energy = 0.9)`).
fn rest(
    errors: &mut Errors,
    rank: Option<usize>,
    signature: &'static QuerySignature,
    source: &ast::Assertion,
) -> Option<(Option<usize>, Query)> {
    let (mut axis, mut energy) = (None, Float::Lit(ENERGY));
    for Arg { name, value } in &source.rest {
        match name {
            Some(name) if name == "energy" && signature.variant == "Erf" => {
                let role = Role::Arg { param: "energy", layer: "erf" };
                energy = typed::float(errors, role, value, &follow(value, &Rc::default()))?;
            }
            Some(name) => {
                errors.at(name.span(), messages::unknown_query_arg(signature.name, &name.to_string()));
                return None;
            }
            None if matches!(signature.answer, Answer::Extent | Answer::Ratio) => {
                axis = Some(self::axis(errors, rank?, value)?);
            }
            None => {
                errors.at(value.place, messages::no_axis(signature.name));
                return None;
            }
        }
    }
    let query = if signature.variant == "Erf" { Query::Erf(energy) } else { Query::Plain(signature.variant) };
    Some((axis, query))
}

fn axis(errors: &mut Errors, rank: usize, value: &Value) -> Option<usize> {
    let names: &[&str] = match rank {
        1 => &["l"],
        2 => &["h", "w"],
        _ => &["d", "h", "w"],
    };
    let word = match &value.kind {
        Kind::Word(word) => word.to_string(),
        Kind::Broken => return None,
        _ => String::new(),
    };
    let found = names.iter().position(|name| *name == word);
    if found.is_none() {
        errors.at(value.place, messages::unknown_axis(&word, names));
    }
    found
}

#[expect(clippy::option_option, reason = "no comparison is an answer, a wrong one is none")]
fn compare(
    errors: &mut Errors,
    rank: Option<usize>,
    signature: &'static QuerySignature,
    axis: Option<usize>,
    source: &ast::Assertion,
) -> Option<Option<(ast::Compare, Bound)>> {
    match (&source.compare, signature.answer) {
        (None, Answer::Truth) => Some(None),
        (None, _) => {
            errors.at(source.place, messages::needs_comparison(signature.name));
            None
        }
        (Some((_, place, value)), Answer::Truth) => {
            errors.at(place.to(value.place), messages::takes_no_comparison(signature.name));
            None
        }
        (Some((compare, place, value)), answer) => {
            if answer == Answer::Shape && !matches!(compare, ast::Compare::Eq | ast::Compare::Ne) {
                errors.at(*place, messages::shapes_have_no_order());
                return None;
            }
            Some(Some((*compare, bound(errors, rank, signature, axis, value)?)))
        }
    }
}

fn bound(
    errors: &mut Errors,
    rank: Option<usize>,
    signature: &'static QuerySignature,
    axis: Option<usize>,
    value: &Value,
) -> Option<Bound> {
    let role = Role::Compared(signature.name);
    let env: Rc<Env<'_>> = Rc::default();
    let seen = follow(value, &env);
    match (&value.kind, signature.answer) {
        (Kind::List(entries), Answer::Shape) => {
            let ints: Vec<_> = entries.iter().map(|entry| super::extent(errors, role, entry)).collect();
            ints.into_iter().collect::<Option<_>>().map(Bound::Shape)
        }
        (Kind::Broken, _) => None,
        (_, Answer::Shape) => {
            errors.once(value.id, value.place, messages::expected_shape());
            None
        }
        (Kind::Tuple(entries), Answer::Ratio) if axis.is_none() && entries.iter().any(fraction::is_meant) => {
            let wrong = |found, rank| messages::wrong_rank(role, found, rank);
            let read = |errors: &mut Errors, entry: &Value| fraction::fraction(errors, role, entry);
            typed::each(errors, rank, (value, entries), wrong, read).map(Bound::Ratios)
        }
        (Kind::Float(_), Answer::Ratio) => {
            errors.once(value.id, value.place, messages::expected_fraction());
            None
        }
        (_, Answer::Ratio) if fraction::is_meant(value) => {
            fraction::fraction(errors, role, value).map(|(over, under)| Bound::Ratio(over, under))
        }
        (Kind::Tuple(_), Answer::Extent | Answer::Ratio) if axis.is_none() => {
            match typed::axes(errors, rank, role, value, &seen)? {
                Axes::All(int) => Some(Bound::Int(int)),
                each @ Axes::Each(_) => Some(Bound::PerAxis(each)),
            }
        }
        _ => typed::int(errors, role, value, &seen).map(Bound::Int),
    }
}
