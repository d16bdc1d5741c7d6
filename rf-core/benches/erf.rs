//! Time and memory per sample of the effective field, against the reference engine and, by `compare.py`, PyTorch.
//!
//! `cargo bench -p rf-core --features sampler --bench erf -- CASE SAMPLES THREADS [reference]` prints one line of
//! JSON. Cases are those of the PyTorch script: `chain:LAYERS:CHANNELS:relu|linear`, `resnet50:SIZE`, `vgg16:SIZE`.
#![allow(clippy::cast_precision_loss, reason = "counts of samples are far below 2^52")]

use std::time::Instant;

use rf_core::effective::sampler::{Engine, Erf};
use rf_core::graph::{Activation, Graph, Init, Merge, Node, Norm, Op, Padding, Pool, Window};

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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let case = arguments.first().map_or("resnet50:512", String::as_str);
    let samples: u64 = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(5);
    let threads: usize = arguments.get(2).and_then(|a| a.parse().ok()).unwrap_or(1);
    let engine =
        if arguments.get(3).is_some_and(|a| a == "reference") { Engine::Reference } else { Engine::Fast };
    let parts: Vec<&str> = case.split(':').collect();
    let number = |i: usize| parts.get(i).and_then(|p| p.parse::<i64>().ok()).unwrap_or(8);
    let graph = match parts[0] {
        "chain" => chain(number(1) as usize, number(2), parts.get(3) != Some(&"linear")),
        "vgg16" => vgg16(number(1)),
        _ => resnet50(number(1)),
    };
    let mut times = Vec::new();
    let mut last = Instant::now();
    let began = Instant::now();
    let field = Erf::of(&graph)
        .samples(samples)
        .threads(threads)
        .engine(engine)
        .progress(|_| {
            times.push(last.elapsed().as_secs_f64());
            last = Instant::now();
            std::ops::ControlFlow::Continue(())
        })
        .run()
        .unwrap_or_else(|e| panic!("{e}"));
    let wall = began.elapsed().as_secs_f64();
    let count: f64 = std::iter::repeat_n(1.0, times.len()).sum();
    let cpu = processor_seconds();
    times.sort_by(f64::total_cmp);
    let (sigma, error) = (field.sigma(0).value, field.sigma(0).error);
    println!(
        "{{\"case\": \"{case}\", \"threads\": {threads}, \"samples\": {samples}, \"ms_median\": {:.3}, \
         \"ms_mean\": {:.3}, \"cpu_ms_mean\": {:.3}, \"peak_mib\": {}, \"sigma\": {sigma:.4}, \"sigma_error\": {error:.4}, \
         \"side\": [{}, {}, {}, {}], \"dead\": {}}}",
        1e3 * times[times.len() / 2],
        1e3 * wall / count,
        1e3 * cpu / count,
        peak(),
        field.energy().side(0.5),
        field.energy().side(0.9),
        field.energy().side(0.95),
        field.energy().side(0.99),
        field.dead()
    );
}

/// Processor time of this process in seconds, where the system tells: a busy machine does not change it much.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Peak resident memory in MiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<u64>().ok()).unwrap_or(0) / 1024
}
