//! What reading costs: a real model of 11 MB with its table, and a made one of 100 MB, whose weights are stepped over.
//!
//! `cargo bench -p rf-onnx --bench read`. Prints the least of several runs, and how much memory the process ever had.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onnx_rs::ast::{
    DataType, Dimension, Graph, Model as File, Node, OpType, OperatorSetId, TensorProto, TensorShape,
    TensorShapeDimension, TensorTypeProto, TypeProto, TypeValue, ValueInfo,
};
use rf_core::theory::TableBuf;
use rf_onnx::Model;

/// The least of several runs.
fn least(runs: usize, mut run: impl FnMut()) -> Duration {
    let one = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..runs).map(|_| one(&mut run)).min().unwrap_or_default()
}

/// The most memory that this process has had, in MB, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

fn read_and_print(path: &Path) -> usize {
    let model = Model::read(path).expect("the bench's own files are sound");
    let lent = model.lend();
    format!("{}", TableBuf::new(&lent.graph()).table()).len()
}

/// A chain of 25 convolutions of a million weights each, in a file of 100 MB.
fn hundred_megabytes(path: &Path) {
    let names: Vec<(String, String)> = (0..25).map(|k| (format!("w{k}"), format!("h{k}"))).collect();
    let weight = vec![0_u8; 4 * 334 * 333 * 9];
    let dim = |&value: &i64| TensorShapeDimension { value: Dimension::Value(value), denotation: "" };
    let shape = TensorShape { dim: [1, 333, 224, 224].iter().map(dim).collect() };
    let tensor = TensorTypeProto { elem_type: DataType::Float, shape: Some(shape) };
    let kind = TypeProto { value: Some(TypeValue::Tensor(tensor)), denotation: "" };
    let mut graph = Graph {
        input: vec![ValueInfo { name: "x", r#type: Some(kind), ..ValueInfo::default() }],
        output: vec![ValueInfo { name: &names[24].1, ..ValueInfo::default() }],
        ..Graph::default()
    };
    for (k, (w, h)) in names.iter().enumerate() {
        let from = if k == 0 { "x" } else { &names[k - 1].1 };
        let dims = vec![333, 333, 3, 3];
        let raw = &weight[..4 * 333 * 333 * 9];
        graph.initializer.push(TensorProto::from_raw(w, dims, DataType::Float, raw));
        graph.node.push(Node {
            op_type: OpType::Conv,
            input: vec![from, w],
            output: vec![h],
            ..Node::default()
        });
    }
    let opset_import = vec![OperatorSetId { domain: "", version: 17 }];
    let file = File { ir_version: 8, opset_import, graph: Some(graph), ..File::default() };
    fs::write(path, onnx_rs::encode(&file)).expect("the temporary folder can be written");
}

fn main() {
    if std::env::args().any(|argument| argument == "--large") {
        let path = PathBuf::from(std::env::args().next_back().unwrap_or_default());
        let read = least(5, || {
            read_and_print(&path);
        });
        println!("100 MB, read and table: {read:.2?}; peak memory {} MB", peak().unwrap_or(0));
        return;
    }
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/models/rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx");
    if fetched.exists() {
        let read = least(20, || {
            read_and_print(&fetched);
        });
        // In tenths of a megabyte.
        let bytes = fs::metadata(&fetched).map_or(0, |file| file.len() / 100_000);
        let disk = least(20, || drop(fs::read(&fetched)));
        let (whole, tenth) = (bytes / 10, bytes % 10);
        println!("{whole}.{tenth} MB, read and table: {read:.2?}; reading its bytes alone: {disk:.2?}");
    } else {
        println!("skipped: rf-onnx/tests/fetch_models.py fetches the real model");
    }
    let path = std::env::temp_dir().join(format!("rf-onnx-{}.onnx", std::process::id()));
    hundred_megabytes(&path);
    let disk = least(5, || drop(fs::read(&path)));
    println!("100 MB, reading its bytes alone: {disk:.2?}");
    // In a process of its own, whose memory nothing else has used.
    let own = std::env::current_exe().expect("a program knows where it is");
    let _ = std::process::Command::new(own).arg("--large").arg(&path).status();
    let _ = fs::remove_file(&path);
}
