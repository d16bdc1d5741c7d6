//! Normalisations.

use std::sync::Arc;

use rf_core::graph::{Norm, Op};

use super::build::EPSILON;
use super::{Importer, Value, constant_at, map_at, one};
use crate::constant::{Constant, Values};
use crate::layout::{Axis, Factor};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Arithmetic;

type Inputs<'v> = &'v [Option<Value>];

/// Whether the engine's own term under the root is the file's.
fn is_default(epsilon: f64) -> bool {
    (epsilon - EPSILON).abs() < 1e-9
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

    /// `InstanceNormalization` and `GroupNormalization`: input, scale, shift.
    pub(super) fn channel_groups(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        norm: Norm,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let layer = self.push("", Op::Norm { norm, affine: true }, &[settled.layer])?;
        let channels = self.infos[layer].channels;
        // With another term under the root no engine is exact: without weights none runs it.
        if is_default(attributes.float("epsilon", EPSILON)) {
            for (place, tensor) in [(1, "weight"), (2, "bias")] {
                if let Some(constant) = constant_at(inputs, place)
                    && constant.shape == [channels]
                {
                    self.weigh(layer, tensor, Arc::clone(constant));
                }
            }
        }
        Ok(one(self.behind_settled(&settled, layer)))
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
        let scale = constant_at(inputs, 1);
        let exact = plain && is_default(attributes.float("epsilon", EPSILON)) && scale.is_some();
        if !spatial {
            let layer_map = if exact && !outside {
                let map = self.on("", Op::Norm { norm: Norm::LayerChannels, affine: true }, map)?;
                self.weigh_norm(&map, inputs);
                map
            } else {
                self.pointwise("", map)?
            };
            return Ok(vec![
                Value::Map(layer_map.clone()),
                Value::Map(layer_map.clone()),
                Value::Map(layer_map),
            ]);
        }
        if !self.spans_space(map, &along) {
            return unknown("it normalises along one of several axes");
        }
        // Each unit by itself and, through the statistics, all of them.
        let norm = if outside { Norm::Instance } else { Norm::Layer };
        let input = self.pointwise("input", map)?;
        let map = self.on("", Op::Norm { norm, affine: false }, &input)?;
        Ok(vec![Value::Map(map.clone()), Value::Map(map.clone()), Value::Map(map)])
    }

    fn weigh_norm(&mut self, map: &super::Map, inputs: Inputs<'_>) {
        let channels = self.infos[map.layer].channels;
        if let Some(scale) = constant_at(inputs, 1) {
            self.weigh(map.layer, "weight", Arc::new(scale.reshaped(vec![channels])));
        }
        let zeros = Constant { shape: vec![channels], values: Values::Filled(0.0) };
        let shift = constant_at(inputs, 2).map_or(zeros, |shift| shift.reshaped(vec![channels]));
        self.weigh(map.layer, "bias", Arc::new(shift));
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
