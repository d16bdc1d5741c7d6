//! What the studies of the effective field share. Each takes two arguments: the folder for its pictures, `target/erf`
//! unless said, and how many times its usual number of samples to draw.
#![allow(dead_code, reason = "each study uses its part")]

use std::fs;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use receptive_field::effective::sampler::{Erf, Progress};
use receptive_field::graph::Graph;

/// The folder for pictures: the first argument, or `target/erf`.
pub(crate) fn folder() -> std::io::Result<PathBuf> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/erf".into()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// `usual` samples, times the second argument.
pub(crate) fn samples(usual: u64) -> u64 {
    std::env::args().nth(2).and_then(|times| times.parse().ok()).map_or(usual, |times: u64| usual * times)
}

/// A sampling run of one layer that shows how far it is.
pub(crate) fn sample<'a>(graph: &Graph<'a>, layer: &str, usual: u64) -> Erf<'a> {
    Erf::of(graph).at(layer).samples(samples(usual)).progress(bar(graph.name))
}

/// A bar on a terminal's standard error, and nothing elsewhere; gone when the run is done.
pub(crate) fn bar(name: &str) -> impl FnMut(&Progress) -> ControlFlow<()> + 'static {
    let (name, shown) = (name.to_owned(), std::io::stderr().is_terminal());
    move |progress: &Progress| {
        let Progress { done, samples, relative_error, .. } = *progress;
        if shown {
            let full = (30 * done / samples.max(1)) as usize;
            let error = relative_error.map_or_else(String::new, |error| format!("  ±{:.2} %", 100.0 * error));
            let line = format!("{name:>16} [{:<30}] {done}/{samples}{error}", "=".repeat(full.min(30)));
            let end = if done == samples { format!("\r{:79}\r", "") } else { String::new() };
            // A terminal that is gone needs no bar.
            let _ = write!(std::io::stderr(), "\r{line:<79}{end}");
        }
        ControlFlow::Continue(())
    }
}

/// The least-squares line through the logarithms: `(slope, scale)` of `scale · x^slope`.
pub(crate) fn fit(points: &[(f64, f64)]) -> (f64, f64) {
    let (mut count, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in points.iter().map(|(a, b)| (a.ln(), b.ln())) {
        count += 1.0;
        x += a;
        y += b;
        xx += a * a;
        xy += a * b;
    }
    let slope = (count * xy - x * y) / (count * xx - x * x);
    (slope, ((y - slope * x) / count).exp())
}
