//! `cargo rf mask`: exactly which pixels a unit depends on.

use rf_core::effective::{Canvas, FieldMap, Frame, PixelBox, Quantity};
use rf_core::theory::Layer;
use rf_core::trace::{Bounds, Mask, mask};
use serde::Serialize;

use crate::args::MaskArgs;
use crate::model;
use crate::out::{Failure, Out};
use crate::picture;

/// Most units that a map for a picture may have.
const UNITS: i64 = 1 << 26;

/// The output for programs. Lists have an entry per axis.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    layer: &'a str,
    of: &'a str,
    unit: &'a [i64],
    /// First and last unit of the box, per axis.
    window: Vec<[i64; 2]>,
    /// Units within it that are read.
    used: u64,
    /// The runs of units that are read: the first index of each, and how many follow along the last axis.
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Run {
    at: Vec<i64>,
    len: i64,
}

pub(crate) fn run(args: &MaskArgs, out: &mut Out) -> Result<bool, Failure> {
    let model = model::read(&args.source)?;
    let lent = model.lend();
    let graph = lent.graph();
    let table = model::table(&graph);
    let table = table.table();
    let layer = model::layer(&table, &args.at)?;
    let target = args.of.as_deref().map_or(Ok(table.layer(0)), |name| model::layer(&table, name))?;
    let unit = model::unit(&layer, args.unit.as_ref())?;
    let bounds = if args.real { Bounds::Real } else { Bounds::Unbounded };
    let mask = mask(&layer, &unit, &target, bounds).map_err(Failure::bad)?;
    let map = map(&mask, graph.rank);
    if let (Some(path), Some(map)) = (&args.png, &map) {
        picture::save(map, &format!("{} of {}", args.at, graph.name), path)?;
    }
    if args.json {
        out.json(&report(&mask, &layer, &target, &unit))?;
        return Ok(true);
    }
    words(&mask, &layer, &target, &unit, out)?;
    map.map_or(Ok(()), |map| picture::show(&map, out))?;
    Ok(true)
}

fn report<'a>(mask: &Mask, layer: &Layer<'a>, of: &Layer<'a>, unit: &'a [i64]) -> Report<'a> {
    let mut runs: Vec<Run> = Vec::new();
    mask.each(|index| {
        let (last, before) = index.split_last().unwrap_or((&0, &[]));
        match runs.last_mut() {
            Some(run) if run.at[..before.len()] == *before && run.at[before.len()] + run.len == *last => {
                run.len += 1;
            }
            _ => runs.push(Run { at: index.to_vec(), len: 1 }),
        }
    });
    let window = mask.window().iter().map(|axis| [axis.first, axis.last]).collect();
    Report { schema: 1, layer: layer.name(), of: of.name(), unit, window, used: mask.count(), runs }
}

fn words(mask: &Mask, layer: &Layer<'_>, of: &Layer<'_>, unit: &[i64], out: &mut Out) -> Result<(), Failure> {
    let list = |numbers: Vec<String>, between: &str| numbers.join(between);
    let unit = list(unit.iter().map(i64::to_string).collect(), ", ");
    let (layer, of) = (layer.name(), of.name());
    if mask.count() == 0 {
        return out.text(&format!("unit ({unit}) of `{layer}` depends on nothing of `{of}`\n"));
    }
    let extent = list(mask.window().iter().map(|axis| axis.extent().to_string()).collect(), "×");
    let window =
        list(mask.window().iter().map(|axis| format!("{}..={}", axis.first, axis.last)).collect(), " × ");
    let (used, share) = (mask.count(), 100.0 * mask.coverage());
    out.text(&format!(
        "unit ({unit}) of `{layer}` depends on {used} units of `{of}`, {share:.1} % of {extent} at {window}\n"
    ))
}

/// The mask as a map of ones and zeros, for the pictures; nothing for an empty or a very large one.
fn map(mask: &Mask, rank: usize) -> Option<FieldMap> {
    let (mut origin, mut extents) = ([0; 3], [1; 3]);
    for (axis, window) in mask.window().iter().enumerate() {
        (origin[axis], extents[axis]) = (window.first, window.extent());
    }
    let units = extents.iter().try_fold(1_i64, |product, &extent| product.checked_mul(extent))?;
    if mask.count() == 0 || units > UNITS {
        return None;
    }
    let mut values = vec![0.0; usize::try_from(units).ok()?];
    mask.each(|index| {
        let place =
            index.iter().enumerate().fold(0, |place, (axis, &i)| place * extents[axis] + i - origin[axis]);
        if let Some(value) = usize::try_from(place).ok().and_then(|place| values.get_mut(place)) {
            *value = 1.0;
        }
    });
    let pixels = PixelBox { origin, extents };
    let middle = |axis: usize| if axis < rank { half(2 * origin[axis] + extents[axis] - 1) } else { 0.0 };
    let centre = [middle(0), middle(1), middle(2)];
    let (quantity, canvas) = (Quantity::Energy, Canvas::Unbounded);
    FieldMap::new(Frame { rank, pixels, centre, theoretical: pixels, quantity, canvas }, values).ok()
}

#[expect(clippy::cast_precision_loss, reason = "positions are far below 2^52")]
fn half(twice: i64) -> f64 {
    twice as f64 / 2.0
}
