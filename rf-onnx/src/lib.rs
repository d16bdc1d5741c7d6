//! ONNX models as graphs of the `receptive-field` crate: read at run time or at compile time, no runtime needed.

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
