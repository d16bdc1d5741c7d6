//! From the nodes of the file to the layers of the graph.

use std::collections::BTreeMap;

use onnx_rs::ast::{Attribute, Dimension, Graph, Node, OpType};
use rf_core::graph::{Activation, GraphBuf, Group, Merge, Norm, Op, Padding, Pool, UNKNOWN, Window};

use crate::{Error, Model, Output, Unknown};

pub(crate) fn import(bytes: &[u8], name: &str) -> Result<Model, Error> {
    let format = |what: String| Error::Format { model: name.into(), what };
    let model = onnx_rs::parse(bytes).map_err(|error| format(error.to_string()))?;
    let graph = model.graph.ok_or_else(|| format("no graph in it".into()))?;
    let shapes: BTreeMap<&str, Vec<i64>> =
        graph.initializer.iter().map(|tensor| (tensor.name(), tensor.dims().to_vec())).collect();
    let input = graph
        .input
        .iter()
        .find(|input| !shapes.contains_key(input.name))
        .ok_or_else(|| format("no input in it".into()))?;
    let dims: Vec<i64> = input
        .tensor_shape()
        .ok_or_else(|| format("its input has no shape".into()))?
        .dim
        .iter()
        .map(|dim| match dim.value {
            Dimension::Value(value) if value > 0 => value,
            _ => UNKNOWN,
        })
        .collect();
    if !(3..=5).contains(&dims.len()) {
        return Err(format(format!("its input has {} axes", dims.len())));
    }
    let mut built = GraphBuf::new(name, dims[1], &dims[2..]);
    let mut values: BTreeMap<&str, usize> = BTreeMap::from([(input.name, 0)]);
    let mut unknown = Vec::new();
    for node in &graph.node {
        let named = if node.name.is_empty() { node.output.first().copied().unwrap_or("") } else { node.name };
        let inputs: Vec<usize> = node.input.iter().filter_map(|name| values.get(name).copied()).collect();
        if inputs.is_empty() {
            continue;
        }
        let op = op(node, &shapes, dims.len() - 2).unwrap_or_else(|| {
            unknown.push(Unknown {
                node: named.into(),
                operator: node.op_type.as_str().into(),
                reason: "operator without an index map".into(),
            });
            Op::Custom { channels: 0, window: Window::new([1; 3]), global: true, params: 0 }
        });
        let index = built.push(named, op, &inputs);
        for output in &node.output {
            values.insert(output, index);
        }
    }
    let outputs = outputs(&graph, &values);
    for output in &outputs {
        let first = output.node;
        built.group(Group { name: &output.name, first, end: first + 1, output: first, stage: true });
    }
    Ok(Model {
        graph: built,
        outputs,
        unknown,
        #[cfg(feature = "weights")]
        weights: rf_core::engine::StateDict::new(),
    })
}

fn outputs(graph: &Graph<'_>, values: &BTreeMap<&str, usize>) -> Vec<Output> {
    let node = |name: &str| values.get(name).copied();
    let outputs =
        graph.output.iter().filter_map(|o| Some(Output { name: o.name.into(), node: node(o.name)? }));
    outputs.collect()
}

fn attribute<'a>(node: &'a Node<'_>, name: &str) -> Option<&'a Attribute<'a>> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn per_axis(node: &Node<'_>, name: &str, rank: usize, default: i64) -> [i64; 3] {
    let mut all = [default; 3];
    all[rank..].fill(1);
    if let Some(attribute) = attribute(node, name) {
        all.iter_mut().zip(&attribute.ints).for_each(|(to, from)| *to = *from);
    }
    all
}

fn window(node: &Node<'_>, kernel: [i64; 3], rank: usize) -> Window {
    let mut padding = [Padding::ZERO; 3];
    if let Some(pads) = attribute(node, "pads") {
        for (axis, padding) in padding.iter_mut().enumerate().take(rank) {
            let side = |at: usize| pads.ints.get(at).copied().unwrap_or(0);
            *padding = Padding::Explicit { before: side(axis), after: side(axis + rank) };
        }
    }
    Window {
        kernel,
        stride: per_axis(node, "strides", rank, 1),
        padding,
        dilation: per_axis(node, "dilations", rank, 1),
    }
}

fn op(node: &Node<'_>, shapes: &BTreeMap<&str, Vec<i64>>, rank: usize) -> Option<Op> {
    let integer = |name: &str, default| attribute(node, name).map_or(default, |attribute| attribute.i);
    let pool = |pool| Op::Pool {
        pool,
        window: window(node, per_axis(node, "kernel_shape", rank, 1), rank),
        ceil_mode: integer("ceil_mode", 0) != 0,
        count_include_pad: integer("count_include_pad", 0) != 0,
    };
    Some(match node.op_type {
        OpType::Conv => {
            let weight = shapes.get(node.input.get(1)?)?;
            let mut kernel = [1; 3];
            kernel.iter_mut().zip(weight.get(2..)?).for_each(|(to, from)| *to = *from);
            let bias = node.input.len() > 2;
            let (channels, groups) = (*weight.first()?, integer("group", 1));
            Op::Conv { channels, window: window(node, kernel, rank), groups, bias }
        }
        OpType::MaxPool => pool(Pool::Max),
        OpType::AveragePool => pool(Pool::Avg),
        OpType::GlobalAveragePool => Op::GlobalPool { pool: Pool::Avg },
        OpType::GlobalMaxPool => Op::GlobalPool { pool: Pool::Max },
        OpType::Relu => Op::Activation(Activation::Relu),
        OpType::Sigmoid => Op::Activation(Activation::Sigmoid),
        OpType::Add | OpType::Sum => Op::Merge(Merge::Add),
        OpType::Mul => Op::Merge(Merge::Mul),
        OpType::Concat => Op::Merge(Merge::Concat),
        OpType::BatchNormalization => Op::Norm { norm: Norm::Batch, affine: true },
        OpType::Dropout => Op::Dropout,
        OpType::Identity => Op::Identity,
        _ => return None,
    })
}
