//! Which output a name means, at the point where it is used.

use std::collections::{HashMap, HashSet};

use crate::errors::Errors;
use crate::messages;
use crate::model::{At, Inner, Source};
use crate::nearest::nearest;
use crate::place::Place;

/// What streams from one piece to the next.
#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) from: Source,
    /// Whether a mistake lies upstream: nothing that depends on it is checked.
    pub(crate) broken: bool,
}

impl Flow {
    /// The same output, behind a mistake.
    pub(crate) fn broken(self) -> Self {
        Self { broken: true, ..self }
    }
}

struct Entry {
    node: Option<usize>,
    group: Option<usize>,
    network: bool,
    flow: Flow,
}

/// A path that named nothing when it was used.
struct Pending {
    id: usize,
    scope: String,
    text: String,
    place: Place,
}

/// All complete names. Only looked up, never iterated but in order of appearance.
#[derive(Default)]
pub(crate) struct Names {
    entries: HashMap<String, Entry>,
    order: Vec<String>,
    /// Whether another network is inlined somewhere.
    networks: bool,
    /// Paths into inlined networks, each once.
    pub(crate) inner: Vec<Inner>,
    entered: HashSet<usize>,
    pending: Vec<Pending>,
}

impl Names {
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    pub(crate) fn node(&mut self, name: &str, index: usize, network: bool, flow: &Flow) {
        self.networks |= network;
        let entry = self.entry(name, flow);
        entry.node = Some(index);
        entry.network = network;
    }

    pub(crate) fn group(&mut self, name: &str, index: usize, flow: &Flow) {
        self.entry(name, flow).group = Some(index);
    }

    fn entry(&mut self, name: &str, flow: &Flow) -> &mut Entry {
        if !self.entries.contains_key(name) {
            self.order.push(name.to_owned());
        }
        let entry = self.entries.entry(name.to_owned()).or_insert_with(|| Entry {
            node: None,
            group: None,
            network: false,
            flow: flow.clone(),
        });
        entry.flow = flow.clone();
        entry
    }

    /// The output that `text` names from within `scope`: the innermost scope's first. What is unknown may yet
    /// turn out to come later, so it is judged at the end.
    pub(crate) fn find(&mut self, scope: &str, text: &str, id: usize, place: Place) -> Flow {
        for full in candidates(scope, text) {
            if let Some(flow) = self.exact(&full) {
                if let (Source::Inner(node, name), false) = (&flow.from, flow.broken)
                    && self.entered.insert(id)
                {
                    self.inner.push(Inner { node: *node, name: name.clone(), place });
                }
                return flow;
            }
        }
        self.pending.push(Pending { id, scope: scope.to_owned(), text: text.to_owned(), place });
        Flow { from: Source::Node(0), broken: true }
    }

    fn exact(&self, full: &str) -> Option<Flow> {
        if let Some(entry) = self.entries.get(full) {
            return Some(entry.flow.clone());
        }
        let (index, inner, entry) = self.within(full)?;
        Some(Flow { from: Source::Inner(index, inner.to_owned()), broken: entry.flow.broken })
    }

    /// The inlined network that `full` reaches into, and the rest of the name.
    fn within<'t>(&self, full: &'t str) -> Option<(usize, &'t str, &Entry)> {
        if !self.networks {
            return None;
        }
        full.rmatch_indices('.').map(|(at, _)| at).find_map(|at| {
            let (head, inner) = (full.get(..at)?, full.get(at + 1..)?);
            let entry = self.entries.get(head).filter(|entry| entry.network)?;
            Some((entry.node?, inner, entry))
        })
    }

    /// Reports the paths that name nothing, or something that was not complete where they stand.
    pub(crate) fn report(&mut self, errors: &mut Errors) {
        for Pending { id, scope, text, place } in std::mem::take(&mut self.pending) {
            if candidates(&scope, &text).any(|full| self.exact(&full).is_some()) {
                errors.once(id, place, messages::used_too_early(&text));
            } else if !candidates(&scope, &text).any(|full| self.is_hidden(&full)) {
                let close = if errors.few() { self.close(&text) } else { None };
                errors.once(id, place, messages::unknown_label(&text, close.as_deref()));
            }
        }
    }

    /// What an assertion's path means; nothing, after an error, if it is unknown or lies behind a mistake.
    pub(crate) fn at(&self, errors: &mut Errors, text: &str, place: Place) -> Option<At> {
        let Some(entry) = self.entries.get(text) else {
            if let Some((_, _, entry)) = self.within(text) {
                return (!entry.flow.broken).then(|| At::Name(text.to_owned()));
            }
            if !self.is_hidden(text) {
                let close = if errors.few() { self.close(text) } else { None };
                errors.at(place, messages::unknown_label(text, close.as_deref()));
            }
            return None;
        };
        if entry.flow.broken {
            return None;
        }
        entry.group.map(At::Group).or(entry.node.map(At::Node))
    }

    /// Whether a mistake keeps us from knowing: some stage or block that `full` would lie in is broken.
    fn is_hidden(&self, full: &str) -> bool {
        full.match_indices('.').any(|(at, _)| {
            full.get(..at).and_then(|head| self.entries.get(head)).is_some_and(|entry| entry.flow.broken)
        })
    }

    /// The closest name; for a path of several pieces one that shares its beginning.
    fn close(&self, text: &str) -> Option<String> {
        nearest(text, self.order.iter().map(String::as_str)).map(str::to_owned)
    }
}

/// `scope.text`, then outward.
fn candidates<'t>(scope: &'t str, text: &'t str) -> impl Iterator<Item = String> + 't {
    let ends = std::iter::once(scope.len()).chain(scope.rmatch_indices('.').map(|(at, _)| at));
    ends.filter_map(|end| scope.get(..end))
        .map(move |head| format!("{head}.{text}"))
        .chain(std::iter::once(text.to_owned()))
}
