//! The effective field by sampling: draw a network and an input, run one unit's gradient back, average.
//!
//! ```
//! # use rf_core::effective::sampler::Erf;
//! # use rf_core::graph::{Graph, Init, Node, Op, Padding, Window};
//! # let window = Window::new([3, 3, 1]).padding([Padding::both(1), Padding::both(1), Padding::ZERO]);
//! # let conv = Op::Conv { channels: 8, window, groups: 1, bias: false };
//! # let nodes = [
//! #     Node { name: "input", op: Op::Input { channels: 3, extents: [32, 32, 1] }, inputs: &[] },
//! #     Node { name: "conv1", op: conv, inputs: &[0] },
//! #     Node { name: "conv2", op: conv, inputs: &[1] },
//! # ];
//! # let graph = Graph { name: "net", rank: 2, nodes: &nodes, groups: &[], init: Init::HeFanOut };
//! let field = Erf::of(&graph).at("conv2").samples(64).seed(7).run()?;
//! assert!(field.sigma(0).agrees(1.1547, 4.0));
//! # Ok::<(), rf_core::engine::Error>(())
//! ```
#![expect(clippy::cast_precision_loss, reason = "numbers of samples and pixels are far below 2^52")]

mod builder;
mod image;
mod job;
mod result;
mod run;
mod save;
mod symmetry;
mod tally;
#[cfg(test)]
mod tests;

pub use builder::{Channels, Engine, Erf, Input, Progress};
pub use image::{IMAGENET, read_png};
pub use result::Sampled;
