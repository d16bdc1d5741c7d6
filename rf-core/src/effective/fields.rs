//! The table of a network with the effective beside the theoretical field.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::obstacle::NoClosedForm;
use super::profile::{Effective, TWO_SIGMA, centre_of, compute_on_heap};
use crate::theory::display::per_axis;
use crate::theory::{Layer, Table};

/// A table with two more columns: see [`Table::with_effective`].
#[derive(Clone, Copy, Debug)]
pub struct WithEffective<'a>(Table<'a>);

impl<'a> Table<'a> {
    /// The table with the columns `erf` and `σ` behind `rf`, computed in closed form when it is printed: the extent
    /// that holds 95.45 % of the energy, and the standard deviation, in input pixels, of the unit nearest the layer's
    /// centre on an unbounded canvas.
    ///
    /// A layer that has no closed form has dashes, and the first reason stands below the table.
    #[must_use]
    pub const fn with_effective(&self) -> WithEffective<'a> {
        WithEffective(*self)
    }
}

impl fmt::Display for WithEffective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.0;
        let mut fields: Vec<Option<Result<Effective, NoClosedForm>>> = alloc::vec![None; table.len()];
        let rows: Vec<Layer<'_>> =
            if f.alternate() { table.layers().collect() } else { table.stages().collect() };
        for layer in table.layers().take(1).chain(rows) {
            fields[layer.index()]
                .get_or_insert_with(|| compute_on_heap(table, layer.index(), centre_of(&layer), TWO_SIGMA));
        }
        let known = |layer: &Layer<'_>| fields[layer.index()].as_ref().and_then(|field| field.as_ref().ok());
        let erf = |layer: &Layer<'_>, out: &mut dyn Write| match known(layer) {
            Some(field) => per_axis(layer, out, |axis| field.extent[axis], |n, out| write!(out, "{n}")),
            None => out.write_char('-'),
        };
        let sigma = |layer: &Layer<'_>, out: &mut dyn Write| match known(layer) {
            Some(field) => per_axis(layer, out, |axis| field.sigma[axis], |n, out| write!(out, "{n:.2}")),
            None => out.write_char('-'),
        };
        table.print(f, &[("erf", &erf), ("σ", &sigma)])?;
        match fields.iter().flatten().find_map(|field| field.as_ref().err()) {
            Some(fault) => write!(f, "\n{}", fault.obstacle.named(table.graph().nodes[fault.node].name)),
            None => Ok(()),
        }
    }
}
