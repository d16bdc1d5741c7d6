//! Several tensors become one: arithmetic with broadcasting, and concatenation.

use std::sync::Arc;

use onnx_rs::ast::{Node, OpType};
use rf_core::graph::{MAX_RANK, Merge, Op};

use super::{Importer, Map, Value, maps, one, pointwise};
use crate::constant::{Constant, Values};
use crate::layout::{Axis, Dim, Factor, Size, joined, size};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::{Arithmetic, Number};

type Inputs<'v> = &'v [Option<Value>];

/// How a constant lies over a map.
enum Lies {
    /// One number for all.
    Scalar(f64),
    /// A number for each channel.
    PerChannel(i64),
    /// Anything else.
    Varies,
}

impl<'f> Importer<'f> {
    /// `Add`, `Sub`, `Mul`, `Div` of two tensors.
    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let [a, b, ..] = inputs else { return wrong("it needs two inputs") };
        match (a, b) {
            (Some(Value::Map(map)), Some(Value::Constant(constant))) => {
                let axis = attributes.get("axis").map(|attribute| attribute.i);
                self.with_constant(operator, map, &self.aligned(constant, map, axis), false)
            }
            (Some(Value::Constant(constant)), Some(Value::Map(map))) => {
                self.with_constant(operator, map, constant, true)
            }
            (Some(Value::Map(a)), Some(Value::Map(b))) => {
                let b = match operator {
                    Arithmetic::Sub => self.affine("negative", b, -1.0, 0.0)?,
                    Arithmetic::Div => self.pointwise("inverse", b)?,
                    _ => b.clone(),
                };
                let product = matches!(operator, Arithmetic::Mul | Arithmetic::Div);
                let merge = if product { Merge::Mul } else { Merge::Add };
                Ok(one(self.merge(merge, &[a.clone(), b])?))
            }
            _ => wrong("an input is missing"),
        }
    }

    /// `map ∘ constant`, or `constant ∘ map` where it is `first`.
    fn with_constant(
        &mut self,
        operator: Arithmetic,
        map: &Map,
        constant: &Arc<Constant>,
        first: bool,
    ) -> Outcome<Vec<Value>> {
        let map = &self.enlarged(map, &constant.shape)?;
        let inverse = operator == Arithmetic::Div && first;
        Ok(one(match self.lies(map, constant) {
            _ if inverse => self.pointwise("", map)?,
            Lies::Scalar(value) => {
                let (scale, shift) = match operator {
                    Arithmetic::Add => (1.0, value),
                    Arithmetic::Sub if first => (-1.0, value),
                    Arithmetic::Sub => (1.0, -value),
                    Arithmetic::Mul => (value, 0.0),
                    Arithmetic::Div => (1.0 / value, 0.0),
                };
                if scale.is_finite() && shift.is_finite() {
                    self.affine("", map, scale, shift)?
                } else {
                    self.pointwise("", map)?
                }
            }
            Lies::PerChannel(channels) => {
                let row = || Arc::new(constant.reshaped(vec![channels]));
                let with = |operator, a: Arc<Constant>, b: Arc<Constant>| {
                    Some(Constant { shape: vec![channels], values: Values::Combined(operator, a, b) })
                };
                let minus = || with(Arithmetic::Mul, row(), Constant::number(-1.0));
                let plain = || Some(constant.reshaped(vec![channels]));
                let all =
                    |value: f64| Some(Constant { shape: vec![channels], values: Values::Filled(value) });
                let (scale, shift) = match operator {
                    Arithmetic::Add => (None, plain()),
                    Arithmetic::Sub if first => (all(-1.0), plain()),
                    Arithmetic::Sub => (None, minus()),
                    Arithmetic::Mul => (plain(), None),
                    Arithmetic::Div => (with(Arithmetic::Div, Constant::number(1.0), row()), None),
                };
                self.affine_by_channel(map, scale, shift)?
            }
            Lies::Varies => {
                let params = constant.len().map_or(0, |len| len as i64);
                let op = match pointwise(0) {
                    Op::Custom { channels, window, global, .. } => {
                        Op::Custom { channels, window, global, params }
                    }
                    other => other,
                };
                self.on("", op, map)?
            }
        }))
    }

    fn lies(&self, map: &Map, constant: &Constant) -> Lies {
        match constant.uniform() {
            Some(value) => Lies::Scalar(value),
            None => match self.per_channel(map, &constant.shape) {
                Some(channels) => Lies::PerChannel(channels),
                None => Lies::Varies,
            },
        }
    }

    /// A map with the dimensions that a broadcast constant gives it: new ones before, and units repeated.
    fn enlarged(&mut self, map: &Map, shape: &[i64]) -> Outcome<Map> {
        let mut map = map.clone();
        while map.dims.len() < shape.len() {
            map.dims.insert(0, Dim::new());
        }
        let skip = map.dims.len() - shape.len();
        let targets: Vec<Number> = (0..map.dims.len())
            .map(|dim| match dim.checked_sub(skip).map(|place| shape[place]) {
                Some(extent) if extent > 1 && map.dims[dim].is_empty() => Number::Int(extent),
                _ => size(&map.dims[dim]),
            })
            .collect();
        self.expand("spread", &map, &targets)
    }

    /// Repeats the single unit of dimensions that shall have more.
    pub(super) fn expand(&mut self, part: &str, map: &Map, targets: &[Number]) -> Outcome<Map> {
        let mut dims = map.dims.clone();
        let grows: Vec<usize> =
            (0..dims.len()).filter(|&dim| dims[dim].is_empty() && targets[dim] != Number::Int(1)).collect();
        if grows.is_empty() {
            return Ok(map.clone());
        }
        let mut free = self.free_axes(map);
        let (mut factor, mut layer) = ([1; MAX_RANK], map.layer);
        for dim in grows {
            let Some(extent) = targets[dim].int().filter(|&extent| extent > 0) else {
                return unknown("it repeats a unit as often as only a run knows");
            };
            let axis = match dim {
                0 if dims.len() > 1 => Axis::Batch,
                1 if self.infos[layer].channels == 1 => Axis::Channel,
                _ => match free.pop() {
                    Some(axis) => Axis::Space(axis),
                    None => {
                        return unknown("it repeats units along a dimension that is no axis of the input");
                    }
                },
            };
            match axis {
                Axis::Batch => {}
                Axis::Channel => layer = self.push("channels", pointwise(extent), &[layer])?,
                Axis::Space(axis) => factor[axis] = extent,
            }
            dims[dim] = joined([Factor::whole(axis, Size::Known(extent))]);
        }
        if factor != [1; MAX_RANK] {
            layer = if self.infos[layer].flat {
                let lead = [Map { layer, dims: map.dims.clone(), guessed: map.guessed }];
                return self.all_of(&lead, dims, true, 0);
            } else {
                self.repeat(part, layer, factor)?
            };
        }
        Ok(Map { layer, dims, guessed: map.guessed })
    }

    /// Axes of one unit that no dimension has, the last one first to be given.
    fn free_axes(&self, map: &Map) -> Vec<usize> {
        let taken: Vec<Axis> = map.dims.iter().flatten().map(|factor| factor.axis).collect();
        (0..self.rank).filter(|&axis| !taken.contains(&Axis::Space(axis))).collect()
    }

    /// A merge of maps unit by unit, under the node's name.
    pub(super) fn merge(&mut self, merge: Merge, parts: &[Map]) -> Outcome<Map> {
        let rank = parts.iter().map(|map| map.dims.len()).max().unwrap_or(0);
        let mut parts: Vec<Map> = parts.to_vec();
        for part in &mut parts {
            while part.dims.len() < rank {
                part.dims.insert(0, Dim::new());
            }
        }
        let mut dims = Vec::new();
        for dim in 0..rank {
            dims.push(self.common(&parts, dim)?);
        }
        let mut layers = Vec::new();
        for (k, part) in parts.iter().enumerate() {
            layers.push(self.fitted(merge, part, &dims, k)?);
        }
        let layer = self.push("", Op::Merge(merge), &layers)?;
        Ok(Map { layer, dims, guessed: parts.iter().any(|part| part.guessed) })
    }

    /// The dimension that several have, or that those have which have more than one unit.
    fn common(&self, parts: &[Map], dim: usize) -> Outcome<Dim> {
        // Those of more channels say how channels are counted.
        let mut parts: Vec<&Map> = parts.iter().collect();
        parts.sort_by_key(|part| std::cmp::Reverse(self.infos[part.layer].channels));
        let mut common = Dim::new();
        for part in parts {
            let own = &part.dims[dim];
            if own.is_empty() || *own == common {
                continue;
            }
            if common.is_empty() {
                common.clone_from(own);
                continue;
            }
            let place = |factor: &Factor| match factor.axis {
                Axis::Channel => (factor.axis, 1),
                axis => (axis, factor.stride),
            };
            let open = |dim: &Dim| dim.iter().any(|factor| matches!(factor.size, Size::Symbol(_)));
            if !own.iter().map(place).eq(common.iter().map(place)) {
                return unknown("its inputs lie differently over the network's input");
            }
            let sizes = |dim: &Dim| dim.iter().map(|factor| factor.size).collect::<Vec<_>>();
            if !open(own) && !open(&common) && sizes(own) != sizes(&common) {
                let (a, b) = (size(&common), size(own));
                return wrong(format!("its inputs differ: {} and {} units", shown(a), shown(b)));
            }
            if open(&common) {
                common.clone_from(own);
            }
        }
        Ok(common)
    }

    /// A part of a merge with what it lacks repeated, as far as the merge does not do it itself.
    fn fitted(&mut self, merge: Merge, part: &Map, dims: &[Dim], k: usize) -> Outcome<usize> {
        let lacks = |axis: Axis| {
            let has = |dims: &[Dim]| dims.iter().flatten().any(|factor| factor.axis == axis);
            has(dims) && !has(&part.dims)
        };
        let single = (0..self.rank).all(|axis| self.infos[part.layer].extents[axis] == Size::Known(1));
        let flat = self.infos[part.layer].flat;
        let mut layer = part.layer;
        let name = |what: &str| format!("{k}.{what}");
        if flat && dims.iter().flatten().any(|factor| matches!(factor.axis, Axis::Space(_))) {
            let own = Map { layer, dims: part.dims.clone(), guessed: part.guessed };
            layer = self.all_of(&[own], part.dims.clone(), true, 0)?.layer;
        }
        if !single && !flat {
            let mut factor = [1; MAX_RANK];
            for axis in (0..self.rank).filter(|&axis| lacks(Axis::Space(axis))) {
                let whole = dims.iter().flatten().find(|factor| factor.axis == Axis::Space(axis));
                let Some(extent) = whole.and_then(|factor| factor.size.known()) else {
                    return unknown("it repeats a unit as often as only a run knows");
                };
                factor[axis] = extent;
            }
            if factor != [1; MAX_RANK] {
                layer = self.repeat(&name("spread"), layer, factor)?;
            }
        }
        let counted = |dims: &[Dim]| {
            let channels = dims.iter().flatten().filter(|factor| factor.axis == Axis::Channel);
            channels.map(|factor| (factor.size, factor.stride)).collect::<Vec<_>>()
        };
        let spread = lacks(Axis::Channel) && merge != Merge::Mul && !single;
        // Some of the channels only, or all of them in another order.
        let other = !part.guessed
            && counted(&part.dims).iter().any(|own| !counted(dims).contains(own) && own.0.known().is_some())
            && !counted(dims).iter().any(|all| all.0.known().is_none());
        if spread || other {
            let mut channels = Number::Int(1);
            for factor in dims.iter().flatten().filter(|factor| factor.axis == Axis::Channel) {
                channels = channels.with(factor.size.number(), Arithmetic::Mul);
            }
            if let Some(channels) = channels.int() {
                layer = self.push(&name("channels"), pointwise(channels), &[layer])?;
            }
        }
        Ok(layer)
    }

    /// `Sum`, `Mean`, `Max`, `Min` of any number of tensors.
    pub(super) fn many(&mut self, operator: &OpType<'_>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let parts: Vec<Map> = maps(inputs).cloned().collect();
        let constants: Vec<Arc<Constant>> = (inputs.iter().flatten())
            .filter_map(|value| match value {
                Value::Constant(constant) => Some(Arc::clone(constant)),
                Value::Map(_) => None,
            })
            .collect();
        match (operator, &parts[..], &constants[..]) {
            (OpType::Sum | OpType::Mean | OpType::Max | OpType::Min, [only], []) => {
                Ok(one(self.on("", Op::Identity, only)?))
            }
            (OpType::Sum, _, []) => Ok(one(self.merge(Merge::Add, &parts)?)),
            (OpType::Max, _, []) => Ok(one(self.merge(Merge::Max, &parts)?)),
            (OpType::Sum, [only], [constant]) => self.with_constant(Arithmetic::Add, only, constant, false),
            (OpType::Max | OpType::Min, [only], [constant]) if constant.uniform().is_some() => {
                let bound = constant.uniform().unwrap_or(0.0);
                let (low, high) = match operator {
                    OpType::Max => (bound, f64::INFINITY),
                    _ => (f64::NEG_INFINITY, bound),
                };
                Ok(one(self.clamp(only, low, high)?))
            }
            (OpType::Mean, _, []) => {
                #[expect(clippy::cast_precision_loss, reason = "a node has far fewer inputs than 2^52")]
                let share = 1.0 / parts.len() as f64;
                let mut scaled = Vec::new();
                for (k, part) in parts.iter().enumerate() {
                    scaled.push(self.affine(&format!("{k}.share"), part, share, 0.0)?);
                }
                Ok(one(self.merge(Merge::Add, &scaled)?))
            }
            _ => self.function(inputs),
        }
    }

    /// A function of several tensors unit by unit that no engine knows.
    pub(super) fn function(&mut self, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let mut parts: Vec<Map> = maps(inputs).cloned().collect();
        let shapes: Vec<Vec<i64>> = (inputs.iter().flatten())
            .filter_map(|value| match value {
                Value::Constant(constant) => Some(constant.shape.clone()),
                Value::Map(_) => None,
            })
            .collect();
        let Some(first) = parts.first_mut() else { return wrong("it reads nothing") };
        let mut map = first.clone();
        for shape in shapes {
            map = self.enlarged(&map, &shape)?;
        }
        if parts.len() == 1 {
            return Ok(one(self.pointwise("", &map)?));
        }
        parts[0] = self.pointwise("function", &map)?;
        Ok(one(self.merge(Merge::Add, &parts)?))
    }

    /// `Concat` along channels; other axes have no single index map.
    pub(super) fn concat(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let parts: Vec<Map> = maps(inputs).cloned().collect();
        let Some(rank) = parts.first().map(|map| map.dims.len()) else { return wrong("it reads nothing") };
        let axis = super::reshape::axis(attributes.int("axis", 1), rank)?;
        if parts.iter().any(|map| map.dims.len() != rank) {
            return wrong("its inputs have different numbers of dimensions");
        }
        let mut extra = Number::Int(0);
        for value in inputs.iter().flatten() {
            let Value::Constant(constant) = value else { continue };
            if constant.len() == Some(0) {
                continue;
            }
            let own = constant.shape.get(axis).copied().unwrap_or(rf_core::graph::UNKNOWN);
            let own = if own < 0 { Number::Unknown } else { Number::Int(own) };
            extra = extra.with(own, Arithmetic::Add);
        }
        if parts.len() == 1 && extra == Number::Int(0) {
            return Ok(one(self.on("", Op::Identity, &parts[0])?));
        }
        let (mut layers, mut dims) = (Vec::new(), Vec::new());
        for dim in 0..rank {
            dims.push(if dim == axis { Dim::new() } else { self.common(&parts, dim)? });
        }
        for part in &parts {
            layers.push(self.joinable(part, axis)?);
        }
        let mut layer = if let [only] = layers[..] {
            only
        } else {
            let part = if extra == Number::Int(0) { "" } else { "maps" };
            self.push(part, Op::Merge(Merge::Concat), &layers)?
        };
        if extra != Number::Int(0) {
            let channels = Number::Int(self.infos[layer].channels).with(extra, Arithmetic::Add).int();
            let Some(channels) = channels else { return unknown("the shape of an input is not known") };
            layer = self.push("", pointwise(channels), &[layer])?;
        }
        let channels = self.channel_size(layer);
        dims[axis] = joined([Factor::whole(Axis::Channel, channels)]);
        Ok(one(Map { layer, dims, guessed: parts.iter().any(|part| part.guessed) }))
    }

    /// The layer of a map all of whose channels lie in the dimension `axis`, in their order.
    fn joinable(&mut self, map: &Map, axis: usize) -> Outcome<usize> {
        let other = |factor: &Factor| factor.axis != Axis::Channel;
        let channels = |dim: &Dim| dim.iter().any(|factor| factor.axis == Axis::Channel);
        let elsewhere = map.dims.iter().enumerate().any(|(dim, factors)| dim != axis && channels(factors));
        if map.dims[axis].iter().any(other) || elsewhere {
            return unknown("it joins maps along an axis of the image, or of parts of their channels");
        }
        let all = self.infos[map.layer].channels;
        if map.dims[axis].is_empty() && all != 1 {
            return unknown("it joins maps along a new dimension");
        }
        self.reorder(map.layer, map.dims[axis].clone())
    }
}

fn shown(number: Number) -> String {
    number.int().map_or_else(|| "_".into(), |value| value.to_string())
}

/// The shape of a `Concat`, where its inputs tell.
pub(super) fn shape(node: &Node<'_>, inputs: Inputs<'_>) -> Option<Vec<Number>> {
    if node.op_type != OpType::Concat {
        return None;
    }
    let shapes = inputs.iter().flatten().map(|value| match value {
        Value::Map(map) => map.dims.iter().map(size).collect(),
        Value::Constant(constant) => {
            let number = |&extent: &i64| if extent < 0 { Number::Unknown } else { Number::Int(extent) };
            constant.shape.iter().map(number).collect::<Vec<Number>>()
        }
    });
    let shapes: Vec<Vec<Number>> = shapes.collect();
    let rank = shapes.first()?.len();
    let axis = super::reshape::axis(Attributes(&node.attribute).int("axis", 1), rank).ok()?;
    let mut all = shapes.first()?.clone();
    for other in &shapes[1..] {
        all[axis] = all[axis].with(*other.get(axis)?, Arithmetic::Add);
    }
    Some(all)
}
