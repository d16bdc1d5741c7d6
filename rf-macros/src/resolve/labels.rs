//! The labels of the source: each is unique in its scope, whether or not it is ever laid out.

use std::collections::{HashMap, HashSet};

use crate::ast::{Atom, Expr, Label, Network};
use crate::errors::Errors;
use crate::messages;

/// Every label of the network, in whatever scope, and the name of the input.
pub(crate) fn labels(network: &Network) -> HashSet<String> {
    let mut labels = HashSet::from(["input".to_owned()]);
    labels.extend(network.stages.iter().filter_map(|stage| stage.label.as_ref()).map(text));
    let bodies = network.stages.iter().map(|stage| &stage.expr);
    for expr in bodies.chain(network.blocks.iter().map(|block| &block.body)) {
        scopes(&[expr], &mut |scope| labels.extend(scope.iter().map(|label| text(label))));
    }
    labels
}

/// Reports labels given twice in a scope and top-level ones that the type needs for itself.
pub(crate) fn check(errors: &mut Errors, network: &Network) {
    let top: Vec<&Label> = network.stages.iter().filter_map(|stage| stage.label.as_ref()).collect();
    for label in top.iter().filter(|label| label.ident.is_some() && is_reserved(&label.text)) {
        errors.at(label.place, messages::reserved_label(&label.text));
    }
    unique(errors, &top);
    let bodies = network.stages.iter().map(|stage| &stage.expr);
    for expr in bodies.chain(network.blocks.iter().map(|block| &block.body)) {
        scopes(&[expr], &mut |scope| unique(errors, scope));
    }
}

/// Whether the generated type has a const of this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == "GRAPH" || name == "TABLE" || name.starts_with("__")
}

fn text(label: &Label) -> String {
    label.text.clone()
}

fn unique(errors: &mut Errors, labels: &[&Label]) {
    if labels.len() < 2 {
        return;
    }
    let mut seen: HashMap<&str, &Label> = HashMap::new();
    for label in labels {
        if let Some(first) = seen.get(label.text.as_str()) {
            errors.at(label.place, messages::duplicate("label", &label.text, first.place));
        }
        seen.entry(&label.text).or_insert(label);
    }
}

/// The labels that share the scope opened by `bodies`: through parentheses and branches without a label.
pub(crate) fn in_scope<'a>(bodies: &[&'a Expr]) -> Vec<&'a Label> {
    let mut labels = Vec::new();
    for body in bodies {
        gather(body, &mut labels);
    }
    labels
}

fn gather<'a>(expr: &'a Expr, labels: &mut Vec<&'a Label>) {
    for term in expr.chains.iter().flat_map(|chain| &chain.terms) {
        labels.extend(&term.label);
        if term.label.is_some() || term.times.is_some() {
            continue;
        }
        match &term.atom {
            Atom::Paren(_, inner) => gather(inner, labels),
            Atom::Merge(merge) => merge.branches.iter().for_each(|branch| gather(branch, labels)),
            _ => {}
        }
    }
}

/// Calls `visit` with the labels of each scope, outer before inner.
fn scopes<'a>(bodies: &[&'a Expr], visit: &mut dyn FnMut(&[&'a Label])) {
    visit(&in_scope(bodies));
    for body in bodies {
        nested(body, visit);
    }
}

fn nested<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&[&'a Label])) {
    for term in expr.chains.iter().flat_map(|chain| &chain.terms) {
        let own = term.label.is_some() || term.times.is_some();
        match &term.atom {
            Atom::Paren(_, inner) if own => scopes(&[inner], visit),
            Atom::Paren(_, inner) => nested(inner, visit),
            Atom::Merge(merge) if own => scopes(&merge.branches.iter().collect::<Vec<_>>(), visit),
            Atom::Merge(merge) => merge.branches.iter().for_each(|branch| nested(branch, visit)),
            Atom::For(repeat) => scopes(&[&repeat.body], visit),
            _ => {}
        }
    }
}
