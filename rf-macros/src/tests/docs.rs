//! The list of layers in the library's docs.

use std::path::Path;

use crate::layers::{Default, LAYERS, Param, Signature};

/// `conv_transpose(channels, kernel, stride = 1, ..)`; what stands behind `*` has no position.
fn line(layer: &Signature) -> String {
    let mut params: Vec<String> = layer.params.iter().map(param).collect();
    if layer.positional < params.len() {
        params.insert(layer.positional, "*".to_owned());
    }
    if params.is_empty() { layer.name.to_owned() } else { format!("{}({})", layer.name, params.join(", ")) }
}

fn param(param: &Param) -> String {
    let name = param.name;
    match param.default {
        Default::Required => name.to_owned(),
        Default::Int(value) => format!("{name} = {value}"),
        Default::Bool(value) => format!("{name} = {value}"),
        Default::Float(value) => format!("{name} = {value:?}"),
        Default::Word(word) => format!("{name} = {word}"),
        Default::Like(other) => format!("{name} = {other}"),
    }
}

/// `src/layers.md` of the library is made of the list itself. `INSTA_UPDATE=always` writes it anew.
#[test]
fn layers_in_the_docs() -> std::io::Result<()> {
    let lines: Vec<String> = LAYERS.iter().map(line).collect();
    let text = format!(
        "Every layer with its arguments and their defaults. What stands behind `*` must be named.\n\n\
         ```text\n{}\n```\n",
        lines.join("\n")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/layers.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &text)?;
    }
    assert_eq!(std::fs::read_to_string(&path)?, text, "INSTA_UPDATE=always writes it anew");
    Ok(())
}
