//! `cargo rf emit`: the model as `network!` source.

use rf_core::emit;

use crate::args::EmitArgs;
use crate::model;
use crate::out::{Failure, Out, write_file};

pub(crate) fn run(args: &EmitArgs, out: &mut Out) -> Result<bool, Failure> {
    let model = model::read(&args.source)?;
    let source = emit::network(&model.lend().graph(), &model::outputs(&model));
    let text = format!("use receptive_field::network;\n\n{source}");
    match &args.output {
        Some(path) => write_file(path, text.as_bytes())?,
        None => out.text(&text)?,
    }
    Ok(true)
}
