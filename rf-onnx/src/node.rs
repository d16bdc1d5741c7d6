//! A node of the file and its attributes.

use onnx_rs::ast::{Attribute, Node, OpType};
use rf_core::graph::{MAX_RANK, PerAxis};

/// Why a node has no layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It contradicts the format or its inputs: an error.
    Wrong(String),
    /// It has no index map here: reported, and bounded.
    Unknown(String),
}

/// What most functions of an importer answer.
pub(crate) type Outcome<T> = Result<T, Problem>;

pub(crate) fn wrong<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Problem::Wrong(what.into()))
}

pub(crate) fn unknown<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Problem::Unknown(what.into()))
}

/// The node's name, or its first output's where it has none.
pub(crate) fn name_of<'a>(node: &Node<'a>) -> &'a str {
    if node.name.is_empty() { node.output.first().copied().unwrap_or("unnamed") } else { node.name }
}

/// The operator, with its domain where that is not ONNX's own.
pub(crate) fn operator_of(node: &Node<'_>) -> String {
    if is_standard(node) {
        node.op_type.as_str().into()
    } else {
        format!("{}::{}", node.domain, node.op_type.as_str())
    }
}

/// The operator's name as the graph may keep it: only standard operators have one for ever.
pub(crate) fn static_operator(node: &Node<'_>) -> &'static str {
    if !is_standard(node) {
        return "an operator of another domain";
    }
    let known = OpType::all().iter().find(|known| **known == node.op_type);
    let more = MORE.iter().find(|more| **more == node.op_type.as_str());
    known.map(static_name).or(more.copied()).unwrap_or("an unknown operator")
}

/// Operators that the parser has no name of its own for.
const MORE: [&str; 4] = ["DeformConv", "LRN", "NonMaxSuppression", "RMSNormalization"];

fn static_name(known: &'static OpType<'static>) -> &'static str {
    known.as_str()
}

pub(crate) fn is_standard(node: &Node<'_>) -> bool {
    matches!(node.domain, "" | "ai.onnx")
}

/// A node's attributes.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'n, 'a>(pub(crate) &'n [Attribute<'a>]);

impl<'n, 'a> Attributes<'n, 'a> {
    pub(crate) fn get(self, name: &str) -> Option<&'n Attribute<'a>> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn int(self, name: &str, default: i64) -> i64 {
        self.get(name).map_or(default, |attribute| attribute.i)
    }

    pub(crate) fn float(self, name: &str, default: f64) -> f64 {
        self.get(name).map_or(default, |attribute| f64::from(attribute.f))
    }

    /// A word, `default` where it is absent; what is no text is no word that anybody knows.
    pub(crate) fn text(self, name: &str, default: &'n str) -> &'n str {
        self.get(name).map_or(default, |attribute| core::str::from_utf8(attribute.s).unwrap_or("?"))
    }

    pub(crate) fn ints(self, name: &str) -> Option<&'n [i64]> {
        self.get(name).map(|attribute| &attribute.ints[..])
    }

    /// One number for each of `rank` axes, `default` where they are absent and beyond the rank.
    pub(crate) fn per_axis(self, name: &str, rank: usize, default: i64) -> Outcome<PerAxis> {
        let mut all = [default; MAX_RANK];
        match self.ints(name) {
            None | Some([]) => Ok(all),
            Some(given) if given.len() == rank => {
                all[..rank].copy_from_slice(given);
                Ok(all)
            }
            Some(given) => {
                wrong(format!("`{name}` has {} numbers, its input {rank} spatial axes", given.len()))
            }
        }
    }
}
