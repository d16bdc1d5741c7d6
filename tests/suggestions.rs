//! Every change that an error of the ui cases suggests, made to its source by the letter, compiles.
//!
//! A suggestion reads `a.0 and 2 more at 2:32: kernel 3 -> 5, padding 1 -> 2   gives 9 px`. Other assertions that
//! fail in the same case are taken out: a suggestion is about one.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One suggestion and the source as it says.
struct Suggestion {
    text: String,
    source: String,
}

#[test]
fn applied_by_the_letter_they_compile() {
    let suggestions: Vec<_> = cases(Path::new("ui")).iter().flat_map(|case| suggestions(case)).collect();
    assert!(suggestions.len() > 30, "{} suggestions", suggestions.len());
    let mut all = "#![allow(warnings)]\nfn main() {}\n".to_owned();
    for (number, Suggestion { text, source }) in suggestions.iter().enumerate() {
        write!(all, "// {text}\nmod s{number} {{\n{source}\n}}\n").expect("a string takes all");
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suggested.rs");
    fs::write(&file, all).expect("the target folder takes files");
    trybuild::TestCases::new().pass(file);
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    found.sort();
    found
        .into_iter()
        .flat_map(|path| if path.is_dir() { cases(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .collect()
}

/// The suggestions of one case.
fn suggestions(stderr: &Path) -> Vec<Suggestion> {
    let read = |path: &Path| fs::read_to_string(path).expect("a ui case has two files");
    let (errors, source) = (read(stderr), read(&stderr.with_extension("rs")));
    let blocks: Vec<&str> = errors.split("\n\n").filter(|block| block.starts_with("error")).collect();
    let failing: Vec<usize> = blocks.iter().filter_map(|block| failing_at(block, &source)).collect();
    let mut found = Vec::new();
    for (block, own) in blocks.iter().zip(&failing) {
        for line in block.lines().filter(|line| line.contains(" -> ") && line.contains(": ")) {
            let Some((at, edits)) = parts(line) else { continue };
            let start = offset(&source, at);
            let others = failing.iter().filter(|other| *other != own);
            let mut changes: Vec<_> = others.map(|&at| (assertion(&source, at), String::new())).collect();
            changes.extend(top_level(edits).map(|edit| change(&source, start, edit)));
            let text = format!("{}: {}", stderr.display(), line.trim());
            found.push(Suggestion { text, source: changed(&source, changes) });
        }
    }
    found
}

/// Where the assertion stands that a block of errors is about.
fn failing_at(block: &str, source: &str) -> Option<usize> {
    let place = block.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let mut numbers = place.rsplitn(3, ':');
    let (column, line) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some(offset(source, (line, column)))
}

/// The place and the edits of a line that is a suggestion.
fn parts(line: &str) -> Option<((usize, usize), &str)> {
    let (_, rest) = line.split_once(" at ")?;
    let (place, edits) = rest.split_once(": ")?;
    let (line, column) = place.split_once(':')?;
    let edits = edits.split("   gives ").next()?;
    Some(((line.parse().ok()?, column.parse().ok()?), edits.trim()))
}

/// The byte at a line and a column, both counted from 1.
fn offset(source: &str, (line, column): (usize, usize)) -> usize {
    let before: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    before + column - 1
}

/// `assert .. ;` around the condition at `at`.
fn assertion(source: &str, at: usize) -> Range<usize> {
    let start = source[..at].rfind("assert").expect("a condition stands behind its keyword");
    start..at + source[at..].find(';').expect("an assertion ends") + 1
}

/// Pieces between commas that stand in no parentheses.
fn top_level(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |letter| {
        depth += i32::from(matches!(letter, '(' | '[')) - i32::from(matches!(letter, ')' | ']'));
        letter == ',' && depth == 0
    })
    .map(str::trim)
}

/// What `kernel 3 -> 5` changes of the call at `start`.
fn change(source: &str, start: usize, edit: &str) -> (Range<usize>, String) {
    let (name, numbers) = edit.split_once(' ').expect("an edit names its argument");
    let (from, to) = numbers.split_once(" -> ").expect("an edit has two sides");
    if name == "repeats" {
        let number = start..start + from.len();
        assert_eq!(&source[number.clone()], from, "{edit}");
        return (number, to.to_owned());
    }
    let call = &source[start..];
    let layer = &call[..call.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(0)];
    assert!(call[layer.len()..].starts_with('('), "{edit}: {layer} has no arguments");
    let inside = start + layer.len() + 1;
    let mut end = inside;
    for (position, arg) in top_level(&source[inside..closing(source, inside)]).enumerate() {
        let found = inside + source[inside..].find(arg).expect("an argument is in its call");
        end = found + arg.len();
        let value = match arg.split_once('=') {
            Some((own, value)) if own.trim() == name => value.trim(),
            None if positional(layer).get(position) == Some(&name) => arg,
            _ => continue,
        };
        assert_eq!(value, from, "{edit}");
        return (end - value.len()..end, to.to_owned());
    }
    (end..end, format!(", {name} = {to}"))
}

/// Where the parenthesis closes that opens before `inside`.
fn closing(source: &str, inside: usize) -> usize {
    let mut depth = 1;
    for (at, letter) in source[inside..].char_indices() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth == 0 {
            return inside + at;
        }
    }
    source.len()
}

/// The arguments of a layer that need no name.
fn positional(layer: &str) -> &'static [&'static str] {
    match layer {
        "conv" | "conv_transpose" => &["channels", "kernel"],
        "depthwise_conv" | "max_pool" | "avg_pool" => &["kernel"],
        _ => &[],
    }
}

/// The source with all changes made, from the last to the first.
fn changed(source: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| range.start);
    let mut out = source.to_owned();
    for (range, text) in changes.into_iter().rev() {
        out.replace_range(range, &text);
    }
    out
}
