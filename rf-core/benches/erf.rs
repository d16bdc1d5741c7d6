//! Time and memory per sample of the effective field: the program that `benches/erf.py` runs beside PyTorch.
//!
//! `cargo bench -p rf-core --features sampler --bench erf -- CASE SAMPLES THREADS [OPTION ..]` prints one line of
//! JSON. Cases are `chain:LAYERS:CHANNELS:relu|linear`, `resnet50:SIZE`, `vgg16:SIZE`; options `reference` for the
//! reference engine, `closed` for the closed map instead of samples, `plain` for no symmetrisation, `seed=NUMBER`, and
//! `map=PATH` to write the energy map as `f64`, little endian.
#![allow(clippy::cast_precision_loss, reason = "counts of samples are far below 2^52")]

use std::time::Instant;

use rf_core::effective::Estimate;
use rf_core::effective::sampler::{Engine, Erf};
use rf_core::effective::{Canvas, closed_map};
use rf_core::graph::{Activation, Graph, Init, Merge, Node, Norm, Op, Padding, Pool, Window};
use rf_core::theory::TableBuf;

#[derive(Default)]
struct Net {
    nodes: Vec<(Op, Vec<usize>)>,
}

impl Net {
    fn new(extent: i64) -> Self {
        Self { nodes: vec![(Op::Input { channels: 3, extents: [extent, extent, 1] }, Vec::new())] }
    }

    fn push(&mut self, op: Op, inputs: &[usize]) -> usize {
        self.nodes.push((op, inputs.to_vec()));
        self.nodes.len() - 1
    }

    fn then(&mut self, op: Op) -> usize {
        let last = self.nodes.len() - 1;
        self.push(op, &[last])
    }

    fn conv(&mut self, channels: i64, kernel: i64, stride: i64, from: usize) -> usize {
        let window = window(kernel, stride, kernel / 2);
        self.push(Op::Conv { channels, window, groups: 1, bias: false }, &[from])
    }

    fn relu(&mut self) -> usize {
        self.then(Op::Activation(Activation::Relu))
    }

    fn batch_norm(&mut self) -> usize {
        self.then(Op::Norm { norm: Norm::Batch, affine: true })
    }

    fn pool(&mut self, kernel: i64, stride: i64, padding: i64) -> usize {
        let window = window(kernel, stride, padding);
        self.then(Op::Pool { pool: Pool::Max, window, ceil_mode: false, count_include_pad: true })
    }

    fn graph(self, init: Init) -> Graph<'static> {
        let node = |(i, (op, inputs)): (usize, (Op, Vec<usize>))| Node {
            name: Box::leak(format!("n{i}").into_boxed_str()),
            op,
            inputs: Vec::leak(inputs),
        };
        let nodes = Vec::leak(self.nodes.into_iter().enumerate().map(node).collect());
        Graph { name: "bench", rank: 2, nodes, groups: &[], init }
    }
}

fn window(kernel: i64, stride: i64, padding: i64) -> Window {
    let pad = Padding::both(padding);
    Window::new([kernel, kernel, 1]).stride([stride, stride, 1]).padding([pad, pad, Padding::ZERO])
}

fn chain(layers: usize, channels: i64, relu: bool) -> Graph<'static> {
    let mut net = Net::new(2 * layers as i64 + 1);
    for _ in 0..layers {
        let last = net.nodes.len() - 1;
        net.conv(channels, 3, 1, last);
        if relu {
            net.relu();
        }
    }
    net.graph(Init::HeFanIn)
}

fn vgg16(extent: i64) -> Graph<'static> {
    let mut net = Net::new(extent);
    for (channels, convs) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..convs {
            let last = net.nodes.len() - 1;
            net.conv(channels, 3, 1, last);
            net.relu();
        }
        net.pool(2, 2, 0);
    }
    net.graph(Init::HeFanOut)
}

fn resnet50(extent: i64) -> Graph<'static> {
    let mut net = Net::new(extent);
    net.conv(64, 7, 2, 0);
    net.batch_norm();
    net.relu();
    net.pool(3, 2, 1);
    for (width, blocks, stride) in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)] {
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            let input = net.nodes.len() - 1;
            net.conv(width, 1, 1, input);
            net.batch_norm();
            let middle = net.relu();
            net.conv(width, 3, stride, middle);
            net.batch_norm();
            let middle = net.relu();
            net.conv(width * 4, 1, 1, middle);
            let branch = net.batch_norm();
            let shortcut = if block == 0 {
                net.conv(width * 4, 1, stride, input);
                net.batch_norm()
            } else {
                input
            };
            net.push(Op::Merge(Merge::Add), &[branch, shortcut]);
            net.relu();
        }
    }
    net.graph(Init::HeFanOut)
}

/// What the command line asks for.
struct Request {
    case: String,
    samples: u64,
    threads: usize,
    options: Vec<String>,
}

impl Request {
    fn new() -> Self {
        let mut words = std::env::args().skip(1).filter(|a| a != "--bench");
        let case = words.next().unwrap_or_else(|| "resnet50:512".into());
        let mut number = |or: u64| words.next().and_then(|a| a.parse().ok()).unwrap_or(or);
        let (samples, threads) = (number(5), number(1) as usize);
        Self { case, samples, threads, options: words.collect() }
    }

    fn graph(&self) -> Graph<'static> {
        let parts: Vec<&str> = self.case.split(':').collect();
        let number = |i: usize| parts.get(i).and_then(|p| p.parse::<i64>().ok()).unwrap_or(8);
        match parts[0] {
            "chain" => chain(number(1) as usize, number(2), parts.get(3) != Some(&"linear")),
            "vgg16" => vgg16(number(1)),
            _ => resnet50(number(1)),
        }
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|o| o == option)
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.options.iter().find_map(|o| o.strip_prefix(key)?.strip_prefix('='))
    }
}

fn main() {
    let request = Request::new();
    let graph = request.graph();
    if request.has("closed") { closed(&request, &graph) } else { sampled(&request, &graph) }
}

/// Time of the closed map, layers, symmetry and all.
fn closed(request: &Request, graph: &Graph<'_>) {
    let mut times = Vec::new();
    for _ in 0..request.samples {
        let began = Instant::now();
        let table = TableBuf::new(graph);
        let layer = table.table().layer(graph.nodes.len() - 1);
        let extents = layer.data();
        let unit = std::array::from_fn(|a| if a < graph.rank { extents.extent(a) / 2 } else { 0 });
        let map = closed_map(&layer, unit, Canvas::Unbounded).unwrap_or_else(|e| panic!("{e}"));
        times.push(began.elapsed().as_secs_f64());
        assert!(map.total() > 0.0);
    }
    times.sort_by(f64::total_cmp);
    println!("{{\"case\": \"{}\", \"closed_ms_median\": {:.3}}}", request.case, 1e3 * times[times.len() / 2]);
}

fn sampled(request: &Request, graph: &Graph<'_>) {
    let Request { case, samples, threads, .. } = request;
    let engine = if request.has("reference") { Engine::Reference } else { Engine::Fast };
    let mut times = Vec::new();
    let mut last = Instant::now();
    let began = Instant::now();
    let field = Erf::of(graph)
        .samples(*samples)
        .threads(*threads)
        .engine(engine)
        .symmetrise(!request.has("plain"))
        .seed(request.value("seed").and_then(|s| s.parse().ok()).unwrap_or(0))
        .progress(|_| {
            times.push(last.elapsed().as_secs_f64());
            last = Instant::now();
            std::ops::ControlFlow::Continue(())
        })
        .run()
        .unwrap_or_else(|e| panic!("{e}"));
    let wall = began.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let map = field.energy();
    if let Some(path) = request.value("map") {
        let bytes: Vec<u8> = map.values().iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(path, bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let Estimate { value: sigma, error } = field.sigma(0);
    // One sample has no error.
    let error = if error.is_finite() { format!("{error:.4}") } else { "null".into() };
    let pixels = map.frame().pixels;
    println!(
        "{{\"case\": \"{case}\", \"threads\": {threads}, \"samples\": {samples}, \"ms_median\": {:.4}, \
         \"ms_mean\": {:.4}, \"peak_mib\": {}, \"sigma\": {sigma:.4}, \"sigma_error\": {error}, \
         \"symmetries\": {}, \"origin\": {:?}, \"extents\": {:?}, \"dead\": {}}}",
        1e3 * times[times.len() / 2],
        1e3 * wall / *samples as f64,
        peak(),
        field.symmetries(),
        pixels.origin,
        pixels.extents,
        field.dead()
    );
}

/// Peak resident memory in MiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<u64>().ok()).unwrap_or(0) / 1024
}
