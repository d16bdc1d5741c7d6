//! Source that is written of a graph, compiled: the same layers, the same table.
//!
//! All networks become one crate, which prints what it has. `RF_CASES` sets how many random graphs are among them.

#[path = "emit/generated.rs"]
mod generated;
#[path = "emit/shown.rs"]
mod shown;

use std::path::Path;

use generated::tables;
use proptest::strategy::Strategy;
use rf_core::emit::{network, type_name};
use rf_core::graph::{
    Activation, Graph, GraphBuf, Init, Merge, Node, Op, Padding, Pool, Resample, UNKNOWN, Window,
};
use rf_core::theory::TableBuf;
use rf_examples as zoo;
use rf_onnx::Model;
use rf_tests::oracle::strategy::{check, net};
use shown::shown;

/// A graph, and the names of its outputs.
struct Case<'a> {
    graph: Graph<'a>,
    outputs: Vec<(&'a str, usize)>,
}

/// Compiles the source of all these graphs and compares what it gives with what they are.
fn round_trip(name: &str, cases: &[Case<'_>]) {
    let sources: Vec<String> = cases.iter().map(|case| network(&case.graph, &case.outputs)).collect();
    let types: Vec<String> = cases.iter().map(|case| type_name(case.graph.name)).collect();
    let found = tables(name, &sources, &types);
    assert_eq!(found.len(), cases.len(), "a table for each network");
    for ((Case { graph, .. }, source), found) in cases.iter().zip(&sources).zip(&found) {
        // The type's name is the graph's as a type can have it, the input's is `input`.
        let graph = Graph { name: &type_name(graph.name), ..*graph };
        let expected = shown(&graph, TableBuf::new(&graph).table());
        assert!(expected == *found, "{source}\nis\n{found}\nand should be\n{expected}");
    }
}

fn plain<'a>(graphs: impl IntoIterator<Item = Graph<'a>>) -> Vec<Case<'a>> {
    graphs.into_iter().map(|graph| Case { graph, outputs: Vec::new() }).collect()
}

#[test]
fn every_example() {
    let graphs = [
        zoo::alexnet::AlexNet::GRAPH,
        zoo::c3d::C3d::GRAPH,
        zoo::context_module::ContextModule::GRAPH,
        zoo::context_module::ContextModuleLarge::GRAPH,
        zoo::deeplab::DeepLabV3::GRAPH,
        zoo::deeplab::AtrousPyramid::GRAPH,
        zoo::densenet::DenseNet121::GRAPH,
        zoo::efficientnet::EfficientNetB0::GRAPH,
        zoo::fcn::Fcn32s::GRAPH,
        zoo::fcn::Fcn8s::GRAPH,
        zoo::fpn::ResNet50Fpn::GRAPH,
        zoo::googlenet::GoogLeNet::GRAPH,
        zoo::hdc::Hdc222::GRAPH,
        zoo::hdc::Hdc125::GRAPH,
        zoo::hdc::Hdc345::GRAPH,
        zoo::inception_v3::InceptionV3::GRAPH,
        zoo::mobilenet_v1::MobileNetV1::GRAPH,
        zoo::mobilenet_v1::MobileNetV1At321::GRAPH,
        zoo::mobilenet_v2::MobileNetV2::GRAPH,
        zoo::resnet::ResNet18::GRAPH,
        zoo::resnet::ResNet34::GRAPH,
        zoo::resnet_bottleneck::ResNet50::GRAPH,
        zoo::resnet_bottleneck::ResNet101::GRAPH,
        zoo::resnet_bottleneck::ResNet152::GRAPH,
        zoo::resnet_placement::ResNet50Original::GRAPH,
        zoo::resnet_placement::ResNet50Slim::GRAPH,
        zoo::resnet_placement::ResNet50Slim321::GRAPH,
        zoo::se_resnet::SeResNet50::GRAPH,
        zoo::squeezenet::SqueezeNet::GRAPH,
        zoo::tcn::Tcn::<3>::GRAPH,
        zoo::unet::UNet::GRAPH,
        zoo::unet::UNetDepth3::GRAPH,
        zoo::unet::UNetNearest::GRAPH,
        zoo::unet::UNetBilinear::GRAPH,
        zoo::unet::UNetValid::GRAPH,
        zoo::unet3d::UNet3d::GRAPH,
        zoo::vgg::Vgg11::GRAPH,
        zoo::vgg::Vgg13::GRAPH,
        zoo::vgg::Vgg16::GRAPH,
        zoo::vgg::Vgg19::GRAPH,
        zoo::wavenet::WaveNet::GRAPH,
        zoo::yolo_v3::YoloV3::GRAPH,
    ];
    round_trip("examples", &plain(graphs));
}

/// Every model that `rf-onnx/tests/fetch_models.py` has fetched: whole networks, and the files of single operators.
#[test]
fn every_real_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models");
    let files = generated::files(&folder, "onnx");
    if files.is_empty() {
        println!("skipped: no models in `{}`; rf-onnx/tests/fetch_models.py fetches them", folder.display());
        return;
    }
    // A file that is no network of layers, or that the theory refuses, has no table to compare.
    let models: Vec<Model> = files.iter().filter_map(|file| Model::read(file).ok()).collect();
    let lent: Vec<_> = models.iter().map(|model| (model, model.lend())).collect();
    // Nor has one whose layers cannot keep their names.
    let kept = |node: &Node<'_>| !node.name.is_empty() && node.name != "input";
    let sound = lent.iter().filter(|(_, lent)| {
        let named = lent.graph().nodes.iter().skip(1).all(kept);
        named && TableBuf::new(&lent.graph()).table().layers().all(|layer| layer.fault().is_none())
    });
    let cases: Vec<Case<'_>> = sound
        .map(|(model, lent)| {
            let outputs = model.outputs().iter().map(|output| (output.name.as_str(), output.node));
            Case { graph: lent.graph(), outputs: outputs.collect() }
        })
        .collect();
    let whole = cases.iter().filter(|case| case.graph.nodes.len() > 10).count();
    println!("{} files, {} sound, {whole} of more than ten layers", files.len(), cases.len());
    assert!(whole >= 12 && cases.len() > 300, "{whole} whole networks, {} in all", cases.len());
    round_trip("models", &cases);
}

/// Names that no identifier can spell, that are words of the language or of Rust, or that look like paths.
const NAMES: [&str; 16] = [
    "conv1",
    "relu",
    "fn",
    "GRAPH",
    "__x",
    "init",
    "assert",
    "0",
    "1",
    "a.b",
    "a",
    "a.1",
    "say \"x\"",
    "ä/é:0",
    "mul",
    "\\",
];

/// The layers of a random graph renamed: each name once as it is, then with a number.
fn renamed(graph: &Graph<'_>) -> GraphBuf {
    let Op::Input { channels, extents } = graph.nodes[0].op else { unreachable!("the input is first") };
    let mut buffer = GraphBuf::new("OddNames", channels, &extents[..graph.rank]);
    for (index, Node { op, inputs, .. }) in graph.nodes.iter().enumerate().skip(1) {
        let name = NAMES[index % NAMES.len()];
        let name = if index < NAMES.len() { name.to_owned() } else { format!("{name}.{index}") };
        buffer.push(&name, *op, inputs);
    }
    buffer
}

#[test]
fn random_graphs() {
    let drawn = std::cell::RefCell::new(Vec::new());
    check(150, net().prop_filter("a layer at least", |net| net.layers.len() > 1), |net| {
        net.with(|graph| {
            // A graph that the theory refuses would not compile.
            if TableBuf::new(graph).table().layers().all(|layer| layer.fault().is_none()) {
                drawn.borrow_mut().extend([GraphBuf::from(graph), renamed(graph)]);
            }
        });
    });
    let drawn = drawn.into_inner();
    let lent: Vec<_> = drawn.iter().map(GraphBuf::lend).collect();
    round_trip("random", &plain(lent.iter().map(|lent| lent.graph())));
}

/// What the other graphs have not: infinite bounds, unknown extents, an initialisation, sums of one.
#[test]
fn the_rare() {
    let mut net = GraphBuf::new("", UNKNOWN, &[UNKNOWN]);
    net.init = Init::LeCun;
    let clip = Activation::Hardtanh { min_val: f64::NEG_INFINITY, max_val: 1e-7 };
    net.push("self", Op::Activation(clip), &[0]);
    net.push("super", Op::Activation(Activation::LeakyRelu { negative_slope: -0.25 }), &[1]);
    net.push("sum", Op::Merge(Merge::Add), &[0]);
    net.push("product", Op::Merge(Merge::Mul), &[3, 0]);
    let padding = [Padding::Explicit { before: 2, after: -1 }, Padding::ZERO, Padding::ZERO];
    let window = Window::new([3, 1, 1]).padding(padding);
    let pool = Op::Pool { pool: Pool::Avg, window, ceil_mode: true, count_include_pad: false };
    net.push("pool", pool, &[1]);
    let along = |num, offset, den, taps, extent| Resample { num, offset, den, taps, extent };
    net.push(
        "resample",
        Op::Resize { axes: [along(2, -1, 4, 2, 7), Resample::IDENTITY, Resample::IDENTITY] },
        &[5],
    );
    net.push(
        "opaque",
        Op::Opaque { operator: "Non\"Max", channels: UNKNOWN, extents: [UNKNOWN, 1, 1], global: true },
        &[6],
    );
    net.push("opaque2", Op::Opaque { operator: "X", channels: 4, extents: [8, 1, 1], global: false }, &[5]);
    net.push("shuffle", Op::ChannelShuffle { groups: 2 }, &[8]);
    net.push("narrow", Op::Narrow { first: 1, channels: 2 }, &[9]);
    net.push("gelu", Op::Activation(Activation::GeluTanh), &[10]);
    net.push("threshold", Op::Activation(Activation::Threshold { threshold: 1.0, value: -0.5 }), &[10]);
    net.push("prelu", Op::Activation(Activation::PreluPerChannel), &[10]);
    let lent = net.lend();
    let source = network(&lent.graph(), &[]);
    assert!(source.contains("resample(7, num = 2, offset = -1, den = 4, taps = 2)"), "{source}");
    assert!(source.contains("hardtanh(-f64::INFINITY, 1e-7)"), "{source}");
    assert!(source.contains("padding = ((2, -1),)"), "{source}");
    assert!(source.contains("init: lecun;"), "{source}");
    let found = tables("rare", &[source], &["Network".into()]);
    // A sum of one is written as what it is.
    let found = found[0].replace("sum: Identity", "sum: Merge(Add)").replace("\nNetwork:", "\n:");
    assert_eq!(found, shown(&lent.graph(), TableBuf::new(&lent.graph()).table()));
}

#[test]
fn outputs_are_labels_that_are_identifiers() {
    let mut net = GraphBuf::new("two-heads", 3, &[8, 8]);
    let conv = |channels| Op::Conv { channels, window: Window::new([1; 3]), groups: 1, bias: true };
    let body = net.push("input", conv(4), &[0]);
    let boxes = net.push("boxes/conv", conv(4), &[body]);
    let scores = net.push("scores", conv(2), &[body]);
    let source = network(&net.lend().graph(), &[("scores", scores), ("boxes/conv", boxes), ("0", body)]);
    let expected = "network! {
    pub TwoHeads {
        input: [3, 8, 8];
        input_: conv(4, 1);
        \"boxes/conv\": conv(4, 1);
        boxes_conv: \"boxes/conv\";
        \"0\": \"input_\";
        _0: \"input_\";
        scores: conv(2, 1);
    }
}
";
    assert_eq!(source, expected);
}
