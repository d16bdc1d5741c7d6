//! `cargo rf emit`: the model as `network!` source.

use rf_core::emit;

use crate::args::EmitArgs;
use crate::model::Loaded;
use crate::out::{Failure, Out, write_file};

pub(crate) fn run(args: &EmitArgs, out: &mut Out) -> Result<bool, Failure> {
    let loaded = Loaded::of(&args.source)?;
    let source = emit::network(&loaded.lend().graph(), &loaded.outputs());
    let text = format!("use receptive_field::network;\n\n{source}");
    match &args.output {
        Some(path) => write_file(path, text.as_bytes())?,
        None => out.text(&text)?,
    }
    Ok(true)
}
