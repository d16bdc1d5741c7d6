//! The arguments of one call, typed: each is asked for by name and answered by its value or its default.

use std::rc::Rc;

use super::env::{Env, follow};
use super::typed::{self, Role};
use crate::ast::Value;
use crate::errors::Errors;
use crate::layers::{Default, Param, Signature};
use crate::model::{Axes, Bool, Float, Int, Op, Pad, Pads};

/// A layer call under construction.
pub(crate) struct Args<'x, 'a> {
    pub(crate) errors: &'x mut Errors,
    /// Number of spatial axes; unknown where the input is broken.
    pub(crate) rank: Option<usize>,
    pub(crate) env: &'x Rc<Env<'a>>,
    pub(crate) signature: &'static Signature,
    /// One entry per parameter.
    pub(crate) given: &'x [Option<&'a Value>],
    /// Whether some argument was refused.
    pub(crate) broken: bool,
}

impl<'a> Args<'_, 'a> {
    /// The operation, unless an argument was refused.
    pub(crate) fn build(mut self) -> Option<Op> {
        let op = (self.signature.build)(&mut self);
        (!self.broken).then_some(op)
    }

    pub(crate) fn int(&mut self, name: &'static str) -> Int {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let int = typed::int(self.errors, role, value, &seen);
                self.keep(int, Int::Lit(1))
            }
            Found::Default(Default::Int(value)) => Int::Lit(value),
            Found::Default(_) => Int::Lit(1),
        }
    }

    pub(crate) fn axes(&mut self, name: &'static str) -> Axes {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let axes = typed::axes(self.errors, self.rank, role, value, &seen);
                self.keep(axes, Axes::All(Int::Lit(1)))
            }
            Found::Default(Default::Int(value)) => Axes::All(Int::Lit(value)),
            Found::Default(Default::Like(other)) => self.axes(other),
            Found::Default(_) => Axes::All(Int::Lit(1)),
        }
    }

    /// As [`axes`](Self::axes), where `_` may stand for a number.
    pub(crate) fn extents(&mut self, name: &'static str) -> Axes {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let extents = typed::extents(self.errors, self.rank, role, value, &seen);
                self.keep(extents, Axes::All(Int::Lit(1)))
            }
            Found::Default(_) => Axes::All(Int::Lit(1)),
        }
    }

    /// An integer or `_`.
    pub(crate) fn extent(&mut self, name: &'static str) -> Int {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let extent = typed::extent(self.errors, role, value, &seen);
                self.keep(extent, Int::Lit(1))
            }
            Found::Default(_) => Int::Lit(1),
        }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> String {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let text = typed::text(self.errors, role, value, &seen);
                self.keep(text, String::new())
            }
            Found::Default(_) => String::new(),
        }
    }

    pub(crate) fn padding(&mut self, name: &'static str) -> Pads {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let pads = typed::pads(self.errors, self.rank, role, value, &seen);
                self.keep(pads, Pads::All(Pad::Both(Int::Lit(0))))
            }
            Found::Default(_) => Pads::All(Pad::Both(Int::Lit(0))),
        }
    }

    /// Padding in numbers alone.
    pub(crate) fn sides(&mut self, name: &'static str) -> Pads {
        let pads = self.padding(name);
        let words = match &pads {
            Pads::All(pad) => matches!(pad, Pad::Word(_)),
            Pads::Each(pads) => pads.iter().any(|pad| matches!(pad, Pad::Word(_))),
        };
        if let (true, Found::Given(value)) = (words, self.find(name)) {
            self.broken = true;
            let text = crate::messages::sides_are_numbers(self.signature.name);
            self.errors.once(value.id, value.place, text);
        }
        pads
    }

    pub(crate) fn bool(&mut self, name: &'static str) -> Bool {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let bool = typed::bool(self.errors, role, value, &seen);
                self.keep(bool, Bool::Lit(true))
            }
            Found::Default(default) => Bool::Lit(matches!(default, Default::Bool(true))),
        }
    }

    pub(crate) fn float(&mut self, name: &'static str) -> Float {
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let float = typed::float(self.errors, role, value, &seen);
                self.keep(float, Float::Lit(0.0))
            }
            Found::Default(Default::Float(value)) => Float::Lit(value),
            Found::Default(_) => Float::Lit(0.0),
        }
    }

    /// One of some words: `(word, what it is in the graph)`.
    pub(crate) fn word(
        &mut self,
        name: &'static str,
        words: &'static [(&'static str, &'static str)],
    ) -> &'static str {
        let first = words.first().map_or("", |(_, meaning)| *meaning);
        match self.find(name) {
            Found::Given(value) => {
                let (role, seen) = (self.role(name), follow(value, self.env));
                let word = typed::word(self.errors, role, value, &seen, words);
                self.keep(word, first)
            }
            Found::Default(Default::Word(word)) => {
                words.iter().find(|(known, _)| *known == word).map_or(first, |(_, meaning)| *meaning)
            }
            Found::Default(_) => first,
        }
    }

    fn role(&self, param: &'static str) -> Role {
        Role::Arg { param, layer: self.signature.name }
    }

    fn find(&self, name: &str) -> Found<'a> {
        let mut params = self.signature.params.iter().zip(self.given);
        match params.find(|(param, _)| param.name == name) {
            Some((_, Some(value))) => Found::Given(value),
            Some((Param { default, .. }, None)) => Found::Default(*default),
            None => Found::Default(Default::Required),
        }
    }

    /// The value, or a stand-in for one that was refused.
    fn keep<T>(&mut self, value: Option<T>, otherwise: T) -> T {
        self.broken |= value.is_none();
        value.unwrap_or(otherwise)
    }
}

enum Found<'a> {
    Given(&'a Value),
    Default(Default),
}
