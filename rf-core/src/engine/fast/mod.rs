//! The fast engine: the cone of one unit, in `f32`.
//!
//! Forward runs only where the gradient needs a value, over the window of each map that the unit depends on; a map
//! is dropped after its last reader, and what the way back needs of it is kept in its smallest form: a ReLU keeps
//! one byte a value, a maximum pool the winners. Backward runs only towards the target.
//!
//! Convolutions (plain, grouped, depthwise, transposed) are products by gathered rows; layers that mix units only
//! are products over axes. What is rare or small (normalisations with statistics, gates, products, attention)
//! is handed to the reference engine's functions, which are exact and slow: layers that read all of their input
//! cost the whole map, whichever engine runs them.
mod backward;
mod buffer;
mod convolve;
mod dense;
mod forward;
mod kernel;
mod lattice;
mod layer;
mod map;
mod narrow;
mod pack;
mod plan;
#[cfg(test)]
mod tests;
mod window;
mod winograd;

use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use self::buffer::Buffer;
use self::layer::Layer;
use self::map::Map;
use self::plan::{Channels, Plan};
use super::{Cone, Error, Reads, Weight};
use crate::graph::{Norm, Op};
use crate::theory::AxisMap;

/// A cone prepared for many samples.
#[derive(Clone, Debug)]
pub struct Fast {
    /// Per node, how many readers its value has in a forward run.
    readers: Vec<usize>,
    /// Per convolution, the batch norm that is folded into its weights.
    folded: Vec<Option<usize>>,
    /// Per node, whether it is a batch norm that has been folded.
    absorbed: Vec<bool>,
    /// Per convolution, how it runs forward and backward.
    plans: Vec<[Option<Plan>; 2]>,
}

/// Where the tensors of a node come from: `(node, position)`.
pub type Lookup<'w> = dyn Fn(usize, usize) -> Weight<'w> + 'w;

/// What the way back needs of a layer's inputs.
enum Kept {
    Nothing,
    /// Per value, whether its gradient passes.
    Mask(Buffer<u8>),
    /// Per value of the output, the unit it came from.
    Winners(Buffer<u32>),
    /// The inputs themselves.
    Values(Vec<Rc<Map>>),
}

impl Fast {
    /// Prepares a cone.
    pub fn new(cone: &Cone<'_>) -> Result<Self, Error> {
        let nodes = cone.graph.nodes;
        let mut readers = vec![0; nodes.len()];
        for i in (0..nodes.len()).filter(|&i| runs(cone, i)) {
            let layer = || nodes[i].name.into();
            match nodes[i].op {
                Op::Custom { .. } => {
                    let what = "a custom layer has no values";
                    return Err(Error::Unsupported { layer: layer(), what });
                }
                Op::Opaque { operator, .. } => {
                    return Err(Error::Unsupported { layer: layer(), what: operator });
                }
                _ => {}
            }
            nodes[i].inputs.iter().for_each(|&j| readers[j] += 1);
        }
        let mut all = vec![0; nodes.len()];
        nodes.iter().take(cone.node + 1).for_each(|n| n.inputs.iter().for_each(|&j| all[j] += 1));
        let (mut folded, mut absorbed) = (vec![None; nodes.len()], vec![false; nodes.len()]);
        for (i, node) in nodes.iter().enumerate().take(cone.node + 1) {
            let Op::Norm { norm: Norm::Batch, .. } = node.op else { continue };
            let source = node.inputs[0];
            let folds = matches!(
                nodes[source].op,
                Op::Conv { .. } | Op::DepthwiseConv { .. } | Op::ConvTranspose { .. }
            );
            if folds && all[source] == 1 && source != cone.target {
                folded[source] = Some(i);
                absorbed[i] = true;
            }
        }
        let plans = (0..nodes.len()).map(|i| plans(cone, i)).collect();
        Ok(Self { readers, folded, absorbed, plans })
    }

    /// The gradient at the target, `units × channels`, of the unit's channels times `combination`.
    ///
    /// `input` holds `channels × units` of the input's region; it may be empty where no value is needed.
    #[must_use]
    pub fn gradient(
        &self,
        cone: &Cone<'_>,
        weights: &Lookup<'_>,
        input: &[f32],
        combination: &[f32],
    ) -> Vec<f32> {
        let kept = self.forward(cone, weights, input);
        self.backward(cone, weights, kept, combination)
    }

    fn forward(&self, cone: &Cone<'_>, weights: &Lookup<'_>, input: &[f32]) -> Vec<Kept> {
        let mut values: Vec<Option<Rc<Map>>> = vec![None; cone.graph.nodes.len()];
        let mut left = self.readers.clone();
        let mut kept: Vec<Kept> = Vec::with_capacity(values.len());
        for i in 0..=cone.node {
            let mut keep = Kept::Nothing;
            if runs(cone, i) {
                let mut inputs = Vec::new();
                for &j in cone.graph.nodes[i].inputs {
                    left[j] -= 1;
                    let value = if left[j] == 0 { values[j].take() } else { values[j].clone() };
                    inputs.extend(value);
                }
                let layer = Layer { cone, node: i, weights, fast: self };
                let (out, saved) = layer.forward(inputs, input);
                keep = saved;
                values[i] = if left[i] > 0 { out.map(Rc::new) } else { None };
            }
            kept.push(keep);
        }
        kept
    }

    fn backward(
        &self,
        cone: &Cone<'_>,
        weights: &Lookup<'_>,
        mut kept: Vec<Kept>,
        combination: &[f32],
    ) -> Vec<f32> {
        let mut gradients: Vec<Option<Map>> = vec![None; cone.graph.nodes.len()];
        let mut seed = Map::zeros(cone.channels(cone.node), cone.regions[cone.node]);
        seed.values.copy_from_slice(combination);
        gradients[cone.node] = Some(seed);
        for i in (cone.target + 1..=cone.node).rev().filter(|&i| cone.passes[i]) {
            let Some(gradient) = gradients[i].take() else { continue };
            let keep = core::mem::replace(&mut kept[i], Kept::Nothing);
            let layer = Layer { cone, node: i, weights, fast: self };
            layer.backward(gradient, keep, &mut gradients);
        }
        gradients[cone.target].take().map_or_else(|| vec![0.0; cone.size(cone.target)], |g| g.values.to_vec())
    }
}

/// Whether a node does anything in a forward run: its value is needed, or the way back needs its inputs.
fn runs(cone: &Cone<'_>, i: usize) -> bool {
    let node = &cone.graph.nodes[i];
    let asks =
        cone.passes[i] && !super::layer::affine(&node.op) && node.inputs.iter().any(|&j| cone.passes[j]);
    i <= cone.node && !cone.regions[i].is_empty() && (cone.valued[i] || asks)
}

/// How a convolution runs forward and backward, where it does.
fn plans(cone: &Cone<'_>, i: usize) -> [Option<Plan>; 2] {
    let (node, out) = (&cone.graph.nodes[i], cone.channels(i));
    let Some(&input) = node.inputs.first() else { return [None, None] };
    let groups = match node.op {
        Op::Conv { groups, .. } | Op::ConvTranspose { groups, .. } => groups as usize,
        Op::DepthwiseConv { .. } => cone.channels(input),
        _ => return [None, None],
    };
    let Reads::Local(maps) = cone.reads(i, 0) else { return [None, None] };
    let (source, here, there) = (cone.channels(input), cone.regions[i], cone.regions[input]);
    let forward = Channels { source, out, from: source / groups, to: out / groups };
    let backward = Channels { source: out, out: source, from: forward.to, to: forward.from };
    let back = i <= cone.node && cone.passes[i] && cone.passes[input];
    [
        runs(cone, i).then(|| Plan::new(&maps, there, here, forward)),
        back.then(|| Plan::new(&maps.map(adjoint), here, there, backward)),
    ]
}

/// The map from input to outputs of a map from output to inputs.
fn adjoint(map: AxisMap) -> AxisMap {
    match map {
        AxisMap::Window { kernel, stride, dilation, before } => {
            AxisMap::Transposed { kernel, stride, dilation, before }
        }
        AxisMap::Transposed { kernel, stride, dilation, before } => {
            AxisMap::Window { kernel, stride, dilation, before }
        }
        other => other,
    }
}
