//! Heat maps as text.

use core::fmt::Write;
use std::io::IsTerminal;
use std::string::String;
use std::vec::Vec;

use super::chart::Scale;
use super::colour::ColourMap;
use crate::effective::FieldMap;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Half blocks in 24-bit colour: two pixels to a letter.
    Colour,
    /// Letters of growing weight.
    Ascii,
}

impl Terminal {
    /// What standard output can show: colour on a terminal that has it and where `NO_COLOR` is not set.
    #[must_use]
    pub fn of_output() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if std::io::stdout().is_terminal() && !dumb && !set("NO_COLOR") { Self::Colour } else { Self::Ascii }
    }
}

/// From nothing to the largest value.
const WEIGHTS: &[u8] = b" .:-=+*#%@";

/// A map as lines of text, `columns` letters wide at the most: the theoretical field, or the map where that is
/// larger. One axis gives one line; of three, the first is summed over.
#[must_use]
pub fn terminal(map: &FieldMap, columns: usize, scale: Scale, kind: Terminal) -> String {
    let (height, width, values) = sheet(map);
    let columns = columns.clamp(1, width.max(1));
    // A letter is about twice as high as it is wide: two pixels of a column to a letter.
    let rows = if height == 1 { 2 } else { (height * columns).div_ceil(width).next_multiple_of(2) };
    let cells = shrink(&values, (height, width), (rows, columns));
    let most = cells.iter().fold(0.0_f64, |most, value| most.max(*value));
    let part = |value: f64| match scale {
        Scale::Linear => value / most,
        Scale::Log if value > 0.0 => (1.0 + (value / most).log10() / 4.0).max(0.0),
        Scale::Log => 0.0,
    };
    let mut text = String::new();
    for pair in cells.chunks_exact(2 * columns) {
        for column in 0..columns {
            let (upper, lower) = (part(pair[column]), part(pair[columns + column]));
            match kind {
                Terminal::Colour => {
                    let ([r, g, b], [x, y, z]) = (ColourMap::Inferno.at(upper), ColourMap::Inferno.at(lower));
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\x1b[38;2;{r};{g};{b};48;2;{x};{y};{z}m\u{2580}");
                }
                Terminal::Ascii => {
                    let weight = f64::midpoint(upper, lower) * 9.0;
                    text.push(char::from(WEIGHTS[(weight.round() as usize).min(9)]));
                }
            }
        }
        text.push_str(if kind == Terminal::Colour { "\x1b[0m\n" } else { "\n" });
    }
    text
}

/// Height, width and values of the last two axes.
fn sheet(map: &FieldMap) -> (usize, usize, Vec<f64>) {
    let [a, b, c] = map.shape();
    match map.rank() {
        1 => (1, a, map.values().to_vec()),
        2 => (a, b, map.values().to_vec()),
        _ => {
            let sum = |place: usize| map.values().chunks_exact(b * c).map(|sheet| sheet[place]).sum();
            (b, c, (0..b * c).map(sum).collect())
        }
    }
}

/// The means over a grid of `rows` × `columns` boxes.
#[expect(clippy::cast_precision_loss, reason = "pixel counts are far below 2^53")]
fn shrink(values: &[f64], (height, width): (usize, usize), (rows, columns): (usize, usize)) -> Vec<f64> {
    let span = |n: usize, parts: usize, extent: usize| {
        let first = (n * extent / parts).min(extent - 1);
        (first, ((n + 1) * extent / parts).max(first + 1))
    };
    let mut cells = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let (top, bottom) = span(row, rows, height);
        for column in 0..columns {
            let (left, right) = span(column, columns, width);
            let sum: f64 =
                (top..bottom).map(|y| values[y * width + left..y * width + right].iter().sum::<f64>()).sum();
            cells.push(sum / ((bottom - top) * (right - left)) as f64);
        }
    }
    cells
}
