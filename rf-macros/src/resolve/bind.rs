//! Every name of the source bound to what it names: layers, blocks, labels, types. Each call is looked at
//! once, however often a block is laid out, so each mistake is told once.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use proc_macro2::Ident;

use super::args::Args;
use super::call::{Wanted, matched};
use super::env::{Bound, Env};
use crate::ast::{Atom, Block, Call, Expr, Network, Term, Value, Values};
use crate::errors::Errors;
use crate::layers::{LAYERS, Signature};
use crate::messages;
use crate::nearest::{folded, nearest};
use crate::parse::spelled;

/// What a call names.
pub(crate) enum Callee<'a> {
    Layer(&'static Signature, Vec<Option<&'a Value>>),
    Block(usize, Vec<Option<&'a Value>>),
    /// A single word that is an earlier label.
    Label,
    /// A single word that is another network's type.
    Type,
    /// Reported already.
    Broken,
}

/// What all the names name.
pub(crate) struct Bindings<'a> {
    callees: HashMap<usize, Callee<'a>>,
    /// Every label anywhere.
    pub(crate) labels: HashSet<String>,
}

impl<'a> Bindings<'a> {
    /// What a call names.
    pub(crate) fn callee(&self, call: &Call) -> &Callee<'a> {
        self.callees.get(&call.id).unwrap_or(&Callee::Broken)
    }
}

/// Binds all names; reports those that name nothing, and blocks that call themselves.
pub(crate) fn bind<'a>(errors: &mut Errors, network: &'a Network, rank: Option<usize>) -> Bindings<'a> {
    let mut binder = Binder {
        errors,
        network,
        rank,
        layers: LAYERS.iter().map(|layer| (layer.name, layer)).collect(),
        blocks: HashMap::new(),
        calls: network.blocks.iter().map(|_| Vec::new()).collect(),
        out: Bindings { callees: HashMap::new(), labels: super::labels::labels(network) },
    };
    binder.blocks();
    for stage in &network.stages {
        binder.expr(&stage.expr, None);
    }
    for (index, block) in network.blocks.iter().enumerate() {
        binder.block(index, block);
    }
    binder.cycles();
    binder.out
}

struct Binder<'a, 'e> {
    errors: &'e mut Errors,
    network: &'a Network,
    rank: Option<usize>,
    layers: HashMap<&'static str, &'static Signature>,
    blocks: HashMap<String, usize>,
    /// Per block, the blocks that it calls.
    calls: Vec<Vec<(usize, &'a Call)>>,
    out: Bindings<'a>,
}

/// Within a block: its number, and its parameters, which stand for nothing yet.
type Within<'b, 'a> = Option<(usize, &'b Rc<Env<'a>>)>;

impl<'a> Binder<'a, '_> {
    fn blocks(&mut self) {
        for (index, block) in self.network.blocks.iter().enumerate() {
            let name = spelled(&block.name);
            if self.layers.contains_key(name.as_str()) {
                self.errors.at(block.name.span(), messages::block_named_as_layer(&name));
            }
            let first = *self.blocks.entry(name.clone()).or_insert(index);
            if first != index
                && let Some(first) = self.network.blocks.get(first)
            {
                self.errors
                    .at(block.name.span(), messages::duplicate("block", &name, first.name.span().into()));
            }
            self.params(block);
        }
    }

    fn params(&mut self, block: &Block) {
        let mut seen: HashMap<String, &Ident> = HashMap::new();
        for param in &block.params {
            let name = spelled(&param.name);
            if let Some(first) = seen.get(&name) {
                let text = messages::duplicate("parameter", &name, first.span().into());
                self.errors.at(param.name.span(), text);
            }
            seen.entry(name).or_insert(&param.name);
        }
    }

    /// A block by itself: what is wrong in it is wrong in every call, and also without one.
    fn block(&mut self, index: usize, block: &'a Block) {
        let params = block.params.iter().map(|param| (spelled(&param.name), Bound::Unknown)).collect();
        let env = Env::with(None, params);
        self.expr(&block.body, Some((index, &env)));
    }

    fn expr(&mut self, expr: &'a Expr, within: Within<'_, 'a>) {
        for chain in &expr.chains {
            for (position, term) in chain.terms.iter().enumerate() {
                self.term(term, position == 0, within);
            }
        }
    }

    fn term(&mut self, term: &'a Term, head: bool, within: Within<'_, 'a>) {
        match &term.atom {
            Atom::Call(call) if head && term.times.is_some() && self.is_label(call) => {
                self.errors.at(call.place, messages::repeated_path(&spelled(&call.name)));
            }
            Atom::Call(call) => self.call(call, head, within),
            Atom::Path(path) if !head => self.errors.at(path.place, messages::path_not_at_head(&path.text)),
            Atom::Path(path) if term.times.is_some() => {
                self.errors.at(path.place, messages::repeated_path(&path.text));
            }
            Atom::Paren(_, inner) => self.expr(inner, within),
            Atom::Merge(merge) => merge.branches.iter().for_each(|branch| self.expr(branch, within)),
            Atom::For(repeat) => {
                let variable = vec![(spelled(&repeat.variable), Bound::Unknown)];
                match within {
                    Some((index, env)) => {
                        let env = Env::with(Some(env), variable);
                        self.expr(&repeat.body, Some((index, &env)));
                    }
                    None => self.expr(&repeat.body, None),
                }
                if let Values::List { place, values } = &repeat.values
                    && values.is_empty()
                {
                    self.errors.at(*place, messages::no_rounds());
                }
            }
            Atom::Path(_) | Atom::Type(_) | Atom::Broken(_) => {}
        }
    }

    fn call(&mut self, call: &'a Call, head: bool, within: Within<'_, 'a>) {
        let callee = self.callee(call, head).unwrap_or(Callee::Broken);
        if let (Callee::Layer(signature, given), Some((_, env))) = (&callee, within) {
            let (errors, rank) = (&mut *self.errors, self.rank);
            Args { errors, rank, env, signature, given, broken: false }.build();
        }
        if let (Callee::Block(called, _), Some((index, _))) = (&callee, within)
            && let Some(calls) = self.calls.get_mut(index)
        {
            calls.push((*called, call));
        }
        self.out.callees.insert(call.id, callee);
    }

    /// The order matters: a layer that needs no argument, a label, a layer or a block, a type.
    fn callee(&mut self, call: &'a Call, head: bool) -> Option<Callee<'a>> {
        let name = spelled(&call.name);
        let layer = self.layers.get(name.as_str()).copied();
        let bare = call.args.is_none();
        let label = bare && self.out.labels.contains(&name);
        let block = self.blocks.get(&name).copied();
        if let Some(layer) = layer
            && !(label && head && !layer.needs_nothing())
        {
            return self.layer(call, layer);
        }
        if let Some(block) = block {
            return self.block_call(call, block);
        }
        if label {
            if !head {
                self.errors.at(call.place, messages::path_not_at_head(&name));
            }
            return head.then_some(Callee::Label);
        }
        if bare && name.starts_with(char::is_uppercase) {
            return Some(Callee::Type);
        }
        self.unknown(call, &name, bare && head);
        None
    }

    /// Whether a single word can only be an earlier output.
    fn is_label(&self, call: &Call) -> bool {
        let name = spelled(&call.name);
        let other = self.blocks.contains_key(&name)
            || self.layers.get(name.as_str()).is_some_and(|layer| layer.needs_nothing());
        call.args.is_none() && !other && self.out.labels.contains(&name)
    }

    fn layer(&mut self, call: &'a Call, layer: &'static Signature) -> Option<Callee<'a>> {
        let wanted: Vec<Wanted<'_>> = layer
            .params
            .iter()
            .map(|param| Wanted { name: param.name, required: param.is_required(), aka: param.aka })
            .collect();
        let given = matched(self.errors, call, &wanted, layer.positional)?;
        Some(Callee::Layer(layer, given))
    }

    fn block_call(&mut self, call: &'a Call, index: usize) -> Option<Callee<'a>> {
        let block = self.network.blocks.get(index)?;
        let names: Vec<String> = block.params.iter().map(|param| spelled(&param.name)).collect();
        let wanted: Vec<Wanted<'_>> = names
            .iter()
            .zip(&block.params)
            .map(|(name, param)| Wanted { name, required: param.default.is_none(), aka: &[] })
            .collect();
        if call.args.is_none() {
            self.errors.at(call.place, messages::block_without_parentheses(&names, &spelled(&call.name)));
            return None;
        }
        let given = matched(self.errors, call, &wanted, wanted.len())?;
        Some(Callee::Block(index, given))
    }

    fn unknown(&mut self, call: &Call, name: &str, may_be_label: bool) {
        if !self.errors.few() {
            self.errors.at(call.name.span(), messages::unknown_layer(name, may_be_label, None));
            return;
        }
        let wanted = folded(name);
        let spelled_so = |layer: &&Signature| {
            folded(layer.name) == wanted || layer.aka.iter().any(|aka| folded(aka) == wanted)
        };
        if let Some(layer) = LAYERS.iter().find(spelled_so) {
            self.errors.at(call.name.span(), messages::foreign_layer(name, layer.name));
            return;
        }
        if self.out.labels.contains(name) {
            self.errors.at(call.name.span(), messages::label_with_arguments(name));
            return;
        }
        let blocks = self.network.blocks.iter().map(|block| spelled(&block.name)).collect::<Vec<_>>();
        let mut labels: Vec<&str> = Vec::new();
        if may_be_label {
            labels.extend(self.out.labels.iter().map(String::as_str));
            // The set has no order of its own.
            labels.sort_unstable();
        }
        // Of names equally close, the user's own come first.
        let layers = LAYERS.iter().map(|layer| layer.name);
        let known = labels.into_iter().chain(blocks.iter().map(String::as_str)).chain(layers);
        let close = nearest(name, known);
        self.errors.at(call.name.span(), messages::unknown_layer(name, may_be_label, close));
    }

    /// Blocks that call themselves, by a walk that keeps its own stack. The call that closes a circle is cut.
    fn cycles(&mut self) {
        let mut done = vec![false; self.calls.len()];
        for start in 0..self.calls.len() {
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            let mut open: HashSet<usize> = HashSet::from([start]);
            while let Some((block, next)) = path.last_mut() {
                let call = self.calls.get(*block).and_then(|calls| calls.get(*next)).copied();
                *next += 1;
                match call {
                    _ if done.get(*block) == Some(&true) => {
                        open.remove(block);
                        path.pop();
                    }
                    Some((called, call)) if open.contains(&called) => {
                        let from = path.iter().position(|(block, _)| *block == called).unwrap_or(0);
                        let mut names: Vec<String> =
                            path.iter().skip(from).map(|(block, _)| self.block_name(*block)).collect();
                        names.push(self.block_name(called));
                        self.errors.at(call.place, messages::recursive_block(&names));
                        self.out.callees.insert(call.id, Callee::Broken);
                    }
                    Some((called, _)) => {
                        open.insert(called);
                        path.push((called, 0));
                    }
                    None => {
                        open.remove(block);
                        if let Some(done) = done.get_mut(*block) {
                            *done = true;
                        }
                        path.pop();
                    }
                }
            }
        }
    }

    fn block_name(&self, index: usize) -> String {
        self.network.blocks.get(index).map(|block| spelled(&block.name)).unwrap_or_default()
    }
}
