//! From genes to a graph, layer by layer.

use proptest::prelude::prop;
use rf_core::graph::{Merge, Norm, Op, Padding, PerAxis, Pool, Resample, Resize, Sides, Window};

use super::net::{Net, conv_of, window};
use super::shape::{Shape, shape};

/// A step of building a graph.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few dozen live at a time")]
pub(super) enum Gene {
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
pub(super) struct Fit {
    pub(super) quarters: PerAxis,
    pub(super) broadcast: bool,
}

/// What a graph begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) rank: usize,
    pub(super) channels: i64,
    pub(super) extents: PerAxis,
    /// Whether all axes are alike, in extents and in every layer's arguments.
    pub(super) cube: bool,
}

/// Builds a graph from its genes.
pub(super) fn build(start: Start, genes: &[Gene], tail: &[Op]) -> Builder {
    let Start { rank, channels, mut extents, cube } = start;
    if cube {
        extents = std::array::from_fn(|axis| if axis < rank { extents[0] } else { 1 });
    }
    let net = Net::new(rank, channels, extents);
    let shapes = vec![Shape { channels, extents, flat: false }];
    let mut builder = Builder { net, shapes, cube };
    let mut at = 0;
    for gene in genes {
        at = builder.grow(gene, at);
    }
    for op in tail {
        at = builder.push(*op, &[at]).unwrap_or(at);
    }
    builder
}

/// A graph that grows, and its shapes.
pub(super) struct Builder {
    pub(super) net: Net,
    pub(super) shapes: Vec<Shape>,
    cube: bool,
}

impl Builder {
    /// Adds a layer if it fits and stays small.
    fn push(&mut self, op: Op, inputs: &[usize]) -> Option<usize> {
        let op = if self.cube { alike(op) } else { op };
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
        let widest =
            *ends.iter().max_by_key(|&&end| (self.shapes[end].units(), self.shapes[end].channels))?;
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
            let gate = fit.broadcast && have.channels == 1 && (merge == Merge::Mul || have.single());
            if merge != Merge::Concat && have.channels != goal.channels && !gate {
                *end = self.push(conv_of(goal.channels, window(3, 1, 1, 0, 1)), &[*end])?;
            }
        }
        self.push(Op::Merge(merge), &ends)
    }

    /// A layer that should not fit anywhere near the end of the graph.
    pub(super) fn impossible(&mut self, kind: usize, at: prop::sample::Index) -> (Op, Vec<usize>) {
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

/// The same layer with what it asks of the first axis asked of all.
fn alike(mut op: Op) -> Op {
    if let Op::Resize { axes } = &mut op {
        *axes = [axes[0]; 3];
    }
    arguments(&mut op, |all| *all = [all[0]; 3], |window| window.padding = [window.padding[0]; 3]);
    op
}

/// The same layer with nothing asked of axes that are not there.
fn neutral_beyond(mut op: Op, rank: usize) -> Op {
    if let Op::Resize { axes } = &mut op {
        axes[rank..].fill(Resample::IDENTITY);
    }
    let units = matches!(op, Op::Pad { .. });
    arguments(
        &mut op,
        |all| all[rank..].fill(i64::from(!units)),
        |window| window.padding[rank..].fill(Padding::ZERO),
    );
    if let Op::ConvTranspose { output_padding, .. } = &mut op {
        output_padding[rank..].fill(0);
    }
    op
}

/// Changes all arguments of a layer that it has one of per axis, paddings apart.
fn arguments(op: &mut Op, mut change: impl FnMut(&mut PerAxis), padding: impl FnOnce(&mut Window)) {
    match op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Pool { window, .. }
        | Op::Custom { window, .. }
        | Op::ConvTranspose { window, .. } => {
            change(&mut window.kernel);
            change(&mut window.stride);
            change(&mut window.dilation);
            padding(window);
        }
        Op::AdaptivePool { output, .. } => change(output),
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } | Op::PixelUnshuffle { factor } => {
            change(factor);
        }
        Op::Pad { sides } => {
            change(&mut sides.before);
            change(&mut sides.after);
        }
        _ => {}
    }
    if let Op::ConvTranspose { output_padding, .. } = op {
        change(output_padding);
    }
}
