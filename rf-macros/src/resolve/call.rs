//! Arguments matched to parameters, for layers and blocks alike.

use crate::ast::{Arg, Call, Value};
use crate::errors::Errors;
use crate::messages;
use crate::nearest::{folded, nearest};
use crate::parse::spelled;

/// A parameter as the matching sees it.
pub(crate) struct Wanted<'n> {
    pub(crate) name: &'n str,
    pub(crate) required: bool,
    pub(crate) aka: &'static [&'static str],
}

/// One entry per parameter; nothing if the call is wrong (which is reported, each mistake at its token).
pub(crate) fn matched<'a>(
    errors: &mut Errors,
    call: &'a Call,
    wanted: &[Wanted<'_>],
    positional: usize,
) -> Option<Vec<Option<&'a Value>>> {
    let mut given: Vec<Option<&Value>> = vec![None; wanted.len()];
    let args = call.args.as_deref().unwrap_or_default();
    let mut sound = true;
    let mut named = false;
    for (position, arg) in args.iter().enumerate() {
        named |= arg.name.is_some();
        let slot = match &arg.name {
            Some(_) => by_name(errors, call, arg, wanted),
            None if named => {
                errors.at(arg.value.place, messages::position_after_name());
                None
            }
            None => by_position(errors, call, arg, wanted, positional, position),
        };
        sound &= slot.is_some_and(|slot| put(errors, arg, wanted, &mut given, slot));
    }
    let missing: Vec<&str> = wanted
        .iter()
        .zip(&given)
        .filter(|(param, value)| param.required && value.is_none())
        .map(|(param, _)| param.name)
        .collect();
    // A misspelt argument is most often the missing one: one error for both.
    if sound && !missing.is_empty() {
        let usage = usage(&call.name.to_string(), wanted, positional);
        errors.at(call.place, messages::missing_args(&call.name.to_string(), &missing, &usage));
        sound = false;
    }
    sound.then_some(given)
}

fn by_name(errors: &mut Errors, call: &Call, arg: &Arg, wanted: &[Wanted<'_>]) -> Option<usize> {
    let name = arg.name.as_ref()?;
    let text = spelled(name);
    let slot = wanted.iter().position(|param| param.name == text);
    if slot.is_none() {
        let close =
            also_known(&text, wanted).or_else(|| nearest(&text, wanted.iter().map(|param| param.name)));
        let all: Vec<&str> = wanted.iter().map(|param| param.name).collect();
        errors.at(name.span(), messages::unknown_arg(&call.name.to_string(), &text, close, &all));
    }
    slot
}

/// The parameter that another library calls so.
fn also_known<'n>(text: &str, wanted: &[Wanted<'n>]) -> Option<&'n str> {
    let text = folded(text);
    let known = |param: &&Wanted<'_>| param.aka.iter().any(|aka| folded(aka) == text);
    wanted.iter().find(known).map(|param| param.name)
}

fn by_position(
    errors: &mut Errors,
    call: &Call,
    arg: &Arg,
    wanted: &[Wanted<'_>],
    positional: usize,
    position: usize,
) -> Option<usize> {
    if position < positional {
        return Some(position);
    }
    let next = wanted.get(position).map(|param| param.name);
    errors.at(arg.value.place, messages::too_many_args(&call.name.to_string(), positional, next));
    None
}

fn put<'a>(
    errors: &mut Errors,
    arg: &'a Arg,
    wanted: &[Wanted<'_>],
    given: &mut [Option<&'a Value>],
    slot: usize,
) -> bool {
    let (Some(entry), Some(param)) = (given.get_mut(slot), wanted.get(slot)) else { return false };
    if entry.is_some() {
        let place = arg.name.as_ref().map_or(arg.value.place, |name| name.span().into());
        errors.at(place, messages::doubled_arg(param.name));
        return false;
    }
    *entry = Some(&arg.value);
    true
}

/// `conv(channels, kernel, stride = .., ..)`.
fn usage(name: &str, wanted: &[Wanted<'_>], positional: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (index, param) in wanted.iter().enumerate() {
        if index < positional && param.required {
            parts.push(param.name.to_owned());
        } else if param.required {
            parts.push(format!("{} = ..", param.name));
        }
    }
    format!("{name}({})", parts.join(", "))
}
