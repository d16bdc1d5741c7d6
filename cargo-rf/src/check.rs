//! `cargo rf check`: what must hold of a model.

use rf_core::theory::{Table, check};
use serde::Serialize;

use crate::args::CheckArgs;
use crate::condition::Condition;
use crate::model;
use crate::out::{FAINT, Failure, GOOD, Out, WRONG};

/// The output for programs.
#[derive(Serialize)]
struct Report<'c> {
    /// Of this form.
    schema: u32,
    holds: bool,
    conditions: Vec<Judged<'c>>,
}

#[derive(Serialize)]
struct Judged<'c> {
    condition: &'c str,
    holds: bool,
    /// Why it does not hold.
    message: Option<String>,
}

pub(crate) fn run(args: &CheckArgs, out: &mut Out) -> Result<bool, Failure> {
    let conditions = &args.conditions.0;
    if conditions.is_empty() {
        return Err(Failure::bad(
            "nothing to check\nhelp: `--min-rf LAYER=96`, for example; `cargo rf check --help` has all",
        ));
    }
    let model = model::read(&args.source)?;
    let lent = model.lend();
    let table = model::table(&lent.graph());
    let table = table.table();
    for name in conditions.iter().filter_map(|condition| condition.layer.as_deref()) {
        // A name that is not there is a mistake of the command line, not of the model.
        if table.find(name).is_none() {
            model::layer(&table, name)?;
        }
    }
    let judged: Vec<Judged<'_>> = conditions.iter().map(|condition| judge(&table, condition)).collect();
    let holds = judged.iter().all(|judged| judged.holds);
    if args.json {
        out.json(&Report { schema: 1, holds, conditions: judged })?;
        return Ok(holds);
    }
    for Judged { condition, message, .. } in &judged {
        match message {
            None if args.quiet => {}
            None => out.text(&format!("{GOOD}ok{GOOD:#}      {condition}\n"))?,
            Some(message) => {
                out.text(&format!("{WRONG}FAILED{WRONG:#}  {condition}\n"))?;
                message.lines().try_for_each(|line| out.line(FAINT, &format!("        {line}")))?;
            }
        }
    }
    Ok(holds)
}

fn judge<'c>(table: &Table<'_>, condition: &'c Condition) -> Judged<'c> {
    let message = condition.with(table.graph().rank, |assertion| check(table, assertion)).err();
    Judged { condition: &condition.text, holds: message.is_none(), message }
}
