//! Names: as they are where the language allows, in quotes elsewhere.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::graph::Graph;

/// What each layer is called: its own name, since all are different, and none is `input`.
pub(super) struct Labels {
    names: Vec<String>,
    taken: BTreeSet<String>,
}

impl Labels {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let mut taken: BTreeSet<String> =
            graph.nodes.iter().skip(1).map(|node| node.name.to_owned()).collect();
        taken.insert("input".to_owned());
        let mut names = Vec::with_capacity(graph.nodes.len());
        for (index, node) in graph.nodes.iter().enumerate() {
            let own = if node.name.is_empty() { "_" } else { node.name };
            let renamed = index > 0 && (own != node.name || own == "input");
            names.push(if renamed { free(&mut taken, own) } else { own.to_owned() });
        }
        Self { names, taken }
    }

    pub(super) fn name(&self, node: usize) -> &str {
        &self.names[node]
    }

    /// What stands before the colon.
    pub(super) fn label(&self, node: usize) -> String {
        let name = self.name(node);
        if is_label(name) { name.to_owned() } else { path(name) }
    }

    /// The labels that name a node once more: an output's own name, and an identifier where it is none. None where the
    /// node has that name.
    pub(super) fn output(&mut self, name: &str, node: usize) -> Vec<String> {
        let ident = ident(name);
        let known = self.name(node) == name;
        let own = (ident != name && !known && self.taken.insert(name.to_owned())).then(|| path(name));
        let ident = (!known || ident != name).then(|| free(&mut self.taken, &ident));
        own.into_iter().chain(ident).collect()
    }
}

/// The name, with as many `_` after it as it takes to be a new one.
fn free(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut name = name.to_owned();
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

/// A name in quotes.
pub(super) fn path(name: &str) -> String {
    format!("{name:?}")
}

/// Whether a name may stand as a label without quotes, and be a const.
fn is_label(name: &str) -> bool {
    let head = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let tail = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let reserved = matches!(name, "input" | "init" | "GRAPH" | "TABLE") || name.starts_with("__");
    name.starts_with(head) && name.chars().all(tail) && !reserved && !is_keyword(name)
}

/// The name with `_` for whatever no identifier has; `output` where nothing is left.
fn ident(name: &str) -> String {
    let letters: String =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let own = letters.trim_start_matches('_');
    let mut ident = match own.chars().next() {
        None => return "output".into(),
        Some(first) if first.is_ascii_digit() || own.len() < letters.len() => format!("_{own}"),
        Some(_) => own.to_owned(),
    };
    // A keyword, or a const that every network has.
    if !is_label(&ident) {
        ident.push('_');
    }
    ident
}

/// A type's name made of any name: `resnet50-v1-7` becomes `Resnet50V17`.
#[must_use]
pub fn type_name(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut joined = String::new();
    for word in words {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        joined.push_str(letters.as_str());
    }
    if joined.is_empty() || joined == "Self" {
        joined.insert_str(0, "Network");
    } else if joined.starts_with(|letter: char| letter.is_ascii_digit()) {
        joined.insert_str(0, "Net");
    }
    joined
}

/// Whether Rust keeps this word for itself, so that it cannot name a const.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 53] = [
        "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
        "self", "Self", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    KEYWORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_names_of_types() {
        let names = ["resnet50-v1-7", "ResNet18", "3d unet", "", "é", "Self", "a/b:0"];
        let types = ["Resnet50V17", "ResNet18", "Net3dUnet", "Network", "Network", "NetworkSelf", "AB0"];
        assert_eq!(names.map(type_name), types);
    }

    #[test]
    fn outputs_have_names_of_consts() {
        let names = ["boxes", "scores:0", "465", "", "fn", "GRAPH", "__x", "self", "é", "_", "input"];
        let idents = [
            "boxes", "scores_0", "_465", "output", "fn_", "GRAPH_", "_x", "self_", "output", "output",
            "input_",
        ];
        assert_eq!(names.map(ident), idents);
        assert!(idents.into_iter().all(is_label));
    }
}
