//! `cargo rf diff`: what changed from one model to another.

use std::path::Path;

use rf_core::compare::{Change, Entry, Side, diff};
use serde::Serialize;

use crate::args::{DiffArgs, Source};
use crate::model;
use crate::out::{CHANGED, FAINT, Failure, GOOD, Out, WRONG};

/// The output for programs.
#[derive(Serialize)]
struct Report<'d> {
    schema: u32,
    same: bool,
    layers: Vec<Line<'d>>,
}

#[derive(Serialize)]
struct Line<'d> {
    /// `same`, `changed`, `follows`, `added` or `removed`.
    status: &'static str,
    before: Option<Named<'d>>,
    after: Option<Named<'d>>,
    changes: Vec<Changed<'d>>,
}

#[derive(Serialize)]
struct Named<'d> {
    name: &'d str,
    kind: &'d str,
    window: &'d str,
}

#[derive(Serialize)]
struct Changed<'d> {
    what: &'d str,
    before: &'d str,
    after: &'d str,
    /// Whether the layer itself was changed, or only sees what others changed.
    own: bool,
}

pub(crate) fn run(args: &DiffArgs, out: &mut Out) -> Result<bool, Failure> {
    let source = |file: &Path| Source { file: file.into(), input: None, size: args.size.clone() };
    let (before, after) = (model::read(&source(&args.before))?, model::read(&source(&args.after))?);
    let (before, after) = (before.lend(), after.lend());
    let (before, after) = (before.graph(), after.graph());
    if before.rank != after.rank {
        let words =
            format!("`{}` has {} spatial axes, `{}` {}", before.name, before.rank, after.name, after.rank);
        if args.json {
            out.json(&Report { schema: 1, same: false, layers: Vec::new() })?;
        } else {
            out.line(WRONG, &words)?;
        }
        return Ok(false);
    }
    let (before, after) = (model::table(&before), model::table(&after));
    let diff = diff(&before.table(), &after.table());
    if args.json {
        let layers = diff.entries.iter().map(line).collect();
        out.json(&Report { schema: 1, same: diff.is_same(), layers })?;
        return Ok(diff.is_same());
    }
    diff.entries.iter().try_for_each(|entry| show(entry, args.all, out))?;
    if diff.is_same() {
        out.line(FAINT, "the same in spatial meaning")?;
    } else if let Some(output) =
        diff.entries.iter().rfind(|entry| entry.before.is_some() && entry.after.is_some())
    {
        let derived: Vec<String> = output.changes.iter().filter(|change| !change.own).map(words).collect();
        if !args.all && !derived.is_empty() {
            out.line(FAINT, &format!("so that {}: {}", name(output.after.as_ref()), derived.join(", ")))?;
        }
    }
    Ok(diff.is_same())
}

fn status(entry: &Entry) -> &'static str {
    match (&entry.before, &entry.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ if entry.is_changed() => "changed",
        _ if entry.changes.is_empty() => "same",
        _ => "follows",
    }
}

fn line(entry: &Entry) -> Line<'_> {
    Line {
        status: status(entry),
        before: entry.before.as_ref().map(Named::of),
        after: entry.after.as_ref().map(Named::of),
        changes: entry.changes.iter().map(Changed::of).collect(),
    }
}

impl<'d> Named<'d> {
    fn of(side: &'d Side) -> Self {
        Self { name: &side.name, kind: side.kind, window: &side.window }
    }
}

impl<'d> Changed<'d> {
    fn of(change: &'d Change) -> Self {
        Self { what: change.what, before: &change.before, after: &change.after, own: change.own }
    }
}

/// `kernel 3 -> 5`.
fn words(change: &Change) -> String {
    format!("{} {} -> {}", change.what, change.before, change.after)
}

fn name(side: Option<&Side>) -> &str {
    side.map_or("", |side| &side.name)
}

/// `conv2 (conv, kernel 3)`.
fn full(side: &Side) -> String {
    let window = if side.window.is_empty() { String::new() } else { format!(", {}", side.window) };
    format!("{} ({}{window})", side.name, side.kind)
}

fn show(entry: &Entry, all: bool, out: &mut Out) -> Result<(), Failure> {
    match (&entry.before, &entry.after) {
        (None, Some(after)) => out.line(GOOD, &format!("+ {}", full(after))),
        (Some(before), None) => out.line(WRONG, &format!("- {}", full(before))),
        (Some(before), Some(after)) => {
            let shown: Vec<String> =
                entry.changes.iter().filter(|change| all || change.own).map(words).collect();
            if shown.is_empty() {
                return Ok(());
            }
            let renamed = before.name != after.name;
            let name =
                if renamed { format!("{} -> {}", before.name, after.name) } else { after.name.clone() };
            let (mark, style) = if entry.is_changed() { ("~", CHANGED) } else { (" ", FAINT) };
            out.line(style, &format!("{mark} {name}: {}", shown.join(", ")))
        }
        (None, None) => Ok(()),
    }
}
