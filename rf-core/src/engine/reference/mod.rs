//! The reference engine: naive loops in `f64`, every layer on one to three axes.
//!
//! A linear layer is the list of its links `(output, input, coefficient)`: forward adds `coefficient · input` to
//! the output, backward adds `coefficient · gradient` to the input, from one and the same list. All other layers
//! have a forward and a backward function side by side.
pub(super) mod attention;
pub(super) mod linear;
pub(super) mod nonlinear;
pub(super) mod norm;
#[cfg(test)]
mod tests;

use std::vec;
use std::vec::Vec;

use super::{Cone, Error, Region};
use crate::graph::{Op, PerAxis};

/// A feature map over a region: channel by channel, each row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Number of channels.
    pub channels: usize,
    /// The units.
    pub region: Region,
    /// The values, `channels × units`.
    pub values: Vec<f64>,
}

impl Tensor {
    /// All zeros.
    #[must_use]
    pub fn zeros(channels: usize, region: Region) -> Self {
        Self { channels, region, values: vec![0.0; channels * region.count()] }
    }

    /// The flat position of a channel's unit; `None` outside the region.
    #[must_use]
    pub fn position(&self, channel: usize, index: PerAxis) -> Option<usize> {
        self.region.position(index).map(|at| channel * self.region.count() + at)
    }

    /// The values of one unit over all channels.
    fn across(&self, unit: usize) -> Vec<f64> {
        let units = self.region.count();
        (0..self.channels).map(|c| self.values[c * units + unit]).collect()
    }
}

/// The tensors of every node, in the order of [`super::parameters`].
pub type Values = [Vec<Vec<f64>>];

/// Runs the network over the cone. `input` holds `channels × units` of the input's region.
///
/// Nodes without a region get an empty tensor.
pub fn forward(cone: &Cone<'_>, weights: &Values, input: &[f64]) -> Result<Vec<Tensor>, Error> {
    forward_with(cone, weights, input, &|_| {})
}

/// The same, with something done to every finished map.
pub(super) fn forward_with(
    cone: &Cone<'_>,
    weights: &Values,
    input: &[f64],
    finish: &dyn Fn(&mut Tensor),
) -> Result<Vec<Tensor>, Error> {
    let mut values: Vec<Tensor> = Vec::with_capacity(cone.graph.nodes.len());
    for (i, node) in cone.graph.nodes.iter().enumerate() {
        let mut out = Tensor::zeros(cone.channels(i), cone.regions[i]);
        if !out.region.is_empty() {
            let inputs: Vec<&Tensor> = node.inputs.iter().map(|&j| &values[j]).collect();
            let at = At { cone, node: i, op: &node.op, weights: &weights[i] };
            match node.op {
                Op::Input { .. } => out.values.copy_from_slice(input),
                Op::Custom { .. } => {
                    return Err(Error::Unsupported {
                        layer: node.name.into(),
                        what: "a custom layer has no values",
                    });
                }
                Op::Opaque { operator, .. } => {
                    return Err(Error::Unsupported { layer: node.name.into(), what: operator });
                }
                _ if linear::is(&node.op) => linear::forward(at, &inputs, &mut out),
                Op::Norm { norm, .. } => norm::forward(at, norm, inputs[0], &mut out),
                Op::Attention { heads, .. } => attention::forward(at, heads as usize, inputs[0], &mut out),
                _ => nonlinear::forward(at, &inputs, &mut out),
            }
        }
        finish(&mut out);
        values.push(out);
    }
    Ok(values)
}

/// The gradient of `Σ seed · channels of the unit` with respect to every node between the target and the unit;
/// zero-sized elsewhere.
#[must_use]
pub fn backward(cone: &Cone<'_>, weights: &Values, values: &[Tensor], seed: &[f64]) -> Vec<Tensor> {
    backward_with(cone, weights, values, seed, &|_| {})
}

/// The same, with something done to every finished gradient.
pub(super) fn backward_with(
    cone: &Cone<'_>,
    weights: &Values,
    values: &[Tensor],
    seed: &[f64],
    finish: &dyn Fn(&mut Tensor),
) -> Vec<Tensor> {
    let mut gradients: Vec<Tensor> = (0..cone.graph.nodes.len())
        .map(|i| {
            if cone.passes[i] {
                Tensor::zeros(cone.channels(i), cone.regions[i])
            } else {
                Tensor::zeros(0, Region::EMPTY)
            }
        })
        .collect();
    let unit = cone.regions[cone.node].position(cone.unit).unwrap_or(0);
    let units = cone.regions[cone.node].count();
    for (c, s) in seed.iter().enumerate() {
        gradients[cone.node].values[c * units + unit] = *s;
    }
    for i in (cone.target + 1..=cone.node).rev().filter(|&i| cone.passes[i]) {
        finish(&mut gradients[i]);
        let node = &cone.graph.nodes[i];
        let at = At { cone, node: i, op: &node.op, weights: &weights[i] };
        let inputs: Vec<&Tensor> = node.inputs.iter().map(|&j| &values[j]).collect();
        for (j, &source) in node.inputs.iter().enumerate().filter(|&(_, &s)| cone.passes[s]) {
            let (head, tail) = gradients.split_at_mut(i);
            let (gradient, out) = (&mut head[source], &tail[0]);
            match node.op {
                _ if linear::is(&node.op) => linear::backward(at, j, out, gradient),
                Op::Norm { norm, .. } => norm::backward(at, norm, inputs[0], out, gradient),
                Op::Attention { heads, .. } => {
                    attention::backward(at, heads as usize, inputs[0], out, gradient);
                }
                _ => nonlinear::backward(at, j, &inputs, &values[i], out, gradient),
            }
        }
    }
    gradients
}

/// One layer at work.
#[derive(Clone, Copy)]
pub(super) struct At<'a, 'g> {
    pub cone: &'a Cone<'g>,
    pub node: usize,
    pub op: &'a Op,
    pub weights: &'a [Vec<f64>],
}
