//! ONNX models as graphs of the `receptive-field` crate: what exists is read as it is, at run time or at compile time.
//!
//! ```
//! use std::path::Path;
//!
//! use rf_core::theory::TableBuf;
//! use rf_onnx::{Error, Model};
//!
//! fn sees_enough(path: &Path) -> Result<bool, Error> {
//!     let model = Model::read(path)?;
//!     for unknown in model.unknown() {
//!         println!("{} ({}): {}", unknown.node, unknown.operator, unknown.reason);
//!     }
//!     let lent = model.lend();
//!     let table = TableBuf::new(&lent.graph());
//!     println!("{}", table.table());
//!     let output = &model.outputs()[0];
//!     Ok(table.table().layer(output.node).rf().min() >= 64)
//! }
//!
//! // No file, no graph: an error says where and why.
//! assert!(sees_enough(Path::new("no/such/model.onnx")).is_err());
//! ```
//!
//! Layers are named as the file's nodes, or as their first outputs where these have no names; what a node takes several
//! layers for is `node.part`. A name that is taken gets a number behind it. Every output is a group too, a stage of the
//! layers since the output before it.
//!
//! # What is read
//!
//! | | |
//! |---|---|
//! | windows | convolutions, plain, grouped, depthwise, transposed, quantised; pools, with `auto_pad`, asymmetric pads, `ceil_mode`, dilations |
//! | resizing | `Resize` and `Upsample` by scales or sizes, each coordinate transformation as an exact fraction, nearest, linear and cubic |
//! | parts | `Pad`, `Slice`, `Split`, `Gather` of constant indices, `Concat` along channels, `DepthToSpace`, `SpaceToDepth` |
//! | arrangement | `Reshape`, `Transpose`, `Flatten`, `Squeeze`, `Unsqueeze`, `Expand`: NHWC, channel and pixel shuffles are recognised |
//! | functions | arithmetic with broadcasting, activations, norms, softmax, reductions |
//! | dense and global | `Gemm`, `MatMul`, products of maps and `Attention`, `LSTM`, `GRU`, `RNN`, global pools; gates come of the products |
//! | shapes | folded from `Shape`, `Gather`, `Concat`, `Cast` and arithmetic, through extents that only a run knows |
//!
//! A network has one input here: the one with the most dimensions, or the one that [`Options`] name. The others are
//! constants of it. Which dimension holds the channels follows from the first layer with a window; without one it is the
//! second. The batch is of no interest. Extents that the file leaves open are
//! [`UNKNOWN`](rf_core::graph::UNKNOWN), unless [`Options`] fix them.
//!
//! What has no index map is an [`Op::Opaque`](rf_core::graph::Op::Opaque) in the graph and stands in
//! [`Model::unknown`]. Such a layer may read all that comes in: from above its field is bounded by that, from below by
//! nothing, and no assertion about fields holds behind it.
//!
//! Added and multiplied constants are batch norms of frozen statistics, and count a scale and a shift for each channel
//! as parameters, one number for all channels none. Rounding to integers (`QuantizeLinear`) is passed over. Padding that
//! mirrors or repeats the border counts as padding: what a unit near it reads lies beyond it.
//!
//! # Weights
//!
//! With the feature `weights`, `Model::weights` gives the initializers as the engine's, so that the effective field of
//! a trained network can be sampled: `float`, `double`, `float16`, `bfloat16`, and integers with a scale. A layer that no
//! engine runs exactly is a [`Op::Custom`](rf_core::graph::Op::Custom), which the engine refuses by name.
//!
//! # Files that mean harm
//!
//! A file is read by way of its skeleton, of bounded size and depth; weights are stepped over. All sizes are checked.
//! What contradicts itself is an [`Error`] that names the node.

mod constant;
mod error;
mod import;
mod layout;
mod model;
mod node;
mod number;
mod skeleton;
#[cfg(feature = "weights")]
mod weights;

pub use error::Error;
pub use model::{Model, Options, Output, Unknown};
