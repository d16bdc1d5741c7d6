//! How large the network will be, before anything is laid out: repeats multiply, and what is too large is
//! refused at the repeat.

use std::collections::HashSet;
use std::rc::Rc;

use super::bind::{Bindings, Callee};
use super::env::{Bound, Env};
use super::typed::{self, Role};
use crate::ast::{Atom, Call, Expr, For, Network, Term, Value, Values};
use crate::errors::Errors;
use crate::messages;
use crate::parse::spelled;
use crate::place::Place;

/// The largest number of layers.
const LAYERS: u64 = 100_000;

/// How many pieces of source are looked at: blocks that call each other twice double at each level.
const LOOKS: usize = 1_000_000;

/// How deep groups and block calls may nest together.
const DEPTH: usize = 96;

/// The ids of the repeats, loops, calls and stages that are not laid out.
pub(crate) fn refused<'a>(
    errors: &mut Errors,
    network: &'a Network,
    bindings: &Bindings<'a>,
) -> HashSet<usize> {
    let mut counter =
        Counter { errors, network, bindings, refused: HashSet::new(), looks: 0, told: false, depth: 0 };
    let env = Rc::default();
    let mut total: u64 = 0;
    for stage in &network.stages {
        let layers = counter.expr(&stage.expr, &env);
        if !counter.told && total <= LAYERS && total + layers > LAYERS {
            let place = stage.label.as_ref().map_or_else(|| place(&stage.expr), |label| label.place);
            counter.errors.at(place, messages::too_many_layers(LAYERS));
        }
        total = total.saturating_add(layers);
        if total > LAYERS || counter.looks > LOOKS {
            counter.refused.insert(stage.expr.id);
        }
    }
    counter.refused
}

struct Counter<'a, 'e> {
    errors: &'e mut Errors,
    network: &'a Network,
    bindings: &'e Bindings<'a>,
    refused: HashSet<usize>,
    looks: usize,
    /// Whether it was said that there are too many: what is too large makes all too large that holds it.
    told: bool,
    depth: usize,
}

impl<'a> Counter<'a, '_> {
    /// Layers, merges and paths: whatever takes a step of the layout.
    fn expr(&mut self, expr: &'a Expr, env: &Rc<Env<'a>>) -> u64 {
        let mut total = u64::from(expr.chains.len() > 1);
        for term in expr.chains.iter().flat_map(|chain| &chain.terms) {
            total = total.saturating_add(self.term(term, env));
        }
        total
    }

    fn term(&mut self, term: &'a Term, env: &Rc<Env<'a>>) -> u64 {
        self.looks += 1;
        if self.looks > LOOKS {
            return 0;
        }
        let once = self.atom(&term.atom, env);
        let Some(times) = &term.times else { return once };
        if let Some(count) = repeats(self.errors, times, env) {
            return self.product(times.id, times.place, count, once);
        }
        self.refused.insert(times.id);
        0
    }

    /// So many times so many layers; a product that is too large is refused here and counts nothing.
    fn product(&mut self, id: usize, place: Place, count: u64, once: u64) -> u64 {
        let layers = count.saturating_mul(once);
        if layers <= LAYERS {
            return layers;
        }
        self.errors.once(id, place, messages::too_many_layers(LAYERS));
        self.told = true;
        self.refused.insert(id);
        0
    }

    fn atom(&mut self, atom: &'a Atom, env: &Rc<Env<'a>>) -> u64 {
        match atom {
            Atom::Call(call) => self.call(call, env),
            Atom::Paren(_, inner) => self.deeper(|counter| counter.expr(inner, env)),
            Atom::Merge(merge) => self.deeper(|counter| {
                let branches = merge.branches.iter().map(|branch| counter.expr(branch, env));
                branches.fold(1, u64::saturating_add)
            }),
            Atom::For(repeat) => self.repeat(repeat, env),
            Atom::Path(_) | Atom::Type(_) | Atom::Broken(_) => 1,
        }
    }

    fn call(&mut self, call: &'a Call, env: &Rc<Env<'a>>) -> u64 {
        let Callee::Block(index, given) = self.bindings.callee(call) else { return 1 };
        let Some(block) = self.network.blocks.get(*index) else { return 1 };
        if self.depth >= DEPTH {
            self.errors.once(call.id, call.place, messages::blocks_too_deep(DEPTH));
            self.refused.insert(call.id);
            return 0;
        }
        if self.refused.contains(&call.id) {
            return 0;
        }
        let env = super::block_env(block, given, env);
        let layers = self.deeper(|counter| counter.expr(&block.body, &env));
        if self.looks > LOOKS && !std::mem::replace(&mut self.told, true) {
            self.errors.at(call.place, messages::too_many_layers(LAYERS));
        }
        if layers > LAYERS && self.told {
            // Something within was too large; that was said.
            self.refused.insert(call.id);
            return 0;
        }
        self.product(call.id, call.place, 1, layers)
    }

    fn repeat(&mut self, repeat: &'a For, env: &Rc<Env<'a>>) -> u64 {
        let place = match &repeat.values {
            Values::List { place, .. } => *place,
            Values::Range { from, to, .. } => from.place.to(to.place),
            Values::Broken => return 0,
        };
        let Some(rounds) = Rounds::new(self.errors, repeat, place, env) else {
            self.refused.insert(repeat.body.id);
            return 0;
        };
        if rounds.count() > LAYERS {
            return self.product(repeat.body.id, place, rounds.count(), 1);
        }
        let mut total: u64 = 0;
        for round in rounds.iter(env) {
            let env = Env::with(Some(env), vec![(spelled(&repeat.variable), round)]);
            total = total.saturating_add(self.deeper(|counter| counter.expr(&repeat.body, &env)));
        }
        self.product(repeat.body.id, place, 1, total)
    }

    fn deeper<T>(&mut self, count: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let counted = count(self);
        self.depth -= 1;
        counted
    }
}

/// The number after `*`; nothing, after an error, if it is no positive integer literal.
pub(crate) fn repeats(errors: &mut Errors, times: &Value, env: &Rc<Env<'_>>) -> Option<u64> {
    let count = typed::literal(errors, Role::Repeats, times, env)?;
    if count < 1 {
        errors.once(times.id, times.place, messages::no_repeats(count));
        return None;
    }
    u64::try_from(count).ok()
}

/// The values of a loop.
pub(crate) enum Rounds<'a> {
    Range(i64, i64),
    List(&'a [Value]),
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(errors: &mut Errors, repeat: &'a For, place: Place, env: &Rc<Env<'a>>) -> Option<Self> {
        match &repeat.values {
            Values::Broken => None,
            Values::List { values, .. } => (!values.is_empty()).then_some(Self::List(values)),
            Values::Range { from, to, inclusive } => {
                let first = typed::literal(errors, Role::Range, from, env);
                let last = typed::literal(errors, Role::Range, to, env);
                let (first, last) = (first?, last?.saturating_add(i64::from(*inclusive)));
                if first >= last {
                    errors.once(repeat.body.id, place, messages::no_rounds());
                    return None;
                }
                Some(Self::Range(first, last))
            }
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Range(first, last) => last.abs_diff(*first),
            Self::List(values) => values.len() as u64,
        }
    }

    /// What the variable stands for, round by round.
    pub(crate) fn iter<'i>(&'i self, env: &'i Rc<Env<'a>>) -> Box<dyn Iterator<Item = Bound<'a>> + 'i> {
        match self {
            Self::Range(first, last) => Box::new((*first..*last).map(Bound::Int)),
            Self::List(values) => Box::new(values.iter().map(|value| Bound::Value(value, Rc::clone(env)))),
        }
    }
}

/// Where an expression begins.
pub(crate) fn place(expr: &Expr) -> Place {
    let first = expr.chains.first().and_then(|chain| chain.terms.first());
    match first.map(|term| &term.atom) {
        Some(Atom::Call(call)) => call.place,
        Some(Atom::Path(path)) => path.place,
        Some(Atom::Merge(merge)) => merge.place,
        Some(Atom::Type(ty)) => ty.place,
        Some(Atom::Paren(place, _) | Atom::Broken(place)) => *place,
        Some(Atom::For(repeat)) => repeat.variable.span().into(),
        None => proc_macro2::Span::call_site().into(),
    }
}
