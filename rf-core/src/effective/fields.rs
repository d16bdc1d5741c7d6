//! The closed-form figures of a network's stages, as text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::profile::{Effective, TWO_SIGMA, centre_of, compute_on_heap};
use crate::theory::{Layer, Table};

/// Prints the effective beside the theoretical field of every stage, or of every layer with `{:#}`: extents that
/// hold 95.45 % of the energy and sigmas, in input pixels, of the unit nearest the centre on an unbounded canvas.
///
/// A layer that has no closed form has dashes, and the first reason stands below.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub Table<'a>);

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers: Vec<Layer<'_>> =
            if f.alternate() { self.0.layers().collect() } else { self.0.stages().collect() };
        let names = layers.iter().map(|layer| layer.name().chars().count()).max().unwrap_or(0).max(5);
        write!(f, "{:<names$}  {:>9}  {:>9}  {:>13}  ratio", "layer", "rf", "erf", "sigma")?;
        let mut reason = None;
        for layer in layers {
            write!(f, "\n{:<names$}", layer.name())?;
            match compute_on_heap(self.0, layer.index(), centre_of(&layer), TWO_SIGMA) {
                Ok(field) => row(f, &field, self.0.graph().rank)?,
                Err(fault) => {
                    write!(f, "  {:>9}  {:>9}  {:>13}      -", "-", "-", "-")?;
                    reason = reason.or(Some(fault));
                }
            }
        }
        match reason {
            Some(fault) => {
                let name = self.0.graph().nodes[fault.node].name;
                write!(f, "\n{}", fault.obstacle.named(name))
            }
            None => Ok(()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
fn row(f: &mut fmt::Formatter<'_>, field: &Effective, rank: usize) -> fmt::Result {
    let theoretical = joined(&field.theoretical[..rank].iter().map(|n| format!("{n}")).collect::<Vec<_>>());
    let extent = joined(&field.extent[..rank].iter().map(|n| format!("{n}")).collect::<Vec<_>>());
    let sigma = joined(&field.sigma[..rank].iter().map(|sigma| format!("{sigma:.2}")).collect::<Vec<_>>());
    let ratio = field.extent[0] as f64 / field.theoretical[0] as f64;
    write!(f, "  {theoretical:>9}  {extent:>9}  {sigma:>13}  {ratio:>5.3}")
}

/// One text where all axes say the same, else one per axis.
fn joined(texts: &[String]) -> String {
    if texts.iter().all(|text| *text == texts[0]) { texts[0].clone() } else { texts.join("x") }
}
