//! The model files of the ui cases and of the command line's tests, as they are made: small, with weights, of every
//! form that a case needs. `TRYBUILD=overwrite` writes them anew.

use onnx_rs::ast::{
    Attribute, AttributeType, DataType, Dimension, Graph, Model, Node, OpType, OperatorSetId, TensorProto,
    TensorShape, TensorShapeDimension, TensorTypeProto, TypeProto, TypeValue, ValueInfo,
};

const FOLDER: &str = "ui/onnx/models";

#[test]
fn model_files() {
    let detector = encoded("detector", [3, 64, 64], &detector(3), &["boxes", "scores:0"]);
    let files = [
        ("detector.onnx", detector.clone()),
        ("wider.onnx", encoded("wider", [3, 64, 64], &self::detector(5), &["boxes", "scores:0"])),
        ("open.onnx", encoded("open", [3, 0, 0], &self::detector(3), &["boxes", "scores:0"])),
        ("unknown.onnx", encoded("unknown", [3, 64, 64], &unknown(), &["y"])),
        (
            "large_kernel.onnx",
            encoded("large kernel", [3, 4, 4], &[conv("conv1", "x", "y", [8, 3, 7, 7], 1, 0, 1)], &["y"]),
        ),
        ("truncated.onnx", detector[..detector.len() / 2].to_vec()),
    ];
    for (name, bytes) in files {
        let path = format!("{FOLDER}/{name}");
        if std::env::var("TRYBUILD").is_ok_and(|mode| mode == "overwrite") {
            std::fs::write(&path, &bytes).expect("the file can be written");
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(found == bytes, "{path} is not what is made here: write it with TRYBUILD=overwrite");
    }
}

/// A node, and the weights that it has.
struct Layer {
    node: Node<'static>,
    weights: Vec<TensorProto<'static>>,
}

/// Two stages with a skip, and two heads; names as people give them. `kernel` is the second stage's.
fn detector(kernel: i64) -> Vec<Layer> {
    vec![
        conv("conv1", "x", "a", [8, 3, 3, 3], 2, 1, 1),
        plain("relu1", OpType::Relu, &["a"], "b"),
        conv("conv4-1", "b", "c", [8, 8, kernel, kernel], 1, kernel - 1, 2),
        plain("relu4-1", OpType::Relu, &["c"], "d"),
        plain("skip", OpType::Add, &["b", "d"], "e"),
        conv("box-head", "e", "boxes", [4, 8, 1, 1], 1, 0, 1),
        conv("score-head", "e", "scores:0", [2, 8, 1, 1], 1, 0, 1),
    ]
}

fn unknown() -> Vec<Layer> {
    let mut odd = plain("odd", OpType::Custom("Bilinear2"), &["a"], "b");
    odd.node.domain = "com.example";
    vec![conv("conv1", "x", "a", [8, 3, 3, 3], 1, 1, 1), odd, conv("conv2", "b", "y", [8, 8, 3, 3], 1, 1, 1)]
}

fn plain(
    name: &'static str,
    op_type: OpType<'static>,
    input: &[&'static str],
    output: &'static str,
) -> Layer {
    let node = Node { name, op_type, input: input.to_vec(), output: vec![output], ..Node::default() };
    Layer { node, weights: Vec::new() }
}

/// A convolution of weights `[out, in, height, width]` with a bias, its numbers those of a small generator.
fn conv(
    name: &'static str,
    input: &'static str,
    output: &'static str,
    dims: [i64; 4],
    stride: i64,
    pad: i64,
    dilation: i64,
) -> Layer {
    let (weight, bias) = (leaked(format!("{name}.weight")), leaked(format!("{name}.bias")));
    let mut layer = plain(name, OpType::Conv, &[input, weight, bias], output);
    let ints = |name, ints: &[i64]| Attribute {
        name,
        r#type: AttributeType::Ints,
        ints: ints.to_vec(),
        ..Attribute::default()
    };
    layer.node.attribute = vec![
        ints("kernel_shape", &dims[2..]),
        ints("strides", &[stride; 2]),
        ints("pads", &[pad; 4]),
        ints("dilations", &[dilation; 2]),
    ];
    let mut state = 1_u32;
    let count = dims.iter().product::<i64>();
    let numbers = (0..count).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 24) as u8) / 1024.0 - 0.125
    });
    layer.weights.push(TensorProto::from_f32(weight, dims.to_vec(), numbers.collect()));
    layer.weights.push(TensorProto::from_f32(bias, vec![dims[0]], vec![0.0; dims[0] as usize]));
    layer
}

/// A text that lives as long as the test.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// A model with one input `x`; an extent of 0 is left open.
fn encoded(
    name: &'static str,
    [channels, height, width]: [i64; 3],
    layers: &[Layer],
    outputs: &[&'static str],
) -> Vec<u8> {
    let graph = Graph {
        name,
        node: layers.iter().map(|layer| layer.node.clone()).collect(),
        initializer: layers.iter().flat_map(|layer| layer.weights.clone()).collect(),
        input: vec![value("x", &[1, channels, height, width])],
        output: outputs.iter().map(|output| value(output, &[])).collect(),
        ..Graph::default()
    };
    let opset = OperatorSetId { domain: "", version: 17 };
    onnx_rs::encode(&Model {
        ir_version: 8,
        producer_name: "receptive-field",
        opset_import: vec![opset],
        graph: Some(graph),
        ..Model::default()
    })
}

fn value(name: &'static str, dims: &[i64]) -> ValueInfo<'static> {
    let dim = dims.iter().map(|&dim| {
        let value = if dim > 0 { Dimension::Value(dim) } else { Dimension::Param("size") };
        TensorShapeDimension { value, ..TensorShapeDimension::default() }
    });
    let shape = (!dims.is_empty()).then(|| TensorShape { dim: dim.collect() });
    let tensor = TensorTypeProto { elem_type: DataType::Float, shape };
    let r#type = TypeProto { value: Some(TypeValue::Tensor(tensor)), ..TypeProto::default() };
    ValueInfo { name, r#type: Some(r#type), ..ValueInfo::default() }
}
