//! The oracle: what every unit of a small network reads, found by brute force.
//!
//! It judges the theory and shares no code with it: of the library it uses the graph's types alone
//! (`rf_core::graph`). Nothing here is clever. Shapes are counted window by window, a unit's field is the
//! set of pixels found by walking back through every layer, and a measure is read off that set.
//!
//! - [`net`]: an owned graph and a short way to write one,
//! - [`shape`]: shapes by simulation, and what makes a layer impossible,
//! - [`reads`]: which units of its input one unit of a layer reads,
//! - [`trace`]: from there to sets of pixels,
//! - [`measure`]: hulls, masks, projective fields, halos: everything that is read off those sets,
//! - [`paths`]: every path from a layer to the input, one by one,
//! - [`forward`]: the second oracle, a naive run of the network in `f64` that knows nothing of the others,
//! - [`strategy`]: random graphs.

pub mod forward;
mod forward_layers;
mod grow;
pub mod measure;
pub mod net;
pub mod paths;
pub mod reads;
pub mod shape;
pub mod strategy;
pub mod trace;

pub use net::Net;
pub use shape::{Fault, Shape, shapes};
pub use trace::{Field, Pixels, Tracer, Unit};

/// A count or index as a `usize`.
///
/// # Panics
/// When it is negative, which is a fault of the caller.
#[must_use]
pub fn index(number: i64) -> usize {
    usize::try_from(number).expect("an index or a count, at least 0")
}

/// All integer points of a box: `from` to `to`, the end of each axis not included.
#[must_use]
pub fn points(from: Unit, to: Unit) -> Vec<Unit> {
    let mut all = Vec::new();
    for a in from[0]..to[0] {
        for b in from[1]..to[1] {
            for c in from[2]..to[2] {
                all.push([a, b, c]);
            }
        }
    }
    all
}
