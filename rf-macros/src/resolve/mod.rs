//! [`ast`](crate::ast) to [`model`](crate::model): names bound, arguments typed, blocks laid out flat.
//!
//! What is broken is left out and what depends on it is marked, so that one mistake is one error.

pub(crate) mod args;
mod assertion;
mod bind;
pub(crate) mod build;
mod call;
pub(crate) mod count;
mod editor;
mod env;
mod fraction;
mod labels;
mod layout;
mod literals;
mod names;
mod queries;
mod typed;

use std::rc::Rc;

use crate::ast::{self, Block, Input, Kind, Network, Value};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Int, Model, Op, SameAs, What};
use crate::parse::spelled;
use crate::place::Place;
use env::{Bound, Env, follow};
use layout::Layout;
use rf_core::graph::UNKNOWN;
pub(crate) use typed::Role;

/// The network laid out; nothing if it has no name.
pub(crate) fn resolve(errors: &mut Errors, mut network: Network) -> Option<Model> {
    let (header, library) = (network.header.take(), network.library.take());
    let (same_as, tracked) = (std::mem::take(&mut network.same_as), std::mem::take(&mut network.tracked));
    let input = input(errors, header.as_ref().map(|header| header.name.span().into()), &network);
    let init = init(errors, &network);
    labels::check(errors, &network);
    let rank = input.as_ref().and_then(|input| input.rank);
    let bindings = bind::bind(errors, &network, rank);
    let refused = count::refused(errors, &network, &bindings);
    let mut layout = Layout::new(errors, &network, header.as_ref(), &bindings, &refused, rank);
    let broken = rank.is_none();
    let (op, place) = input.map_or_else(
        || (unknown_input(), proc_macro2::Span::call_site().into()),
        |input| (input.op, input.place),
    );
    let mut flow = layout.input(op, place, broken);
    for (position, stage) in network.stages.iter().enumerate() {
        let last = position + 1 == network.stages.len();
        flow = layout.stage(stage, position, last, flow);
    }
    let Layout { nodes, groups, labels, checks, repeats, mut names, .. } = layout;
    names.report(errors);
    let whole = errors.is_empty();
    let assertions = network
        .assertions
        .iter()
        .filter_map(|source| assertion::assertion(errors, &names, rank, whole, source))
        .collect();
    let same_as = same_as.into_iter().filter_map(|ast::SameAs { file, place, network }| {
        Some(SameAs { place, path: file.path, model: resolve(errors, *network?)? })
    });
    let same_as = same_as.collect();
    Some(Model {
        library,
        header: header?,
        same_as,
        tracked,
        rank: rank.unwrap_or(2),
        init,
        phases: nodes.iter().any(|node| has_phases(&node.what)),
        inlines: nodes.iter().any(|node| matches!(node.what, What::Network(_))),
        editor: editor::editor(&network, &bindings, &labels),
        inner: names.inner,
        nodes,
        groups,
        labels,
        checks,
        repeats: repeats.into_values().flatten().collect(),
        assertions,
    })
}

struct ReadInput {
    op: Op,
    place: Place,
    rank: Option<usize>,
}

fn input(errors: &mut Errors, name: Option<Place>, network: &Network) -> Option<ReadInput> {
    let Some(Input { place, entries }) = network.inputs.first() else {
        if let (Some(name), true) = (name, network.body && !network.blind) {
            errors.at(name, messages::missing_input());
        }
        return None;
    };
    for second in network.inputs.iter().skip(1) {
        errors.at(second.place, messages::second_input(*place));
    }
    let ints: Vec<Option<Int>> = entries.iter().map(|entry| extent(errors, Role::Input, entry)).collect();
    let rank = entries.len().wrapping_sub(1);
    if !(1..=3).contains(&rank) {
        errors.at(*place, messages::wrong_input_rank(entries.len()));
        return None;
    }
    let ints: Vec<Int> = ints.into_iter().map(|int| int.unwrap_or(Int::Lit(UNKNOWN))).collect();
    let (channels, extents) = ints.split_first()?;
    let op = Op::Input { channels: channels.clone(), extents: extents.to_vec() };
    let sound = !entries.iter().any(|entry| matches!(entry.kind, Kind::Broken));
    Some(ReadInput { op, place: *place, rank: sound.then_some(rank) })
}

fn unknown_input() -> Op {
    Op::Input { channels: Int::Lit(UNKNOWN), extents: vec![Int::Lit(UNKNOWN), Int::Lit(UNKNOWN)] }
}

/// An integer or `_`.
fn extent(errors: &mut Errors, role: Role, value: &Value) -> Option<Int> {
    typed::extent(errors, role, value, &follow(value, &Rc::default()))
}

fn init(errors: &mut Errors, network: &Network) -> &'static str {
    const INITS: [(&str, &str); 5] = [
        ("he_fan_in", "HeFanIn"),
        ("he_fan_out", "HeFanOut"),
        ("xavier", "Xavier"),
        ("lecun", "LeCun"),
        ("uniform", "Uniform"),
    ];
    for second in network.inits.iter().skip(1) {
        let first = network.inits.first().map_or_else(|| second.span(), proc_macro2::Ident::span);
        errors.at(second.span(), messages::duplicate("item", "init", first.into()));
    }
    let Some(word) = network.inits.first() else { return "HeFanOut" };
    let text = spelled(word);
    let known = INITS.iter().find(|(name, _)| *name == text);
    if known.is_none() {
        let names = INITS.map(|(name, _)| name);
        errors.at(word.span(), messages::unknown_init(&text, crate::nearest::nearest(&text, names), &names));
    }
    known.map_or("HeFanOut", |(_, variant)| variant)
}

/// What a block's parameters stand for in a call; a default may use the parameters before it.
fn block_env<'a>(block: &'a Block, given: &[Option<&'a Value>], caller: &Rc<Env<'a>>) -> Rc<Env<'a>> {
    let params = || block.params.iter().zip(given);
    let bound = |value: &'a Value, env: &Rc<Env<'a>>| Bound::Value(value, Rc::clone(env));
    let names = params()
        .filter_map(|(param, value)| Some((spelled(&param.name), bound((*value)?, caller))))
        .collect();
    let defaults = params().filter(|(_, value)| value.is_none());
    defaults.fold(Env::with(None, names), |env, (param, _)| match &param.default {
        Some(default) => Env::with(Some(&env), vec![(spelled(&param.name), bound(default, &env))]),
        None => env,
    })
}

/// Whether a layer may make units of one map differ: only then does the table need room for phases.
fn has_phases(what: &What) -> bool {
    match what {
        What::Network(_) => true,
        What::Layer(op) => matches!(
            **op,
            // An adaptive pool may have more units than its input.
            Op::AdaptivePool { .. }
                | Op::ConvTranspose { .. }
                | Op::Upsample { .. }
                | Op::Resample { .. }
                | Op::PixelShuffle { .. }
                | Op::PixelUnshuffle { .. }
        ),
    }
}
