//! What each unit of a network can see: DESIGN §3 as `const fn`s over a [`Graph`](crate::graph::Graph).
//!
//! In reading order: `map` (one layer on one axis), `axis` (arguments to maps), `compose` (fields through a map),
//! `evaluate` (all layers), `table` and `layer` (the answers), `assertion` and `verdict` (answers that must hold).

mod assertion;
mod axis;
#[cfg(feature = "alloc")]
mod buffer;
mod compose;
mod cost;
mod dense;
mod display;
mod evaluate;
mod fault;
mod inlined;
mod interval;
mod layer;
mod map;
mod message;
mod row;
pub(crate) mod support;
mod table;
mod text;
mod verdict;
mod way_out;

pub use assertion::{Assertion, At, Compare, Query, Value, assert, check_layers};
#[cfg(feature = "alloc")]
pub use buffer::TableBuf;
pub(crate) use evaluate::broadcasts;
pub use fault::{Fault, LIMIT};
pub use inlined::{check_parts, check_path};
pub use interval::Interval;
pub use layer::{Extents, Halo, Layer, Phase, Range, Ratio, Shape, UNBOUNDED};
pub(crate) use map::gcd;
pub use map::{AxisMap, Taps};
#[cfg(feature = "effective")]
pub(crate) use message::closest;
pub use row::{AxisRow, Row, STRANDS, Strand};
pub use table::{Evaluated, PHASE_CAP, Table, evaluate, phase_count};
#[cfg(feature = "effective")]
pub(crate) use text::Text;
