//! Which arguments of a call are literals: those that a message may propose to change, since the change can be made
//! where the call stands.

use crate::ast::{Kind, Value};
use crate::layers::{Default, Param, Signature};

/// Letters of the arguments that a change may be made to.
const LETTERS: [(&str, char); 5] =
    [("channels", 'c'), ("dilation", 'd'), ("kernel", 'k'), ("padding", 'p'), ("stride", 's')];

/// A small letter for a number, a capital one for a tuple of numbers; `f` where a stride is the kernel's. Nothing for
/// a layer without a window.
pub(crate) fn literals(signature: &Signature, given: &[Option<&Value>]) -> String {
    if !signature.params.iter().any(|param| param.name == "kernel") {
        return String::new();
    }
    let params = signature.params.iter().zip(given);
    params.filter_map(|(param, value)| letter(param, *value)).collect()
}

fn letter(param: &Param, value: Option<&Value>) -> Option<char> {
    let (_, letter) = LETTERS.iter().find(|(name, _)| *name == param.name)?;
    let number = |value: &Value| matches!(value.kind, Kind::Int(_));
    match (value.map(|value| &value.kind), param.default) {
        (None, Default::Like(_)) => Some('f'),
        (None, Default::Int(_)) | (Some(Kind::Int(_)), _) => Some(*letter),
        (Some(Kind::Tuple(entries)), _) if entries.iter().all(number) => Some(letter.to_ascii_uppercase()),
        _ => None,
    }
}
