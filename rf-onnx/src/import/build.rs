//! Layers are added here, each with a name of its own and the shape that the theory gives it.

use std::sync::Arc;

use rf_core::graph::{GraphBuf, MAX_RANK, Merge, Norm, Op, Padding, PerAxis, Resize, UNKNOWN, Window};
use rf_core::theory::{Fault, TableBuf, output_extent};

use super::{Importer, Info, Map, pointwise};
use crate::constant::{Constant, Values};
use crate::layout::{Axis, Dim, Factor, Size, joined};
use crate::model::Recipe;
use crate::node::{Outcome, unknown, wrong};
use crate::number::{Arithmetic, Number, Symbol};

/// The engine's own term under the root of a batch norm.
pub(super) const EPSILON: f64 = 1e-5;

impl Importer<'_> {
    /// Adds a layer under the node's name, or under `name.part`.
    pub(super) fn push(&mut self, part: &str, op: Op, inputs: &[usize]) -> Outcome<usize> {
        let info = match op {
            Op::Merge(merge) => self.merged(merge, inputs)?,
            _ => self.behind(&op, inputs)?,
        };
        let name = if part.is_empty() { self.node.to_owned() } else { format!("{}.{part}", self.node) };
        let name = self.unique(name);
        self.infos.push(info);
        Ok(self.graph.push(&name, op, inputs))
    }

    fn unique(&mut self, name: String) -> String {
        // A name of the node's own, unless an output of another node has it.
        if self.names.insert(name.clone()) {
            return name;
        }
        let mut number = 1;
        loop {
            let next = format!("{name}.{number}");
            if self.names.insert(next.clone()) {
                return next;
            }
            number += 1;
        }
    }

    fn behind(&mut self, op: &Op, inputs: &[usize]) -> Outcome<Info> {
        let Some(&input) = inputs.first() else { return wrong("it reads nothing") };
        let before = self.infos[input];
        let counts = matches!(
            op,
            Op::Norm { affine: true, .. }
                | Op::Norm { norm: Norm::Group { .. }, .. }
                | Op::Activation(rf_core::graph::Activation::PreluPerChannel)
                | Op::ChannelShuffle { .. }
                | Op::Narrow { .. }
                | Op::PixelShuffle { .. }
                | Op::PixelUnshuffle { .. }
                | Op::Linear { .. }
        );
        if counts && before.channels == UNKNOWN {
            return unknown("the number of its input's channels is not known");
        }
        let channels = self.channels_behind(op, &before)?;
        let mut info = Info { channels, ..before };
        for axis in 0..self.rank {
            info.extents[axis] = self.extent_behind(op, axis, before.extents[axis])?;
        }
        match op {
            Op::Linear { .. } | Op::Flatten => info.flat = true,
            Op::Opaque { .. } => info.flat = false,
            _ => {}
        }
        Ok(info)
    }

    fn channels_behind(&self, op: &Op, before: &Info) -> Outcome<i64> {
        let c = before.channels;
        let scaled = |factor: &PerAxis, up: bool| {
            let parts: i64 = factor[..self.rank].iter().product();
            if c == UNKNOWN {
                c
            } else if up {
                c / parts.max(1)
            } else {
                c.saturating_mul(parts)
            }
        };
        Ok(match *op {
            Op::Conv { channels, .. } | Op::ConvTranspose { channels, .. } | Op::Narrow { channels, .. } => {
                channels
            }
            Op::DepthwiseConv { multiplier, .. } => c.saturating_mul(multiplier),
            Op::Linear { features, .. } => features,
            Op::Opaque { channels, .. } => channels,
            Op::Custom { channels, .. } if channels != 0 => channels,
            Op::PixelShuffle { factor } => scaled(&factor, true),
            Op::PixelUnshuffle { factor } => scaled(&factor, false),
            Op::Flatten => {
                let mut features = c;
                for size in &before.extents[..self.rank] {
                    let Some(extent) = size.known() else {
                        return unknown("it flattens an extent that is not fixed");
                    };
                    features = features.saturating_mul(extent);
                }
                features
            }
            _ => c,
        })
    }

    /// The extent behind a layer. Of one that only a run knows the theory is asked for samples: they tell whether it
    /// stays, is a multiple, or is a new one, the same for the same samples.
    fn extent_behind(&mut self, op: &Op, axis: usize, before: Size) -> Outcome<Size> {
        const FIRST: i64 = 1 << 16;
        let symbol = match before {
            Size::Known(extent) => {
                return match output_extent(op, axis, extent) {
                    Ok(UNKNOWN) => Ok(self.symbol()),
                    Ok(extent) => Ok(Size::Known(extent)),
                    Err(fault) => wrong(self.words(op, fault)),
                };
            }
            Size::Symbol(symbol) => symbol,
        };
        // What stands for itself must not depend on the input's extent.
        match output_extent(op, axis, UNKNOWN) {
            Ok(UNKNOWN) => {}
            Ok(extent) => return Ok(Size::Known(extent)),
            Err(fault) => return unknown(self.words(op, fault)),
        }
        let sample = |extent: i64| output_extent(op, axis, extent).unwrap_or(UNKNOWN);
        let samples: Vec<i64> = (FIRST..FIRST + 8).map(sample).collect();
        let factor = samples[0] / FIRST;
        if factor > 0 && (FIRST..).zip(&samples).all(|(extent, &sample)| sample == factor * extent) {
            return Ok(symbol.times(factor, 1).map_or_else(|| self.symbol(), Size::Symbol));
        }
        if symbol != Symbol::new(symbol.id) {
            return Ok(self.symbol());
        }
        let next = self.symbols + 1;
        let id = *self.windows.entry((symbol.id, samples)).or_insert(next);
        self.symbols = self.symbols.max(id);
        Ok(Size::Symbol(Symbol::new(id)))
    }

    /// The theory's words for a fault of a layer.
    fn words(&self, op: &Op, fault: Fault) -> String {
        let mut alone = GraphBuf::new("", 1, &[1, 1, 1][..self.rank]);
        alone.push("", *op, &[0]);
        let lent = alone.lend();
        let table = TableBuf::new(&lent.graph());
        let text = table.table().layer(1).words_of(fault);
        text.strip_prefix("``: ").unwrap_or(&text).to_owned()
    }

    fn merged(&mut self, merge: Merge, inputs: &[usize]) -> Outcome<Info> {
        let single = |info: &Info| info.extents[..self.rank].iter().all(|size| *size == Size::Known(1));
        let lead = inputs.iter().map(|&input| self.infos[input]).find(|info| !single(info));
        let Some(&first) = inputs.first() else { return wrong("it reads nothing") };
        let mut info = lead.unwrap_or(self.infos[first]);
        let channels = inputs.iter().map(|&input| self.infos[input].channels);
        info.channels = match merge {
            Merge::Concat => channels.fold(0_i64, |sum, one| {
                if sum == UNKNOWN || one == UNKNOWN { UNKNOWN } else { sum.saturating_add(one) }
            }),
            _ => channels.max().unwrap_or(UNKNOWN),
        };
        for &input in inputs {
            for axis in 0..self.rank {
                if let (Size::Symbol(_), known @ Size::Known(2..)) =
                    (info.extents[axis], self.infos[input].extents[axis])
                {
                    info.extents[axis] = known;
                }
            }
        }
        Ok(info)
    }

    /// The channels of a layer as a size.
    pub(super) fn channel_size(&mut self, layer: usize) -> Size {
        match self.infos[layer].channels {
            UNKNOWN => self.symbol(),
            channels => Size::Known(channels),
        }
    }

    /// A layer's map as `N×C×…`.
    pub(super) fn whole(&mut self, layer: usize) -> Vec<Dim> {
        let channels = self.channel_size(layer);
        let mut dims = vec![Dim::new(), joined([Factor::whole(Axis::Channel, channels)])];
        let info = self.infos[layer];
        if !info.flat {
            dims.extend((0..self.rank).map(|a| joined([Factor::whole(Axis::Space(a), info.extents[a])])));
        }
        dims
    }

    /// The same arrangement over another layer, whose channels and extents may be others: for layers that move none.
    pub(super) fn over(&mut self, map: &Map, layer: usize) -> Map {
        let (before, info) = (self.infos[map.layer], self.infos[layer]);
        let channels = map.dims.iter().flatten().filter(|factor| factor.axis == Axis::Channel).count();
        let refit = |factor: &Factor| {
            let (old, new) = match factor.axis {
                Axis::Batch => return *factor,
                Axis::Channel if info.channels == UNKNOWN => return *factor,
                Axis::Channel if before.channels == UNKNOWN && channels > 1 => return *factor,
                Axis::Channel if before.channels == UNKNOWN => (factor.size, Size::Known(info.channels)),
                Axis::Channel => (Size::Known(before.channels), Size::Known(info.channels)),
                Axis::Space(axis) => (before.extents[axis], info.extents[axis]),
            };
            // Only a whole axis can have changed its size.
            if factor.size == old { Factor { size: new, ..*factor } } else { *factor }
        };
        let dims = map.dims.iter().map(|dim| joined(dim.iter().map(refit))).collect();
        Map { layer, dims, guessed: map.guessed }
    }

    /// A layer on a map that moves nothing.
    pub(super) fn on(&mut self, part: &str, op: Op, map: &Map) -> Outcome<Map> {
        let layer = self.push(part, op, &[map.layer])?;
        Ok(self.over(map, layer))
    }

    /// Keeps a tensor of a layer for whoever asks for weights.
    pub(super) fn weigh(&mut self, layer: usize, tensor: &str, constant: Arc<Constant>) {
        let name = format!("{}.{tensor}", self.graph.layer_name(layer));
        self.recipes.push(Recipe { name, constant });
    }

    /// `scale · x + shift` with numbers for all channels, as a batch norm of frozen statistics.
    pub(super) fn affine(&mut self, part: &str, map: &Map, scale: f64, shift: f64) -> Outcome<Map> {
        let channels = self.infos[map.layer].channels;
        if channels == UNKNOWN {
            return self.pointwise(part, map);
        }
        let shape = vec![channels];
        let filled = |value: f64| Arc::new(Constant { shape: shape.clone(), values: Values::Filled(value) });
        // The statistics alone do it, and cost no parameters, where they are far from what the norm adds to them.
        let plain = scale > 1e-6 && scale < 50.0;
        let op = Op::Norm { norm: Norm::Batch, affine: !plain };
        let layer = self.push(part, op, &[map.layer])?;
        if plain {
            self.weigh(layer, "running_mean", filled(-shift / scale));
            self.weigh(layer, "running_var", filled(1.0 / (scale * scale) - EPSILON));
        } else {
            self.weigh(layer, "weight", filled(scale));
            self.weigh(layer, "bias", filled(shift));
            self.weigh(layer, "running_mean", filled(0.0));
            self.weigh(layer, "running_var", filled(1.0 - EPSILON));
        }
        Ok(self.over(map, layer))
    }

    /// The same with numbers for each channel; `None` for ones and zeros.
    pub(super) fn affine_by_channel(
        &mut self,
        map: &Map,
        scale: Option<Constant>,
        shift: Option<Constant>,
    ) -> Outcome<Map> {
        let shape = vec![self.infos[map.layer].channels];
        let filled = |value: f64| Constant { shape: shape.clone(), values: Values::Filled(value) };
        let layer = self.push("", Op::Norm { norm: Norm::Batch, affine: true }, &[map.layer])?;
        self.weigh(layer, "weight", Arc::new(scale.unwrap_or_else(|| filled(1.0))));
        self.weigh(layer, "bias", Arc::new(shift.unwrap_or_else(|| filled(0.0))));
        self.weigh(layer, "running_mean", Arc::new(filled(0.0)));
        self.weigh(layer, "running_var", Arc::new(filled(1.0 - EPSILON)));
        Ok(self.over(map, layer))
    }

    /// A function of each unit by itself that no engine knows.
    pub(super) fn pointwise(&mut self, part: &str, map: &Map) -> Outcome<Map> {
        self.on(part, pointwise(0), map)
    }

    /// One unit of an axis repeated, along all axes whose factor is more than 1.
    pub(super) fn repeat(&mut self, part: &str, layer: usize, factor: PerAxis) -> Outcome<usize> {
        self.push(part, Op::Upsample { factor, mode: Resize::Nearest }, &[layer])
    }

    /// A window on all axes, from arguments of the graph's axes.
    pub(super) fn window(kernel: PerAxis, stride: PerAxis, padding: [Padding; MAX_RANK]) -> Window {
        Window { kernel, stride, padding, dilation: [1; MAX_RANK] }
    }

    /// A layer whose units may read all of what comes in (`global`: do), of the shape declared or else of the first
    /// input's with sizes that nobody knows.
    pub(super) fn opaque(
        &mut self,
        reads: &[Map],
        declared: Option<&[Number]>,
        place: usize,
    ) -> Outcome<Map> {
        let Some(first) = reads.first() else { return wrong("it reads nothing") };
        let dims = self.guess(first, declared);
        self.all_of(reads, dims, false, place)
    }

    /// The dimensions of a tensor that lies as `like` does, in sizes as declared.
    fn guess(&mut self, like: &Map, declared: Option<&[Number]>) -> Vec<Dim> {
        let rank = declared.map_or(like.dims.len(), <[Number]>::len);
        let alike = rank == like.dims.len();
        let mut axes: Vec<Axis> = (0..rank)
            .map(|dim| match like.dims.get(dim).and_then(|dim| dim.first()) {
                Some(factor) if alike => factor.axis,
                _ if dim == 0 && rank > 1 => Axis::Batch,
                _ if dim <= 1 => Axis::Channel,
                _ => Axis::Space(dim - 2),
            })
            .collect();
        // Each axis once, the others are more channels of each unit.
        for dim in 0..rank {
            let beyond = matches!(axes[dim], Axis::Space(place) if place >= self.rank);
            if beyond || axes[..dim].contains(&axes[dim]) {
                axes[dim] = Axis::Channel;
            }
        }
        let channel_dims = axes.iter().filter(|axis| **axis == Axis::Channel).count();
        let mut sizes: Vec<Size> = (0..rank)
            .map(|dim| declared.and_then(|shape| Size::of(shape[dim])).unwrap_or_else(|| self.symbol()))
            .collect();
        let mut stride = 1_i64;
        let mut dims = vec![Dim::new(); rank];
        for dim in (0..rank).rev() {
            if axes[dim] == Axis::Batch && !matches!(sizes[dim], Size::Known(_)) {
                sizes[dim] = Size::Known(1);
            }
            let mut factor = Factor::whole(axes[dim], sizes[dim]);
            if axes[dim] == Axis::Channel && channel_dims > 1 {
                factor.stride = stride;
                stride = stride.saturating_mul(sizes[dim].known().unwrap_or(1));
            }
            dims[dim] = joined([factor]);
        }
        dims
    }

    /// A layer of the given shape whose units read all of several maps, or may.
    pub(super) fn all_of(
        &mut self,
        reads: &[Map],
        mut dims: Vec<Dim>,
        global: bool,
        place: usize,
    ) -> Outcome<Map> {
        renumber(&mut dims);
        let mut channels = Number::Int(1);
        let mut extents = [1; MAX_RANK];
        for factor in dims.iter().flatten() {
            match factor.axis {
                Axis::Batch => {}
                Axis::Channel => channels = channels.with(factor.size.number(), Arithmetic::Mul),
                Axis::Space(axis) => extents[axis] = factor.size.known().unwrap_or(UNKNOWN),
            }
        }
        let channels = channels.int().unwrap_or(UNKNOWN);
        let op = Op::Opaque { operator: self.operator, channels, extents, global };
        let mut layers: Vec<usize> = reads.iter().map(|map| map.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        let output = if place == 0 { String::new() } else { format!("output{place}") };
        let layer = if let [only] = layers[..] {
            self.push(&output, op, &[only])?
        } else {
            let mut parts = Vec::new();
            for (k, &layer) in layers.iter().enumerate() {
                let part = if place == 0 { format!("{k}") } else { format!("{output}.{k}") };
                parts.push(self.push(&part, op, &[layer])?);
            }
            self.push(&output, Op::Merge(Merge::Add), &parts)?
        };
        for factor in dims.iter().flatten() {
            if let (Axis::Space(axis), size) = (factor.axis, factor.size) {
                self.infos[layer].extents[axis] = size;
            }
        }
        Ok(Map { layer, dims, guessed: reads.iter().any(|map| map.guessed) })
    }
}

/// Numbers the channels of a layer that has none of its own order as its dimensions list them.
fn renumber(dims: &mut [Dim]) {
    let mut stride = 1_i64;
    for factor in dims.iter_mut().flatten().rev().filter(|factor| factor.axis == Axis::Channel) {
        factor.stride = stride;
        stride = stride.saturating_mul(factor.size.known().unwrap_or(1));
    }
    for dim in dims {
        *dim = joined(core::mem::take(dim));
    }
}
