//! Blocks, repeats and loops laid out to flat nodes with `state_dict` names.
//!
//! The naming rules are PyTorch's: a stage of one layer is that layer; otherwise its layers and blocks have
//! positions like the children of a `Sequential`, and labels replace positions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::args::Args;
use super::bind::{Bindings, Callee};
use super::count::{Rounds, repeats};
use super::env::Env;
use super::literals::literals;
use super::names::{Flow, Names};
use super::{block_env, labels};
use crate::ast::{
    self, Atom, Block, Call, Chain, Expr, For, Header, Kind, Merge, MergeKind, Network, Path, Stage, Term,
    Type, Value,
};
use crate::errors::Errors;
use crate::layers::Signature;
use crate::messages;
use crate::model::{Check, Group, Label, Node, Op, Repeat, Source, What};
use crate::parse::spelled;
use crate::place::Place;

/// All names together may take so many bytes.
const NAMES: usize = 64 << 20;

/// The network, laid out so far.
pub(crate) struct Layout<'a, 'e> {
    pub(crate) errors: &'e mut Errors,
    pub(crate) network: &'a Network,
    pub(crate) bindings: &'e Bindings<'a>,
    pub(crate) refused: &'e HashSet<usize>,
    pub(crate) rank: Option<usize>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) groups: Vec<Group>,
    pub(crate) labels: Vec<Label>,
    pub(crate) checks: Vec<Check>,
    /// Which entry of `checks` a layer of the source has.
    pub(crate) checked: HashMap<usize, usize>,
    /// Repeats by the number of copies in the source; nothing for one that is laid out more than once.
    pub(crate) repeats: BTreeMap<usize, Option<Repeat>>,
    pub(crate) names: Names,
    /// The network's own name and generics: no network inlined may depend on them.
    pub(crate) name: Option<Ident>,
    pub(crate) generics: Vec<Ident>,
    /// Bytes that names may still take.
    pub(crate) room: usize,
    /// What a layer of the source last became, and with which parameters: a copy of it is the same.
    built: HashMap<usize, (Rc<Env<'a>>, Rc<Op>)>,
    /// The parameters that a call of a block last had, and within which others.
    scopes: HashMap<usize, (Rc<Env<'a>>, Rc<Env<'a>>)>,
}

/// Names within which layers and blocks have positions.
struct Scope<'a> {
    name: String,
    position: usize,
    taken: HashSet<String>,
    /// Labels of the whole scope and names of merges so far: no merge takes one of these.
    reserved: HashSet<String>,
    /// What the scope consists of: its labels come before the names of merges.
    bodies: Vec<&'a Expr>,
    merges: HashMap<&'static str, usize>,
}

impl<'a> Scope<'a> {
    fn new(name: &str, bodies: Vec<&'a Expr>) -> Self {
        let (taken, reserved) = Default::default();
        Self { name: name.to_owned(), position: 0, taken, reserved, bodies, merges: HashMap::new() }
    }

    /// The name of the next layer or block.
    fn next(&mut self, label: Option<&ast::Label>) -> String {
        let position = self.position;
        self.position += 1;
        let label = label.map(|label| label.text.clone()).filter(|label| self.taken.insert(label.clone()));
        let own = label.unwrap_or_else(|| position.to_string());
        format!("{}.{own}", self.name)
    }

    /// `add`, then `add_1`, ..., passing over the user's own labels.
    fn merge(&mut self, word: &'static str) -> String {
        if self.merges.is_empty() {
            self.reserved.extend(labels::in_scope(&self.bodies).into_iter().map(|label| label.text.clone()));
        }
        let count = self.merges.entry(word).or_default();
        loop {
            let own = if *count == 0 { word.to_owned() } else { format!("{word}_{count}") };
            *count += 1;
            if !self.reserved.contains(&own) {
                return format!("{}.{own}", self.name);
            }
        }
    }
}

impl<'a, 'e> Layout<'a, 'e> {
    pub(crate) fn new(
        errors: &'e mut Errors,
        network: &'a Network,
        header: Option<&Header>,
        bindings: &'e Bindings<'a>,
        refused: &'e HashSet<usize>,
        rank: Option<usize>,
    ) -> Self {
        let (nodes, groups, labels, checks) = Default::default();
        let (checked, repeats, names) = Default::default();
        let name = header.map(|header| header.name.clone());
        let generics = header.iter().flat_map(|header| &header.generics);
        let generics = generics.map(|generic| generic.name.clone()).collect();
        Self {
            name,
            generics,
            errors,
            network,
            bindings,
            refused,
            rank,
            nodes,
            groups,
            labels,
            checks,
            checked,
            repeats,
            names,
            room: NAMES,
            built: HashMap::new(),
            scopes: HashMap::new(),
        }
    }

    /// The input, whose name is `input`.
    pub(crate) fn input(&mut self, op: Op, place: Place, broken: bool) -> Flow {
        let id = usize::MAX;
        self.node("input".to_owned(), What::Layer(Rc::new(op)), Vec::new(), broken, id, place)
    }

    /// One stage of the network, named by its label or its position.
    pub(crate) fn stage(&mut self, stage: &'a Stage, position: usize, last: bool, flow: Flow) -> Flow {
        let label = stage.label.as_ref().filter(|label| self.is_free(label));
        let name = label.map_or_else(|| position.to_string(), |label| label.text.clone());
        self.names.open(&name);
        let group = self.open(&name, true);
        let flow = if self.refused.contains(&stage.expr.id) {
            flow.broken()
        } else {
            self.named(&name, &stage.expr, &Rc::default(), flow)
        };
        let flow = if last { self.output(&name, stage.expr.id, flow) } else { flow };
        self.close(group, &flow);
        let ident = label.and_then(|label| label.ident.as_ref());
        if let Some(ident) = ident.filter(|_| !labels::is_reserved(&name)) {
            self.labels.push(Label { ident: ident.clone(), docs: stage.docs.clone(), group });
        }
        flow
    }

    /// Whether a stage can have this name. That two labels are the same has been said.
    fn is_free(&mut self, label: &ast::Label) -> bool {
        if !self.names.knows(&label.text) {
            return true;
        }
        let labels = self.network.stages.iter().filter_map(|stage| stage.label.as_ref());
        if labels.filter(|other| other.text == label.text).count() == 1 {
            self.errors.at(label.place, messages::name_taken(&label.text));
        }
        false
    }

    /// The last node is the network's output, so a last stage that only names another's output gets a node.
    fn output(&mut self, name: &str, id: usize, flow: Flow) -> Flow {
        if flow.from == Source::Node(self.nodes.len().saturating_sub(1)) {
            return flow;
        }
        let name = if self.names.knows(name) { format!("{name}.output") } else { name.to_owned() };
        let place = proc_macro2::Span::call_site().into();
        self.node(name, What::Layer(Rc::new(Op::Identity)), vec![flow], false, id, place)
    }

    /// The expression of a stage, of a block's body or of a loop's round, under a name of its own.
    fn named(&mut self, name: &str, expr: &'a Expr, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        if let Some((lead, atom)) = self.sole(expr) {
            let flow = self.lead(name, lead, flow.clone());
            match atom {
                Atom::Call(call) if !self.is_label(call) => return self.call_at(name, call, env, flow, true),
                Atom::Type(ty) => return self.part(name, ty, flow),
                Atom::Merge(merge) if merge.branches.iter().all(|branch| self.only_path(branch)) => {
                    return self.merge_at(name, merge, env, &flow);
                }
                _ => {}
            }
        }
        if let (Some(place), true) = (expr.plus, expr.chains.iter().all(|chain| self.lone_path(chain))) {
            let mut scope = Scope::new(name, Vec::new());
            let flows =
                expr.chains.iter().map(|chain| self.chain(&mut scope, chain, env, flow.clone())).collect();
            return self.joined(name.to_owned(), MergeKind::Add, flows, expr.id, place);
        }
        self.expr(&mut Scope::new(name, vec![expr]), expr, env, flow)
    }

    fn expr(&mut self, scope: &mut Scope<'a>, expr: &'a Expr, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        if let [chain] = expr.chains.as_slice() {
            return self.chain(scope, chain, env, flow);
        }
        let flows = expr.chains.iter().map(|chain| self.chain(scope, chain, env, flow.clone())).collect();
        let place = expr.plus.unwrap_or_else(|| proc_macro2::Span::call_site().into());
        self.joined(scope.merge("add"), MergeKind::Add, flows, expr.id, place)
    }

    fn chain(&mut self, scope: &mut Scope<'a>, chain: &'a Chain, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        chain.terms.iter().fold(flow, |flow, term| self.term(scope, term, env, flow))
    }

    fn term(&mut self, scope: &mut Scope<'a>, term: &'a Term, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        match (&term.times, &term.label) {
            (Some(times), label) => {
                let label = label.as_ref().map(|label| scope.next(Some(label)));
                self.repeated(scope, label.as_deref(), &term.atom, times, env, flow)
            }
            (None, Some(label)) => {
                let name = scope.next(Some(label));
                self.atom_at(&name, &term.atom, env, flow)
            }
            (None, None) => self.atom(scope, &term.atom, env, flow),
        }
    }

    /// `atom * times`: copies in sequence, in a scope of their own if there is a label.
    fn repeated(
        &mut self,
        scope: &mut Scope<'a>,
        label: Option<&str>,
        atom: &'a Atom,
        times: &'a Value,
        env: &Rc<Env<'a>>,
        flow: Flow,
    ) -> Flow {
        if self.refused.contains(&times.id) {
            return flow.broken();
        }
        let count = repeats(self.errors, times, env).unwrap_or(0);
        let copies = |layout: &mut Self, scope: &mut Scope<'a>, flow: Flow| {
            (0..count).fold(flow, |flow, _| layout.atom_at(&scope.next(None), atom, env, flow))
        };
        let first = self.nodes.len();
        let flow = match label {
            None => copies(self, scope, flow),
            Some(label) => {
                self.grouped(label, |layout| copies(layout, &mut Scope::new(label, Vec::new()), flow))
            }
        };
        if let Kind::Int(_) = times.kind {
            let copies = usize::try_from(count).unwrap_or_default().max(1);
            let nodes = (self.nodes.len() - first) / copies;
            let repeat = Repeat { place: times.place, first, nodes, copies };
            let once = !self.repeats.contains_key(&times.id) && nodes > 0;
            self.repeats.insert(times.id, once.then_some(repeat));
        }
        flow
    }

    /// An atom without a label: it shares the scope that it stands in.
    fn atom(&mut self, scope: &mut Scope<'a>, atom: &'a Atom, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        match atom {
            Atom::Call(call) if self.is_label(call) => self.label(&scope.name, call),
            Atom::Call(_) | Atom::Type(_) => self.atom_at(&scope.next(None), atom, env, flow),
            Atom::Path(path) => self.path(&scope.name, path),
            Atom::Paren(_, inner) => self.expr(scope, inner, env, flow),
            Atom::Merge(merge) => {
                let flows = self.branches(scope, merge, env, &flow);
                let name = scope.merge(word(merge.kind));
                self.joined(name, merge.kind, flows, merge.id, merge.place)
            }
            Atom::For(repeat) => self.rounds(scope, repeat, env, flow),
            Atom::Broken(_) => flow.broken(),
        }
    }

    /// An atom with a name of its own, be it a label or a position.
    fn atom_at(&mut self, name: &str, atom: &'a Atom, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        match atom {
            Atom::Call(call) if self.is_label(call) => self.grouped(name, |layout| layout.label(name, call)),
            Atom::Call(call) => self.call_at(name, call, env, flow, false),
            Atom::Type(ty) => self.grouped(name, |layout| layout.part(name, ty, flow)),
            Atom::Path(path) => self.grouped(name, |layout| layout.path(name, path)),
            Atom::Paren(_, inner) => {
                self.grouped(name, |layout| layout.expr(&mut Scope::new(name, vec![inner]), inner, env, flow))
            }
            Atom::Merge(merge) => self.merge_at(name, merge, env, &flow),
            Atom::For(repeat) => self
                .grouped(name, |layout| layout.rounds(&mut Scope::new(name, Vec::new()), repeat, env, flow)),
            Atom::Broken(_) => flow.broken(),
        }
    }

    /// A merge under a name of its own: of paths alone it has that name, else it opens a scope.
    fn merge_at(&mut self, name: &str, merge: &'a Merge, env: &Rc<Env<'a>>, flow: &Flow) -> Flow {
        let mut scope = Scope::new(name, merge.branches.iter().collect());
        if merge.branches.iter().all(|branch| self.only_path(branch)) {
            let flows = self.branches(&mut scope, merge, env, flow);
            return self.joined(name.to_owned(), merge.kind, flows, merge.id, merge.place);
        }
        self.grouped(name, |layout| {
            let flows = layout.branches(&mut scope, merge, env, flow);
            layout.joined(scope.merge(word(merge.kind)), merge.kind, flows, merge.id, merge.place)
        })
    }

    fn branches(
        &mut self,
        scope: &mut Scope<'a>,
        merge: &'a Merge,
        env: &Rc<Env<'a>>,
        flow: &Flow,
    ) -> Vec<Flow> {
        merge.branches.iter().map(|branch| self.expr(scope, branch, env, flow.clone())).collect()
    }

    /// A layer or a block. `grouped` says that the name has a group already.
    fn call_at(&mut self, name: &str, call: &'a Call, env: &Rc<Env<'a>>, flow: Flow, grouped: bool) -> Flow {
        if self.refused.contains(&call.id) {
            return flow.broken();
        }
        match self.bindings.callee(call) {
            Callee::Layer(signature, given) => self.layer(name, call, signature, given, env, flow),
            Callee::Block(index, given) => {
                let Some(block) = self.network.blocks.get(*index) else { return flow.broken() };
                let env = self.inner_env(call.id, block, given, env);
                let alone = matches!(self.sole(&block.body), Some((_, Atom::Call(call)))
                    if matches!(self.bindings.callee(call), Callee::Layer(..)));
                if alone {
                    self.named(name, &block.body, &env, flow)
                } else if grouped {
                    self.block_body(name, &block.body, &env, flow)
                } else {
                    self.grouped(name, |layout| layout.block_body(name, &block.body, &env, flow))
                }
            }
            Callee::Type => {
                let tokens = TokenTree::Ident(call.name.clone()).into();
                let ty = Type { id: call.id, tokens, place: call.place };
                self.part(name, &ty, flow)
            }
            Callee::Label | Callee::Broken => flow.broken(),
        }
    }

    /// What a block's parameters stand for: for a call that is repeated the same as for the copy before.
    fn inner_env(
        &mut self,
        id: usize,
        block: &'a Block,
        given: &[Option<&'a Value>],
        caller: &Rc<Env<'a>>,
    ) -> Rc<Env<'a>> {
        if let Some((scope, inner)) = self.scopes.get(&id)
            && Rc::ptr_eq(scope, caller)
        {
            return Rc::clone(inner);
        }
        let inner = block_env(block, given, caller);
        self.scopes.insert(id, (Rc::clone(caller), Rc::clone(&inner)));
        inner
    }

    fn block_body(&mut self, name: &str, body: &'a Expr, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        self.expr(&mut Scope::new(name, vec![body]), body, env, flow)
    }

    fn layer(
        &mut self,
        name: &str,
        call: &Call,
        signature: &'static Signature,
        given: &[Option<&'a Value>],
        env: &Rc<Env<'a>>,
        flow: Flow,
    ) -> Flow {
        let known = self.built.get(&call.id).filter(|(scope, _)| Rc::ptr_eq(scope, env));
        let op = known.map(|(_, op)| Rc::clone(op)).or_else(|| {
            let (errors, rank) = (&mut *self.errors, self.rank);
            Args { errors, rank, env, signature, given, broken: false }.build().map(Rc::new)
        });
        match op {
            Some(op) => {
                self.built.insert(call.id, (Rc::clone(env), Rc::clone(&op)));
                let what = What::Layer(op);
                let flow = self.node(name.to_owned(), what, vec![flow], false, call.id, call.place);
                if let Some(check) = self.checked.get(&call.id).and_then(|&entry| self.checks.get_mut(entry))
                    && check.literals.is_empty()
                {
                    check.literals = literals(signature, given);
                }
                flow
            }
            None => flow.broken(),
        }
    }

    /// Another network in the place of a layer.
    fn part(&mut self, name: &str, ty: &Type, flow: Flow) -> Flow {
        let own = self.name.as_ref().is_some_and(|name| *name == ty.tokens.to_string());
        let generic = self.generics.iter().find(|generic| mentions(&ty.tokens, generic));
        if own || generic.is_some() {
            let text = generic
                .map_or_else(messages::inlines_itself, |name| messages::inlined_generic(&name.to_string()));
            self.errors.once(ty.id, ty.place, text);
            return flow.broken();
        }
        let what = What::Network(ty.tokens.clone());
        self.node(name.to_owned(), what, vec![flow], false, ty.id, ty.place)
    }

    fn rounds(&mut self, scope: &mut Scope<'a>, repeat: &'a For, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        let place = repeat.variable.span().into();
        let refused = self.refused.contains(&repeat.body.id);
        let Some(rounds) = Rounds::new(self.errors, repeat, place, env).filter(|_| !refused) else {
            return flow.broken();
        };
        rounds.iter(env).fold(flow, |flow, round| {
            let env = Env::with(Some(env), vec![(spelled(&repeat.variable), round)]);
            self.round(&scope.next(None), &repeat.body, &env, flow)
        })
    }

    /// One round of a loop: a single layer or block is at the round's position, anything else in a scope
    /// there.
    fn round(&mut self, name: &str, body: &'a Expr, env: &Rc<Env<'a>>, flow: Flow) -> Flow {
        if let Some((lead, Atom::Call(call))) = self.sole(body)
            && !self.is_label(call)
        {
            let flow = self.lead(name, lead, flow);
            return self.call_at(name, call, env, flow, false);
        }
        self.grouped(name, |layout| layout.expr(&mut Scope::new(name, vec![body]), body, env, flow))
    }

    fn joined(&mut self, name: String, kind: MergeKind, flows: Vec<Flow>, id: usize, place: Place) -> Flow {
        self.node(name, What::Layer(Rc::new(Op::Merge(kind))), flows, false, id, place)
    }

    /// Appends a node. What is downstream of a mistake is kept but not checked.
    fn node(
        &mut self,
        name: String,
        what: What,
        flows: Vec<Flow>,
        broken: bool,
        id: usize,
        place: Place,
    ) -> Flow {
        let broken = broken || flows.iter().any(|flow| flow.broken);
        let index = self.nodes.len();
        let flow = Flow { from: Source::Node(index), broken };
        if self.names.knows(&name) {
            self.errors.once(id, place, messages::name_taken(&name));
            return flows.into_iter().next().unwrap_or(flow).broken();
        }
        let Some(room) = self.room.checked_sub(name.len()) else {
            self.errors.once(id, place, messages::names_too_long());
            return flows.into_iter().next().unwrap_or(flow).broken();
        };
        self.room = room;
        self.names.node(&name, index, matches!(what, What::Network(_)), &flow);
        let inputs = flows.into_iter().map(|flow| flow.from).collect();
        self.nodes.push(Node { name, what, inputs });
        if !broken {
            let entry = *self.checked.entry(id).or_insert_with(|| {
                self.checks.push(Check { place, literals: String::new(), nodes: Vec::new() });
                self.checks.len() - 1
            });
            if let Some(check) = self.checks.get_mut(entry) {
                check.nodes.push(index);
            }
        }
        flow
    }

    /// Lays out something that forms a group below the stages.
    fn grouped(&mut self, name: &str, lay: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let group = self.open(name, false);
        let flow = lay(self);
        self.close(group, &flow);
        flow
    }

    fn open(&mut self, name: &str, stage: bool) -> usize {
        let first = self.nodes.len();
        self.groups.push(Group { name: name.to_owned(), first, end: first, output: Source::Node(0), stage });
        self.groups.len() - 1
    }

    fn close(&mut self, index: usize, flow: &Flow) {
        let end = self.nodes.len();
        if let Some(group) = self.groups.get_mut(index) {
            (group.end, group.output) = (end, flow.from.clone());
            self.names.group(&group.name, index, flow);
        }
    }

    fn path(&mut self, scope: &str, path: &'a Path) -> Flow {
        self.names.find(scope, &path.text, path.id, path.place)
    }

    fn label(&mut self, scope: &str, call: &Call) -> Flow {
        self.names.find(scope, &spelled(&call.name), call.id, call.place)
    }

    /// Where a chain begins: at the path it is led by, or at what comes in.
    fn lead(&mut self, scope: &str, lead: Option<&'a Atom>, flow: Flow) -> Flow {
        match lead {
            Some(Atom::Path(path)) => self.path(scope, path),
            Some(Atom::Call(call)) => self.label(scope, call),
            _ => flow,
        }
    }

    /// The one atom that an expression consists of, after a path that it may start from.
    fn sole(&self, expr: &'a Expr) -> Option<(Option<&'a Atom>, &'a Atom)> {
        let [chain] = expr.chains.as_slice() else { return None };
        let plain = |term: &Term| term.label.is_none() && term.times.is_none();
        match chain.terms.as_slice() {
            [term] if plain(term) => Some((None, &term.atom)),
            [lead, term] if self.is_path(lead) && plain(term) => Some((Some(&lead.atom), &term.atom)),
            _ => None,
        }
    }

    fn is_label(&self, call: &Call) -> bool {
        matches!(self.bindings.callee(call), Callee::Label)
    }

    fn only_path(&self, expr: &Expr) -> bool {
        matches!(expr.chains.as_slice(), [chain] if self.lone_path(chain))
    }

    fn lone_path(&self, chain: &Chain) -> bool {
        matches!(chain.terms.as_slice(), [term] if self.is_path(term))
    }

    fn is_path(&self, term: &Term) -> bool {
        let path = match &term.atom {
            Atom::Path(_) => true,
            Atom::Call(call) => self.is_label(call),
            _ => false,
        };
        path && term.label.is_none() && term.times.is_none()
    }
}

/// Whether a type depends on a generic of the network.
fn mentions(tokens: &TokenStream, generic: &Ident) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *generic,
        TokenTree::Group(group) => mentions(&group.stream(), generic),
        _ => false,
    })
}

/// What a merge is called in its scope.
fn word(kind: MergeKind) -> &'static str {
    match kind {
        MergeKind::Add => "add",
        MergeKind::Concat => "concat",
        MergeKind::Mul => "mul",
        MergeKind::Max => "max",
    }
}
