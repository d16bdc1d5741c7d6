//! The second oracle: a naive run of the network in `f64`, which knows nothing of index maps.
//!
//! Maps are padded by really writing zeros around them, windows slide over what is there, a transposed
//! convolution adds into a buffer and cuts it. Weights are positive and every pointwise function is strictly
//! increasing, so nothing that is read cancels: a unit reads a pixel exactly when its value changes with the
//! pixel's. Weights are counted as they are drawn and multiplications by a weight as they are made.

use rf_core::graph::{Graph, MAX_RANK, Op, PerAxis};

use super::forward_layers::{layer, merged};
use super::{index, points};

/// The values of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Channels.
    pub channels: i64,
    /// Units per axis.
    pub extents: PerAxis,
    /// Whether the axes are gone.
    pub flat: bool,
    /// Channel by channel, the last axis fastest.
    pub values: Vec<f64>,
}

impl Map {
    /// A map of one value.
    #[must_use]
    pub fn filled(channels: i64, extents: PerAxis, value: f64) -> Self {
        let size = index(channels * extents.iter().product::<i64>());
        Self { channels, extents, flat: false, values: vec![value; size] }
    }

    fn place(&self, channel: i64, unit: PerAxis) -> usize {
        let [a, b, c] = unit;
        index(((channel * self.extents[0] + a) * self.extents[1] + b) * self.extents[2] + c)
    }

    pub(super) fn get(&self, channel: i64, unit: PerAxis) -> f64 {
        self.values[self.place(channel, unit)]
    }

    /// A value of the map, to be changed.
    pub fn at(&mut self, channel: i64, unit: PerAxis) -> &mut f64 {
        let place = self.place(channel, unit);
        &mut self.values[place]
    }

    pub(super) fn units(&self) -> Vec<PerAxis> {
        points([0; MAX_RANK], self.extents)
    }

    /// The units that differ from another map's in some channel.
    #[must_use]
    pub fn changed(&self, other: &Self) -> Vec<PerAxis> {
        let same =
            |unit: PerAxis, channel| self.get(channel, unit).to_bits() == other.get(channel, unit).to_bits();
        self.units()
            .into_iter()
            .filter(|&unit| !(0..self.channels).all(|channel| same(unit, channel)))
            .collect()
    }

    /// The same shape filled unit by unit.
    pub(super) fn fill(channels: i64, extents: PerAxis, mut value: impl FnMut(i64, PerAxis) -> f64) -> Self {
        let mut map = Self::filled(channels, extents, 0.0);
        for channel in 0..channels {
            for unit in map.units() {
                *map.at(channel, unit) = value(channel, unit);
            }
        }
        map
    }
}

/// One layer's run: its values, how many weights it drew and how many multiplications by a weight it made.
#[derive(Clone, Debug)]
pub struct Run {
    /// The values.
    pub map: Map,
    /// Learnable parameters.
    pub params: i64,
    /// Multiply-accumulates.
    pub macs: i64,
}

/// Runs the network on an input; the same seed draws the same weights.
#[must_use]
pub fn run(graph: &Graph<'_>, input: &Map, seed: u64) -> Vec<Run> {
    let mut weights = Weights { state: seed, drawn: 0, used: 0 };
    let mut runs: Vec<Run> = Vec::new();
    for node in graph.nodes {
        (weights.drawn, weights.used) = (0, 0);
        let inputs: Vec<&Map> = node.inputs.iter().map(|&input| &runs[input].map).collect();
        let map = match node.op {
            Op::Input { .. } => input.clone(),
            Op::Merge(merge) => merged(merge, &inputs),
            _ => layer(&node.op, graph.rank, inputs[0], &mut weights),
        };
        runs.push(Run { map, params: weights.drawn, macs: weights.used });
    }
    runs
}

/// A source of positive weights that counts.
pub(super) struct Weights {
    state: u64,
    pub(super) drawn: i64,
    pub(super) used: i64,
}

impl Weights {
    /// A weight between 1/2 and 3/2 (`SplitMix64`).
    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    pub(super) fn draw(&mut self) -> f64 {
        self.drawn += 1;
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        0.5 + ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn many(&mut self, count: i64) -> Vec<f64> {
        (0..count).map(|_| self.draw()).collect()
    }

    pub(super) fn bias(&mut self, bias: bool, channels: i64) -> Vec<f64> {
        if bias { self.many(channels) } else { vec![0.25; index(channels)] }
    }

    pub(super) fn times(&mut self, weight: f64, value: f64) -> f64 {
        self.used += 1;
        weight * value
    }
}
