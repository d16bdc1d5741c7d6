//! Which of the user's tokens mean the same, for an editor: a label and the paths that begin with it, a
//! block and its calls, a parameter and its uses. The expansion repeats these tokens where the compiler
//! resolves them to each other, and that is what go-to-definition, rename and hover go by.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::bind::{Bindings, Callee};
use super::labels::in_scope;
use crate::ast::{self, Atom, Block, Call, Expr, For, Kind, Network, Param, Value, Values};
use crate::model::{Editor, Label, Mentions};
use crate::parse::spelled;

/// Everything in the network that an editor can follow.
pub(crate) fn editor(network: &Network, bindings: &Bindings<'_>, labels: &[Label]) -> Editor {
    let known = labels.iter().map(|label| spelled(&label.ident)).collect();
    let mut reader = Reader { bindings, known, hidden: HashSet::new(), labels: Vec::new() };
    let mut blocks =
        Mentions { names: once(network.blocks.iter().map(|block| &block.name)), ..Mentions::default() };
    for block in &network.blocks {
        reader.block(block, &mut blocks);
    }
    for stage in &network.stages {
        reader.hidden = in_scope(&[&stage.expr]).into_iter().map(text).collect();
        reader.expr(&stage.expr, &mut blocks);
    }
    reader.hidden.clear();
    for path in network.assertions.iter().filter_map(|assertion| assertion.path.as_ref()) {
        reader.label(path.head.as_ref());
    }
    Editor { labels: reader.labels, blocks: blocks.declared(&HashSet::new()) }
}

struct Reader<'a, 'b> {
    bindings: &'b Bindings<'a>,
    /// The labels that are consts.
    known: HashSet<String>,
    /// Labels within the stage being read, which come before those of the network.
    hidden: HashSet<String>,
    labels: Vec<Ident>,
}

impl Reader<'_, '_> {
    fn block(&mut self, block: &Block, outer: &mut Mentions) {
        self.hidden = in_scope(&[&block.body]).into_iter().map(text).collect();
        let names = once(block.params.iter().map(|param| &param.name));
        let mut inner = Mentions { names, ..Mentions::default() };
        block.params.iter().filter_map(|Param { default, .. }| default.as_ref()).for_each(|value| {
            mentioned(value, &mut inner.uses);
        });
        self.expr(&block.body, &mut inner);
        outer.inner.push(inner);
    }

    fn expr(&mut self, expr: &Expr, scope: &mut Mentions) {
        for term in expr.chains.iter().flat_map(|chain| &chain.terms) {
            term.times.iter().for_each(|value| mentioned(value, &mut scope.uses));
            match &term.atom {
                Atom::Call(call) => self.call(call, scope),
                Atom::Path(path) => self.label(path.head.as_ref()),
                Atom::Paren(_, inner) => self.expr(inner, scope),
                Atom::Merge(merge) => merge.branches.iter().for_each(|branch| self.expr(branch, scope)),
                Atom::For(repeat) => self.repeat(repeat, scope),
                Atom::Type(_) | Atom::Broken(_) => {}
            }
        }
    }

    fn call(&mut self, call: &Call, scope: &mut Mentions) {
        match self.bindings.callee(call) {
            Callee::Block(..) => scope.uses.push(call.name.clone()),
            Callee::Label => self.label(Some(&call.name)),
            _ => {}
        }
        for arg in call.args.iter().flatten() {
            mentioned(&arg.value, &mut scope.uses);
        }
    }

    fn repeat(&mut self, repeat: &For, scope: &mut Mentions) {
        match &repeat.values {
            Values::List { values, .. } => values.iter().for_each(|value| mentioned(value, &mut scope.uses)),
            Values::Range { from, to, .. } => {
                mentioned(from, &mut scope.uses);
                mentioned(to, &mut scope.uses);
            }
            Values::Broken => {}
        }
        let mut inner = Mentions { names: vec![repeat.variable.clone()], ..Mentions::default() };
        self.expr(&repeat.body, &mut inner);
        scope.inner.push(inner);
    }

    fn label(&mut self, head: Option<&Ident>) {
        let Some(head) = head else { return };
        let name = spelled(head);
        if self.known.contains(&name) && !self.hidden.contains(&name) {
            self.labels.push(head.clone());
        }
    }
}

fn text(label: &ast::Label) -> String {
    label.text.clone()
}

/// Each name's first declaration.
fn once<'a>(names: impl Iterator<Item = &'a Ident>) -> Vec<Ident> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(spelled(name))).cloned().collect()
}

/// The identifiers of a value that may be parameters.
fn mentioned(value: &Value, uses: &mut Vec<Ident>) {
    match &value.kind {
        Kind::Word(word) => uses.push(word.clone()),
        Kind::Expr(tokens) => idents(tokens.clone(), uses),
        Kind::Tuple(values) | Kind::List(values) => values.iter().for_each(|value| mentioned(value, uses)),
        _ => {}
    }
}

fn idents(tokens: TokenStream, uses: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => uses.push(ident),
            TokenTree::Group(group) => idents(group.stream(), uses),
            _ => {}
        }
    }
}

impl Mentions {
    /// Keeps the uses of what is declared here or around, and drops what is empty.
    pub(crate) fn declared(mut self, around: &HashSet<String>) -> Self {
        let mut known = around.clone();
        known.extend(self.names.iter().map(spelled));
        self.uses.retain(|name| known.contains(&spelled(name)));
        self.inner = self.inner.into_iter().map(|inner| inner.declared(&known)).collect();
        self.inner
            .retain(|inner| !inner.names.is_empty() || !inner.uses.is_empty() || !inner.inner.is_empty());
        self
    }
}
