//! What to sample: the builder.
use core::ops::ControlFlow;
use core::time::Duration;
use std::boxed::Box;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

use super::Sampled;
use super::run::{load, run};
use crate::effective::Canvas;
use crate::engine::{Array, Error, Weights};
use crate::graph::Graph;

/// A sampling run under construction.
///
/// Every setting has a default but the network: the last layer, the unit nearest its centre, the input's pixels,
/// 32 samples of seed 0, the network's own initialisation, normal inputs, an unbounded canvas, all cores.
///
/// # What a sample costs
/// What the unit's cone does: its multiply-accumulates forward, where activations, max pools and gates need values,
/// and as many backward, in windows that grow from one unit. A global layer (squeeze-excite, a spatial norm, a global
/// pool, attention) reads the whole map, so from there on the cone is everything: a sample of `SE-ResNet-50` at 224
/// costs four times that of `ResNet-50`. Attention runs in `f64` loops, quadratic in the units.
pub struct Erf<'a> {
    pub(super) graph: Graph<'a>,
    pub(super) at: Option<String>,
    pub(super) unit: Option<Vec<i64>>,
    pub(super) target: Option<String>,
    pub(super) samples: u64,
    pub(super) precision: Option<f64>,
    pub(super) first: u64,
    pub(super) seed: u64,
    pub(super) threads: Option<usize>,
    pub(super) weights: Weights,
    pub(super) single: Vec<(String, Weights)>,
    pub(super) residual: f64,
    pub(super) input: Input,
    pub(super) canvas: Option<Canvas>,
    pub(super) channels: Channels,
    pub(super) symmetrise: bool,
    pub(super) engine: Engine,
    pub(super) save: Option<PathBuf>,
    pub(super) progress: Option<Box<Report<'a>>>,
}

/// A progress callback: `Break` stops the run after the sample.
pub(super) type Report<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

/// What the network is fed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// Independent normal numbers, drawn anew for each sample.
    #[default]
    Normal,
    /// The same number everywhere.
    Constant(f32),
    /// Given images in turn, each of the shape `[channels, extents..]` and already normalised as the network wants
    /// them ([`read_png`](super::read_png), [`Array::normalised`]). Images have borders: the canvas is the real input.
    Images(Vec<Array>),
}

/// How the unit's channels are combined into the one number whose gradient is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channels {
    /// A normal number for each channel: the expected energy is the mean over channels.
    #[default]
    Normal,
    /// +1 or −1 for each channel.
    Signs,
    /// All channels summed: the usual choice in the literature. It shrinks the field, because the channels'
    /// gradients share their sign where activations are positive; here for comparison.
    Summed,
}

/// Which engine runs the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// `f32`, the cone alone.
    #[default]
    Fast,
    /// Naive loops in `f64`: slow, obviously right, and the only one with attention.
    Reference,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Samples done, those of a resumed run included.
    pub done: u64,
    /// Samples asked for: the count, or the most that a precision may take.
    pub samples: u64,
    /// Samples whose gradient is zero everywhere.
    pub dead: u64,
    /// The relative standard error of σ so far; `None` before two live samples.
    pub relative_error: Option<f64>,
    /// Time since the run began.
    pub elapsed: Duration,
}

impl<'a> Erf<'a> {
    /// The effective field of a network.
    #[must_use]
    pub fn of(graph: &Graph<'a>) -> Self {
        Self {
            graph: *graph,
            at: None,
            unit: None,
            target: None,
            samples: 32,
            precision: None,
            first: 0,
            seed: 0,
            threads: None,
            weights: Weights::Init(graph.init),
            single: Vec::new(),
            residual: 1.0,
            input: Input::Normal,
            canvas: None,
            channels: Channels::Normal,
            symmetrise: true,
            engine: Engine::Fast,
            save: None,
            progress: None,
        }
    }

    /// The layer, block or stage whose unit is asked.
    #[must_use]
    pub fn at(mut self, layer: impl Into<String>) -> Self {
        self.at = Some(layer.into());
        self
    }

    /// The unit, one index per axis; by default the one nearest the map's centre (`⌊extent / 2⌋`).
    #[must_use]
    pub fn unit(mut self, unit: &[i64]) -> Self {
        self.unit = Some(unit.to_vec());
        self
    }

    /// An earlier layer to take the gradient at, instead of the input. The map is then in its units.
    #[must_use]
    pub fn wrt(mut self, layer: impl Into<String>) -> Self {
        self.target = Some(layer.into());
        self
    }

    /// The number of samples.
    #[must_use]
    pub fn samples(mut self, samples: u64) -> Self {
        self.samples = samples;
        self
    }

    /// Stops as soon as the relative standard error of σ is at most `relative`, and at `most` samples anyway.
    #[must_use]
    pub fn precision(mut self, relative: f64, most: u64) -> Self {
        self.precision = Some(relative);
        self.samples = most;
        self
    }

    /// The index of the first sample: runs over disjoint ranges can be merged.
    #[must_use]
    pub fn starting_at(mut self, sample: u64) -> Self {
        self.first = sample;
        self
    }

    /// The seed of everything random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The number of threads. It changes the time, not one bit of the result.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Where weights come from, instead of the network's own initialisation.
    #[must_use]
    pub fn weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// Where the weights of one layer, or of all layers below a name, come from. Later calls win.
    #[must_use]
    pub fn layer_weights(mut self, layer: impl Into<String>, weights: Weights) -> Self {
        self.single.push((layer.into(), weights));
        self
    }

    /// Multiplies, at every addition, the input with the most layers behind it: `x + scale · f(x)`.
    #[must_use]
    pub fn residual_scale(mut self, scale: f64) -> Self {
        self.residual = scale;
        self
    }

    /// What the network is fed.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// What lies beyond the borders; by default unbounded, and the real input for images.
    #[must_use]
    pub fn canvas(mut self, canvas: Canvas) -> Self {
        self.canvas = Some(canvas);
        self
    }

    /// How the unit's channels are combined.
    #[must_use]
    pub fn channels(mut self, channels: Channels) -> Self {
        self.channels = channels;
        self
    }

    /// Whether the maps are averaged over the flips and rotations under which weights, inputs and architecture
    /// do not change. On by default; worth four to eight times the samples.
    #[must_use]
    pub fn symmetrise(mut self, on: bool) -> Self {
        self.symmetrise = on;
        self
    }

    /// Which engine runs.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Keeps the run in a file, and resumes from that file where it exists.
    ///
    /// Every sample is in the file as soon as it is added up: a kill at any moment loses the samples under way and no
    /// more, and the resumed run has the bits of one that was never interrupted. A run of more samples continues one
    /// of fewer. The file holds 16 numbers a pixel, and up to three times that on the way; one run writes to it at a
    /// time.
    #[must_use]
    pub fn save_to(mut self, path: impl AsRef<Path>) -> Self {
        self.save = Some(path.as_ref().into());
        self
    }

    /// Calls back after every sample. `Break` stops the run, keeping what it has.
    #[must_use]
    pub fn progress(mut self, report: impl FnMut(&Progress) -> ControlFlow<()> + 'a) -> Self {
        self.progress = Some(Box::new(report));
        self
    }

    /// Samples. Bad settings are found before any work is spent.
    pub fn run(self) -> Result<Sampled, Error> {
        run(self)
    }

    /// What a file holds of a run with these settings, whatever its samples: one under way, a finished one, or several
    /// that were merged. Draws no sample and changes no file.
    pub fn load(self, path: impl AsRef<Path>) -> Result<Sampled, Error> {
        load(self, path.as_ref())
    }
}
