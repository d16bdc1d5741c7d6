//! What a file becomes.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;
#[cfg(feature = "weights")]
use std::path::PathBuf;
use std::sync::Arc;

use rf_core::graph::{GraphBuf, Lent};

use crate::Error;
use crate::constant::Constant;
use crate::import::import;
use crate::skeleton::skeleton;

/// An ONNX model as a graph of the hub.
#[derive(Clone, Debug)]
pub struct Model {
    graph: GraphBuf,
    outputs: Vec<Output>,
    unknown: Vec<Unknown>,
    #[cfg_attr(not(feature = "weights"), expect(dead_code, reason = "only weights are made of them"))]
    pub(crate) recipes: Vec<Recipe>,
    #[cfg(feature = "weights")]
    pub(crate) source: Source,
    #[cfg(feature = "weights")]
    pub(crate) name: String,
}

/// Where a model's tensors are.
#[cfg(feature = "weights")]
#[derive(Clone, Debug, Default)]
pub(crate) enum Source {
    #[default]
    Nowhere,
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

/// A tensor of a layer, and what it is made of.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "weights"), expect(dead_code, reason = "only weights are made of them"))]
pub(crate) struct Recipe {
    /// The layer's name and the tensor's: `conv1.weight`.
    pub(crate) name: String,
    pub(crate) constant: Arc<Constant>,
}

/// An output of the model's graph. A group of this name is in the graph too: a stage, of the layers behind the output
/// before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Index of the layer that gives it.
    pub node: usize,
}

/// A node of which nobody here knows what its units read.
///
/// The graph has an [`Op::Opaque`](rf_core::graph::Op::Opaque) in its place, and no assertion holds behind that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The node's name, or its first output's where it has none.
    pub node: String,
    /// Its operator, with its domain where that is not ONNX's own.
    pub operator: String,
    /// Why it has no index map.
    pub reason: String,
}

/// What a file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The input by name; without one, the first with the most dimensions.
    pub input: Option<String>,
    /// The input's extents, in place of the file's: one per spatial axis, possibly
    /// [`UNKNOWN`](rf_core::graph::UNKNOWN).
    pub extents: Option<Vec<i64>>,
}

impl Model {
    /// Reads the file at `path`; the graph is named after it. Weights are stepped over, not read.
    ///
    /// # Errors
    /// Where the file cannot be read, is no ONNX model, or a node contradicts the format.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_with(path, &Options::default())
    }

    /// The same with what the file leaves open.
    ///
    /// # Errors
    /// As [`Model::read`], and where the options do not fit the file.
    pub fn read_with(path: &Path, options: &Options) -> Result<Self, Error> {
        let file =
            File::open(path).map_err(|error| Error::File { path: path.into(), what: error.to_string() })?;
        let name = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
        let model = Self::from_skeleton(skeleton(&mut BufReader::new(file)), &name, options)?;
        #[cfg(feature = "weights")]
        let model = Self { source: Source::File(path.into()), ..model };
        Ok(model)
    }

    /// Reads a file's bytes; `name` names the graph, and the file in errors.
    ///
    /// # Errors
    /// Where the bytes are no ONNX model, or a node contradicts the format.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Error> {
        Self::parse_with(bytes, name, &Options::default())
    }

    /// The same with what the file leaves open.
    ///
    /// # Errors
    /// As [`Model::parse`], and where the options do not fit the file.
    pub fn parse_with(bytes: &[u8], name: &str, options: &Options) -> Result<Self, Error> {
        let model = Self::from_skeleton(skeleton(&mut Cursor::new(bytes)), name, options)?;
        #[cfg(feature = "weights")]
        let model = Self { source: Source::Bytes(bytes.into()), ..model };
        Ok(model)
    }

    fn from_skeleton(
        skeleton: Result<Vec<u8>, String>,
        name: &str,
        options: &Options,
    ) -> Result<Self, Error> {
        let format = |what: String| Error::Format { model: name.into(), what };
        let bytes = skeleton.map_err(format)?;
        let file = onnx_rs::parse(&bytes).map_err(|error| format(error.to_string()))?;
        import(&file, name, options)
    }

    pub(crate) fn new(
        name: &str,
        graph: GraphBuf,
        outputs: Vec<Output>,
        unknown: Vec<Unknown>,
        recipes: Vec<Recipe>,
    ) -> Self {
        #[cfg(not(feature = "weights"))]
        let _ = name;
        Self {
            graph,
            outputs,
            unknown,
            recipes,
            #[cfg(feature = "weights")]
            source: Source::Nowhere,
            #[cfg(feature = "weights")]
            name: name.into(),
        }
    }

    /// The graph, as it is lent to tables and engines: `model.lend().graph()`.
    #[must_use]
    pub fn lend(&self) -> Lent<'_> {
        self.graph.lend()
    }

    /// The outputs that depend on the input, in the file's order.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The nodes that have no index map, in the graph's order.
    #[must_use]
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }
}
