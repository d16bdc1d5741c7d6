//! `cargo rf`: receptive fields of ONNX models.
//!
//! Each subcommand is a file with a function `run`, which writes to an [`Out`] and answers how it ended. Exit codes: 0,
//! all holds; 1, a check failed or models differ; 2, the command line or an input is wrong.

mod args;
mod check;
mod condition;
mod diff;
mod emit;
mod erf;
mod image;
mod mask;
mod model;
mod out;
mod picture;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use out::{Failure, Out};

fn main() -> ExitCode {
    // As a subcommand of cargo it is called with its own name first.
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "rf") {
        words.remove(1);
    }
    let command = Cli::parse_from(words).command;
    let mut out = Out::new();
    match run(&command, &mut out).and_then(|holds| out.finish().map(|()| holds)) {
        // Whoever closed the output has enough of it.
        Ok(true) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Bad(text)) => {
            out::error(&text);
            ExitCode::from(2)
        }
    }
}

/// Runs a command; whether all holds.
fn run(command: &Command, out: &mut Out) -> Result<bool, Failure> {
    match command {
        Command::Table(args) => table::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Emit(args) => emit::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Erf(args) => erf::run(args, out),
        Command::Mask(args) => mask::run(args, out),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "cargo-rf", &mut text);
            out.text(&String::from_utf8_lossy(&text))?;
            Ok(true)
        }
    }
}
