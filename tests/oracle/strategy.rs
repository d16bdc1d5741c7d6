//! Random graphs of all layer kinds on one to three axes, small enough to trace.
//!
//! A graph is drawn as a list of [`Gene`]s and built layer by layer: a layer that does not fit is left out, and
//! branches that end in different shapes are cropped, padded and projected until they fit. So every list is a
//! valid graph, and a failing case shrinks by dropping genes.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use rf_core::graph::{Activation, Merge, Norm, Op, Padding, Pool, Resample, Resize, Sides, Window};

use super::grow::{Fit, Gene, Start, build};
use super::net::{Net, conv_of, window};
use super::shape::{FaultKind, Shape, shape};

/// A random graph that is valid.
pub fn net() -> impl Strategy<Value = Net> {
    (start(), prop::collection::vec(gene(), 1..8), prop::collection::vec(tail(), 0..3))
        .prop_map(|(input, genes, tail)| build(input, &genes, &tail).net)
}

/// A random graph whose last layer is impossible, and in what way.
pub fn faulty() -> impl Strategy<Value = (Net, FaultKind)> {
    let sabotage = (any::<prop::sample::Index>(), 0..14_usize);
    (start(), prop::collection::vec(gene(), 0..4), sabotage).prop_filter_map(
        "no such fault",
        |(input, genes, (at, kind))| {
            let mut builder = build(input, &genes, &[]);
            let (op, inputs) = builder.impossible(kind, at);
            let shapes: Vec<Shape> = inputs.iter().map(|&input| builder.shapes[input]).collect();
            let fault = shape(builder.net.rank, &op, &shapes).err()?;
            builder.net.add(op, &inputs);
            Some((builder.net, fault))
        },
    )
}

fn start() -> impl Strategy<Value = Start> {
    let on = |rank: usize, from: i64, to: i64| {
        (1..=3_i64, prop::array::uniform3(from..=to), prop::bool::weighted(0.3)).prop_map(
            move |(channels, extents, cube)| {
                let extents = std::array::from_fn(|axis| if axis < rank { extents[axis] } else { 1 });
                Start { rank, channels, extents, cube }
            },
        )
    };
    prop_oneof![4 => on(1, 4, 24), 4 => on(2, 3, 10), 1 => on(3, 2, 5)]
}

fn gene() -> impl Strategy<Value = Gene> {
    let layers = || prop::collection::vec(layer().prop_map(Gene::Layer), 0..4);
    let leaf = prop_oneof![
        10 => layer().prop_map(Gene::Layer),
        1 => (any::<usize>(), merge(), fit()).prop_map(|(back, merge, fit)| Gene::Skip { back, merge, fit }),
    ];
    leaf.prop_recursive(2, 12, 4, move |gene| {
        let path = prop_oneof![layers(), prop::collection::vec(gene.clone(), 0..3)];
        prop_oneof![
            3 => gene,
            2 => (merge(), prop::collection::vec(path, 2..4), fit())
                .prop_map(|(merge, paths, fit)| Gene::Branches { merge, paths, fit }),
            1 => (down(), layers(), up(), merge(), fit())
                .prop_map(|(down, inner, up, merge, fit)| Gene::Hourglass { down, inner, up, merge, fit }),
        ]
    })
}

fn fit() -> impl Strategy<Value = Fit> {
    let quarter = || prop_oneof![4 => Just(2), 1 => Just(0), 1 => Just(4), 1 => -2..=6_i64];
    (prop::array::uniform3(quarter()), prop::bool::weighted(0.8))
        .prop_map(|(quarters, broadcast)| Fit { quarters, broadcast })
}

fn merge() -> impl Strategy<Value = Merge> {
    prop_oneof![4 => Just(Merge::Add), 3 => Just(Merge::Concat), 1 => Just(Merge::Mul), 1 => Just(Merge::Max)]
}

/// The same on all axes, or each axis its own.
fn axes<T: Clone + std::fmt::Debug + 'static>(
    one: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = [T; 3]> {
    (prop::array::uniform3(one), any::<bool>())
        .prop_map(|(each, same)| if same { std::array::from_fn(|_| each[0].clone()) } else { each })
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![
        3 => Just(Padding::ZERO),
        5 => (0..=3_i64).prop_map(Padding::both),
        2 => (-2..=3_i64, -2..=3_i64).prop_map(|(before, after)| Padding::Explicit { before, after }),
        2 => Just(Padding::Same),
        1 => Just(Padding::SameLower),
        1 => Just(Padding::Causal),
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    let kernel = prop_oneof![3 => Just(1), 3 => Just(2), 5 => Just(3), 1 => 4..=5_i64];
    let stride = prop_oneof![5 => Just(1), 3 => Just(2), 1 => 3..=4_i64];
    let dilation = prop_oneof![5 => Just(1), 2 => Just(2), 1 => 3..=4_i64];
    (axes(kernel), axes(stride), axes(padding()), axes(dilation))
        .prop_map(|(kernel, stride, padding, dilation)| Window { kernel, stride, padding, dilation })
}

/// A transposed convolution: a short output padding, and `causal` left out, which has no settled meaning there.
fn transposed() -> impl Strategy<Value = Op> {
    (1..=3_i64, any_window(), prop::array::uniform3(0..4_i64), 1..=2_i64, any::<bool>()).prop_map(
        |(channels, mut window, extra, groups, bias)| {
            let output_padding =
                std::array::from_fn(|axis| extra[axis] % window.stride[axis].max(window.dilation[axis]));
            for padding in &mut window.padding {
                if *padding == Padding::Causal {
                    *padding = Padding::ZERO;
                }
            }
            Op::ConvTranspose { channels, window, output_padding, groups, bias }
        },
    )
}

fn down() -> impl Strategy<Value = Op> {
    let pool = (kind(), 2..=3_i64).prop_map(|(pool, k)| Op::Pool {
        pool,
        window: window(3, k, 2, k / 3, 1),
        ceil_mode: false,
        count_include_pad: true,
    });
    prop_oneof![pool, (1..=3_i64, 2..=4_i64).prop_map(|(c, k)| conv_of(c, window(3, k, 2, (k - 1) / 2, 1)))]
}

fn up() -> impl Strategy<Value = Op> {
    let learned = (1..=3_i64, 2..=4_i64).prop_map(|(channels, k)| Op::ConvTranspose {
        channels,
        window: window(3, k, 2, (k - 1) / 2, 1),
        output_padding: [k % 2; 3],
        groups: 1,
        bias: true,
    });
    let resized = prop_oneof![Just(Resize::Nearest), Just(Resize::Linear)];
    prop_oneof![2 => learned, 2 => resized.prop_map(|mode| Op::Upsample { factor: [2; 3], mode }),
        1 => Just(Op::PixelShuffle { factor: [2; 3] })]
}

/// A pool; in `ceil_mode` with at most half a window of padding, beyond which `torch` refuses it.
fn pool() -> impl Strategy<Value = Op> {
    (kind(), any_window(), any::<bool>(), any::<bool>()).prop_map(
        |(pool, mut window, ceil_mode, count_include_pad)| {
            for axis in 0..3 {
                if let (true, Padding::Explicit { before, after }) = (ceil_mode, window.padding[axis]) {
                    let half = ((window.kernel[axis] - 1) * window.dilation[axis] + 1) / 2;
                    window.padding[axis] =
                        Padding::Explicit { before: before.min(half), after: after.min(half) };
                }
            }
            Op::Pool { pool, window, ceil_mode, count_include_pad }
        },
    )
}

fn kind() -> impl Strategy<Value = Pool> {
    prop_oneof![Just(Pool::Max), Just(Pool::Avg)]
}

/// Any layer that leaves a map.
fn layer() -> impl Strategy<Value = Op> {
    let factor = || axes(prop_oneof![1 => Just(1), 4 => Just(2), 1 => Just(3)]);
    prop_oneof![
        8 => (1..=3_i64, any_window(), 1..=3_i64, any::<bool>())
            .prop_map(|(channels, window, groups, bias)| Op::Conv { channels, window, groups, bias }),
        1 => (0..=2_i64, any_window(), 0..9_i64)
            .prop_map(|(channels, window, params)| Op::Custom { channels, window, global: false, params }),
        2 => (1..=2_i64, any_window(), any::<bool>())
            .prop_map(|(multiplier, window, bias)| Op::DepthwiseConv { multiplier, window, bias }),
        4 => transposed(),
        4 => pool(),
        1 => (kind(), axes(1..=6_i64)).prop_map(|(pool, output)| Op::AdaptivePool { pool, output }),
        2 => (factor(), prop_oneof![Just(Resize::Nearest), Just(Resize::Linear)])
            .prop_map(|(factor, mode)| Op::Upsample { factor, mode }),
        2 => resize(),
        1 => factor().prop_map(|factor| Op::PixelShuffle { factor }),
        1 => factor().prop_map(|factor| Op::PixelUnshuffle { factor }),
        2 => (axes(-2..=3_i64), axes(-2..=3_i64)).prop_map(|(before, after)| Op::Pad { sides: Sides { before, after } }),
        1 => pointwise(),
        1 => global(),
    ]
}

/// Any ratio, position and interpolation, to any extent.
fn resize() -> impl Strategy<Value = Op> {
    let taps = prop_oneof![Just(1), Just(2), Just(4)];
    let along = (1..=4_i64, -3..=3_i64, 1..=4_i64, taps, 1..=9_i64)
        .prop_map(|(num, offset, den, taps, extent)| Resample { num, offset, den, taps, extent });
    [along.clone(), along.clone(), along].prop_map(|axes| Op::Resize { axes })
}

fn pointwise() -> impl Strategy<Value = Op> {
    prop_oneof![
        any::<bool>().prop_map(|affine| Op::Norm { norm: Norm::Batch, affine }),
        any::<bool>().prop_map(|affine| Op::Norm { norm: Norm::LayerChannels, affine }),
        Just(Op::Norm { norm: Norm::LocalResponse { size: 3 }, affine: false }),
        Just(Op::Activation(Activation::Relu)),
        Just(Op::Activation(Activation::Prelu)),
        Just(Op::Activation(Activation::Softmax)),
        Just(Op::Dropout),
        Just(Op::Identity),
    ]
}

fn global() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => kind().prop_map(|pool| Op::GlobalPool { pool }),
        2 => (1..=2_i64).prop_map(|squeeze| Op::SqueezeExcite { squeeze }),
        2 => (1..=2_i64, any::<bool>()).prop_map(|(heads, bias)| Op::Attention { heads, bias }),
        1 => any::<bool>().prop_map(|affine| Op::Norm { norm: Norm::Layer, affine }),
        1 => any::<bool>().prop_map(|affine| Op::Norm { norm: Norm::Instance, affine }),
        1 => (1..=2_i64, any::<bool>()).prop_map(|(groups, affine)| Op::Norm { norm: Norm::Group { groups }, affine }),
    ]
}

/// Layers at the end, some of which leave no axes.
fn tail() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => pointwise(),
        1 => Just(Op::Flatten),
        2 => (1..=3_i64, any::<bool>()).prop_map(|(features, bias)| Op::Linear { features, bias }),
    ]
}

/// Checks random values: `RF_CASES` of them if set, else `cases`; always the same ones, unless `RF_SEED` is set.
///
/// # Panics
/// On the smallest value found for which `holds` panics.
pub fn check<T: std::fmt::Debug>(cases: u32, strategy: impl Strategy<Value = T>, holds: impl Fn(&T)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let cases = number("RF_CASES").unwrap_or(cases);
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Default::default() };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("RF_SEED").unwrap_or(0).to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let result = TestRunner::new_with_rng(config, random).run(&strategy, |value| {
        holds(&value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
