//! The one-operator models that the `onnx` package ships with inputs and expected outputs: they hold reader and engine
//! to account operator by operator.
#![cfg(feature = "weights")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{fetched, model_of, run, values};
use rf_onnx::Model;

/// Tests of these beginnings all pass, but for [`EXCEPTIONS`] and those whose operator is written out in others.
const FAMILIES: &[&str] = &[
    "node/test_averagepool",
    "node/test_basic_conv",
    "node/test_batchnorm",
    "node/test_celu",
    "node/test_clip",
    "node/test_conv_",
    "node/test_convtranspose",
    "node/test_depthtospace",
    "node/test_elu",
    "node/test_flatten",
    "node/test_gelu",
    "node/test_globalaveragepool",
    "node/test_globalmaxpool",
    "node/test_group_normalization",
    "node/test_hardsigmoid",
    "node/test_hardswish",
    "node/test_instancenorm",
    "node/test_leakyrelu",
    "node/test_lrn",
    "node/test_maxpool_",
    "node/test_mish",
    "node/test_prelu",
    "node/test_relu",
    "node/test_resize_",
    "node/test_selu",
    "node/test_sigmoid",
    "node/test_softmax_",
    "node/test_softplus",
    "node/test_softsign",
    "node/test_spacetodepth",
    "node/test_swish",
    "node/test_tanh",
    "node/test_thresholdedrelu",
    "node/test_upsample",
    "pytorch-converted/test_AvgPool",
    "pytorch-converted/test_BatchNorm",
    "pytorch-converted/test_Conv",
    "pytorch-converted/test_ELU",
    "pytorch-converted/test_LeakyReLU",
    "pytorch-converted/test_Linear",
    "pytorch-converted/test_MaxPool",
    "pytorch-converted/test_PReLU",
    "pytorch-converted/test_PixelShuffle",
    "pytorch-converted/test_ReLU",
    "pytorch-converted/test_SELU",
    "pytorch-converted/test_Sigmoid",
    "pytorch-converted/test_Softmax",
    "pytorch-converted/test_Softmin",
    "pytorch-converted/test_Softplus",
    "pytorch-converted/test_Tanh",
    "pytorch-converted/test_ZeroPad2d",
];

/// Tests that cannot pass, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("averagepool_2d_ceil_last_window_starts_on_pad", "what is expected is rounded to four digits"),
    ("batchnorm_epsilon_training_mode", "statistics of the batch: no frozen network has them"),
    ("batchnorm_example_training_mode", "statistics of the batch: no frozen network has them"),
    ("clip_min_greater_than_max", "a constant, whatever comes in"),
    ("lrn", "other numbers than PyTorch's, which the engine has"),
    ("prelu_broadcast", "a slope for each unit"),
    ("prelu_example", "a slope for each unit"),
    (
        "resize_downsample_scales_cubic_align_corners",
        "expects fractional extents, unlike PyTorch and ONNX Runtime",
    ),
    (
        "resize_downsample_scales_linear_align_corners",
        "expects fractional extents, unlike PyTorch and ONNX Runtime",
    ),
    ("resize_downsample_scales_cubic_antialias", "reported as unknown"),
    ("resize_downsample_scales_linear_antialias", "reported as unknown"),
    ("resize_downsample_sizes_cubic_antialias", "reported as unknown"),
    ("resize_downsample_sizes_linear_antialias", "reported as unknown"),
    ("resize_tf_crop_and_resize", "reported as unknown"),
    ("resize_tf_crop_and_resize_axes_2_3", "reported as unknown"),
    ("resize_tf_crop_and_resize_axes_3_2", "reported as unknown"),
    ("resize_tf_crop_and_resize_extrapolation_value", "reported as unknown"),
    ("resize_downsample_scales_cubic_A_n0p5_exclude_outside", "weights of its own at borders"),
    ("resize_upsample_scales_cubic_A_n0p5_exclude_outside", "weights of its own at borders"),
    ("softmax_axis_0", "runs over the batch"),
    ("softmax_axis_2", "runs over space: a global layer without values"),
    ("softmax_default_axis", "runs over space: a global layer without values"),
    ("softmax_negative_axis", "runs over space: a global layer without values"),
];

/// How a test went.
#[derive(Debug)]
enum Went {
    /// The largest difference from what is expected, next to the values' own size.
    Ran(f64),
    /// Its values are no floating-point numbers.
    OtherType,
    Refused(String),
}

/// Runs a test: its first input is the network's, its others are weights.
fn go(folder: &Path) -> Went {
    let file = fs::read(folder.join("model.onnx")).unwrap();
    let mut model = onnx_rs::parse(&file).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let data = folder.join("test_data_set_0");
    let places: Vec<usize> =
        (0..graph.input.len()).filter(|k| data.join(format!("input_{k}.pb")).exists()).collect();
    let tensors: Vec<Vec<u8>> =
        places.iter().map(|k| model_of(&data.join(format!("input_{k}.pb")))).collect();
    let mut tensors: Vec<_> = tensors
        .iter()
        .map(|bytes| onnx_rs::parse(bytes).unwrap().graph.unwrap().initializer.remove(0))
        .collect();
    let expected = model_of(&data.join("output_0.pb"));
    let expected = onnx_rs::parse(&expected).unwrap().graph.unwrap().initializer.remove(0);
    if tensors.is_empty() {
        return Went::OtherType;
    }
    let input = tensors.remove(0);
    let (Some(input), Some(expected)) = (values(&input), values(&expected)) else { return Went::OtherType };
    let named: Vec<String> = graph.input.iter().skip(1).map(|info| info.name.to_owned()).collect();
    // A tensor of the same name as an input gives it a value.
    let renamed: Vec<Vec<u8>> = tensors.iter().map(raw).collect();
    for ((tensor, bytes), name) in tensors.iter().zip(&renamed).zip(&named) {
        graph.initializer.push(onnx_rs::ast::TensorProto::from_raw(
            name,
            tensor.dims().to_vec(),
            tensor.data_type(),
            bytes,
        ));
    }
    match compare(&onnx_rs::encode(&model), &input, &expected) {
        Ok(difference) => Went::Ran(difference),
        Err(why) => Went::Refused(why),
    }
}

/// A tensor's values as `raw_data`.
fn raw(tensor: &onnx_rs::ast::TensorProto<'_>) -> Vec<u8> {
    if let Some(raw) = tensor.as_raw() {
        return raw.to_vec();
    }
    let floats = tensor.as_f32().map(|all| all.iter().flat_map(|value| value.to_le_bytes()).collect());
    let ints = tensor.as_i64().map(|all| all.iter().flat_map(|value| value.to_le_bytes()).collect());
    floats.or(ints).unwrap_or_default()
}

/// Each image of the batch through the reference engine, against what is expected.
fn compare(model: &[u8], input: &[f64], expected: &[f64]) -> Result<f64, String> {
    let model = Model::parse(model, "test").map_err(|error| error.to_string())?;
    if let Some(unknown) = model.unknown().first() {
        return Err(format!("{unknown:?}"));
    }
    let weights = model.weights().map_err(|error| error.to_string())?;
    let lent = model.lend();
    let graph = lent.graph();
    let rf_core::graph::Op::Input { channels, extents } = graph.nodes[0].op else { unreachable!() };
    let image = (channels * extents[..graph.rank].iter().product::<i64>()) as usize;
    let batch = input.len() / image;
    let (mut largest, part) = (0.0_f64, expected.len() / batch.max(1));
    for (input, expected) in input.chunks_exact(image).zip(expected.chunks_exact(part)) {
        let output = run(graph, model.outputs()[0].node, &weights, input)?;
        if output.values.len() != expected.len() {
            return Err(format!("{} values instead of {}", output.values.len(), expected.len()));
        }
        for (own, expected) in output.values.iter().zip(expected) {
            largest = largest.max((own - expected).abs() / expected.abs().max(1.0));
        }
    }
    Ok(largest)
}

#[test]
fn one_operator_models_give_what_is_expected() {
    let Some(folder) = fetched("onnx/backend/test/data") else { return };
    let (mut ran, mut refused) = (BTreeMap::new(), Vec::new());
    for kind in ["node", "pytorch-converted"] {
        let mut names: Vec<_> =
            fs::read_dir(folder.join(kind)).unwrap().map(|entry| entry.unwrap()).collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        for entry in names {
            let name = format!("{kind}/{}", entry.file_name().to_string_lossy());
            let short = name.split_once("test_").map_or("", |parts| parts.1);
            let Some(family) = FAMILIES.iter().find(|family| name.starts_with(**family)) else { continue };
            if name.contains("_expanded") {
                continue;
            }
            let exception = EXCEPTIONS.iter().any(|(exception, _)| *exception == short);
            match go(&entry.path()) {
                Went::Ran(difference) if difference < 1e-5 => {
                    assert!(!exception, "{name} passes and is an exception");
                    *ran.entry(family).or_insert(0) += 1;
                }
                Went::Ran(difference) if !exception => {
                    refused.push(format!("{name}: differs by {difference}"));
                }
                Went::Refused(why) if !exception => refused.push(format!("{name}: {why}")),
                _ => {}
            }
        }
    }
    let total: i32 = ran.values().sum();
    println!("{total} models give what is expected: {ran:?}");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(total >= 200, "only {total} models ran");
}
