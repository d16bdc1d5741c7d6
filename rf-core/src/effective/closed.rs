//! The closed form at run time: whole maps, exact for every graph that has one.
//!
//! The energy of one unit is carried back over the part of each node that the unit depends on, axis by axis within
//! a layer: every layer's index map is a product of its axes' maps, though the energy itself, a sum over paths, is
//! none. Sums of paths are added up where they meet, so the cost is linear in the graph.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::Canvas;
use super::gain::{Share, Step, keeps_even, taps, weight};
use super::map::{FieldMap, Frame, MapError, PixelBox, Quantity};
use super::obstacle::{NoClosedForm, Obstacle};
use super::plan::{Slot, plan};
use super::profile::{Effective, centre_of, compute_on_heap, theoretical};
use super::sweep::edge;
use crate::graph::{Graph, MAX_RANK, Op, Padding, PerAxis, Pool};
use crate::theory::{AxisMap, Interval, Layer, Table, TableBuf, Taps, Text, closest};

/// The most pixels of a map: 1 GiB.
const PIXELS: usize = 1 << 27;

/// The closed-form energy map of a unit, builder style: `Closed::of(&GRAPH).at("layer4").map()?`.
///
/// ```
/// use rf_core::effective::Closed;
/// use rf_core::graph::{Graph, Init, Node, Op, Padding, Window};
///
/// let padding = [Padding::both(1), Padding::both(1), Padding::ZERO];
/// let window = Window::new([3, 3, 1]).padding(padding);
/// let conv = Op::Conv { channels: 8, window, groups: 1, bias: false };
/// let nodes = [
///     Node { name: "input", op: Op::Input { channels: 3, extents: [32, 32, 1] }, inputs: &[] },
///     Node { name: "conv1", op: conv, inputs: &[0] },
///     Node { name: "conv2", op: conv, inputs: &[1] },
/// ];
/// let graph = Graph { name: "Two", rank: 2, nodes: &nodes, groups: &[], init: Init::HeFanOut };
/// let map = Closed::of(&graph).at("conv2").map()?;
/// // Two boxes of three make 1 2 3 2 1, in ninths: a variance of 4/3 square pixels per axis.
/// assert!((map.sigma()[0] - (4.0_f64 / 3.0).sqrt()).abs() < 1e-12);
/// assert_eq!(map.extent(0.7), [3, 3, 1]);
/// # Ok::<(), rf_core::effective::ClosedError>(())
/// ```
///
/// # Assumptions
/// Weights are independent with mean zero and drawn by the graph's `init`; the unit's channels are combined at
/// random; batch norm is the identity. Then gradients at different places, in different channels and along paths
/// through different weights are uncorrelated, and energies add. Linear networks fulfil this exactly, but for layers
/// that mix neighbours by fixed weights (bilinear interpolation, overlapping means): the gradients that one leaves are
/// correlated, convolutions keep that, and a second one on the same path adds coherently what is added here as energy.
///
/// A ReLU is taken to pass half the energy everywhere. Sampled fields are within 0.5 % of that for chains, dilation,
/// strides, pools and pre-activation skips. Two structures break it:
/// - gates that several paths share: with a ReLU behind the addition sampled fields are 2 to 6 % narrower;
/// - a max pool over rectified units: the largest of several is positive more often than half the time. On the only
///   path that is a common factor; where the pool lies on one of several, the field is wider than this by 2 % in
///   `GoogLeNet` and by 30 to 40 % in a U-Net. With bilinear interpolation, a U-Net's is more than twice as wide.
///
/// On the real input zero padding makes units at the border smaller, and max pools there prefer the others, which the
/// closed form does not know either. The sampler assumes none of this, and the example `erf_closed` compares the two on many architectures.
#[derive(Clone, Copy, Debug)]
pub struct Closed<'a> {
    graph: &'a Graph<'a>,
    at: Option<&'a str>,
    unit: Option<PerAxis>,
    canvas: Canvas,
}

impl<'a> Closed<'a> {
    /// The network's output, its unit nearest the centre, on an unbounded canvas.
    #[must_use]
    pub const fn of(graph: &'a Graph<'a>) -> Self {
        Self { graph, at: None, unit: None, canvas: Canvas::Unbounded }
    }

    /// The layer, block or stage with the path `name`.
    #[must_use]
    pub const fn at(mut self, name: &'a str) -> Self {
        self.at = Some(name);
        self
    }

    /// A certain unit, one index per axis.
    #[must_use]
    pub const fn unit(mut self, unit: PerAxis) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The pixels to cover.
    #[must_use]
    pub const fn canvas(mut self, canvas: Canvas) -> Self {
        self.canvas = canvas;
        self
    }

    /// The map.
    pub fn map(&self) -> Result<FieldMap, ClosedError> {
        self.with_layer(|layer, unit| closed_map(layer, unit, self.canvas))
    }

    /// The figures that `assert erf(..)` uses, for a share `energy` of the energy: profiles only, much cheaper than
    /// the map, always on an unbounded canvas.
    pub fn effective(&self, energy: f64) -> Result<Effective, ClosedError> {
        self.with_layer(|layer, unit| {
            let net = *layer.table();
            compute_on_heap(net, layer.index(), unit, energy).map_err(|fault| worded(&net, fault))
        })
    }

    fn with_layer<T>(
        &self,
        answer: impl FnOnce(&Layer<'_>, PerAxis) -> Result<T, ClosedError>,
    ) -> Result<T, ClosedError> {
        let buffer = TableBuf::new(self.graph);
        let table = buffer.table();
        let layer = match self.at {
            Some(name) => table.find(name).ok_or_else(|| unknown(&table, name))?,
            None => table.output(),
        };
        answer(&layer, self.unit.unwrap_or_else(|| centre_of(&layer)))
    }
}

fn unknown(table: &Table<'_>, name: &str) -> ClosedError {
    let mut help = Text::new();
    closest(table, name, &mut help);
    ClosedError::Layer { name: name.to_string(), help: help.as_str().to_string() }
}

fn worded(net: &Table<'_>, fault: NoClosedForm) -> ClosedError {
    ClosedError::NoClosedForm {
        name: net.graph().nodes[fault.node].name.to_string(),
        obstacle: fault.obstacle,
    }
}

/// The closed-form energy map of unit `unit` of a layer.
pub fn closed_map(layer: &Layer<'_>, unit: PerAxis, canvas: Canvas) -> Result<FieldMap, ClosedError> {
    let net = *layer.table();
    let worded = |fault| worded(&net, fault);
    let rank = net.graph().rank;
    let outside = |axis: usize| {
        let extent = layer.data().extent(axis);
        matches!(canvas, Canvas::Input) && extent >= 0 && !(0..extent).contains(&unit[axis])
    };
    if (0..rank).any(outside) {
        return Err(worded(NoClosedForm { node: layer.index(), obstacle: Obstacle::Unit }));
    }
    let mut slots = vec![Slot::EMPTY; net.len()];
    plan(net, layer.index(), unit, canvas, &mut slots).map_err(worded)?;
    let mut sheets: Vec<Sheet> = slots.iter().map(|slot| Sheet::over(slot.units, rank)).collect();
    carry(net, layer.index(), canvas, &mut sheets).map_err(worded)?;
    let pixels = sheets.swap_remove(0);
    let values = pixels.finish(net.rows[0].channels());
    let mut frame = Frame {
        rank,
        pixels: PixelBox { origin: [0; MAX_RANK], extents: [1; MAX_RANK] },
        centre: [0.0; MAX_RANK],
        theoretical: PixelBox { origin: [0; MAX_RANK], extents: [1; MAX_RANK] },
        quantity: Quantity::Energy,
        canvas,
    };
    for axis in 0..rank {
        let field = theoretical(net, layer.index(), unit, axis, &slots[0]);
        frame.pixels.origin[axis] = slots[0].units[axis].first;
        frame.pixels.extents[axis] = slots[0].units[axis].extent();
        frame.theoretical.origin[axis] = field.first;
        frame.theoretical.extents[axis] = field.extent();
        frame.centre[axis] = half(field.centre_twice());
    }
    FieldMap::new(frame, values).map_err(ClosedError::Map)
}

#[expect(clippy::cast_precision_loss, reason = "positions are far below 2^53")]
fn half(twice: i64) -> f64 {
    twice as f64 / 2.0
}

/// The energy at the units of one node that the unit depends on.
#[derive(Debug)]
struct Sheet {
    units: [Interval; MAX_RANK],
    shape: [usize; MAX_RANK],
    /// Empty until some energy arrives.
    values: Vec<f64>,
    /// A factor of all values, so that a pointwise layer costs nothing.
    scale: f64,
    even: bool,
}

impl Sheet {
    fn over(mut units: [Interval; MAX_RANK], rank: usize) -> Self {
        for interval in &mut units[rank..] {
            *interval = Interval { first: 0, last: 0 };
        }
        let shape = units.map(|interval| usize::try_from(interval.extent()).unwrap_or(usize::MAX));
        Self { units, shape, values: Vec::new(), scale: 1.0, even: true }
    }

    fn pixels(&self) -> Option<usize> {
        self.shape.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent))
    }

    /// Adds `values` over `units`, a part of this sheet, times `factor`.
    fn add(&mut self, units: &[Interval; MAX_RANK], values: Vec<f64>, factor: f64) {
        if self.values.is_empty() && *units == self.units {
            self.values = values;
            self.scale = factor;
            return;
        }
        if self.values.is_empty() {
            self.values = vec![0.0; self.shape.iter().product()];
            self.scale = 1.0;
        }
        let factor = factor / self.scale;
        let offset = |axis: usize| (units[axis].first - self.units[axis].first).unsigned_abs() as usize;
        let extent = |axis: usize| units[axis].extent().unsigned_abs() as usize;
        let (wide, start) = (extent(2), offset(2));
        for (index, row) in values.chunks_exact(wide).enumerate() {
            let (plane, line) = (index / extent(1) + offset(0), index % extent(1) + offset(1));
            let first = (plane * self.shape[1] + line) * self.shape[2] + start;
            for (own, value) in self.values[first..first + wide].iter_mut().zip(row) {
                *own += factor * value;
            }
        }
    }

    /// The values over all channels of the input.
    #[expect(clippy::cast_precision_loss, reason = "channel counts are far below 2^53")]
    fn finish(mut self, channels: i64) -> Vec<f64> {
        let factor = self.scale * if channels > 0 { channels as f64 } else { 1.0 };
        for value in &mut self.values {
            *value *= factor;
        }
        self.values
    }
}

/// Carries the energy of the one unit in `sheets[node]` back to node 0.
fn carry(net: Table<'_>, node: usize, canvas: Canvas, sheets: &mut [Sheet]) -> Result<(), NoClosedForm> {
    sheets[node].values = vec![1.0];
    let mut pending = 0_usize;
    for index in (1..=node).rev() {
        if sheets[index].values.is_empty() {
            continue;
        }
        pending -= usize::from(index < node);
        let mut values = core::mem::take(&mut sheets[index].values);
        if pending == 0 && !(1e-150..1e150).contains(&sheets[index].scale) {
            // Every path passes here: a common factor says nothing of the shape.
            sheets[index].scale = 1.0;
        }
        let inputs = net.graph().nodes[index].inputs;
        for k in 0..inputs.len() {
            let fail = |obstacle| NoClosedForm { node: index, obstacle };
            let from = &sheets[index];
            let step = edge(net, index, k, pending == 0, from.even).map_err(fail)?;
            let (even, scale) = (keeps_even(step.mixing, from.even), from.scale * step.gain);
            let current = if k + 1 == inputs.len() { core::mem::take(&mut values) } else { values.clone() };
            let into = &sheets[inputs[k]];
            if into.pixels().is_none_or(|pixels| pixels > PIXELS) {
                return Err(fail(Obstacle::Pixels));
            }
            let fresh = into.values.is_empty();
            let spread = spread(net, index, inputs[k], step, canvas, (from, into), current);
            let Some((units, values)) = spread else { continue };
            let into = &mut sheets[inputs[k]];
            into.even &= even;
            into.add(&units, values, scale);
            pending += usize::from(fresh);
        }
    }
    Ok(())
}

/// A node's values, spread over the taps of its layer one axis after another, and the units that they cover.
/// `None` where a unit has no taps at all on some axis.
fn spread(
    net: Table<'_>,
    index: usize,
    input: usize,
    step: Step,
    canvas: Canvas,
    (from, into): (&Sheet, &Sheet),
    mut values: Vec<f64>,
) -> Option<([Interval; MAX_RANK], Vec<f64>)> {
    let (mut units, mut shape) = (from.units, from.shape);
    // The last axis first: there the inner loop is the shorter, and the others add whole rows.
    for axis in (0..net.graph().rank).rev() {
        let map = net.rows[index].map(axis);
        let extent = net.rows[input].extent(axis);
        if matches!(map, AxisMap::Window { kernel: 1, stride: 1, before: 0, .. }) {
            continue;
        }
        let columns = Columns::new(
            &net.graph().nodes[index].op,
            AxisSpread { map, share: step.share, extent, axis, canvas },
            units[axis],
            into.units[axis],
        );
        if columns.entries.is_empty() {
            return None;
        }
        values = columns.apply(&values, &mut shape, axis, into.shape[axis]);
        units[axis] = into.units[axis];
    }
    Some((units, values))
}

/// How one layer spreads along one axis.
#[derive(Clone, Copy)]
struct AxisSpread {
    map: AxisMap,
    share: Share,
    extent: i64,
    axis: usize,
    canvas: Canvas,
}

/// The sparse matrix of one axis: `(output, input, weight)`, outputs rising.
struct Columns {
    entries: Vec<(usize, usize, f64)>,
}

impl Columns {
    fn new(op: &Op, along: AxisSpread, outputs: Interval, inputs: Interval) -> Self {
        let mut entries = Vec::new();
        for (place, i) in (outputs.first..=outputs.last).enumerate() {
            let taps = taps(along.map, i, along.extent);
            for t in 0..taps.count {
                let tap = taps.first + t * taps.step;
                if tap < inputs.first || tap > inputs.last {
                    continue;
                }
                let input = (tap - inputs.first).unsigned_abs() as usize;
                entries.push((place, input, along.tap_weight(op, i, t, taps)));
            }
        }
        Self { entries }
    }

    /// The product with `values` along `axis`, whose extent becomes `wide`.
    fn apply(&self, values: &[f64], shape: &mut [usize; MAX_RANK], axis: usize, wide: usize) -> Vec<f64> {
        let inner: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        let narrow = core::mem::replace(&mut shape[axis], wide);
        let mut spread = vec![0.0; outer * wide * inner];
        let blocks = values.chunks_exact(narrow * inner).zip(spread.chunks_exact_mut(wide * inner));
        for (from, to) in blocks {
            if inner == 1 {
                for &(output, input, weight) in &self.entries {
                    to[input] += weight * from[output];
                }
                continue;
            }
            for &(output, input, weight) in &self.entries {
                let row = &from[output * inner..][..inner];
                for (own, value) in to[input * inner..][..inner].iter_mut().zip(row) {
                    *own += weight * value;
                }
            }
        }
        spread
    }
}

impl AxisSpread {
    /// The weight of a tap, at the input's borders too.
    fn tap_weight(self, op: &Op, i: i64, t: i64, taps: Taps) -> f64 {
        if matches!(self.canvas, Canvas::Unbounded) || self.extent < 0 {
            return weight(self.map, self.share, i, t, taps);
        }
        let within = |first: i64, end: i64| {
            let count =
                (0..taps.count).filter(|t| (first..end).contains(&(taps.first + t * taps.step))).count();
            Taps { count: i64::try_from(count).unwrap_or(i64::MAX), ..taps }
        };
        let real = within(0, self.extent);
        match *op {
            // Padding is never the largest, and may be left out of a mean.
            Op::Pool { pool: Pool::Avg, count_include_pad: true, window, .. } => {
                let after = match window.padding[self.axis] {
                    Padding::Explicit { after, .. } => after.max(0),
                    _ => taps.count * taps.step,
                };
                weight(self.map, self.share, i, t, within(i64::MIN, self.extent + after))
            }
            Op::Pool { .. } => weight(self.map, self.share, i, t, real),
            // Interpolation repeats the outermost unit: what would fall beyond it falls on it.
            Op::Upsample { .. } | Op::Resize { .. } if real.count < taps.count => 1.0,
            _ => weight(self.map, self.share, i, t, taps),
        }
    }
}

/// Why there is no closed map.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClosedError {
    /// No layer of that name.
    Layer {
        /// The name asked for.
        name: String,
        /// A line with the closest known name, or nothing.
        help: String,
    },
    /// A layer stands in the way.
    NoClosedForm {
        /// Its name.
        name: String,
        /// What it does.
        obstacle: Obstacle,
    },
    /// The numbers are no map.
    Map(MapError),
}

impl fmt::Display for ClosedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer { name, help } => write!(f, "no layer, block or stage is named `{name}`{help}"),
            Self::NoClosedForm { name, obstacle } => obstacle.named(name).fmt(f),
            Self::Map(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ClosedError {}

#[cfg(test)]
#[path = "random_tests.rs"]
mod random_tests;

#[cfg(test)]
#[path = "closed_tests.rs"]
mod tests;
