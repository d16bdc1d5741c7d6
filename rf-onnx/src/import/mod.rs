//! From the nodes of the file to the layers of the graph.

mod activation;
mod build;
mod contract;
mod cut;
mod fold;
mod input;
mod join;
mod norm;
mod operators;
mod order;
mod reduce;
mod reshape;
mod resize;
mod settle;
mod window;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use onnx_rs::ast::{Dimension, Node, ValueInfo};
use rf_core::graph::{GraphBuf, Group, Op, UNKNOWN};
use rf_core::theory::LIMIT;

use crate::Error;
use crate::constant::{Constant, constant};
use crate::layout::{Dim, Size};
use crate::model::{Model, Options, Output, Recipe, Unknown};
use crate::node::{Outcome, Problem, name_of, operator_of, static_operator};
use crate::number::{Number, Symbol};

/// A tensor while a file is read.
#[derive(Clone, Debug)]
enum Value {
    Constant(Arc<Constant>),
    Map(Map),
}

/// A tensor that depends on the input: a layer's map, rearranged.
#[derive(Clone, Debug)]
struct Map {
    layer: usize,
    dims: Vec<Dim>,
    /// Whether its shape is a guess, behind an operator that is not known: nothing more is reported there.
    guessed: bool,
}

/// What a layer gives.
#[derive(Clone, Copy, Debug)]
struct Info {
    /// Possibly [`UNKNOWN`].
    channels: i64,
    extents: [Size; rf_core::graph::MAX_RANK],
    /// Whether its spatial axes are gone.
    flat: bool,
}

/// The state of an import.
struct Importer<'f> {
    opset: i64,
    rank: usize,
    graph: GraphBuf,
    infos: Vec<Info>,
    names: HashSet<String>,
    values: HashMap<&'f str, Value>,
    declared: HashMap<&'f str, Vec<Number>>,
    /// Values that some later node gives spatial axes again.
    unfolds: HashSet<&'f str>,
    unknown: Vec<Unknown>,
    recipes: Vec<Recipe>,
    symbols: u32,
    /// Extents behind layers, by the symbol before and what samples of it become.
    windows: HashMap<(u32, Vec<i64>), u32>,
    /// The node at work.
    node: &'f str,
    operator: &'static str,
    first_output: &'f str,
}

/// Reads the parsed skeleton of a file.
pub(crate) fn import(file: &onnx_rs::Model<'_>, name: &str, options: &Options) -> Result<Model, Error> {
    let format = |what: &str| Error::Format { model: name.into(), what: what.into() };
    let graph = file.graph.as_ref().ok_or_else(|| format("no ONNX model: there is no graph in it"))?;
    let mut values = HashMap::new();
    for tensor in &graph.initializer {
        let constant = constant(tensor).map_err(|what| format(&what))?;
        values.insert(tensor.name(), Value::Constant(Arc::new(constant)));
    }
    let order = order::order(&graph.node, &graph.input, &values, name)?;
    let chosen = input::choose(graph, &values, &order, options).map_err(|what| format(&what))?;
    let standard = file.opset_import.iter().find(|opset| matches!(opset.domain, "" | "ai.onnx"));
    let mut importer = Importer {
        opset: standard.map_or(1, |opset| opset.version),
        rank: chosen.extents.len(),
        graph: GraphBuf::new(name, chosen.channels, &chosen.extents),
        infos: Vec::new(),
        names: HashSet::from(["input".to_owned()]),
        values,
        declared: declared(&graph.value_info, &graph.output),
        unfolds: input::unfolds(&graph.node, &order),
        unknown: Vec::new(),
        recipes: Vec::new(),
        symbols: 0,
        windows: HashMap::new(),
        node: "",
        operator: "",
        first_output: "",
    };
    importer.names.extend(graph.output.iter().map(|output| output.name.to_owned()));
    importer.inputs(graph, &chosen);
    for &index in &order {
        importer.node(&graph.node[index]).map_err(|(node, what)| Error::Node {
            model: name.into(),
            node: name_of(node).into(),
            operator: operator_of(node),
            what,
        })?;
    }
    let outputs = importer.outputs(graph);
    if outputs.is_empty() {
        return Err(format("none of its outputs depends on its input"));
    }
    Ok(Model::new(name, importer.graph, outputs, importer.unknown, importer.recipes))
}

fn declared<'f>(infos: &[ValueInfo<'f>], outputs: &[ValueInfo<'f>]) -> HashMap<&'f str, Vec<Number>> {
    // Sizes that no layer can have are no information.
    let sane =
        |number: Number| if number.int().is_some_and(|size| size > LIMIT) { Number::Unknown } else { number };
    let shape = |info: &ValueInfo<'f>| Some((info.name, shape_of(info)?.into_iter().map(sane).collect()));
    infos.iter().chain(outputs).filter_map(shape).collect()
}

/// The shape that a file declares.
fn shape_of(info: &ValueInfo<'_>) -> Option<Vec<Number>> {
    let number = |dim: &Dimension<'_>| match dim {
        Dimension::Value(value) if *value > 0 => Number::Int(*value),
        _ => Number::Unknown,
    };
    Some(info.tensor_shape()?.dim.iter().map(|dim| number(&dim.value)).collect())
}

impl<'f> Importer<'f> {
    /// The network's input, and constants for the others: nothing of the one depends on them.
    fn inputs(&mut self, graph: &onnx_rs::ast::Graph<'f>, chosen: &input::Chosen<'f>) {
        for info in &graph.input {
            if info.name != chosen.name && !self.values.contains_key(info.name) {
                let shape = shape_of(info).unwrap_or_default();
                let shape = shape.into_iter().map(|number| number.int().unwrap_or(UNKNOWN)).collect();
                self.values.insert(info.name, Value::Constant(Arc::new(Constant::unknown(shape))));
            }
        }
        let mut extents = [Size::Known(1); rf_core::graph::MAX_RANK];
        for (size, &extent) in extents.iter_mut().zip(&chosen.extents) {
            *size = if extent == UNKNOWN { self.symbol() } else { Size::Known(extent) };
        }
        self.infos.push(Info { channels: chosen.channels, extents, flat: false });
        let dims = chosen.dims(|axis| extents[axis], self.channel_size(0));
        self.values.insert(chosen.name, Value::Map(Map { layer: 0, dims, guessed: false }));
    }

    fn symbol(&mut self) -> Size {
        self.symbols += 1;
        Size::Symbol(Symbol::new(self.symbols))
    }

    /// Reads one node.
    fn node<'n>(&mut self, node: &'n Node<'f>) -> Result<(), (&'n Node<'f>, String)> {
        self.node = name_of(node);
        // The layer that gives an output may have its name, for both names are then one layer's.
        if node.output.contains(&self.node) {
            self.names.remove(self.node);
        }
        self.operator = static_operator(node);
        let inputs: Vec<Option<Value>> =
            node.input.iter().map(|name| self.values.get(name).cloned()).collect();
        let outputs = match self.run(node, &inputs) {
            Ok(outputs) => outputs,
            Err(Problem::Wrong(what)) => {
                // What is guessed may well contradict what follows.
                if !maps(&inputs).any(|map| map.guessed) {
                    return Err((node, what));
                }
                self.opaque_node(node, &inputs).map_err(|what| (node, what))?
            }
            Err(Problem::Unknown(reason)) => {
                if !maps(&inputs).any(|map| map.guessed) {
                    let (node, operator) = (self.node.into(), operator_of(node));
                    self.unknown.push(Unknown { node, operator, reason });
                }
                self.opaque_node(node, &inputs).map_err(|what| (node, what))?
            }
        };
        for (name, value) in node.output.iter().zip(outputs) {
            if !name.is_empty() {
                self.values.insert(name, value);
            }
        }
        Ok(())
    }

    /// Outputs that may depend on all that the node reads, of the shapes that the file declares.
    fn opaque_node(&mut self, node: &Node<'f>, inputs: &[Option<Value>]) -> Result<Vec<Value>, String> {
        let mut reads: Vec<Map> = maps(inputs).cloned().collect();
        if reads.is_empty() || operators::has_subgraph(node) {
            // What a subgraph captures is not among its inputs.
            let dims = self.whole(0);
            reads.insert(0, Map { layer: 0, dims, guessed: false });
        }
        let mut outputs = Vec::new();
        for (place, name) in node.output.iter().enumerate() {
            let declared = self.declared.get(name).cloned();
            let shape = declared.clone().or_else(|| join::shape(node, inputs));
            let mut map = self.opaque(&reads, shape.as_deref(), place).map_err(|problem| match problem {
                Problem::Wrong(what) | Problem::Unknown(what) => what,
            })?;
            // What the file declares is no guess; what follows from guesses is one.
            map.guessed = declared.is_none() && (shape.is_none() || map.guessed);
            outputs.push(Value::Map(map));
        }
        Ok(outputs)
    }

    /// The outputs, and a stage for each: the layers up to it.
    fn outputs(&mut self, graph: &onnx_rs::ast::Graph<'f>) -> Vec<Output> {
        let mut outputs = Vec::new();
        for output in &graph.output {
            if let Some(Value::Map(map)) = self.values.get(output.name) {
                outputs.push(Output { name: output.name.into(), node: map.layer });
            }
        }
        let mut by_layer: Vec<&Output> = outputs.iter().collect();
        by_layer.sort_by_key(|output| output.node);
        let mut first = 1;
        for Output { name, node } in by_layer {
            let end = (node + 1).max(first);
            self.graph.group(Group { name, first, end, output: *node, stage: true });
            first = end;
        }
        outputs
    }
}

/// The inputs that depend on the network's.
fn maps(inputs: &[Option<Value>]) -> impl Iterator<Item = &Map> {
    inputs.iter().filter_map(|value| match value {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    })
}

/// The input at `place`, where it is a constant.
fn constant_at(inputs: &[Option<Value>], place: usize) -> Option<&Arc<Constant>> {
    match inputs.get(place) {
        Some(Some(Value::Constant(constant))) => Some(constant),
        _ => None,
    }
}

/// The input at `place`, which must depend on the network's.
fn map_at(inputs: &[Option<Value>], place: usize) -> Outcome<&Map> {
    match inputs.get(place) {
        Some(Some(Value::Map(map))) => Ok(map),
        Some(Some(Value::Constant(_))) => {
            crate::node::unknown("its first input is a constant, a later one depends on the network's input")
        }
        _ => crate::node::wrong(format!("input {place} is missing")),
    }
}

/// One output: the layer and how it lies.
fn one(map: Map) -> Vec<Value> {
    vec![Value::Map(map)]
}

/// A layer that reads its own unit and is known no further.
const fn pointwise(channels: i64) -> Op {
    let window = rf_core::graph::Window::new([1; rf_core::graph::MAX_RANK]);
    Op::Custom { channels, window, global: false, params: 0 }
}
