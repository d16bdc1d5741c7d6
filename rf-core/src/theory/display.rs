//! The table as text: aligned columns, a row a stage, with `{:#}` a row a layer.

use core::fmt::{self, Display, Formatter, Write};

use super::layer::Layer;
use super::numbers::{Range, UNBOUNDED};
use super::table::Table;
use crate::graph::UNKNOWN;

/// A column: its title, and how a row writes its cell.
pub(crate) type Column<'c> = (&'c str, &'c dyn Fn(&Layer<'_>, &mut dyn Write) -> fmt::Result);

/// What the theory knows, to the left and to the right of where other columns may stand.
const LEFT: [Column<'_>; 3] = [("layer", &name), ("shape", &shape), ("rf", &rf)];
const RIGHT: [Column<'_>; 5] =
    [("jump", &jump), ("start", &start), ("shortest", &shortest), ("params", &params), ("macs", &macs)];

/// The most columns that a table may have.
const MOST: usize = 12;

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.print(f, &[])
    }
}

impl Table<'_> {
    /// The table with more columns behind the theoretical extent.
    pub(crate) fn print(&self, f: &mut Formatter<'_>, more: &[Column<'_>]) -> fmt::Result {
        let columns = || LEFT.iter().chain(more).chain(&RIGHT).take(MOST).enumerate();
        let mut widths = [0; MOST];
        for (column, (title, write)) in columns() {
            widths[column] = title.chars().count();
            self.each(f.alternate(), &mut |layer| {
                let mut counter = Counter(0);
                write(layer, &mut counter)?;
                widths[column] = counter.0.max(widths[column]);
                Ok(())
            })?;
        }
        for (column, (title, _)) in columns() {
            cell(f, column, widths[column], |out| out.write_str(title))?;
        }
        self.each(f.alternate(), &mut |layer| {
            f.write_char('\n')?;
            columns()
                .try_for_each(|(column, (_, write))| cell(f, column, widths[column], |out| write(layer, out)))
        })?;
        write!(f, "\n{}: {} parameters", self.graph.name, Grouped(self.params()))?;
        match self.macs() {
            Some(macs) => write!(f, ", {} multiply-accumulates", Grouped(macs)),
            None => Ok(()),
        }
    }

    /// Every row to show: all layers, or the input and the stages.
    fn each(&self, all: bool, show: &mut dyn FnMut(&Layer<'_>) -> fmt::Result) -> fmt::Result {
        if all {
            return self.layers().try_for_each(|layer| show(&layer));
        }
        if !self.is_empty() {
            show(&self.layer(0))?;
        }
        self.stages().try_for_each(|layer| show(&layer))
    }
}

/// One cell, padded: names to the left, numbers to the right; nothing after the last column.
fn cell(
    f: &mut Formatter<'_>,
    column: usize,
    width: usize,
    write: impl Fn(&mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    let mut counter = Counter(0);
    write(&mut counter)?;
    let padding = width - counter.0.min(width);
    if column == 0 {
        write(f)?;
        return write!(f, "{:padding$}", "");
    }
    write!(f, "  {:padding$}", "")?;
    write(f)
}

/// Counts the characters that are written to it.
struct Counter(usize);

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        Ok(())
    }
}

fn name(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    out.write_str(layer.name())
}

/// One text per axis, once where all axes agree.
pub(crate) fn per_axis<T: PartialEq>(
    layer: &Layer<'_>,
    out: &mut dyn Write,
    value: impl Fn(usize) -> T,
    write: impl Fn(&T, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    let first = value(0);
    write(&first, out)?;
    if (1..layer.rank()).all(|axis| value(axis) == first) {
        return Ok(());
    }
    for axis in 1..layer.rank() {
        out.write_str("×")?;
        write(&value(axis), out)?;
    }
    Ok(())
}

fn faulty(layer: &Layer<'_>) -> bool {
    layer.fault().is_some()
}

fn shape(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    if faulty(layer) {
        return out.write_str("error");
    }
    let shape = layer.shape();
    units(shape.channels, out)?;
    shape.extents().iter().try_for_each(|&extent| {
        out.write_str("×")?;
        units(extent, out)
    })
}

fn units(count: i64, out: &mut dyn Write) -> fmt::Result {
    if count == UNKNOWN { out.write_char('_') } else { write!(out, "{count}") }
}

/// The local extent; `global` before it where some path is, alone where all are.
fn rf(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    if faulty(layer) {
        return out.write_char('-');
    }
    if layer.unknown_cause().is_some() {
        return out.write_str("unknown");
    }
    let local = layer.local_rf();
    if layer.is_global() {
        out.write_str("global")?;
        if local.max() == 0 {
            return Ok(());
        }
        out.write_str(", ")?;
    }
    per_axis(layer, out, |axis| local.axis(axis), range)
}

fn range(range: &Range, out: &mut dyn Write) -> fmt::Result {
    match range {
        Range { max: UNBOUNDED, .. } => out.write_str("unbounded"),
        Range { min, max } if min == max => write!(out, "{min}"),
        Range { min, max } => write!(out, "{min}..{max}"),
    }
}

fn jump(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    per_axis(
        layer,
        out,
        |axis| layer.jump(axis),
        |jump, out| match jump {
            Some(jump) => write!(out, "{jump}"),
            None => out.write_char('-'),
        },
    )
}

fn start(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    per_axis(
        layer,
        out,
        |axis| layer.start(axis),
        |start, out| match start {
            Some(start) => write!(out, "{start}"),
            None => out.write_char('-'),
        },
    )
}

fn shortest(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    per_axis(
        layer,
        out,
        |axis| layer.shortest(axis),
        |extent, out| match extent {
            0 => out.write_char('-'),
            extent if layer.shortest_is_bound() => write!(out, "≤{extent}"),
            extent => write!(out, "{extent}"),
        },
    )
}

fn params(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{}", Grouped(layer.params()))
}

fn macs(layer: &Layer<'_>, out: &mut dyn Write) -> fmt::Result {
    match layer.macs() {
        Some(macs) => write!(out, "{}", Grouped(macs)),
        None => out.write_char('-'),
    }
}

/// A number with its thousands apart: `11,689,512`.
struct Grouped(u64);

impl Display for Grouped {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{}", self.0);
        }
        write!(f, "{},{:03}", Grouped(self.0 / 1000), self.0 % 1000)
    }
}
