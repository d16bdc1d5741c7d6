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
    stage: Stage,
}

/// Which stage is being laid out, and how many bytes its name has: a label in quotes may have dots, which divide no
/// scopes, and its beginning may be another stage's name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Stage {
    number: usize,
    len: usize,
}

/// A path that named nothing when it was used.
struct Pending {
    id: usize,
    scope: String,
    stage: Stage,
    text: String,
    place: Place,
}

/// All complete names. Only looked up, never iterated but in order of appearance.
#[derive(Default)]
pub(crate) struct Names {
    entries: HashMap<String, Entry>,
    order: Vec<String>,
    stage: Stage,
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

    /// Begins a stage.
    pub(crate) fn open(&mut self, name: &str) {
        self.stage = Stage { number: self.stage.number + 1, len: name.len() };
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
            stage: self.stage,
        });
        entry.flow = flow.clone();
        entry
    }

    /// The output that `text` names from within `scope`: the innermost scope's first. What is unknown may yet
    /// turn out to come later, so it is judged at the end.
    pub(crate) fn find(&mut self, scope: &str, text: &str, id: usize, place: Place) -> Flow {
        for candidate in candidates(scope, self.stage, text) {
            if let Some(flow) = self.exact(&candidate) {
                if let (Source::Inner(node, name), false) = (&flow.from, flow.broken)
                    && self.entered.insert(id)
                {
                    self.inner.push(Inner { node: *node, name: name.clone(), place });
                }
                return flow;
            }
        }
        self.pending.push(Pending {
            id,
            scope: scope.to_owned(),
            stage: self.stage,
            text: text.to_owned(),
            place,
        });
        Flow { from: Source::Node(0), broken: true }
    }

    fn exact(&self, Candidate { full, within }: &Candidate) -> Option<Flow> {
        let seen = |entry: &Entry| within.is_none_or(|stage| entry.stage == stage);
        if let Some(entry) = self.entries.get(full).filter(|entry| seen(entry)) {
            return Some(entry.flow.clone());
        }
        let (index, inner, entry) = self.within(full).filter(|(.., entry)| seen(entry))?;
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
        for Pending { id, scope, stage, text, place } in std::mem::take(&mut self.pending) {
            if candidates(&scope, stage, &text).any(|candidate| self.exact(&candidate).is_some()) {
                errors.once(id, place, messages::used_too_early(&text));
            } else if !candidates(&scope, stage, &text)
                .any(|candidate| self.is_hidden(&candidate.full, &scope))
            {
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
            if !self.is_hidden(text, "") {
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

    /// Whether a mistake keeps us from knowing: some stage or block that `full` would lie in is broken. Those that
    /// `scope`, where the path stands, lies in itself do not count: it may be this very path that broke them.
    fn is_hidden(&self, full: &str, scope: &str) -> bool {
        let around = |head: &str| {
            scope.strip_prefix(head).is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'.', ..]))
        };
        let broken = |head| self.entries.get(head).is_some_and(|entry| entry.flow.broken);
        let mut heads = full.match_indices('.').filter_map(|(at, _)| full.get(..at));
        heads.any(|head| !around(head) && broken(head))
    }

    /// The closest name; for a path of several pieces one that shares its beginning.
    fn close(&self, text: &str) -> Option<String> {
        nearest(text, self.order.iter().map(String::as_str)).map(str::to_owned)
    }
}

/// A name that a path may mean.
struct Candidate {
    full: String,
    /// The stage that it must be in, unless it is the whole path.
    within: Option<Stage>,
}

/// `scope.text`, then outward.
fn candidates<'t>(scope: &'t str, stage: Stage, text: &'t str) -> impl Iterator<Item = Candidate> + 't {
    let dots = scope.rmatch_indices('.').map(|(at, _)| at).filter(move |&at| at >= stage.len);
    let heads = std::iter::once(scope.len()).chain(dots).filter_map(|end| scope.get(..end));
    heads
        .map(move |head| Candidate { full: format!("{head}.{text}"), within: Some(stage) })
        .chain(std::iter::once(Candidate { full: text.to_owned(), within: None }))
}
