//! Prints the table of an ONNX file, and what in it is not known. Extents that the file leaves open may be given:
//! `cargo run -p rf-onnx --example table -- model.onnx 224 224`.

use std::path::Path;
use std::process::ExitCode;

use rf_core::theory::TableBuf;
use rf_onnx::{Model, Options};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        println!("no file given: `cargo run -p rf-onnx --example table -- model.onnx`");
        return ExitCode::SUCCESS;
    };
    let extents: Vec<i64> = std::env::args().skip(2).filter_map(|extent| extent.parse().ok()).collect();
    let options = Options { extents: (!extents.is_empty()).then_some(extents), ..Options::default() };
    let model = match Model::read_with(Path::new(&path), &options) {
        Ok(model) => model,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let lent = model.lend();
    println!("{:#}", TableBuf::new(&lent.graph()).table());
    for unknown in model.unknown() {
        println!("unknown: {} ({}): {}", unknown.node, unknown.operator, unknown.reason);
    }
    ExitCode::SUCCESS
}
