//! Maps on the terminal and as PNG.

use std::path::Path;

use rf_core::effective::FieldMap;
use rf_core::picture::{HeatMap, Scale, Terminal, terminal};

use crate::out::{Failure, Out};

/// Widest map on a terminal, in letters.
const COLUMNS: usize = 64;

/// Writes a map as text: in colour where that is seen.
pub(crate) fn show(map: &FieldMap, out: &mut Out) -> Result<(), Failure> {
    let kind = if out.is_coloured() { Terminal::Colour } else { Terminal::Ascii };
    out.text(&terminal(map, COLUMNS, Scale::Linear, kind))
}

/// Writes a map as PNG.
pub(crate) fn save(map: &FieldMap, title: &str, path: &Path) -> Result<(), Failure> {
    HeatMap::of(title, map).save(path).map_err(Failure::bad)
}
