//! One layer at work: what its forward run and its way back share.
use std::borrow::Cow;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use super::convolve::convolve;
use super::map::Map;
use super::pack::{Kernel, Shape};
use super::{Fast, Lookup};
use crate::engine::reference::{self, At, norm::EPSILON};
use crate::engine::{Cone, Reads, params};
use crate::graph::Op;
use crate::theory::AxisMap;

/// One layer at work.
pub(super) struct Layer<'l, 'g, 'w> {
    pub cone: &'l Cone<'g>,
    pub node: usize,
    pub weights: &'l Lookup<'w>,
    pub fast: &'l Fast,
}

impl Layer<'_, '_, '_> {
    pub(super) fn op(&self) -> &Op {
        &self.cone.graph.nodes[self.node].op
    }

    pub(super) fn inputs(&self) -> &[usize] {
        self.cone.graph.nodes[self.node].inputs
    }

    pub(super) fn weight(&self, k: usize) -> Cow<'_, [f32]> {
        (self.weights)(self.node, k).into_values()
    }

    pub(super) fn zeros(&self) -> Map {
        Map::zeros(self.cone.channels(self.node), self.cone.regions[self.node])
    }

    /// A convolution forward, or its gradient backward.
    pub(super) fn convolve(&self, source: &Map, out: &mut Map, forward: bool, accumulate: bool) {
        let Reads::Local(maps) = self.cone.reads(self.node, 0) else { return };
        let Some(plan) = &self.fast.plans[self.node][usize::from(!forward)] else { return };
        let input = self.cone.channels(self.inputs()[0]);
        let output = self.cone.channels(self.node);
        let taps: usize = maps.iter().map(kernel_of).product();
        let weights = (self.weights)(self.node, 0);
        let folded = self.fast.folded[self.node].map(|n| match self.cone.graph.nodes[n].op {
            Op::Norm { affine, .. } => self.batch_norm(n, affine),
            _ => (vec![1.0; output], vec![0.0; output]),
        });
        let (groups, biased, transposed) = match *self.op() {
            Op::Conv { groups, bias, .. } => (groups as usize, bias, false),
            Op::DepthwiseConv { bias, .. } => (input, bias, false),
            Op::ConvTranspose { groups, bias, .. } => (groups as usize, bias, true),
            _ => return,
        };
        let (per_in, per_out) = (input / groups, output / groups);
        // PyTorch's layouts: `[out, in / groups, taps]`, and `[in, out / groups, taps]` where transposed.
        let (rows, columns) = if transposed { (per_in, per_out) } else { (per_out, per_in) };
        let scale = folded.as_ref().map(|f| (&f.0[..], forward));
        let shape = Shape { groups, rows, columns, taps };
        let kernel = Kernel::new(&weights, shape, forward != transposed, scale);
        if !forward {
            return convolve(source, plan, &kernel, None, out, accumulate);
        }
        let mut bias = biased.then(|| self.weight(1).into_owned());
        if let Some((scale, shift)) = &folded {
            let bias = bias.get_or_insert_with(|| vec![0.0; output]);
            bias.iter_mut().zip(scale.iter().zip(shift)).for_each(|(b, (a, s))| *b = *b * a + s);
        }
        convolve(source, plan, &kernel, bias.as_deref(), out, accumulate);
    }

    /// What a batch norm multiplies each channel by, and adds.
    pub(super) fn batch_norm(&self, node: usize, affine: bool) -> (Vec<f32>, Vec<f32>) {
        let first = if affine { 2 } else { 0 };
        let tensor = |k: usize| (self.weights)(node, k).into_values();
        let (mean, variance) = (tensor(first), tensor(first + 1));
        let given = affine.then(|| (tensor(0), tensor(1)));
        let scale = |c: usize| given.as_ref().map_or(1.0, |g| g.0[c]) / (variance[c] + EPSILON as f32).sqrt();
        let shift = |c: usize| given.as_ref().map_or(0.0, |g| g.1[c]);
        (0..mean.len()).map(|c| (scale(c), shift(c) - mean[c] * scale(c))).unzip()
    }

    pub(super) fn tensors(&self) -> Vec<Vec<f64>> {
        let count = params::of(self.cone, self.node).len();
        (0..count).map(|k| self.weight(k).iter().map(|&v| f64::from(v)).collect()).collect()
    }

    pub(super) fn by_reference(
        &self,
        inputs: &[Rc<Map>],
        run: impl FnOnce(At<'_, '_>, &Op, &[&reference::Tensor], &mut reference::Tensor),
    ) -> reference::Tensor {
        let inputs: Vec<reference::Tensor> = inputs.iter().map(|x| x.to_tensor()).collect();
        let borrowed: Vec<&reference::Tensor> = inputs.iter().collect();
        let weights = self.tensors();
        let at = At { cone: self.cone, node: self.node, op: self.op(), weights: &weights };
        let mut out = reference::Tensor::zeros(self.cone.channels(self.node), self.cone.regions[self.node]);
        run(at, self.op(), &borrowed, &mut out);
        out
    }
}

/// Exactly 1: a factor that was never set.
pub(super) fn is_one(scale: f32) -> bool {
    scale.to_bits() == 1.0_f32.to_bits()
}

fn kernel_of(map: &AxisMap) -> usize {
    match *map {
        AxisMap::Window { kernel, .. } | AxisMap::Transposed { kernel, .. } => kernel as usize,
        _ => 1,
    }
}
