//! What each unit of a network can see, as `const fn`s over a [`Graph`](crate::graph::Graph).
//!
//! Along one axis a layer maps an output index to the input indices that it reads ([`AxisMap`]):
//!
//! | layer | output `i` reads |
//! |---|---|
//! | window (convolution, pool): kernel k, stride s, dilation d, padding p before | `i·s − p + t·d`, `t = 0..k−1` |
//! | transposed convolution | `n` with `n·s − p + t·d = i` |
//! | nearest ×f; linear ×f between half-pixel centres | `⌊i/f⌋`; the one or two taps with a weight that is not zero |
//! | pad, crop | `i − before` |
//! | pointwise, merge, gate | `i`, of each input |
//! | adaptive pool of m units to n | `⌊i·m/n⌋ ..= ⌈(i+1)·m/n⌉ − 1` |
//! | global pool, linear, attention, a gate's or a norm's statistics | all |
//!
//! A unit's *support* is the composition of these maps back to the input, its *receptive field* the support's hull.
//! For a chain without upsampling that is the recurrence of Araujo, Norris and Sim 2019, "Computing Receptive Fields
//! of Convolutional Neural Networks" (Distill), with the jump of the layer's *input*:
//!
//! ```text
//! rf    = rf + (k − 1)·d·jump        1 at the input, in pixels
//! start = start − p·jump             0 at the input
//! jump  = jump · s                   1 at the input
//! ```
//!
//! Several paths unite: the hull of a union is the union's hull, so the extent is `max(last) − min(first) + 1` whatever
//! their centres. Behind upsampling a unit's field depends on its index modulo a period; a table keeps one per phase.
//! A layer that reads all is *global*: that is kept beside the extent along the other, *local* paths.
//!
//! In reading order: `map` (one layer on one axis), `axis` (arguments to maps), `strand` and `compose` (fields through a map),
//! `carry` (a layer), `evaluate` and `merge` (all layers), `table` and `layer` (the answers), `assertion` and `verdict`
//! (answers that must hold).

mod assertion;
mod axis;
pub(crate) mod between;
#[cfg(feature = "alloc")]
mod buffer;
mod carry;
mod common;
mod compose;
mod coordinates;
mod cost;
mod dense;
pub(crate) mod display;
mod evaluate;
mod extremes;
mod fault;
mod image;
mod inlined;
mod interval;
mod kind;
mod layer;
mod map;
mod merge;
mod message;
mod numbers;
mod path;
mod reach;
mod repeat;
mod row;
mod scratch;
mod separable;
mod shortest;
mod strand;
pub(crate) mod support;
mod table;
mod text;
mod unknown;
mod verdict;
mod way_out;
mod why;

#[cfg(feature = "alloc")]
pub use assertion::check;
pub use assertion::{
    Asserted, Assertion, At, Compare, Query, Value, assert, assert_one, check_layers, check_place,
};
pub use axis::output_extent;
#[cfg(feature = "alloc")]
pub use buffer::TableBuf;
pub use fault::{Fault, LIMIT};
pub use inlined::{check_parts, check_path};
pub use interval::Interval;
pub(crate) use kind::broadcasts;
pub use layer::Layer;
pub(crate) use map::gcd;
pub use map::{AxisMap, Taps};
#[cfg(feature = "effective")]
pub(crate) use message::closest;
pub use numbers::{Extents, Halo, Phase, Range, Ratio, Shape, UNBOUNDED};
pub use row::Row;
pub use strand::{AxisRow, STRANDS, Strand};
pub use table::{Evaluated, PHASE_CAP, Table, evaluate, evaluate_repeats, phase_count};
pub(crate) use text::Text;
