//! Learnable parameters: which a layer has, how they are named, and where their values come from.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::drawn::Normal;
use super::{Error, Stream, error::closest, layer::Layer};
use crate::effective::weight_variance;
use crate::graph::{Activation, Graph, Init, Node, Norm, Op, Window};
use crate::theory::TableBuf;

/// A tensor of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name after the layer's: `weight`, `running_mean`.
    pub name: &'static str,
    /// Its shape in PyTorch's order.
    pub shape: Vec<usize>,
    /// What it is.
    pub role: Role,
}

/// What a tensor is to its layer: decides its values where none are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A matrix or kernel, drawn at random.
    Weight,
    /// 0: biases, shifts, running means.
    Zero,
    /// 1: scales and running variances.
    One,
    /// The slope of `prelu`: 1/4.
    Slope,
}

impl Parameter {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A dense tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f32>,
}

impl Array {
    /// `(value - mean) / deviation` in each channel, the first axis: how a network wants its images.
    ///
    /// # Panics
    /// Where there is not one mean and one deviation a channel.
    #[must_use]
    pub fn normalised(mut self, mean: &[f32], deviation: &[f32]) -> Self {
        let channels = self.shape.first().copied().unwrap_or(0);
        assert!(
            mean.len() == channels && deviation.len() == channels,
            "{} means and {} deviations for {channels} channels",
            mean.len(),
            deviation.len()
        );
        let units = self.values.len() / channels.max(1);
        for (c, channel) in self.values.chunks_exact_mut(units.max(1)).enumerate() {
            for value in channel {
                *value = (*value - mean[c]) / deviation[c];
            }
        }
        self
    }
}

/// Trained weights by their `state_dict` names.
pub type StateDict = BTreeMap<String, Array>;

/// Where the weights of a network, or of one layer, come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Weights {
    /// Drawn anew for each sample. Biases are 0, as torchvision initialises them.
    Init(Init),
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform in ± this bound.
    Uniform(f64),
    /// All ones.
    Ones,
    /// Given, under `state_dict` names.
    Given(StateDict),
}

impl Weights {
    /// Whether each sample draws them anew, from a distribution that knows no direction.
    #[must_use]
    pub const fn drawn(&self) -> bool {
        !matches!(self, Self::Given(_))
    }
}

/// The tensors of one layer, in PyTorch's order.
#[must_use]
pub fn parameters(op: &Op, inputs: &[(usize, usize)], channels: usize) -> Vec<Parameter> {
    let (c, units) = inputs.first().copied().unwrap_or((0, 1));
    match *op {
        Op::Conv { window, groups, bias, .. } => {
            kernel(channels, c / groups.max(1) as usize, &window, bias.then_some(channels))
        }
        Op::DepthwiseConv { window, bias, .. } => kernel(channels, 1, &window, bias.then_some(channels)),
        Op::ConvTranspose { window, groups, bias, .. } => {
            kernel(c, channels / groups.max(1) as usize, &window, bias.then_some(channels))
        }
        Op::Linear { bias, .. } => dense("weight", "bias", channels, c * units, bias),
        Op::SqueezeExcite { squeeze } => {
            let squeeze = squeeze.max(0) as usize;
            let mut all = dense("fc1.weight", "fc1.bias", squeeze, c, true);
            all.extend(dense("fc2.weight", "fc2.bias", c, squeeze, true));
            for i in [0, 2] {
                all[i].shape.extend([1, 1]);
            }
            all
        }
        Op::Attention { bias, .. } => {
            let mut all = dense("in_proj_weight", "in_proj_bias", 3 * c, c, bias);
            all.extend(dense("out_proj.weight", "out_proj.bias", c, c, bias));
            all
        }
        Op::Norm { norm, affine } => normalisation(norm, affine, c),
        Op::Activation(Activation::Prelu) => {
            vec![Parameter { name: "weight", shape: vec![1], role: Role::Slope }]
        }
        Op::Activation(Activation::PreluPerChannel) => {
            vec![Parameter { name: "weight", shape: vec![c], role: Role::Slope }]
        }
        _ => Vec::new(),
    }
}

/// The tensors of a node.
pub(crate) fn tensors(graph: &Graph<'_>, layers: &[Layer], i: usize) -> Vec<Parameter> {
    let units = |j: usize| layers[j].extents.iter().map(|&e| e.max(1) as usize).product();
    let inputs: Vec<_> = graph.nodes[i].inputs.iter().map(|&j| (layers[j].channels, units(j))).collect();
    let mut all = parameters(&graph.nodes[i].op, &inputs, layers[i].channels);
    // Kernels carry three taps inside; PyTorch's have one per axis.
    all.iter_mut().filter(|p| p.shape.len() == 5).for_each(|p| p.shape.truncate(2 + graph.rank));
    all
}

/// The tensors of a node of a cone.
pub(crate) fn of(cone: &super::Cone<'_>, i: usize) -> Vec<Parameter> {
    tensors(&cone.graph, &cone.layers, i)
}

/// A kernel of `rows × columns × taps` and its bias.
fn kernel(rows: usize, columns: usize, window: &Window, bias: Option<usize>) -> Vec<Parameter> {
    let mut shape = vec![rows, columns];
    shape.extend(window.kernel.iter().map(|&k| k as usize));
    let mut all = vec![Parameter { name: "weight", shape, role: Role::Weight }];
    if let Some(n) = bias {
        all.push(Parameter { name: "bias", shape: vec![n], role: Role::Zero });
    }
    all
}

fn dense(weight: &'static str, bias: &'static str, out: usize, input: usize, biased: bool) -> Vec<Parameter> {
    let mut all = vec![Parameter { name: weight, shape: vec![out, input], role: Role::Weight }];
    if biased {
        all.push(Parameter { name: bias, shape: vec![out], role: Role::Zero });
    }
    all
}

fn normalisation(norm: Norm, affine: bool, channels: usize) -> Vec<Parameter> {
    let per_channel = |name, role| Parameter { name, shape: vec![channels], role };
    let mut all = Vec::new();
    if affine && !matches!(norm, Norm::LocalResponse { .. }) {
        all.push(per_channel("weight", Role::One));
        all.push(per_channel("bias", Role::Zero));
    }
    if norm == Norm::Batch {
        all.push(per_channel("running_mean", Role::Zero));
        all.push(per_channel("running_var", Role::One));
    }
    all
}

/// Where each tensor of a network comes from, checked against its shapes.
#[derive(Clone, Debug)]
pub(crate) struct Supply {
    /// Per node, its tensors.
    pub parameters: Vec<Vec<Parameter>>,
    /// The rules: the network's, then those of single layers.
    rules: Vec<Weights>,
    /// Per node, its rule.
    rule: Vec<usize>,
    /// Per node and tensor, the standard deviation under its rule.
    deviations: Vec<Vec<f64>>,
    names: Vec<String>,
}

impl Supply {
    /// Collects the rules and checks every given tensor that a needed node uses.
    pub(crate) fn new(
        graph: &Graph<'_>,
        layers: &[Layer],
        needed: impl Fn(usize) -> bool,
        general: Weights,
        single: Vec<(String, Weights)>,
    ) -> Result<Self, Error> {
        let parameters: Vec<Vec<Parameter>> =
            (0..graph.nodes.len()).map(|i| tensors(graph, layers, i)).collect();
        let mut rule = vec![0; graph.nodes.len()];
        let mut rules = vec![general];
        for (name, weights) in single {
            let mut used = false;
            for (i, node) in graph.nodes.iter().enumerate() {
                if !parameters[i].is_empty() && within(node.name, &name) {
                    rule[i] = rules.len();
                    used = true;
                }
            }
            if !used {
                let known =
                    graph.nodes.iter().zip(&parameters).filter(|(_, p)| !p.is_empty()).map(|(n, _)| n.name);
                return Err(Error::UnusedWeights { closest: closest(&name, known), name });
            }
            rules.push(weights);
        }
        let names = graph.nodes.iter().map(|n| n.name.into()).collect();
        let deviation = |i: usize, p: &Parameter| match (&rules[rule[i]], p.role) {
            (Weights::Init(init), Role::Weight) => variance(graph, layers, i, p, *init).sqrt(),
            (Weights::Normal(std), _) => *std,
            _ => 1.0,
        };
        let deviations = parameters
            .iter()
            .enumerate()
            .map(|(i, all)| all.iter().map(|p| deviation(i, p)).collect())
            .collect();
        let supply = Self { parameters, rules, rule, deviations, names };
        for i in (0..graph.nodes.len()).filter(|&i| needed(i)) {
            supply.check(i)?;
        }
        Ok(supply)
    }

    /// Whether every weight is drawn anew.
    pub(crate) fn drawn(&self) -> bool {
        self.rules.iter().all(Weights::drawn)
    }

    fn check(&self, node: usize) -> Result<(), Error> {
        let Weights::Given(dict) = &self.rules[self.rule[node]] else { return Ok(()) };
        for p in &self.parameters[node] {
            let name = std::format!("{}.{}", self.names[node], p.name);
            let Some(array) = dict.get(&name) else {
                let closest = closest(&name, dict.keys().map(String::as_str));
                return Err(Error::MissingTensor { name, expected: p.shape.clone(), closest });
            };
            if array.shape != p.shape || array.values.len() != p.len() {
                return Err(Error::MisshapenTensor {
                    name,
                    expected: p.shape.clone(),
                    given: array.shape.clone(),
                });
            }
            if let Some(at) = array.values.iter().position(|v| !v.is_finite()) {
                return Err(Error::NotFinite { name, at });
            }
        }
        Ok(())
    }

    /// The values of tensor `k` of a node, in one sample of a run.
    pub(crate) fn values(&self, seed: u64, sample: u64, node: usize, k: usize) -> Cow<'_, [f32]> {
        self.tensor(seed, sample, node, k).into_values()
    }

    /// Tensor `k` of a node, in one sample of a run.
    pub(crate) fn tensor(&self, seed: u64, sample: u64, node: usize, k: usize) -> Weight<'_> {
        let p = &self.parameters[node][k];
        let (key, deviation) = ([seed, sample, node as u64, k as u64], self.deviations[node][k]);
        let constant = |value| Weight::from(vec![value; p.len()]);
        let uniform = |bound: f64| {
            let mut values = vec![0.0; p.len()];
            Stream::new(key).uniform(&mut values, bound as f32);
            Weight::from(values)
        };
        match (&self.rules[self.rule[node]], p.role) {
            (Weights::Given(dict), _) => {
                Weight::from(&dict[&std::format!("{}.{}", self.names[node], p.name)].values[..])
            }
            (_, Role::One) | (Weights::Ones, Role::Weight) => constant(1.0),
            (_, Role::Slope) => constant(0.25),
            (_, Role::Zero) => constant(0.0),
            // Uniform in ± b has the variance b² / 3.
            (Weights::Init(Init::Uniform), Role::Weight) => uniform(deviation * 3.0_f64.sqrt()),
            (Weights::Uniform(bound), Role::Weight) => uniform(*bound),
            (Weights::Init(_) | Weights::Normal(_), Role::Weight) => {
                Weight::Normal(Normal::new(key, &p.shape, deviation as f32))
            }
        }
    }
}

/// A tensor of weights: where its values are.
#[derive(Clone, Debug)]
pub enum Weight<'w> {
    /// Here, in PyTorch's order.
    Values(Cow<'w, [f32]>),
    /// Drawn by whoever needs them.
    Normal(Normal),
}

impl<'w> Weight<'w> {
    /// All of them, in PyTorch's order.
    #[must_use]
    pub fn into_values(self) -> Cow<'w, [f32]> {
        match self {
            Self::Values(values) => values,
            Self::Normal(normal) => Cow::Owned(normal.values()),
        }
    }
}

impl From<Vec<f32>> for Weight<'_> {
    fn from(values: Vec<f32>) -> Self {
        Self::Values(Cow::Owned(values))
    }
}

impl<'w> From<&'w [f32]> for Weight<'w> {
    fn from(values: &'w [f32]) -> Self {
        Self::Values(Cow::Borrowed(values))
    }
}

/// The variance of a tensor's values: the theory's, the same as in the closed form. The matrices inside a gate or an
/// attention count as dense layers of their own.
fn variance(graph: &Graph<'_>, layers: &[Layer], i: usize, p: &Parameter, init: Init) -> f64 {
    let node = &graph.nodes[i];
    let own = node.inputs.first().and_then(|&j| weight_variance(&node.op, &layers[j].row, init, graph.rank));
    own.unwrap_or_else(|| {
        let op = Op::Linear { features: p.shape[0] as i64, bias: false };
        let input = Op::Input { channels: p.shape[1] as i64, extents: [1; 3] };
        let nodes = [Node { name: "in", op: input, inputs: &[] }];
        let dense = Graph { name: "dense", rank: 1, nodes: &nodes, groups: &[], init };
        let table = TableBuf::new(&dense);
        weight_variance(&op, table.table().layer(0).data(), init, 1).unwrap_or(1.0)
    })
}

/// Whether a layer is `scope` or below it.
fn within(name: &str, scope: &str) -> bool {
    name.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
