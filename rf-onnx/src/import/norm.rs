//! Normalisations.

use std::sync::Arc;

use rf_core::graph::{Norm, Op, UNKNOWN};

use super::activation::spans_space;
use super::build::EPSILON;
use super::{Importer, Map, Value, constant_at, map_at, one};
use crate::constant::{Constant, Values};
use crate::layout::{Axis, Factor, Size};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Arithmetic;

type Inputs<'v> = &'v [Option<Value>];

/// Whether the engine's own term under the root is the file's.
fn is_default(epsilon: f64) -> bool {
    (epsilon - EPSILON).abs() < 1e-9
}

/// A row of one value for each channel, from one for each or one for each of `groups` of neighbours.
fn by_channel(constant: &Arc<Constant>, channels: i64, groups: i64) -> Option<Constant> {
    let len = constant.len()? as i64;
    if len == channels {
        return Some(constant.reshaped(vec![channels]));
    }
    if len != groups || groups < 1 || channels % groups != 0 {
        return None;
    }
    let each = vec![groups, channels / groups];
    let ones = Arc::new(Constant { shape: each.clone(), values: Values::Filled(1.0) });
    let column = Arc::new(constant.reshaped(vec![groups, 1]));
    let both = Arc::new(Constant { shape: each, values: Values::Combined(Arithmetic::Mul, column, ones) });
    Some(both.reshaped(vec![channels]))
}

impl<'f> Importer<'f> {
    /// `BatchNormalization`: input, scale, shift, mean, variance, frozen.
    pub(super) fn batch_norm(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let settled = self.settle(map)?;
        let channels = self.infos[settled.layer].channels;
        let tensors: Vec<Option<&Arc<Constant>>> = (1..5).map(|place| constant_at(inputs, place)).collect();
        if inputs.len() < 5 {
            return wrong(format!("{} inputs instead of 5", inputs.len()));
        }
        for tensor in tensors.iter().flatten() {
            if tensor.shape.len() == 1 && tensor.shape[0] >= 0 && channels >= 0 && tensor.shape[0] != channels
            {
                return wrong(format!("a tensor of {} values for {channels} channels", tensor.shape[0]));
            }
        }
        let [Some(scale), Some(shift), Some(mean), Some(variance)] = tensors[..] else {
            return unknown("its statistics depend on the network's input");
        };
        if attributes.int("training_mode", 0) != 0 {
            return unknown("its statistics are the batch's (`training_mode`)");
        }
        let layer = self.push("", Op::Norm { norm: Norm::Batch, affine: true }, &[settled.layer])?;
        self.weigh(layer, "weight", Arc::clone(scale));
        self.weigh(layer, "bias", Arc::clone(shift));
        self.weigh(layer, "running_mean", Arc::clone(mean));
        let epsilon = attributes.float("epsilon", EPSILON);
        let variance = if is_default(epsilon) {
            Arc::clone(variance)
        } else {
            // Such that the engine's own term makes it the file's.
            let more = Constant::number(epsilon - EPSILON);
            let values = Values::Combined(Arithmetic::Add, Arc::clone(variance), more);
            Arc::new(Constant { shape: variance.shape.clone(), values })
        };
        self.weigh(layer, "running_var", variance);
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `InstanceNormalization` (`groups` of `None`) and `GroupNormalization`: input, scale, shift.
    pub(super) fn channel_groups(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        groups: Option<i64>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let epsilon = attributes.float("epsilon", EPSILON);
        if let Some(groups) = groups {
            let settled = self.settle(map)?;
            let whole = self.behind_settled(&settled, settled.layer);
            return Ok(one(self.normalised(&whole, Norm::Group { groups }, epsilon, inputs, groups)?));
        }
        // Exporters of other norms make channels units, so that an instance norm is a group norm of all groups.
        if let [_, groups, rest @ ..] = &map.dims[..]
            && let [Factor { axis: Axis::Channel, size: Size::Known(count), stride: 2.. }] = groups[..]
            && spans_space(map, &rest.iter().flatten().copied().collect::<Vec<_>>())
        {
            let norm = if count == 1 { Norm::Layer } else { Norm::Group { groups: count } };
            return Ok(one(self.normalised(&map.clone(), norm, epsilon, inputs, count)?));
        }
        if let [_, none, rest @ ..] = &map.dims[..]
            && none.is_empty()
            && self.infos[map.layer].channels != 1
            && spans_space(map, &rest.iter().flatten().copied().collect::<Vec<_>>())
        {
            return Ok(one(self.normalised(&map.clone(), Norm::Group { groups: 1 }, epsilon, inputs, 1)?));
        }
        let settled = self.settle(map)?;
        let whole = self.behind_settled(&settled, settled.layer);
        Ok(one(self.normalised(&whole, Norm::Instance, epsilon, inputs, 1)?))
    }

    /// A norm with another term under the root than the engine's: scaling the input first makes it that.
    fn rescaled(&mut self, map: &Map, epsilon: f64) -> Outcome<Map> {
        if is_default(epsilon) {
            Ok(map.clone())
        } else if epsilon > 0.0 {
            self.affine("scaled", map, (EPSILON / epsilon).sqrt(), 0.0)
        } else {
            self.pointwise("scaled", map)
        }
    }

    /// A norm with a scale and a shift for each channel, or for each of `groups` of them.
    fn normalised(
        &mut self,
        map: &Map,
        norm: Norm,
        epsilon: f64,
        inputs: Inputs<'_>,
        groups: i64,
    ) -> Outcome<Map> {
        let mut map = self.rescaled(map, epsilon)?;
        // The number of channels, where it was not known, is that of the scales.
        if self.infos[map.layer].channels == UNKNOWN
            && groups == 1
            && let Some(channels) = super::constant_at(inputs, 1).and_then(|scale| scale.len())
        {
            map = self.on("channels", super::pointwise(channels as i64), &map)?;
        }
        let map = self.on("", Op::Norm { norm, affine: true }, &map)?;
        let channels = self.infos[map.layer].channels;
        for (place, tensor, default) in [(1, "weight", 1.0), (2, "bias", 0.0)] {
            let constant = match inputs.get(place) {
                Some(Some(Value::Constant(constant))) => by_channel(constant, channels, groups),
                Some(Some(Value::Map(_))) => return unknown("its scale depends on the network's input"),
                _ => Some(Constant { shape: vec![channels], values: Values::Filled(default) }),
            };
            if let Some(constant) = constant {
                self.weigh(map.layer, tensor, Arc::new(constant));
            }
        }
        Ok(map)
    }

    /// `LayerNormalization` and its like over dimensions from `axis` on.
    pub(super) fn layer_norm(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        plain: bool,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let from = super::reshape::axis(attributes.int("axis", -1), map.dims.len())?;
        let along: Vec<Factor> = map.dims[from..].iter().flatten().copied().collect();
        let outside = map.dims[..from].iter().flatten().any(|factor| factor.axis == Axis::Channel);
        let spatial = along.iter().any(|factor| matches!(factor.axis, Axis::Space(_)));
        if along.iter().any(|factor| factor.axis == Axis::Batch) {
            return unknown("it runs over the batch");
        }
        let epsilon = attributes.float("epsilon", EPSILON);
        let map = if !spatial && plain && !outside {
            self.normalised(&map.clone(), Norm::LayerChannels, epsilon, inputs, 1)?
        } else if !spatial {
            self.pointwise("", map)?
        } else if !spans_space(map, &along) {
            return unknown("it normalises along one of several axes");
        } else {
            // Each unit by itself and, through the statistics, all of them; scale and shift are each unit's own, which
            // no engine has.
            let norm = if outside { Norm::Instance } else { Norm::Layer };
            let input = self.pointwise("input", map)?;
            self.on("", Op::Norm { norm, affine: false }, &input)?
        };
        Ok(vec![Value::Map(map.clone()), Value::Map(map.clone()), Value::Map(map)])
    }

    /// `MeanVarianceNormalization`: over the units of each channel, unless `axes` say otherwise.
    pub(super) fn mean_variance(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let across: Vec<i64> = (0..settled.axes.len() as i64 + 2).filter(|&axis| axis != 1).collect();
        if attributes.ints("axes").is_some_and(|axes| axes != across) {
            return unknown("it normalises along other axes than all spatial ones");
        }
        let input = self.push("input", super::pointwise(0), &[settled.layer])?;
        let layer = self.push("", Op::Norm { norm: Norm::Instance, affine: false }, &[input])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `LRN`: PyTorch's where its numbers are, else of the same units and no engine's.
    pub(super) fn local_response(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let size = attributes.int("size", 0);
        let near = |name: &str, default: f64| (attributes.float(name, default) - default).abs() < 1e-6;
        let exact = near("alpha", 1e-4) && near("beta", 0.75) && near("bias", 1.0) && size % 2 == 1;
        let op = if exact && size > 0 {
            Op::Norm { norm: Norm::LocalResponse { size }, affine: false }
        } else {
            super::pointwise(0)
        };
        let layer = self.push("", op, &[settled.layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }
}
