//! What several tests share: the fetched models, tensors in files, and a run of the reference engine.
#![allow(dead_code, reason = "no test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};

use onnx_rs::ast::{DataType, TensorProto};

/// The folder of a fetched package, or a word that it is not there.
pub(crate) fn fetched(part: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models").join(part);
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: `{}` is not there, rf-onnx/tests/fetch_models.py fetches it", folder.display());
    None
}

/// A message as a field of another.
fn nested(field: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    let mut length = body.len();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(body);
    bytes
}

/// The file of one tensor as a model that has nothing but it.
pub(crate) fn model_of(tensor: &Path) -> Vec<u8> {
    nested(7, &nested(5, &fs::read(tensor).unwrap()))
}

/// The values of a tensor.
pub(crate) fn values(tensor: &TensorProto<'_>) -> Option<Vec<f64>> {
    let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    match tensor.data_type() {
        DataType::Float => Some(tensor.as_f32().map_or_else(Vec::new, |values| wide(&values))),
        DataType::Double => Some(tensor.as_f64().map_or_else(Vec::new, |values| values.to_vec())),
        _ => None,
    }
}

#[cfg(feature = "weights")]
#[allow(unused_imports, reason = "no test uses all of it")]
pub(crate) use engine::*;

#[cfg(feature = "weights")]
mod engine {
    use rf_core::engine::reference::{self, Tensor};
    use rf_core::engine::{Cone, StateDict, parameters};
    use rf_core::graph::Graph;

    /// The tensors of every node in the engine's order; `Err` names one that is missing.
    pub(crate) fn tensors(cone: &Cone<'_>, weights: &StateDict) -> Result<Vec<Vec<Vec<f64>>>, String> {
        let one = |(index, node): (usize, &rf_core::graph::Node<'_>)| {
            let inputs: Vec<(usize, usize)> = node.inputs.iter().map(|&j| (cone.channels(j), 1)).collect();
            let needed = parameters(&node.op, &inputs, cone.channels(index));
            let tensor = |parameter: &rf_core::engine::Parameter| {
                let name = format!("{}.{}", node.name, parameter.name);
                let array = weights.get(&name).ok_or_else(|| format!("no tensor `{name}`"))?;
                Ok(array.values.iter().map(|&value| f64::from(value)).collect())
            };
            needed.iter().map(tensor).collect()
        };
        cone.graph.nodes.iter().enumerate().map(one).collect()
    }

    /// The values of the whole map of `node` for one input, by the reference engine.
    pub(crate) fn run(
        graph: Graph<'_>,
        node: usize,
        weights: &StateDict,
        input: &[f64],
    ) -> Result<Tensor, String> {
        // Any unit will do, but for one in the padding.
        let buffer = rf_core::theory::TableBuf::new(&graph);
        let layer = buffer.table().layer(node);
        let middle = core::array::from_fn(|axis| layer.central_unit(axis).unwrap_or(0));
        let unit = if layer.shape().extents().is_empty() { [0; 3] } else { middle };
        let cone = Cone::whole(graph, node, unit, 0).map_err(|error| error.to_string())?;
        let weights = tensors(&cone, weights)?;
        let mut maps = reference::forward(&cone, &weights, input).map_err(|error| error.to_string())?;
        Ok(maps.swap_remove(node))
    }
}
