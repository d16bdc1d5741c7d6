//! Why a model cannot be read, and the words of it.

use core::fmt;
use std::path::PathBuf;

/// Why a file gives no graph.
///
/// What merely has no index map is no error: see [`Model::unknown`](crate::Model::unknown).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    File {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        what: String,
    },
    /// The file is no ONNX model, is damaged, or has no graph to read.
    Format {
        /// The model's name.
        model: String,
        /// What is wrong.
        what: String,
    },
    /// A node contradicts the format or its inputs.
    Node {
        /// The model's name.
        model: String,
        /// The node's name, or its first output's where it has none.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, what } => write!(f, "cannot read `{}`: {what}", path.display()),
            Self::Format { model, what } => write!(f, "`{model}`: {what}"),
            Self::Node { model, node, operator, what } => {
                write!(f, "`{model}`: node `{node}` ({operator}): {what}")
            }
        }
    }
}

impl std::error::Error for Error {}
