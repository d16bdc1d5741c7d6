//! What moves dimensions and computes nothing: the layer is an identity, and the arrangement is another.

use rf_core::graph::Op;

use super::{Importer, Map, Value, constant_at, map_at, one};
use crate::layout::{Dim, reshape, size};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Number;

type Inputs<'v> = &'v [Option<Value>];

/// A dimension that may be counted from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Outcome<usize> {
    let from_front = if axis < 0 { axis.checked_add(rank as i64) } else { Some(axis) };
    match from_front.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < rank) {
        Some(axis) => Ok(axis),
        None => wrong(format!("dimension {axis} of a tensor of {rank}")),
    }
}

impl<'f> Importer<'f> {
    /// The same values, arranged otherwise.
    fn moved(&mut self, map: &Map, dims: Vec<Dim>) -> Outcome<Vec<Value>> {
        let layer = self.push("", Op::Identity, &[map.layer])?;
        Ok(one(Map { layer, dims, guessed: map.guessed }))
    }

    /// What changes nothing when a network is evaluated.
    pub(super) fn identity(&mut self, op: Op, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = self.on("", op, map_at(inputs, 0)?)?;
        Ok(vec![Value::Map(map.clone()), Value::Map(map)])
    }

    pub(super) fn transpose(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let reversed: Vec<i64> = (0..rank as i64).rev().collect();
        let order = attributes.ints("perm").unwrap_or(&reversed);
        let order = permutation(order, rank)?;
        let dims = order.into_iter().map(|from| map.dims[from].clone()).collect();
        self.moved(map, dims)
    }

    /// `Reshape`: 0 keeps a dimension, −1 takes what is left.
    pub(super) fn reshape(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let given = match (constant_at(inputs, 1), attributes.ints("shape")) {
            (Some(shape), _) => shape.numbers(),
            (None, Some(shape)) => Some(shape.iter().map(|&extent| Number::Int(extent)).collect()),
            (None, None) => None,
        };
        let Some(mut targets) = given else { return unknown("the shape that it asks for is not known") };
        let keeps_zero = attributes.int("allowzero", 0) != 0;
        for (place, target) in targets.iter_mut().enumerate() {
            *target = match target.int() {
                Some(0) if !keeps_zero => match map.dims.get(place) {
                    Some(dim) => size(dim),
                    None => return wrong("it keeps a dimension that its input does not have"),
                },
                Some(-1) => Number::Unknown,
                _ => *target,
            };
        }
        self.shaped(map, &targets)
    }

    fn shaped(&mut self, map: &Map, targets: &[Number]) -> Outcome<Vec<Value>> {
        let Some(dims) = reshape(&map.dims, targets) else {
            let (from, to) = (shown(&map.dims.iter().map(size).collect::<Vec<_>>()), shown(targets));
            let product = |product: i64, number: Number| product.checked_mul(number.int()?);
            let before = map.dims.iter().map(size).try_fold(1_i64, product);
            let sizes = (before, targets.iter().copied().try_fold(1_i64, product));
            return match sizes {
                (Some(from_size), Some(to_size)) if from_size != to_size => {
                    wrong(format!("{from} cannot be reshaped to {to}"))
                }
                _ => unknown(format!("it reshapes {from} to {to} across axes")),
            };
        };
        // What stays flat is a flat layer; what comes back as a map had better not lose its axes.
        let spatial =
            map.dims.iter().flatten().any(|factor| matches!(factor.axis, crate::layout::Axis::Space(_)));
        let row = matches!(&dims[..], [lead, _] if lead.iter().all(|factor| factor.axis == crate::layout::Axis::Batch));
        if row && !self.unfolds_later() && !self.infos[map.layer].flat {
            return self.flattened(map, dims, spatial);
        }
        let moved = Map { layer: map.layer, dims, guessed: map.guessed };
        if is_shuffle(&moved) {
            let settled = self.settle(&moved)?;
            let layer = self.push("", Op::Identity, &[settled.layer])?;
            return Ok(one(self.behind_settled(&settled, layer)));
        }
        self.moved(map, moved.dims)
    }

    /// One row of features.
    fn flattened(&mut self, map: &Map, dims: Vec<Dim>, spatial: bool) -> Outcome<Vec<Value>> {
        let fixed = self.infos[map.layer].extents[..self.rank].iter().all(|size| size.known().is_some());
        if !fixed || self.infos[map.layer].channels == rf_core::graph::UNKNOWN {
            return self.moved(map, dims);
        }
        let layer = self.push("", Op::Flatten, &[map.layer])?;
        let dims = if spatial { self.features(map, &dims) } else { dims };
        Ok(one(Map { layer, dims, guessed: map.guessed }))
    }

    /// Dimensions of which the spatial factors have become channels, as a flatten counts these: channel by channel, each
    /// row-major.
    fn features(&self, map: &Map, dims: &[Dim]) -> Vec<Dim> {
        use crate::layout::{Axis, Factor, joined};
        let info = self.infos[map.layer];
        let extent = |axis: usize| info.extents[axis].known().unwrap_or(1);
        let inner = |axis: usize| (axis + 1..self.rank).map(extent).product::<i64>();
        let units: i64 = (0..self.rank).map(extent).product();
        let refit = |factor: &Factor| match factor.axis {
            Axis::Batch => *factor,
            Axis::Channel => Factor { stride: factor.stride.saturating_mul(units), ..*factor },
            Axis::Space(axis) => {
                Factor { axis: Axis::Channel, stride: factor.stride.saturating_mul(inner(axis)), ..*factor }
            }
        };
        dims.iter().map(|dim| joined(dim.iter().map(refit))).collect()
    }

    pub(super) fn flatten(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let at = attributes.int("axis", 1);
        let split = if at == rank as i64 { rank } else { axis(at, rank)? };
        let product = |dims: &[Dim]| {
            dims.iter()
                .fold(Number::Int(1), |product, dim| product.with(size(dim), crate::number::Arithmetic::Mul))
        };
        let (head, tail) = map.dims.split_at(split);
        let head = product(head);
        let tail = if head == Number::Unknown { product(tail) } else { Number::Unknown };
        self.shaped(map, &[head, tail])
    }

    /// `Squeeze`: axes as an attribute before opset 13, as an input since.
    pub(super) fn squeeze(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let drops: Vec<usize> = match axes(attributes, inputs, 1) {
            Some(axes) => axes?.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?,
            None => (0..rank).filter(|&dim| map.dims[dim].is_empty()).collect(),
        };
        if let Some(&full) = drops.iter().find(|&&dim| !map.dims[dim].is_empty()) {
            return wrong(format!("dimension {full} has more than one unit"));
        }
        let kept = map.dims.iter().enumerate().filter(|(dim, _)| !drops.contains(dim));
        let dims = kept.map(|(_, dim)| dim.clone()).collect();
        self.moved(map, dims)
    }

    pub(super) fn unsqueeze(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let Some(axes) = axes(attributes, inputs, 1) else { return wrong("`axes` is missing") };
        let axes = axes?;
        let rank = map.dims.len() + axes.len();
        let mut new: Vec<usize> = axes.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?;
        new.sort_unstable();
        let mut dims = map.dims.clone();
        for at in new {
            if at > dims.len() {
                return wrong("`axes` names a dimension twice");
            }
            dims.insert(at, Dim::new());
        }
        self.moved(map, dims)
    }

    /// `Expand`: broadcasting to a shape.
    pub(super) fn expand_to(&mut self, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let mut map = map_at(inputs, 0)?.clone();
        let Some(mut targets) = constant_at(inputs, 1).and_then(|shape| shape.numbers()) else {
            return unknown("the shape that it asks for is not known");
        };
        while map.dims.len() < targets.len() {
            map.dims.insert(0, Dim::new());
        }
        while targets.len() < map.dims.len() {
            targets.insert(0, Number::Int(1));
        }
        let map = self.expand("spread", &map, &targets)?;
        let dims = map.dims.clone();
        self.moved(&map, dims)
    }

    /// Whether some later node gives the output of the node at work spatial axes again.
    pub(super) fn unfolds_later(&self) -> bool {
        self.unfolds.contains(self.first_output)
    }
}

/// The axes of a node: an attribute, or the input at `place`.
pub(super) fn axes(
    attributes: Attributes<'_, '_>,
    inputs: Inputs<'_>,
    place: usize,
) -> Option<Outcome<Vec<i64>>> {
    if let Some(axes) = attributes.ints("axes") {
        return Some(Ok(axes.to_vec()));
    }
    match inputs.get(place) {
        Some(Some(Value::Constant(axes))) => {
            Some(axes.ints().map_or_else(|| unknown("its `axes` are not known"), Ok))
        }
        Some(Some(Value::Map(_))) => Some(unknown("its `axes` depend on the network's input")),
        _ => None,
    }
}

/// A permutation of `rank` dimensions.
pub(super) fn permutation(order: &[i64], rank: usize) -> Outcome<Vec<usize>> {
    let places: Vec<usize> = order.iter().map(|&at| axis(at, rank)).collect::<Outcome<_>>()?;
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..rank) {
        Ok(places)
    } else {
        wrong("`perm` is no permutation of its input's dimensions")
    }
}

fn shown(numbers: &[Number]) -> String {
    let one = |number: &Number| number.int().map_or_else(|| "_".into(), |value| value.to_string());
    numbers.iter().map(one).collect::<Vec<String>>().join("×")
}

/// Whether channels have become the inner units of axes, or the reverse, so that the map has another shape.
fn is_shuffle(map: &Map) -> bool {
    use crate::layout::{Axis, Factor};
    let [lead, channels, space @ ..] = &map.dims[..] else { return false };
    let of = |axis: Axis| move |factor: &Factor| factor.axis == axis;
    let is_space = |factor: &Factor| matches!(factor.axis, Axis::Space(_));
    let up = |dim: &Dim| {
        matches!(
            dim[..],
            [Factor { axis: Axis::Space(_), stride: 1, .. }, Factor { axis: Axis::Channel, .. }]
        )
    };
    let down = |dim: &Dim| matches!(dim[..], [Factor { axis: Axis::Space(_), stride: 2.., .. }]);
    let plain = |dim: &Dim| dim.len() < 2 && dim.iter().all(is_space);
    let shuffles = if space.iter().any(up) {
        channels.iter().all(of(Axis::Channel))
    } else {
        channels.iter().any(is_space) && space.iter().any(down)
    };
    shuffles && lead.iter().all(of(Axis::Batch)) && space.iter().all(|dim| up(dim) || plain(dim))
}
