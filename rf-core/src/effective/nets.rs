//! Graphs for the tests of this folder, built in a line a layer.

extern crate std;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::graph::{Activation, Graph, Init, Merge, Node, Norm, Op, Padding, Pool, Resize, Window};

/// A graph under construction. Names and inputs are leaked: tests are short.
pub(crate) struct Net {
    pub(crate) nodes: Vec<Node<'static>>,
    rank: usize,
    pub(crate) init: Init,
}

impl Net {
    pub(crate) fn new(rank: usize, channels: i64, extent: i64) -> Self {
        let mut extents = [1; 3];
        extents[..rank].fill(extent);
        let input = Node { name: "input", op: Op::Input { channels, extents }, inputs: &[] };
        Self { nodes: vec![input], rank, init: Init::HeFanOut }
    }

    pub(crate) fn last(&self) -> usize {
        self.nodes.len() - 1
    }

    pub(crate) fn node(&mut self, op: Op, inputs: &[usize]) -> usize {
        let name: &'static str = Box::leak(String::into_boxed_str(format!("n{}", self.nodes.len())));
        self.nodes.push(Node { name, op, inputs: Box::leak(inputs.to_vec().into_boxed_slice()) });
        self.last()
    }

    pub(crate) fn then(&mut self, op: Op) -> usize {
        self.node(op, &[self.last()])
    }

    /// The same number on every axis in use, `neutral` beyond.
    pub(crate) fn all(&self, value: i64, neutral: i64) -> [i64; 3] {
        let mut axes = [neutral; 3];
        axes[..self.rank].fill(value);
        axes
    }

    pub(crate) fn window(&self, k: i64, s: i64, p: i64, d: i64) -> Window {
        let mut padding = [Padding::ZERO; 3];
        padding[..self.rank].fill(Padding::both(p));
        Window::new(self.all(k, 1)).stride(self.all(s, 1)).padding(padding).dilation(self.all(d, 1))
    }

    pub(crate) fn conv(&mut self, channels: i64, k: i64, s: i64, p: i64, d: i64) -> usize {
        self.then(Op::Conv { channels, window: self.window(k, s, p, d), groups: 1, bias: false })
    }

    pub(crate) fn relu(&mut self) -> usize {
        self.then(Op::Activation(Activation::Relu))
    }

    pub(crate) fn bn(&mut self) -> usize {
        self.then(Op::Norm { norm: Norm::Batch, affine: true })
    }

    pub(crate) fn pool(&mut self, pool: Pool, k: i64, s: i64, p: i64) -> usize {
        let window = self.window(k, s, p, 1);
        self.then(Op::Pool { pool, window, ceil_mode: false, count_include_pad: true })
    }

    pub(crate) fn up(&mut self, factor: i64, mode: Resize) -> usize {
        self.then(Op::Upsample { factor: self.all(factor, 1), mode })
    }

    pub(crate) fn up_conv(&mut self, channels: i64, k: i64, s: i64, p: i64) -> usize {
        let window = self.window(k, s, p, 1);
        self.then(Op::ConvTranspose { channels, window, output_padding: [0; 3], groups: 1, bias: false })
    }

    pub(crate) fn merge(&mut self, merge: Merge, inputs: &[usize]) -> usize {
        self.node(Op::Merge(merge), inputs)
    }

    pub(crate) fn graph(&self) -> Graph<'_> {
        Graph { name: "Test", rank: self.rank, nodes: &self.nodes, groups: &[], init: self.init }
    }
}

/// `layers` 3×3 convolutions with a ReLU each, `channels` wide; initialised by fan-in as in the known answers.
pub(crate) fn chain(layers: usize, extent: i64) -> Net {
    let mut net = Net::new(2, 3, extent);
    for _ in 0..layers {
        net.conv(32, 3, 1, 1, 1);
        net.relu();
    }
    net
}

/// torchvision's VGG-16 features.
pub(crate) fn vgg16(extent: i64) -> Net {
    let mut net = Net::new(2, 3, extent);
    for (channels, convs) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..convs {
            net.conv(channels, 3, 1, 1, 1);
            net.relu();
        }
        net.pool(Pool::Max, 2, 2, 0);
    }
    net
}

/// torchvision's ResNet-50 up to `layer4`.
pub(crate) fn resnet50(extent: i64) -> Net {
    let mut net = Net::new(2, 3, extent);
    net.conv(64, 7, 2, 3, 1);
    net.bn();
    net.relu();
    net.pool(Pool::Max, 3, 2, 1);
    for (width, blocks, stride) in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)] {
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            let input = net.last();
            net.conv(width, 1, 1, 0, 1);
            net.bn();
            net.relu();
            net.conv(width, 3, stride, 1, 1);
            net.bn();
            net.relu();
            net.conv(width * 4, 1, 1, 0, 1);
            let branch = net.bn();
            let shortcut = if block == 0 {
                let window = net.window(1, stride, 0, 1);
                net.node(Op::Conv { channels: width * 4, window, groups: 1, bias: false }, &[input]);
                net.bn()
            } else {
                input
            };
            net.merge(Merge::Add, &[branch, shortcut]);
            net.relu();
        }
    }
    net
}
