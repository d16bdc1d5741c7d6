//! Random graphs of all layer kinds on one to three axes, small enough to trace.
//!
//! A graph is drawn as a list of [`Gene`]s and built layer by layer: a layer that does not fit is left out, and
//! branches that end in different shapes are cropped, padded and projected until they fit. So every list is a
//! valid graph, and a failing case shrinks by dropping genes.

use proptest::prelude::*;
use receptive_field::graph::{Activation, Merge, Norm, Op, Padding, PerAxis, Pool, Resize, Sides, Window};

use super::net::{Net, conv_of, window};
use super::shape::{FaultKind, Shape, shape};

/// A step of building a graph.
#[derive(Clone, Debug)]
pub enum Gene {
    /// One layer.
    Layer(Op),
    /// Paths side by side, merged; an empty path is the identity.
    Branches {
        /// How they become one.
        merge: Merge,
        /// The paths.
        paths: Vec<Vec<Gene>>,
        /// How unequal extents are made equal.
        fit: Fit,
    },
    /// A path down, onward and up again, merged with where it began.
    Hourglass {
        /// The layer that goes down.
        down: Op,
        /// What lies between.
        inner: Vec<Gene>,
        /// The layer that comes up.
        up: Op,
        /// How the skip is merged.
        merge: Merge,
        /// How unequal extents are made equal.
        fit: Fit,
    },
    /// The current map merged with an earlier one.
    Skip {
        /// Which earlier one, counted around.
        back: usize,
        /// How.
        merge: Merge,
        /// How unequal extents are made equal.
        fit: Fit,
    },
}

/// How a path's extents are made those of the others: which part of the difference is taken off or added before
/// each axis, in quarters; and whether a single unit is broadcast instead.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    quarters: PerAxis,
    broadcast: bool,
}

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

/// Rank, channels and extents of the input.
type Start = (usize, i64, PerAxis);

fn start() -> impl Strategy<Value = Start> {
    let on = |rank: usize, from: i64, to: i64| {
        (1..=3_i64, prop::array::uniform3(from..=to)).prop_map(move |(channels, extents)| {
            (rank, channels, std::array::from_fn(|axis| if axis < rank { extents[axis] } else { 1 }))
        })
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

fn kind() -> impl Strategy<Value = Pool> {
    prop_oneof![Just(Pool::Max), Just(Pool::Avg)]
}

/// Any layer that leaves a map.
fn layer() -> impl Strategy<Value = Op> {
    let factor = || axes(prop_oneof![1 => Just(1), 4 => Just(2), 1 => Just(3)]);
    prop_oneof![
        8 => (1..=3_i64, any_window(), 1..=3_i64, any::<bool>())
            .prop_map(|(channels, window, groups, bias)| Op::Conv { channels, window, groups, bias }),
        2 => (1..=2_i64, any_window(), any::<bool>())
            .prop_map(|(multiplier, window, bias)| Op::DepthwiseConv { multiplier, window, bias }),
        4 => transposed(),
        4 => (kind(), any_window(), any::<bool>(), any::<bool>()).prop_map(
            |(pool, window, ceil_mode, count_include_pad)| Op::Pool { pool, window, ceil_mode, count_include_pad }),
        1 => (kind(), axes(1..=6_i64)).prop_map(|(pool, output)| Op::AdaptivePool { pool, output }),
        2 => (factor(), prop_oneof![Just(Resize::Nearest), Just(Resize::Linear)])
            .prop_map(|(factor, mode)| Op::Upsample { factor, mode }),
        1 => factor().prop_map(|factor| Op::PixelShuffle { factor }),
        1 => factor().prop_map(|factor| Op::PixelUnshuffle { factor }),
        2 => (axes(-2..=3_i64), axes(-2..=3_i64)).prop_map(|(before, after)| Op::Pad { sides: Sides { before, after } }),
        1 => pointwise(),
        1 => global(),
    ]
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

/// Builds a graph from its genes.
fn build((rank, channels, extents): Start, genes: &[Gene], tail: &[Op]) -> Builder {
    let net = Net::new(rank, channels, extents);
    let shapes = vec![Shape { channels, extents, flat: false }];
    let mut builder = Builder { net, shapes };
    let mut at = 0;
    for gene in genes {
        at = builder.grow(gene, at);
    }
    for op in tail {
        at = builder.push(*op, &[at]).unwrap_or(at);
    }
    builder
}

struct Builder {
    net: Net,
    shapes: Vec<Shape>,
}

impl Builder {
    /// Adds a layer if it fits and stays small.
    fn push(&mut self, op: Op, inputs: &[usize]) -> Option<usize> {
        let op = neutral_beyond(op, self.net.rank);
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.shapes[input]).collect();
        let new = shape(self.net.rank, &op, &shapes).ok()?;
        let longest = [32, 14, 7][self.net.rank - 1];
        let small = new.extents.iter().all(|&extent| extent <= longest);
        let flat_small = new.flat && new.channels <= 512;
        if self.net.layers.len() > 32 || !(small && new.channels <= 12 || flat_small) {
            return None;
        }
        self.shapes.push(new);
        Some(self.net.add(op, inputs))
    }

    /// Adds what a gene says after layer `at`; gives where it ends.
    fn grow(&mut self, gene: &Gene, at: usize) -> usize {
        match gene {
            Gene::Layer(op) => self.layer(*op, at),
            Gene::Branches { merge, paths, fit } => {
                let ends = paths.iter().map(|path| self.path(path, at)).collect();
                self.join(*merge, ends, *fit).unwrap_or(at)
            }
            Gene::Hourglass { down, inner, up, merge, fit } => {
                let bottom = self.layer(*down, at);
                let inner = self.path(inner, bottom);
                let top = self.layer(*up, inner);
                self.join(*merge, vec![top, at], *fit).unwrap_or(top)
            }
            Gene::Skip { back, merge, fit } => {
                self.join(*merge, vec![at, back % self.net.layers.len()], *fit).unwrap_or(at)
            }
        }
    }

    fn path(&mut self, genes: &[Gene], at: usize) -> usize {
        genes.iter().fold(at, |at, gene| self.grow(gene, at))
    }

    /// Adds a layer, its channels repaired where they do not divide; without effect where it does not fit.
    fn layer(&mut self, op: Op, at: usize) -> usize {
        let channels = self.shapes[at].channels;
        let divides = |groups: i64| channels % groups == 0;
        let op = match op {
            Op::Conv { channels, window, groups, bias } => {
                let groups = if divides(groups) { groups } else { 1 };
                Op::Conv { channels: channels * groups, window, groups, bias }
            }
            Op::ConvTranspose { channels, window, output_padding, groups, bias } => {
                let groups = if divides(groups) { groups } else { 1 };
                Op::ConvTranspose { channels: channels * groups, window, output_padding, groups, bias }
            }
            Op::Attention { heads, bias } => {
                Op::Attention { heads: if divides(heads) { heads } else { 1 }, bias }
            }
            Op::Norm { norm: Norm::Group { groups }, affine } => {
                Op::Norm { norm: Norm::Group { groups: if divides(groups) { groups } else { 1 } }, affine }
            }
            op => op,
        };
        if let Op::PixelShuffle { factor } = op {
            let product: i64 = factor[..self.net.rank].iter().product();
            let Some(wide) = self.push(conv_of(product, window(3, 1, 1, 0, 1)), &[at]) else { return at };
            return self.push(op, &[wide]).unwrap_or(wide);
        }
        self.push(op, &[at]).unwrap_or(at)
    }

    /// Merges paths after making them fit.
    fn join(&mut self, merge: Merge, mut ends: Vec<usize>, fit: Fit) -> Option<usize> {
        let widest = *ends.iter().max_by_key(|&&end| self.shapes[end].units())?;
        let goal = self.shapes[widest];
        for end in &mut ends {
            let have = self.shapes[*end];
            let spread = fit.broadcast && merge != Merge::Concat && have.single();
            if have.extents != goal.extents && !spread {
                let mut sides = Sides { before: [0; 3], after: [0; 3] };
                for axis in 0..self.net.rank {
                    let difference = goal.extents[axis] - have.extents[axis];
                    sides.before[axis] = (difference * fit.quarters[axis]).div_euclid(4);
                    sides.after[axis] = difference - sides.before[axis];
                }
                *end = self.push(Op::Pad { sides }, &[*end])?;
            }
            if merge != Merge::Concat && have.channels != goal.channels && !(spread && have.channels == 1) {
                *end = self.push(conv_of(goal.channels, window(3, 1, 1, 0, 1)), &[*end])?;
            }
        }
        self.push(Op::Merge(merge), &ends)
    }

    /// A layer that should not fit anywhere near the end of the graph.
    fn impossible(&mut self, kind: usize, at: prop::sample::Index) -> (Op, Vec<usize>) {
        let rank = self.net.rank;
        let last = self.net.last();
        let have = self.shapes[last];
        let axis = at.index(rank);
        let one = |number: i64, rest: i64| {
            let mut all = [rest; 3];
            all[axis] = number;
            all
        };
        let plain = window(rank, 1, 1, 0, 1);
        let pool = |window| Op::Pool { pool: Pool::Max, window, ceil_mode: false, count_include_pad: true };
        let up =
            |window| Op::ConvTranspose { channels: 1, window, output_padding: [0; 3], groups: 1, bias: true };
        let grouped = |groups| Op::Conv { channels: 2, window: plain, groups, bias: true };
        let op = match kind {
            0 => conv_of(1, Window { kernel: one(0, 1), ..plain }),
            1 => pool(plain.stride(one(0, 1))),
            2 => up(plain.dilation(one(0, 1))),
            3 => conv_of(1, Window { kernel: one(have.extents[axis] + 1, 1), ..plain }),
            4 => pool(Window { kernel: one(2, 1), ..plain }.dilation(one(have.extents[axis], 1))),
            5 => grouped(have.channels + 1),
            6 => grouped(3),
            7 => Op::Pad { sides: Sides { before: one(-have.extents[axis], 0), after: [0; 3] } },
            8 => Op::PixelUnshuffle { factor: one(have.extents[axis] + 1, 1) },
            9 => Op::PixelShuffle { factor: one(have.channels + 1, 1) },
            10 => Op::AdaptivePool { pool: Pool::Avg, output: one(0, 1) },
            11 => Op::Upsample { factor: one(0, 1), mode: Resize::Nearest },
            12 => up(plain.padding([Padding::both(have.extents[axis] * 2); 3])),
            _ => {
                let other = self.push(conv_of(have.channels + 1, plain), &[last]).unwrap_or(0);
                return (Op::Merge(Merge::Add), vec![last, other]);
            }
        };
        (neutral_beyond(op, rank), vec![last])
    }
}

/// The same layer with nothing asked of axes that are not there.
fn neutral_beyond(mut op: Op, rank: usize) -> Op {
    let neutral = |all: &mut PerAxis, value: i64| all[rank..].fill(value);
    match &mut op {
        Op::Conv { window, .. } | Op::DepthwiseConv { window, .. } | Op::Pool { window, .. } => {
            neutral_window(window, rank);
        }
        Op::ConvTranspose { window, output_padding, .. } => {
            neutral_window(window, rank);
            neutral(output_padding, 0);
        }
        Op::AdaptivePool { output, .. } => neutral(output, 1),
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } | Op::PixelUnshuffle { factor } => {
            neutral(factor, 1)
        }
        Op::Pad { sides } => {
            neutral(&mut sides.before, 0);
            neutral(&mut sides.after, 0);
        }
        _ => {}
    }
    op
}

fn neutral_window(window: &mut Window, rank: usize) {
    window.kernel[rank..].fill(1);
    window.stride[rank..].fill(1);
    window.dilation[rank..].fill(1);
    window.padding[rank..].fill(Padding::ZERO);
}
