//! Fractions: what a jump is compared with. In Rust `3 / 2` is 1, here it is 3/2.

use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::env::follow;
use super::typed::{self, Role};
use crate::ast::{Kind, Value};
use crate::errors::Errors;
use crate::messages;
use crate::model::Int;

/// Whether a value has a `/` in it.
pub(crate) fn is_meant(value: &Value) -> bool {
    match &value.kind {
        Kind::Ratio(..) => true,
        Kind::Expr(tokens) => divides(tokens),
        _ => false,
    }
}

/// Numerator and denominator, the latter 1 for a whole number.
pub(crate) fn fraction(errors: &mut Errors, role: Role, value: &Value) -> Option<(Int, Int)> {
    match &value.kind {
        Kind::Ratio(_, 0, _) => {
            errors.once(value.id, value.place, messages::ratio_over_zero());
            None
        }
        Kind::Ratio(over, under, _) => Some((Int::Lit(*over), Int::Lit(*under))),
        Kind::Expr(tokens) if divides(tokens) => {
            let parts = syn::parse2(tokens.clone()).ok().and_then(parts);
            let Some((over, under)) = parts else {
                errors.once(value.id, value.place, messages::hidden_fraction());
                return None;
            };
            Some((Int::Expr(over, value.place), Int::Expr(under, value.place)))
        }
        _ => typed::int(errors, role, value, &follow(value, &Rc::default())).map(|int| (int, Int::Lit(1))),
    }
}

/// The two sides of a division, if that is what it is and there is no other within.
fn parts(expression: syn::Expr) -> Option<(TokenStream, TokenStream)> {
    match expression {
        syn::Expr::Paren(inner) => parts(*inner.expr),
        syn::Expr::Group(inner) => parts(*inner.expr),
        syn::Expr::Binary(syn::ExprBinary { left, op: syn::BinOp::Div(_), right, .. }) => {
            let (over, under) = (left.into_token_stream(), right.into_token_stream());
            (!divides(&over) && !divides(&under)).then_some((over, under))
        }
        _ => None,
    }
}

fn divides(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '/',
        TokenTree::Group(group) => divides(&group.stream()),
        _ => false,
    })
}
