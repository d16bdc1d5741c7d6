//! What a file becomes.

use std::fs;
use std::path::Path;

use rf_core::graph::{GraphBuf, Lent};

use crate::Error;
use crate::import::import;

/// An ONNX model as a graph of the hub.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) graph: GraphBuf,
    pub(crate) outputs: Vec<Output>,
    pub(crate) unknown: Vec<Unknown>,
    #[cfg(feature = "weights")]
    pub(crate) weights: rf_core::engine::StateDict,
}

/// An output of the model's graph. A group of this name, a stage, is in the graph too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Index of the layer that gives it.
    pub node: usize,
}

/// A node whose units' reads are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The node's name, or its first output's where it has none.
    pub node: String,
    /// Its operator, with its domain where that is not ONNX's own.
    pub operator: String,
    /// Why it has no index map.
    pub reason: String,
}

impl Model {
    /// Reads the file at `path`; the graph is named after it.
    ///
    /// # Errors
    /// Where the file cannot be read, is no ONNX model, or a node contradicts the format.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes =
            fs::read(path).map_err(|error| Error::File { path: path.into(), what: error.to_string() })?;
        let name = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
        Self::parse(&bytes, &name)
    }

    /// Reads a file's bytes; `name` names the graph, and the file in errors.
    ///
    /// # Errors
    /// Where the bytes are no ONNX model, or a node contradicts the format.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Error> {
        import(bytes, name)
    }

    /// The graph, as it is lent to tables and engines: `model.lend().graph()`.
    #[must_use]
    pub fn lend(&self) -> Lent<'_> {
        self.graph.lend()
    }

    /// The model's outputs, in the file's order.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The nodes that have no index map, in the graph's order.
    #[must_use]
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }

    /// The initializers as the engine's weights, under the names of the graph's layers.
    ///
    /// # Errors
    /// Where the file's tensors are elsewhere, damaged, or of a type that is no number.
    #[cfg(feature = "weights")]
    pub fn weights(&self) -> Result<rf_core::engine::StateDict, Error> {
        Ok(self.weights.clone())
    }
}
