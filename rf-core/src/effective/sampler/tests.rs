//! The sampler against known answers, against itself, and against bad settings.
use core::ops::ControlFlow;
use std::format;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::effective::figures::measure;
use crate::effective::nets::Net;
use crate::effective::{Canvas, Estimate, Field};
use crate::engine::{Array, StateDict, Weights};
use crate::graph::{Activation, Graph, Init, Merge, Op, Pool};

/// Three-by-three convolutions, with or without ReLU, by fan-in.
fn chain(layers: usize, channels: i64, relu: bool) -> Net {
    let mut net = Net::new(2, 3, 64);
    net.init = Init::HeFanIn;
    for _ in 0..layers {
        net.conv(channels, 3, 1, 1, 1);
        if relu {
            net.relu();
        }
    }
    net
}

fn near(field: &Sampled, sigma: f64) {
    let Estimate { value: found, error } = field.sigma(0);
    assert!((found - sigma).abs() < 3.0 * error, "σ {found} ± {error}, expected {sigma}");
    assert!(error < 0.05 * sigma, "σ {found} ± {error}");
}

#[test]
fn known_answers() {
    for (layers, sigma) in [(5, 1.8257), (10, 2.5820)] {
        near(&Erf::of(&chain(layers, 16, false).graph()).samples(64).run().unwrap(), sigma);
    }
    near(&Erf::of(&chain(8, 32, true).graph()).samples(48).seed(3).run().unwrap(), 2.312);
    // A pool chain, and residual blocks with ReLU after the addition (sampled 4.17 and 2.017).
    let mut pools = Net::new(2, 3, 64);
    for _ in 0..2 {
        pools.conv(32, 3, 1, 1, 1);
        pools.relu();
        pools.pool(Pool::Max, 3, 2, 1);
    }
    pools.conv(32, 3, 1, 1, 1);
    pools.relu();
    near(&Erf::of(&pools.graph()).samples(96).run().unwrap(), 4.17);
    let mut residual = Net::new(2, 3, 64);
    let mut skip = residual.conv(32, 3, 1, 1, 1);
    for _ in 0..4 {
        residual.conv(32, 3, 1, 1, 1);
        residual.relu();
        let branch = residual.conv(32, 3, 1, 1, 1);
        residual.merge(Merge::Add, &[branch, skip]);
        skip = residual.relu();
    }
    near(&Erf::of(&residual.graph()).samples(96).run().unwrap(), 2.017);
}

/// Forty layers, and `ResNet-50` at 512 with both seeds: sampled elsewhere with 400 and 40 samples.
#[test]
fn known_answers_of_deep_networks() {
    let forty = Erf::of(&chain(40, 32, true).graph()).samples(32).run().unwrap();
    near(&forty, 5.164);
    let amplitude = forty.amplitude().sigma()[0];
    assert!((amplitude - 7.23).abs() < 0.1, "{amplitude}");
    let net = crate::effective::nets::resnet50(512);
    let run = |channels, n| Erf::of(&net.graph()).channels(channels).samples(n).seed(1).run().unwrap();
    let random = run(Channels::Normal, 8);
    near(&random, 40.1);
    near(&run(Channels::Summed, 4), 34.0);
    for (name, side) in [("side 0.5", 85.0), ("side 0.9", 157.0), ("side 0.95", 179.0), ("side 0.99", 221.0)]
    {
        let found = random.figures().get(name).unwrap()[0];
        // The answers are samples too, and steps of two pixels.
        assert!((found.value - side).abs() <= 3.0 * found.error + 2.0, "{name} {found}");
    }
}

#[test]
fn engines_agree() {
    for relu in [true, false] {
        compare_engines(&chain(4, 6, relu));
    }
}

fn compare_engines(net: &Net) {
    let run = |engine| Erf::of(&net.graph()).samples(6).seed(11).engine(engine).run().unwrap();
    let (fast, reference) = (run(Engine::Fast), run(Engine::Reference));
    for (a, b) in fast.energy().values().iter().zip(reference.energy().values()) {
        assert!((a - b).abs() <= 1e-4 * reference.energy().total() / 81.0, "{a} and {b}");
    }
}

#[test]
fn threads_change_no_bit() {
    let net = chain(5, 8, true);
    let run = |threads| Erf::of(&net.graph()).samples(37).threads(threads).run().unwrap();
    let one = run(1);
    for threads in [2, 5] {
        let many = run(threads);
        assert_eq!(one.energy(), many.energy());
        assert_eq!(one.amplitude(), many.amplitude());
        assert_eq!(one.sigma(1), many.sigma(1));
    }
}

#[test]
fn symmetries_are_those_of_the_architecture() {
    let of = |net: &Net| Erf::of(&net.graph()).samples(2).run().unwrap().symmetries();
    assert_eq!(of(&chain(3, 4, true)), 8);
    let mut uneven = chain(1, 4, true);
    let window = crate::graph::Window { kernel: [3, 5, 1], ..uneven.window(3, 1, 1, 1) };
    uneven.then(Op::Conv { channels: 4, window, groups: 1, bias: false });
    assert_eq!(of(&uneven), 4);
    // Two paths with different centres cannot be mirrored, but still transposed.
    let mut skewed = Net::new(2, 3, 64);
    let first = skewed.conv(4, 3, 1, 1, 1);
    let window = skewed.window(2, 1, 0, 1);
    let even = skewed.node(Op::Conv { channels: 4, window, groups: 1, bias: false }, &[first]);
    let pad =
        skewed.node(Op::Pad { sides: crate::graph::Sides { before: [0; 3], after: [1, 1, 0] } }, &[even]);
    skewed.merge(Merge::Add, &[pad, first]);
    assert_eq!(of(&skewed), 2);
    let mut line = Net::new(1, 3, 64);
    line.conv(4, 3, 1, 1, 1);
    assert_eq!(of(&line), 2);
}

#[test]
fn precision_stops_the_run() {
    let net = chain(5, 8, false);
    let field = Erf::of(&net.graph()).precision(0.02, 5000).run().unwrap();
    let Estimate { value: sigma, error } = field.sigma(0);
    assert!(error / sigma <= 0.02 && field.samples() < 1000, "{} samples", field.samples());
    let estimate = field.estimate(|map| map.sigma()[0]).error;
    assert!(estimate > 0.3 * error && estimate < 3.0 * error, "{estimate} and {error}");
}

#[test]
fn linear_networks_need_no_values() {
    let net = chain(5, 8, false);
    let job = job::Job::new(&mut Erf::of(&net.graph())).unwrap();
    assert!(job.cone.valued.iter().all(|v| !v));
}

#[test]
fn target_unit_and_canvas() {
    let net = chain(6, 8, true);
    let graph = net.graph();
    let field = Erf::of(&graph).at(graph.nodes[12].name).wrt(graph.nodes[6].name).samples(8).run().unwrap();
    assert_eq!(field.energy().frame().pixels.extents, [7, 7, 1]);
    let corner = Erf::of(&graph).unit(&[0, 5]).canvas(Canvas::Input).samples(8).run().unwrap();
    let frame = corner.energy().frame();
    assert_eq!((frame.pixels.origin, frame.pixels.extents), ([0, 0, 0], [7, 12, 1]));
    assert!(frame.centre.iter().zip([0.0, 5.0, 0.0]).all(|(a, b)| (a - b).abs() < 1e-12));
    assert_eq!(corner.symmetries(), 1);
}

#[test]
fn summed_channels_shrink_the_field() {
    let net = chain(12, 24, true);
    let run = |channels| Erf::of(&net.graph()).channels(channels).samples(64).run().unwrap().sigma(0);
    let (random, summed) = (run(Channels::Signs), run(Channels::Summed));
    assert!(summed.value < random.value + random.error + summed.error, "{summed} and {random}");
}

#[test]
fn initialisations_and_scales() {
    let mut net = Net::new(2, 3, 64);
    let first = net.conv(16, 3, 1, 1, 1);
    let branch = net.conv(16, 3, 1, 1, 1);
    net.merge(Merge::Add, &[branch, first]);
    let graph = net.graph();
    let sigma = |erf: Erf<'_>| erf.samples(64).run().unwrap().sigma(0);
    // Without its branch the block is one convolution.
    let alone = sigma(Erf::of(&graph).residual_scale(0.0));
    assert!(alone.agrees((2.0_f64 / 3.0).sqrt(), 3.0), "{alone}");
    // All ones: the squares of (1 1 1) * (1 1 1) plus the skip, summed over channels.
    let ones = Erf::of(&graph).weights(Weights::Ones).channels(Channels::Summed).samples(1).run().unwrap();
    let row = ones.energy();
    assert!(
        (row.at([32, 32, 0]) / row.at([32, 30, 0]) - ((9.0 * 16.0 + 1.0) / (3.0 * 16.0_f64)).powi(2)).abs()
            < 1e-3
    );
    for weights in [
        Weights::Init(Init::Xavier),
        Weights::Init(Init::LeCun),
        Weights::Init(Init::Uniform),
        Weights::Uniform(0.1),
    ] {
        assert!(sigma(Erf::of(&graph).weights(weights)).value > 0.5);
    }
}

#[test]
fn given_weights_and_images() {
    let mut net = Net::new(2, 1, 9);
    net.conv(1, 3, 1, 1, 1);
    let graph = net.graph();
    let name = format!("{}.weight", graph.nodes[1].name);
    let values: Vec<f32> = (1..=9_u8).map(f32::from).collect();
    let dict = |shape: Vec<usize>, values: &[f32]| {
        Weights::Given(StateDict::from([(name.clone(), Array { shape, values: values.to_vec() })]))
    };
    let run = |weights| Erf::of(&graph).weights(weights).channels(Channels::Summed).samples(1).run();
    let field = run(dict(vec![1, 1, 3, 3], &values)).unwrap();
    assert_eq!(field.energy().values(), [1.0, 4.0, 9.0, 16.0, 25.0, 36.0, 49.0, 64.0, 81.0]);
    assert_eq!(field.symmetries(), 1);
    let message = |weights| run(weights).unwrap_err().to_string();
    assert_eq!(
        message(dict(vec![1, 9], &values)),
        format!("tensor `{name}` has shape [1, 9], the layer needs [1, 1, 3, 3]")
    );
    let mut broken = values.clone();
    broken[4] = f32::NAN;
    assert_eq!(message(dict(vec![1, 1, 3, 3], &broken)), format!("tensor `{name}` is not finite at value 4"));
    let other = StateDict::from([(format!("{name}s"), Array { shape: vec![1], values: vec![1.0] })]);
    assert_eq!(
        message(Weights::Given(other)),
        format!(
            "no tensor `{name}` of shape [1, 1, 3, 3] among the given weights\nhelp: `{name}s` has a similar name"
        )
    );
    let images = |shape: Vec<usize>| {
        let values = vec![0.5; shape.iter().product()];
        Erf::of(&graph).input(Input::Images(vec![Array { shape, values }])).samples(1).run()
    };
    assert_eq!(images(vec![1, 9, 9]).unwrap().energy().frame().canvas, Canvas::Input);
    // As many values, another shape.
    assert_eq!(
        images(vec![1, 3, 27]).unwrap_err().to_string(),
        "image 0 has shape [1, 3, 27], the network's input is [1, 9, 9]"
    );
}

#[test]
fn bad_settings_are_said_before_any_work() {
    let net = chain(2, 4, true);
    let graph = net.graph();
    let last = graph.nodes[4].name;
    let message = |erf: Erf<'_>| {
        let mut erf = erf;
        erf.progress = Some(std::boxed::Box::new(|_| panic!("work was spent")));
        erf.run().unwrap_err().to_string()
    };
    let misspelt = format!("{last}x");
    assert_eq!(
        message(Erf::of(&graph).at(misspelt.clone())),
        format!("unknown layer `{misspelt}`\nhelp: `{last}` has a similar name")
    );
    assert_eq!(message(Erf::of(&graph).samples(0)), "zero samples asked for\nhelp: ask for at least 1");
    assert_eq!(
        message(Erf::of(&graph).unit(&[64, 0])),
        format!("unit [64, 0] is outside `{last}`, whose map is [64, 64]")
    );
    assert_eq!(
        message(Erf::of(&graph).unit(&[1])),
        format!("unit of `{last}` given by 1 indices, but its map has 2 axes")
    );
    assert!(message(Erf::of(&graph).precision(f64::NAN, 9)).starts_with("precision NaN is not"));
    assert!(
        message(Erf::of(&graph).save_to("/no/such/folder/run"))
            .starts_with("cannot access `/no/such/folder/run`")
    );
    assert!(
        message(Erf::of(&graph).layer_weights("zzz", Weights::Ones)).starts_with("weights given for `zzz`")
    );
    assert!(message(Erf::of(&graph).at(graph.nodes[1].name).wrt(last)).contains("does not depend on"));
    for (erf, what) in [
        (Erf::of(&graph).weights(Weights::Normal(f64::NAN)), "a standard deviation of NaN"),
        (Erf::of(&graph).weights(Weights::Uniform(-1.0)), "a bound of -1"),
        (Erf::of(&graph).residual_scale(f64::INFINITY), "a residual scale of inf"),
        (Erf::of(&graph).input(Input::Constant(f32::NAN)), "an input of NaN"),
        (Erf::of(&graph).input(Input::Images(vec![])), "no images given"),
        (Erf::of(&graph).input(Input::Images(vec![])).canvas(Canvas::Unbounded), "images have borders"),
        (Erf::of(&graph).weights(Weights::Normal(1e30)), "the gradient of sample 0 is not finite"),
    ] {
        let message = erf.run().unwrap_err().to_string();
        assert!(message.starts_with(what), "{message}");
    }
    let mut softmax = chain(1, 4, true);
    softmax.then(Op::Custom { channels: 0, window: softmax.window(3, 1, 1, 1), global: false, params: 0 });
    assert!(message(Erf::of(&softmax.graph())).ends_with("a custom layer has no values"));
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("rf-core-{}-{name}", std::process::id()))
}

#[test]
fn saved_resumed_and_merged() {
    let net = chain(3, 4, true);
    let graph = net.graph();
    let path = temporary("resume");
    let whole = Erf::of(&graph).samples(20).run().unwrap();
    // Broken off after seven samples, and gone on with.
    let broken = Erf::of(&graph)
        .samples(20)
        .threads(2)
        .save_to(&path)
        .progress(|p| if p.done == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .run()
        .unwrap();
    assert_eq!(broken.samples(), 7);
    let resumed = Erf::of(&graph).samples(20).save_to(&path).run().unwrap();
    assert_eq!(resumed.samples(), 20);
    assert_eq!(resumed.energy(), whole.energy());
    assert_eq!(resumed.sigma(0), whole.sigma(0));
    // Merged from two halves: the same sums, in another order.
    let half = |first| Erf::of(&graph).samples(10).starting_at(first).run().unwrap();
    let merged = half(0).merge(&half(10)).unwrap();
    assert_eq!(merged.samples(), 20);
    for (a, b) in merged.energy().values().iter().zip(whole.energy().values()) {
        assert!((a - b).abs() <= 1e-12 * b);
    }
    let message = |r: Result<Sampled, crate::engine::Error>| r.unwrap_err().to_string();
    assert_eq!(
        message(half(0).merge(&half(5))),
        "saved run does not belong here: sample 5 of seed 0 is in both runs"
    );
    let other = Erf::of(&graph).channels(Channels::Summed).samples(10).run().unwrap();
    assert!(message(half(0).merge(&other)).contains("other settings"));
    // A merge is saved and loaded, and not continued.
    merged.save(&path).unwrap();
    let loaded = Erf::of(&graph).load(&path).unwrap();
    assert_eq!((loaded.energy(), loaded.sigma(1)), (merged.energy(), merged.sigma(1)));
    assert!(message(Erf::of(&graph).save_to(&path).run()).contains("cannot be continued"));
    // Foreign and damaged files, and a journal.
    std::fs::remove_file(&path).unwrap();
    let job = job::Job::new(&mut Erf::of(&graph)).unwrap();
    let empty = tally::Tally::new(0, 0, 49);
    let (mut journal, mut sums) = save::Journal::open(&path, &job, empty).unwrap();
    assert!(
        message(Erf::of(&graph).samples(20).save_to(&path).run()).ends_with("another run is writing to it")
    );
    for index in 0..3 {
        let sample = job.sample(index).unwrap();
        sums.add(&sample, &job.frame);
        journal.append(&sample, &job, &sums).unwrap();
    }
    drop(journal);
    assert!(
        message(Erf::of(&graph).seed(1).save_to(&path).run()).contains("asked for is sample 0 of seed 1")
    );
    let foreign = Erf::of(&graph).input(Input::Constant(1.0)).save_to(&path).run();
    assert!(message(foreign).contains("of another network or of other settings"));
    let bytes = std::fs::read(&path).unwrap();
    let record = (2 + 2 * 49) * 8;
    let spoil = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        message(Erf::of(&graph).save_to(&path).run())
    };
    assert!(spoil(&bytes[..bytes.len() / 2]).ends_with("is cut short"));
    assert!(spoil(&bytes[..bytes.len() - 3 * record - 8]).ends_with("is cut short"));
    assert!(spoil(b"something else").ends_with("is not a saved run"));
    for place in [100, bytes.len() - record, bytes.len() - 2] {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        assert!(spoil(&flipped).contains("check sum"), "{place}");
    }
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert!(spoil(&newer).contains("of format 2"));
    // A record cut short anywhere is a sample that was under way.
    for cut in [1, 8, 100, record - 1] {
        std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        assert_eq!(Erf::of(&graph).load(&path).unwrap().samples(), 2);
        let resumed = Erf::of(&graph).samples(20).save_to(&path).run().unwrap();
        assert_eq!((resumed.samples(), resumed.energy()), (20, whole.energy()));
    }
    std::fs::remove_file(&path).unwrap();
    let left: Vec<String> = std::fs::read_dir(std::env::temp_dir())
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().ok())
        .filter(|n| n.contains(&format!("rf-core-{}-resume", std::process::id())))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Local fields beside gates and global branches keep their own centre.
#[test]
fn a_gate_does_not_move_the_centre() {
    let mut net = Net::new(2, 3, 12);
    let first = net.conv(8, 3, 2, 1, 1);
    net.then(Op::SqueezeExcite { squeeze: 2 });
    let gated = net.conv(8, 3, 1, 1, 1);
    let frame = |net: &Net| {
        let field = Erf::of(&net.graph()).unit(&[4, 1]).samples(2).run().unwrap();
        *field.energy().frame()
    };
    let closed = frame(&net);
    assert_eq!((closed.centre, closed.theoretical.extents), ([8.0, 2.0, 0.0], [7, 7, 1]));
    assert_eq!(closed.theoretical.origin, [5, -1, 0]);
    let mean = net.node(Op::GlobalPool { pool: Pool::Avg }, &[first]);
    net.merge(Merge::Add, &[gated, mean]);
    assert_eq!(frame(&net).theoretical, closed.theoretical);
    assert_eq!(frame(&net).pixels.origin[0], -1);
}

/// Every figure's error, against what runs of other seeds scatter.
#[test]
fn errors_are_those_of_repeated_runs() {
    let net = chain(6, 6, true);
    let runs: Vec<Sampled> = (0..12)
        .map(|seed| Erf::of(&net.graph()).samples(24).seed(seed).symmetrise(false).run().unwrap())
        .collect();
    let n = runs.len() as f64;
    // Extents and sides without their steps, which hide what they scatter.
    let smooth = |run: &Sampled| measure(run.energy(), run.amplitude());
    let values: Vec<Vec<f64>> =
        runs.iter().map(|run| smooth(run).iter().map(|e| e.smooth).collect()).collect();
    let claims = |run: &Sampled| -> Vec<(String, f64)> {
        let all = run.figures().0.into_iter();
        all.flat_map(|figure| figure.values.into_iter().map(move |v| (figure.name.clone(), v.error)))
            .collect()
    };
    let claims: Vec<_> = runs.iter().map(claims).collect();
    for (index, (name, _)) in claims[0].iter().enumerate() {
        let mean = values.iter().map(|run| run[index]).sum::<f64>() / n;
        let scatter = values.iter().map(|run| (run[index] - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let claimed = claims.iter().map(|run| run[index].1.powi(2)).sum::<f64>() / n;
        let ratio = (claimed / scatter).sqrt();
        assert!((0.4..2.5).contains(&ratio), "{name}: claimed {ratio} times the scatter");
    }
}

#[test]
fn images_come_as_png() {
    let path = temporary("image.png");
    let write = |colour: png::ColorType, depth: png::BitDepth, bytes: &[u8]| {
        let mut encoder = png::Encoder::new(std::fs::File::create(&path).unwrap(), 2, 1);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(bytes).unwrap();
        read_png(&path).unwrap()
    };
    let eight = png::BitDepth::Eight;
    let colour = write(png::ColorType::Rgba, eight, &[255, 0, 51, 9, 0, 255, 102, 8]);
    assert_eq!(colour, Array { shape: vec![3, 1, 2], values: vec![1.0, 0.0, 0.0, 1.0, 0.2, 0.4] });
    let grey = write(png::ColorType::Grayscale, png::BitDepth::Sixteen, &[255, 255, 0, 0]);
    assert_eq!(grey, Array { shape: vec![1, 1, 2], values: vec![1.0, 0.0] });
    assert_eq!(grey.normalised(&[0.5], &[0.25]).values, [2.0, -2.0]);
    assert_eq!(write(png::ColorType::Grayscale, png::BitDepth::One, &[0x40]).values, [0.0, 1.0]);
    let message = |r: Result<Array, crate::engine::Error>| r.unwrap_err().to_string();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..40]).unwrap();
    assert!(message(read_png(&path)).contains("is no PNG that can be read: "));
    std::fs::remove_file(&path).unwrap();
    assert!(message(read_png(&path)).starts_with("cannot access `"));
}

#[test]
fn dead_samples_are_counted() {
    let net = chain(12, 1, true);
    let field = Erf::of(&net.graph()).samples(40).run();
    match field {
        Ok(field) => assert!(field.dead() > 0 && field.dead() < 40),
        Err(e) => assert!(e.to_string().ends_with("their gradients are zero everywhere")),
    }
}

/// Every kind of gate at once, on an input of known extents.
#[test]
fn global_layers_run() {
    let mut net = Net::new(2, 3, 12);
    net.conv(8, 3, 1, 1, 1);
    net.then(Op::SqueezeExcite { squeeze: 2 });
    net.then(Op::Activation(Activation::Silu));
    net.then(Op::Attention { heads: 2, bias: true });
    let graph: Graph<'_> = net.graph();
    let field = Erf::of(&graph).samples(3).run().unwrap();
    assert!(field.energy().frame().pixels.extents[0] >= 12);
}
