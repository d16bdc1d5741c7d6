//! An owned graph, and a short way to write one.

use rf_core::graph::{
    Activation, Graph, Init, Merge, Node, Norm, Op, Padding, PerAxis, Pool, Resize, Sides, Window,
};

/// A layer that owns its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its path, unique in the net.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// The layers it reads.
    pub inputs: Vec<usize>,
}

/// A graph that owns its parts.
#[derive(Clone, PartialEq)]
pub struct Net {
    /// Number of spatial axes.
    pub rank: usize,
    /// Layers in topological order; the first is the input.
    pub layers: Vec<Layer>,
}

/// One layer a line: a failing case is read by people.
impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} axes", self.rank)?;
        for (number, layer) in self.layers.iter().enumerate() {
            let text =
                format!("{:?}", layer.op).replace("Explicit { before: ", "(").replace(", after: ", ", ");
            write!(f, "\n{number} <- {:?}: {text}", layer.inputs)?;
        }
        Ok(())
    }
}

impl Net {
    /// A net of `rank` axes that has an input only.
    #[must_use]
    pub fn new(rank: usize, channels: i64, extents: PerAxis) -> Self {
        let input = Layer { name: "input".into(), op: Op::Input { channels, extents }, inputs: vec![] };
        Self { rank, layers: vec![input] }
    }

    /// Two axes, three channels and a square input.
    #[must_use]
    pub fn image(extent: i64) -> Self {
        Self::new(2, 3, [extent, extent, 1])
    }

    /// Index of the newest layer.
    #[must_use]
    pub fn last(&self) -> usize {
        self.layers.len() - 1
    }

    /// Adds a layer after the newest one; gives its index.
    pub fn then(&mut self, op: Op) -> usize {
        let last = self.last();
        self.add(op, &[last])
    }

    /// Adds a layer that reads `inputs`; gives its index.
    pub fn add(&mut self, op: Op, inputs: &[usize]) -> usize {
        let name = format!("l{}", self.layers.len());
        self.layers.push(Layer { name, op, inputs: inputs.to_vec() });
        self.last()
    }

    /// Adds several layers in sequence, the first of which reads `from`; gives the last one's index.
    pub fn chain(&mut self, from: usize, ops: &[Op]) -> usize {
        ops.iter().fold(from, |at, op| self.add(*op, &[at]))
    }

    /// Lends the net as a [`Graph`].
    pub fn with<R>(&self, read: impl FnOnce(&Graph<'_>) -> R) -> R {
        let nodes: Vec<Node<'_>> = (self.layers.iter())
            .map(|layer| Node { name: &layer.name, op: layer.op, inputs: &layer.inputs })
            .collect();
        read(&Graph { name: "Net", rank: self.rank, nodes: &nodes, groups: &[], init: Init::HeFanOut })
    }
}

/// The same number on each of `rank` axes, `neutral` beyond.
#[must_use]
pub fn each(rank: usize, number: i64, neutral: i64) -> PerAxis {
    std::array::from_fn(|axis| if axis < rank { number } else { neutral })
}

/// A cubic window on `rank` axes: kernel, stride, padding, dilation.
#[must_use]
pub fn window(rank: usize, k: i64, s: i64, p: i64, d: i64) -> Window {
    padded(rank, k, s, Padding::both(p), d)
}

/// The same with any padding.
#[must_use]
pub fn padded(rank: usize, k: i64, s: i64, padding: Padding, d: i64) -> Window {
    let sides = std::array::from_fn(|axis| if axis < rank { padding } else { Padding::ZERO });
    Window::new(each(rank, k, 1)).stride(each(rank, s, 1)).dilation(each(rank, d, 1)).padding(sides)
}

/// A convolution with the given window.
#[must_use]
pub fn conv_of(channels: i64, window: Window) -> Op {
    Op::Conv { channels, window, groups: 1, bias: true }
}

/// A 2-D convolution: kernel, stride, padding.
#[must_use]
pub fn conv(channels: i64, k: i64, s: i64, p: i64) -> Op {
    conv_of(channels, window(2, k, s, p, 1))
}

/// A transposed convolution on two axes.
#[must_use]
pub fn up_conv(channels: i64, k: i64, s: i64, p: i64) -> Op {
    up_conv_of(channels, window(2, k, s, p, 1))
}

/// A transposed convolution with the given window.
#[must_use]
pub fn up_conv_of(channels: i64, window: Window) -> Op {
    Op::ConvTranspose { channels, window, output_padding: [0; 3], groups: 1, bias: true }
}

/// A pool with the given window.
#[must_use]
pub fn pool_of(pool: Pool, window: Window, ceil_mode: bool) -> Op {
    Op::Pool { pool, window, ceil_mode, count_include_pad: true }
}

/// A 2-D max pool: kernel, stride, padding.
#[must_use]
pub fn max_pool(k: i64, s: i64, p: i64) -> Op {
    pool_of(Pool::Max, window(2, k, s, p, 1), false)
}

/// A 2-D max pool in `ceil_mode`.
#[must_use]
pub fn max_pool_ceil(k: i64, s: i64, p: i64) -> Op {
    pool_of(Pool::Max, window(2, k, s, p, 1), true)
}

/// A 2-D average pool: kernel, stride, padding.
#[must_use]
pub fn avg_pool(k: i64, s: i64, p: i64) -> Op {
    pool_of(Pool::Avg, window(2, k, s, p, 1), false)
}

/// An upsampling on `rank` axes.
#[must_use]
pub fn upsample(rank: usize, factor: i64, mode: Resize) -> Op {
    Op::Upsample { factor: each(rank, factor, 1), mode }
}

/// Units before and after each of two axes.
#[must_use]
pub fn pad(before: i64, after: i64) -> Op {
    Op::Pad { sides: Sides { before: each(2, before, 0), after: each(2, after, 0) } }
}

/// Rectified linear units.
pub const RELU: Op = Op::Activation(Activation::Relu);
/// Batch norm with scale and shift.
pub const BATCH_NORM: Op = Op::Norm { norm: Norm::Batch, affine: true };
/// Global average pooling.
pub const GLOBAL_POOL: Op = Op::GlobalPool { pool: Pool::Avg };
/// Sum.
pub const ADD: Op = Op::Merge(Merge::Add);
/// Concatenation of channels.
pub const CONCAT: Op = Op::Merge(Merge::Concat);
