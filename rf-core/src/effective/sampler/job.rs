//! Settings checked and resolved: all that a worker needs for a sample.
use core::fmt::Write;
use std::vec;
use std::vec::Vec;

use super::{Channels, Engine, Erf, Input};
use crate::effective::{Canvas, Frame, PixelBox, Quantity};
use crate::engine::{Cone, Error, Fast, Region, Stream, Supply, closest, listed, reference};
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
    pub(super) fn new(erf: &Erf<'a>) -> Result<Self, Error> {
        let graph = erf.graph;
        if erf.samples == 0 {
            return Err(Error::NoSamples);
        }
        if let Some(given) = erf.precision.filter(|p| !p.is_finite() || *p <= 0.0) {
            return Err(Error::Precision { given });
        }
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
        let whole = Cone::new(graph, node, unit, target, Canvas::Unbounded, false)?;
        if (erf.residual - 1.0).abs() > 0.0 {
            cone.scale_residuals(erf.residual);
        }
        check_input(&erf.input, canvas, layers[0].channels, &graph, layers[0].extents)?;
        let needed = |i: usize| cone.valued[i] || (cone.passes[i] && i != target);
        let supply = Supply::new(&graph, &cone.layers, needed, erf.weights.clone(), erf.single.clone())?;
        let frame = frame(&cone, &whole, layers[target].rank.max(1));
        let fast = match erf.engine {
            Engine::Fast => Some(Fast::new(&cone)?),
            Engine::Reference => None,
        };
        let mut job = Self {
            cone,
            supply,
            input: erf.input.clone(),
            channels: erf.channels,
            seed: erf.seed,
            frame,
            fingerprint: 0,
            fast,
        };
        job.fingerprint = fingerprint(erf, &job);
        Ok(job)
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
                        let from = all.position(index).map_or(0.0, |i| image[c * all.count() + i]);
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
        let input = if self.cone.valued[0] { self.input(sample) } else { Vec::new() };
        let combination = self.combination(sample);
        let units = self.cone.regions[self.cone.target].count();
        if let Some(fast) = &self.fast {
            let weights = |node: usize, k: usize| self.supply.tensor(self.seed, sample, node, k);
            let gradient = fast.gradient(&self.cone, &weights, &input, &combination);
            return Ok(contribution(units, &gradient, |at| at / self.cone.channels(self.cone.target)));
        }
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let weights: Vec<Vec<Vec<f64>>> = (self.supply.parameters.iter().enumerate())
            .map(|(node, p)| {
                let used = self.cone.valued[node] || self.cone.passes[node];
                let count = if used { p.len() } else { 0 };
                (0..count).map(|k| wide(&self.supply.values(self.seed, sample, node, k))).collect()
            })
            .collect();
        let values = reference::forward(&self.cone, &weights, &wide(&input))?;
        let gradients = reference::backward(&self.cone, &weights, &values, &wide(&combination));
        Ok(contribution(units, &gradients[self.cone.target].values, |at| at % units))
    }
}

fn contribution<T: Copy + Into<f64>>(
    units: usize,
    gradient: &[T],
    unit: impl Fn(usize) -> usize,
) -> Contribution {
    let mut sums = Contribution { energy: vec![0.0; units], amplitude: vec![0.0; units] };
    for (at, &g) in gradient.iter().enumerate() {
        let g: f64 = g.into();
        sums.energy[unit(at)] += g * g;
        sums.amplitude[unit(at)] += g.abs();
    }
    sums
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
    let layer = || graph.nodes[node].name.into();
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
        return Err(Error::Unsupported {
            layer: layer(),
            what: "images have borders: choose the real input",
        });
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
        if image.len() != size {
            return Err(Error::Image { index, expected, given: image.len() });
        }
        if let Some(at) = image.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { name: std::format!("image {index}"), at });
        }
    }
    Ok(())
}

fn frame(cone: &Cone<'_>, whole: &Cone<'_>, rank: usize) -> Frame {
    let boxed = |r: &Region| PixelBox { origin: r.low, extents: r.len.map(|l| l as i64) };
    let field = whole.regions[whole.target];
    Frame {
        rank,
        pixels: boxed(&cone.regions[cone.target]),
        centre: core::array::from_fn(|a| (field.low[a] + field.high()[a]) as f64 / 2.0),
        theoretical: boxed(&field),
        quantity: Quantity::Energy,
        canvas: cone.canvas,
    }
}

/// A hash of all that decides what is sampled, but for the seed and the number of samples.
fn fingerprint(erf: &Erf<'_>, job: &Job<'_>) -> u64 {
    let mut hash = Hash(0xCBF2_9CE4_8422_2325);
    let settings =
        (job.cone.node, job.cone.unit, job.cone.target, job.cone.canvas, erf.channels, erf.residual);
    // Writing to a hash cannot fail.
    let _ = write!(hash, "{:?} {settings:?} {:?} {:?}", job.cone.graph, erf.weights, erf.single);
    let _ = write!(hash, "{:?} {}", erf.input, erf.engine == Engine::Reference);
    hash.0
}

/// FNV-1a (Fowler, Noll and Vo): stable over compilers and machines.
pub(super) struct Hash(pub u64);

impl Hash {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl Write for Hash {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.bytes(s.as_bytes());
        Ok(())
    }
}
