//! Networks for the engine's own tests: a small builder, and random directed acyclic graphs.
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use super::Stream;
use super::layer::{Layer, layers};
use crate::graph::{
    Activation, Graph, Init, Merge, Node, Norm, Op, Padding, PerAxis, Pool, Resample, Resize, Sides, Window,
};

/// A graph under construction; leaks its nodes, as tests may.
pub(crate) struct Builder {
    pub rank: usize,
    pub nodes: Vec<Node<'static>>,
}

impl Builder {
    pub(crate) fn new(channels: i64, extents: &[i64]) -> Self {
        let mut all = [1; 3];
        all[..extents.len()].copy_from_slice(extents);
        let op = Op::Input { channels, extents: all };
        Self { rank: extents.len(), nodes: std::vec![Node { name: "input", op, inputs: &[] }] }
    }

    /// Adds a node named by its position, and gives its index.
    pub(crate) fn push(&mut self, op: Op, inputs: &[usize]) -> usize {
        let name: String = std::format!("n{}", self.nodes.len());
        self.nodes.push(Node {
            name: Box::leak(name.into_boxed_str()),
            op,
            inputs: Box::leak(inputs.into()),
        });
        self.nodes.len() - 1
    }

    pub(crate) fn conv(&mut self, from: usize, channels: i64, kernel: i64, stride: i64, pad: i64) -> usize {
        let window = self.window(kernel, stride, pad, 1);
        self.push(Op::Conv { channels, window, groups: 1, bias: false }, &[from])
    }

    pub(crate) fn window(&self, kernel: i64, stride: i64, pad: i64, dilation: i64) -> Window {
        let on = |v: i64, neutral: i64| -> PerAxis {
            core::array::from_fn(|a| if a < self.rank { v } else { neutral })
        };
        Window::new(on(kernel, 1))
            .stride(on(stride, 1))
            .dilation(on(dilation, 1))
            .padding(on(pad, 0).map(Padding::both))
    }

    pub(crate) fn graph(self) -> Graph<'static> {
        let (rank, nodes) = (self.rank, Vec::leak(self.nodes));
        Graph { name: "test", rank, nodes, groups: &[], init: Init::HeFanOut }
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let graph =
            Graph { name: "test", rank: self.rank, nodes: &self.nodes, groups: &[], init: Init::HeFanOut };
        layers(&graph).ok()
    }
}

/// So many random networks fit a test: unoptimised loops are slow.
pub(crate) const fn networks(optimised: u64) -> u64 {
    if cfg!(debug_assertions) { optimised / 10 } else { optimised }
}

/// Small random numbers for the choice of layers.
pub(crate) struct Dice(Stream, Vec<f32>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Stream::new([seed, 99, 99, 99]), Vec::new())
    }

    /// Uniform in `0..n`.
    pub(crate) fn roll(&mut self, n: i64) -> i64 {
        if self.1.is_empty() {
            self.1.resize(64, 0.0);
            self.0.uniform(&mut self.1, 0.5);
        }
        (f64::from(self.1.pop().unwrap_or(0.0) + 0.5) * n as f64) as i64
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as i64) as usize]
    }
}

const ACTIVATIONS: [Activation; 21] = [
    Activation::Relu,
    Activation::Relu6,
    Activation::LeakyRelu { negative_slope: 0.1 },
    Activation::Prelu,
    Activation::PreluPerChannel,
    Activation::Elu { alpha: 1.0 },
    Activation::Celu { alpha: 0.7 },
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Threshold { threshold: 0.3, value: 0.1 },
    Activation::Silu,
    Activation::Mish,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Softplus,
    Activation::Softsign,
    Activation::Hardtanh { min_val: -1.0, max_val: 1.0 },
    Activation::Hardsigmoid,
    Activation::Hardswish,
    Activation::Softmax,
];

/// A random network of about `size` layers in which every kind of layer may occur; `exotic` allows those that
/// only the reference engine runs.
pub(crate) fn random(seed: u64, size: usize, exotic: bool) -> Graph<'static> {
    let mut dice = Dice::new(seed);
    let rank = 1 + dice.roll(3) as usize;
    let extent = [17, 9, 5][rank - 1];
    let extents: Vec<i64> = (0..rank).map(|_| extent + dice.roll(3)).collect();
    let mut b = Builder::new(1 + dice.roll(4), &extents);
    let mut head = 0;
    while b.nodes.len() < size {
        let before = b.nodes.len();
        let next = layer(&mut b, &mut dice, head, exotic);
        // A layer that does not fit is taken back.
        let fits = b.layers().is_some_and(|l| {
            l[next].extents.iter().all(|&e| e > 0)
                && l[next].channels > 0
                && l[next].channels as i64 * l[next].extents.iter().product::<i64>() <= 2500
        });
        if fits {
            head = next;
        } else {
            b.nodes.truncate(before);
        }
    }
    b.graph()
}

#[expect(clippy::too_many_lines, reason = "one arm per kind of layer")]
fn layer(b: &mut Builder, dice: &mut Dice, head: usize, exotic: bool) -> usize {
    let layers = b.layers().unwrap_or_default();
    let here = &layers[head];
    let (channels, spatial) = (here.channels as i64, here.rank > 0);
    let rank = b.rank;
    let per_axis = |dice: &mut Dice, from: &[i64], neutral: i64| -> PerAxis {
        core::array::from_fn(|a| if a < rank { dice.pick(from) } else { neutral })
    };
    if !spatial {
        let a = dice.pick(&ACTIVATIONS);
        return match dice.roll(2) {
            0 => b.push(Op::Linear { features: 1 + dice.roll(6), bias: true }, &[head]),
            _ => b.push(Op::Activation(a), &[head]),
        };
    }
    let mut window = Window::new(per_axis(dice, &[1, 2, 3, 3], 1))
        .stride(per_axis(dice, &[1, 1, 1, 2], 1))
        .dilation(per_axis(dice, &[1, 1, 1, 2], 1));
    let style = dice.roll(6);
    for a in 0..rank {
        window.padding[a] = match style {
            0 => Padding::Same,
            1 => Padding::SameLower,
            2 => Padding::Causal,
            3 => Padding::Explicit { before: dice.roll(3), after: dice.roll(3) },
            _ => Padding::both(window.dilation[a] * (window.kernel[a] - 1) / 2),
        };
    }
    match dice.roll(29) {
        0..=5 => {
            let groups = if channels % 2 == 0 && dice.roll(3) == 0 { 2 } else { 1 };
            let channels = dice.pick(&[1, 2, 3, 4, 6, 8]) * groups;
            b.push(Op::Conv { channels, window, groups, bias: dice.roll(2) == 0 }, &[head])
        }
        6 => b.push(
            Op::DepthwiseConv { multiplier: 1 + dice.roll(2), window, bias: dice.roll(2) == 0 },
            &[head],
        ),
        7 => {
            let groups = if channels % 2 == 0 && dice.roll(2) == 0 { 2 } else { 1 };
            let mut window = window.dilation([1; 3]);
            window.padding = [Padding::ZERO; 3];
            let output_padding = core::array::from_fn(|a| i64::from(window.stride[a] > 1) * dice.roll(2));
            let op = Op::ConvTranspose {
                channels: 2 * groups,
                window,
                output_padding,
                groups,
                bias: dice.roll(2) == 0,
            };
            b.push(op, &[head])
        }
        8 | 9 => {
            let pool = dice.pick(&[Pool::Max, Pool::Avg]);
            let mut window = window;
            for a in 0..rank {
                window.padding[a] = Padding::both(dice.roll(window.kernel[a] / 2 + 1));
            }
            if pool == Pool::Avg {
                window.dilation = [1; 3];
            }
            let op =
                Op::Pool { pool, window, ceil_mode: dice.roll(2) == 0, count_include_pad: dice.roll(2) == 0 };
            b.push(op, &[head])
        }
        10 if dice.roll(2) == 0 => {
            let output = core::array::from_fn(|a| if a < rank { (here.extents[a] + 1) / 2 } else { 1 });
            b.push(Op::AdaptivePool { pool: dice.pick(&[Pool::Max, Pool::Avg]), output }, &[head])
        }
        11 => {
            let op = Op::Upsample {
                factor: per_axis(dice, &[1, 2], 1),
                mode: dice.pick(&[Resize::Nearest, Resize::Linear]),
            };
            b.push(op, &[head])
        }
        12 => b.push(Op::PixelShuffle { factor: per_axis(dice, &[1, 2], 1) }, &[head]),
        13 => {
            let mut factor = [1; 3];
            factor[0] = if here.extents[0] % 2 == 0 { 2 } else { 1 };
            b.push(Op::PixelUnshuffle { factor }, &[head])
        }
        14 => {
            let sides =
                Sides { before: per_axis(dice, &[-1, 0, 1], 0), after: per_axis(dice, &[-1, 0, 2], 0) };
            b.push(Op::Pad { sides }, &[head])
        }
        15 | 16 => {
            let norm = match dice.roll(6) {
                0 => Norm::Batch,
                1 => Norm::LayerChannels,
                2 => Norm::Layer,
                3 if channels % 2 == 0 => Norm::Group { groups: 2 },
                4 => Norm::Instance,
                _ => Norm::LocalResponse { size: 3 },
            };
            b.push(Op::Norm { norm, affine: dice.roll(2) == 0 }, &[head])
        }
        17 => b.push(Op::SqueezeExcite { squeeze: 2 }, &[head]),
        18 if exotic && channels % 2 == 0 => {
            b.push(Op::Attention { heads: 2, bias: dice.roll(2) == 0 }, &[head])
        }
        19 if b.nodes.len() > 6 && dice.roll(4) == 0 => match dice.roll(3) {
            0 => b.push(Op::GlobalPool { pool: dice.pick(&[Pool::Avg, Pool::Max]) }, &[head]),
            1 => b.push(Op::Flatten, &[head]),
            _ => b.push(Op::Linear { features: 4, bias: true }, &[head]),
        },
        20..=22 => {
            // A partner of the same extents makes a join; a gate of one unit, a product.
            let partners: Vec<usize> = (0..b.nodes.len())
                .filter(|&i| i != head && layers[i].extents == here.extents && layers[i].rank == here.rank)
                .collect();
            if partners.is_empty() {
                let gate = b.push(Op::GlobalPool { pool: Pool::Avg }, &[head]);
                return b.push(Op::Merge(dice.pick(&[Merge::Add, Merge::Mul, Merge::Max])), &[head, gate]);
            }
            let other = dice.pick(&partners);
            let merge = if layers[other].channels == here.channels {
                dice.pick(&[Merge::Add, Merge::Add, Merge::Concat, Merge::Mul, Merge::Max])
            } else {
                Merge::Concat
            };
            b.push(Op::Merge(merge), &[head, other])
        }
        23 => {
            let along = |a: usize, dice: &mut Dice| {
                let (num, den, taps) = (1 + dice.roll(4), 1 + dice.roll(4), dice.pick(&[1, 2, 4]));
                let extent = here.extents[a] * den / num;
                Resample { num, offset: dice.roll(5) - 2, den, taps, extent }
            };
            let axes = core::array::from_fn(|a| if a < rank { along(a, dice) } else { Resample::IDENTITY });
            b.push(Op::Resize { axes }, &[head])
        }
        24 => b.push(Op::ChannelShuffle { groups: if channels % 2 == 0 { 2 } else { 1 } }, &[head]),
        25 => {
            let first = dice.roll(channels);
            b.push(Op::Narrow { first, channels: 1 + dice.roll(channels - first) }, &[head])
        }
        _ => b.push(Op::Activation(dice.pick(&ACTIVATIONS)), &[head]),
    }
}

/// A unit near the middle of the last layer, and random weights for it.
pub(crate) fn weights(cone: &super::Cone<'_>, seed: u64) -> super::params::Supply {
    super::params::Supply::new(
        &cone.graph,
        &cone.layers,
        |_| true,
        super::Weights::Init(Init::HeFanIn),
        Vec::new(),
    )
    .unwrap_or_else(|e| panic!("{e} ({seed})"))
}
