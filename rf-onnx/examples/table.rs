//! Prints the table of an ONNX file, and what in it is not known: `cargo run -p rf-onnx --example table -- FILE`.

use std::path::Path;
use std::process::ExitCode;

use rf_core::theory::TableBuf;
use rf_onnx::Model;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        println!("no file given: `cargo run -p rf-onnx --example table -- model.onnx`");
        return ExitCode::SUCCESS;
    };
    let model = match Model::read(Path::new(&path)) {
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
