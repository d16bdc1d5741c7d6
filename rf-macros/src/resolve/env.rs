//! What block parameters and loop variables stand for.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};

use crate::ast::{Kind, Value};
use crate::parse::spelled;

/// An expression may grow to so many tokens by what its parameters stand for.
const TOKENS: usize = 2048;

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Bound<'a> {
    /// An argument, read where it was written.
    Value(&'a Value, Rc<Env<'a>>),
    /// A round of a loop over a range.
    Int(i64),
    /// A parameter of a block that is read by itself, not for a call.
    Unknown,
}

/// Names in scope, innermost first.
#[derive(Default)]
pub(crate) struct Env<'a> {
    names: Vec<(String, Bound<'a>)>,
    outer: Option<Rc<Env<'a>>>,
}

impl<'a> Env<'a> {
    /// `outer` and these names.
    pub(crate) fn with(outer: Option<&Rc<Self>>, names: Vec<(String, Bound<'a>)>) -> Rc<Self> {
        Rc::new(Self { names, outer: outer.cloned() })
    }

    fn get(&self, name: &Ident) -> Option<&Bound<'a>> {
        if self.is_empty() {
            return None;
        }
        let name = spelled(name);
        let mut env = Some(self);
        while let Some(here) = env {
            if let Some((_, bound)) = here.names.iter().find(|(known, _)| *known == name) {
                return Some(bound);
            }
            env = here.outer.as_deref();
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.outer.as_ref().is_none_or(|outer| outer.is_empty())
    }
}

/// A value after following the parameters that it consists of.
pub(crate) fn follow<'a>(value: &'a Value, env: &Rc<Env<'a>>) -> Bound<'a> {
    let (mut value, mut env) = (value, Rc::clone(env));
    while let Kind::Word(word) = &value.kind {
        let Some(bound) = env.get(word).cloned() else { break };
        match bound {
            Bound::Value(inner, scope) => (value, env) = (inner, scope),
            other => return other,
        }
    }
    Bound::Value(value, env)
}

/// The user's expression with parameters replaced by what they stand for; nothing if it grows too long, or
/// if what a parameter stands for cannot stand in its place.
pub(crate) fn substitute(tokens: &TokenStream, env: &Env<'_>) -> Option<TokenStream> {
    if env.is_empty() {
        return Some(tokens.clone());
    }
    let replaced = replace(tokens.clone(), env, &mut { TOKENS })?;
    // A name may also stand where no value can, in a type or before a macro's `!`. A block is rustc's to
    // judge.
    let sound = is_block(tokens) || syn::parse2::<syn::Expr>(replaced.clone()).is_ok();
    sound.then_some(replaced)
}

fn is_block(tokens: &TokenStream) -> bool {
    matches!(tokens.clone().into_iter().next(),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

fn replace(tokens: TokenStream, env: &Env<'_>, left: &mut usize) -> Option<TokenStream> {
    let mut out = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        *left = left.checked_sub(1)?;
        let bound = match &token {
            TokenTree::Ident(ident) if !is_member(&out) && !is_punct(tokens.peek(), ':') => env.get(ident),
            _ => None,
        };
        match (bound, token) {
            (Some(bound), token) => out.push(standing_for(bound, &token, left)?),
            (None, TokenTree::Group(group)) => {
                let mut inner = Group::new(group.delimiter(), replace(group.stream(), env, left)?);
                inner.set_span(group.span());
                out.push(inner.into());
            }
            (None, token) => out.push(token),
        }
    }
    Some(out.into_iter().collect())
}

/// Whether what follows is a field, a method or a path's later segment.
fn is_member(before: &[TokenTree]) -> bool {
    let dots = before.iter().rev().take_while(|token| is_punct(Some(token), '.')).count();
    dots == 1 || is_punct(before.last(), ':')
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

/// The replacement of a parameter. It is put in parentheses, so that `c * 2` of `c = 1 + 2` is 6.
fn standing_for(bound: &Bound<'_>, used: &TokenTree, left: &mut usize) -> Option<TokenTree> {
    let (value, env) = match bound {
        Bound::Value(value, env) => (value, env),
        Bound::Int(value) => return Some(integer(*value, used)),
        Bound::Unknown => return Some(integer(1, used)),
    };
    let tokens = match &value.kind {
        Kind::Int(value) => return Some(integer(*value, used)),
        Kind::Bool(value) => {
            return Some(Ident::new(if *value { "true" } else { "false" }, used.span()).into());
        }
        Kind::Word(word) => replace(TokenTree::Ident(word.clone()).into(), env, left)?,
        Kind::Float(tokens) | Kind::Expr(tokens) | Kind::Ratio(_, _, tokens) => {
            replace(tokens.clone(), env, left)?
        }
        _ => return None,
    };
    Some(Group::new(Delimiter::Parenthesis, tokens).into())
}

fn integer(value: i64, used: &TokenTree) -> TokenTree {
    let mut literal = Literal::i64_unsuffixed(value.max(0));
    literal.set_span(used.span());
    if value >= 0 {
        return literal.into();
    }
    let mut literal = Literal::u64_unsuffixed(value.unsigned_abs());
    literal.set_span(used.span());
    let minus = proc_macro2::Punct::new('-', proc_macro2::Spacing::Alone);
    let tokens = [TokenTree::Punct(minus), literal.into()].into_iter().collect();
    Group::new(Delimiter::Parenthesis, tokens).into()
}
