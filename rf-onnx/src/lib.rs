//! ONNX models as graphs of the `receptive-field` crate: read at run time or at compile time, no runtime needed.

mod error;
mod import;
mod model;

pub use error::Error;
pub use model::{Model, Output, Unknown};
