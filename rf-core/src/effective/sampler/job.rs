//! Settings checked and resolved: all that a worker needs for a sample.
use core::fmt::Write;
use core::mem;
use std::vec;
use std::vec::Vec;

use super::{Channels, Engine, Erf, Input};
use crate::effective::{Canvas, Frame, PixelBox, Quantity};
use crate::engine::{Array, Cone, Error, Fast, Region, Stream, Supply, Weights, closest, listed, reference};
use crate::graph::{Graph, MAX_RANK, PerAxis, UNKNOWN};

/// One run's fixed part.
pub(super) struct Job<'a> {
    pub cone: Cone<'a>,
    pub supply: Supply,
    pub input: Input,
    pub channels: Channels,
    pub seed: u64,
    pub frame: Frame,
    pub fingerprint: u64,
    pub fast: Option<Fast>,
}

/// What a sample adds: per pixel, the sum over channels of g² and of |g|.
#[derive(Clone, Debug)]
pub(super) struct Contribution {
    pub energy: Vec<f64>,
    pub amplitude: Vec<f64>,
}

impl<'a> Job<'a> {
    /// Checks the settings and takes weights and images out of them.
    pub(super) fn new(erf: &mut Erf<'a>) -> Result<Self, Error> {
        let graph = erf.graph;
        if erf.samples == 0 {
            return Err(Error::NoSamples);
        }
        if let Some(given) = erf.precision.filter(|p| !p.is_finite() || *p <= 0.0) {
            return Err(Error::Precision { given });
        }
        check_numbers(erf)?;
        let node = match &erf.at {
            Some(name) => find(&graph, name)?,
            None => graph.nodes.len() - 1,
        };
        let target = erf.target.as_ref().map_or(Ok(0), |name| find(&graph, name))?;
        let images = matches!(erf.input, Input::Images(_));
        let canvas = erf.canvas.unwrap_or(if images { Canvas::Input } else { Canvas::Unbounded });
        let layers = crate::engine::layers(&graph)?;
        let unit = unit(erf, &graph, node, layers[node].rank, layers[node].extents)?;
        let mut cone = Cone::new(graph, node, unit, target, canvas, false)?;
        if (erf.residual - 1.0).abs() > 0.0 {
            cone.scale_residuals(erf.residual);
        }
        check_input(&erf.input, canvas, layers[0].channels, &graph, layers[0].extents)?;
        // The reference engine computes every value, also where the gradient needs none.
        let all = erf.engine == Engine::Reference;
        let needed = |i: usize| {
            cone.valued[i] || (cone.passes[i] && i != target) || (all && !cone.regions[i].is_empty())
        };
        let frame = frame(&cone, layers[target].rank.max(1))?;
        let fingerprint = fingerprint(erf, &cone);
        let (weights, single) = (mem::replace(&mut erf.weights, Weights::Ones), mem::take(&mut erf.single));
        let supply = Supply::new(&graph, &cone.layers, needed, weights, single)?;
        let fast = match erf.engine {
            Engine::Fast => Some(Fast::new(&cone)?),
            Engine::Reference => None,
        };
        let (input, channels, seed) = (mem::take(&mut erf.input), erf.channels, erf.seed);
        Ok(Self { cone, supply, input, channels, seed, frame, fingerprint, fast })
    }

    /// The input of a sample, channel by channel over the cone's region.
    fn input(&self, sample: u64) -> Vec<f32> {
        let mut values = vec![0.0; self.cone.size(0)];
        match &self.input {
            Input::Normal => Stream::new([self.seed, sample, 0, u64::MAX]).normal(&mut values, 1.0),
            Input::Constant(value) => values.fill(*value),
            Input::Images(images) => {
                let image = &images[(sample % images.len() as u64) as usize];
                let (all, part) = (self.cone.inside(0), self.cone.regions[0]);
                for c in 0..self.cone.channels(0) {
                    for (at, index) in part.indices().enumerate() {
                        let from = all.position(index).map_or(0.0, |i| image.values[c * all.count() + i]);
                        values[c * part.count() + at] = from;
                    }
                }
            }
        }
        values
    }

    /// The factors of the unit's channels.
    fn combination(&self, sample: u64) -> Vec<f32> {
        let mut values = vec![1.0; self.cone.channels(self.cone.node)];
        let mut stream = Stream::new([self.seed, sample, self.cone.node as u64, u64::MAX - 1]);
        match self.channels {
            Channels::Normal => stream.normal(&mut values, 1.0),
            Channels::Signs => stream.signs(&mut values),
            Channels::Summed => {}
        }
        values
    }

    /// Runs one sample.
    pub(super) fn sample(&self, sample: u64) -> Result<Contribution, Error> {
        let fed = self.cone.valued[0] || (self.fast.is_none() && !self.cone.regions[0].is_empty());
        let input = if fed { self.input(sample) } else { Vec::new() };
        let combination = self.combination(sample);
        let units = self.cone.regions[self.cone.target].count();
        if let Some(fast) = &self.fast {
            let weights = |node: usize, k: usize| self.supply.tensor(self.seed, sample, node, k);
            let gradient = fast.gradient(&self.cone, &weights, &input, &combination);
            let channels = self.cone.channels(self.cone.target);
            return contribution(units, &gradient, |at| at / channels).ok_or(Error::Overflow { sample });
        }
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let weights: Vec<Vec<Vec<f64>>> = (self.supply.parameters.iter().enumerate())
            .map(|(node, p)| {
                let count = if self.cone.regions[node].is_empty() { 0 } else { p.len() };
                (0..count).map(|k| wide(&self.supply.values(self.seed, sample, node, k))).collect()
            })
            .collect();
        let values = reference::forward(&self.cone, &weights, &wide(&input))?;
        let gradients = reference::backward(&self.cone, &weights, &values, &wide(&combination));
        contribution(units, &gradients[self.cone.target].values, |at| at % units)
            .ok_or(Error::Overflow { sample })
    }
}

/// The sums over channels; `None` where they are not finite.
fn contribution<T: Copy + Into<f64>>(
    units: usize,
    gradient: &[T],
    unit: impl Fn(usize) -> usize,
) -> Option<Contribution> {
    let mut sums = Contribution { energy: vec![0.0; units], amplitude: vec![0.0; units] };
    for (at, &g) in gradient.iter().enumerate() {
        let g: f64 = g.into();
        sums.energy[unit(at)] += g * g;
        sums.amplitude[unit(at)] += g.abs();
    }
    sums.energy.iter().all(|energy| energy.is_finite()).then_some(sums)
}

/// The node of a layer, or the output of a group.
fn find(graph: &Graph<'_>, name: &str) -> Result<usize, Error> {
    let group = graph.groups.iter().find(|g| g.name == name).map(|g| g.output);
    group.or_else(|| graph.nodes.iter().position(|n| n.name == name)).ok_or_else(|| {
        let known = graph.groups.iter().map(|g| g.name).chain(graph.nodes.iter().map(|n| n.name));
        Error::UnknownLayer { name: name.into(), closest: closest(name, known) }
    })
}

fn unit(
    erf: &Erf<'_>,
    graph: &Graph<'_>,
    node: usize,
    rank: usize,
    extents: PerAxis,
) -> Result<PerAxis, Error> {
    let layer = || erf.at.clone().unwrap_or_else(|| graph.nodes[node].name.into());
    let Some(given) = &erf.unit else {
        return Ok(extents.map(|e| if e == UNKNOWN { 0 } else { e / 2 }));
    };
    if given.len() != rank {
        return Err(Error::UnitRank { layer: layer(), given: given.len(), rank });
    }
    let mut unit = [0; MAX_RANK];
    for (a, &index) in given.iter().enumerate() {
        if extents[a] != UNKNOWN && !(0..extents[a]).contains(&index) {
            return Err(Error::UnitOutOfRange {
                layer: layer(),
                unit: given.clone(),
                extents: listed(extents, rank),
            });
        }
        unit[a] = index;
    }
    Ok(unit)
}

/// Numbers that no run can be made of.
fn check_numbers(erf: &Erf<'_>) -> Result<(), Error> {
    let finite =
        |what, given: f64| if given.is_finite() { Ok(()) } else { Err(Error::Setting { what, given }) };
    let size = |what, given: f64| {
        if given >= 0.0 { finite(what, given) } else { Err(Error::Setting { what, given }) }
    };
    for weights in erf.single.iter().map(|(_, weights)| weights).chain([&erf.weights]) {
        match *weights {
            Weights::Normal(deviation) => size("a standard deviation", deviation)?,
            Weights::Uniform(bound) => size("a bound", bound)?,
            Weights::Init(_) | Weights::Ones | Weights::Given(_) => {}
        }
    }
    if let Input::Constant(value) = erf.input {
        finite("an input", value.into())?;
    }
    finite("a residual scale", erf.residual)
}

fn check_input(
    input: &Input,
    canvas: Canvas,
    channels: usize,
    graph: &Graph<'_>,
    extents: PerAxis,
) -> Result<(), Error> {
    let Input::Images(images) = input else { return Ok(()) };
    let layer = || graph.nodes[0].name.into();
    if canvas == Canvas::Unbounded {
        return Err(Error::Borders);
    }
    if extents.contains(&UNKNOWN) {
        return Err(Error::UnknownExtent { layer: layer(), why: "and images are given" });
    }
    if images.is_empty() {
        return Err(Error::NoImages);
    }
    let mut expected = vec![channels];
    expected.extend(extents[..graph.rank].iter().map(|&e| e as usize));
    let size: usize = expected.iter().product();
    for (index, image) in images.iter().enumerate() {
        if image.shape != expected || image.values.len() != size {
            return Err(Error::Image { index, expected, given: image.shape.clone() });
        }
        if let Some(at) = image.values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { name: std::format!("image {index}"), at });
        }
    }
    Ok(())
}

fn frame(cone: &Cone<'_>, rank: usize) -> Result<Frame, Error> {
    let boxed = |r: &Region| PixelBox { origin: r.low, extents: r.len.map(|l| l as i64) };
    let field = cone.field()?;
    Ok(Frame {
        rank,
        pixels: boxed(&cone.regions[cone.target]),
        centre: core::array::from_fn(|a| (field.low[a] + field.high()[a]) as f64 / 2.0),
        theoretical: boxed(&field),
        quantity: Quantity::Energy,
        canvas: cone.canvas,
    })
}

/// A hash of all that decides what is sampled, but for the seed and the number of samples.
fn fingerprint(erf: &Erf<'_>, cone: &Cone<'_>) -> u64 {
    let mut hash = Hash::new();
    let settings = (cone.node, cone.unit, cone.target, cone.canvas, erf.channels, erf.residual);
    // Writing to a hash cannot fail.
    let _ = write!(hash, "{:?} {settings:?} {}", cone.graph, erf.engine == Engine::Reference);
    hash_weights(&mut hash, &erf.weights);
    for (layer, weights) in &erf.single {
        let _ = write!(hash, " {layer}");
        hash_weights(&mut hash, weights);
    }
    match &erf.input {
        Input::Images(images) => images.iter().for_each(|image| hash_array(&mut hash, image)),
        drawn => {
            let _ = write!(hash, "{drawn:?}");
        }
    }
    hash.0
}

fn hash_weights(hash: &mut Hash, weights: &Weights) {
    if let Weights::Given(tensors) = weights {
        for (name, array) in tensors {
            let _ = write!(hash, " {name}");
            hash_array(hash, array);
        }
    } else {
        let _ = write!(hash, "{weights:?}");
    }
}

fn hash_array(hash: &mut Hash, array: &Array) {
    let _ = write!(hash, "{:?}", array.shape);
    array.values.iter().for_each(|value| hash.word(u64::from(value.to_bits())));
}

/// A hash in the manner of FNV-1a (Fowler, Noll and Vo), a word at a time: stable over compilers and machines.
pub(super) struct Hash(pub u64);

impl Hash {
    pub(super) const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    pub(super) const fn word(&mut self, word: u64) {
        // The rotation brings what a product moved up down again.
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    }
}

impl Write for Hash {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        s.bytes().for_each(|byte| self.word(u64::from(byte)));
        Ok(())
    }
}
