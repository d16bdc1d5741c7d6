//! Functions of each unit by itself.

use std::sync::Arc;

use onnx_rs::ast::OpType;
use rf_core::graph::{Activation, Op};

use super::{Importer, Map, Value, constant_at, map_at, one};
use crate::constant::Constant;
use crate::layout::{Axis, Factor, Size};
use crate::node::{Attributes, Outcome, unknown};
use crate::number::Number;

type Inputs<'v> = &'v [Option<Value>];

/// Equal up to what single precision makes of a default.
fn is(value: f64, default: f64) -> bool {
    (value - default).abs() < 1e-6
}

impl<'f> Importer<'f> {
    /// The functions that have one input and are what they are called.
    pub(super) fn activation(
        &mut self,
        operator: &OpType<'_>,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let alpha = |default: f64| attributes.float("alpha", default);
        let plain = match operator {
            OpType::Relu => Some(Activation::Relu),
            OpType::Sigmoid => Some(Activation::Sigmoid),
            OpType::Tanh => Some(Activation::Tanh),
            OpType::Softplus => Some(Activation::Softplus),
            OpType::Softsign => Some(Activation::Softsign),
            OpType::Custom("Swish") if is(alpha(1.0), 1.0) => Some(Activation::Silu),
            OpType::HardSwish => Some(Activation::Hardswish),
            OpType::Mish => Some(Activation::Mish),
            OpType::LeakyRelu => Some(Activation::LeakyRelu { negative_slope: alpha(0.01) }),
            OpType::Elu => Some(Activation::Elu { alpha: alpha(1.0) }),
            OpType::Celu if alpha(1.0).abs() > 0.0 => Some(Activation::Celu { alpha: alpha(1.0) }),
            OpType::Selu
                if is(alpha(1.673_263_2), 1.673_263_2)
                    && is(attributes.float("gamma", 1.050_701), 1.050_701) =>
            {
                Some(Activation::Selu)
            }
            OpType::Gelu if attributes.text("approximate", "none") == "none" => Some(Activation::Gelu),
            OpType::Gelu if attributes.text("approximate", "none") == "tanh" => Some(Activation::GeluTanh),
            OpType::ThresholdedRelu => Some(Activation::Threshold { threshold: alpha(1.0), value: 0.0 }),
            OpType::Selu => {
                let elu =
                    self.on("elu", Op::Activation(Activation::Elu { alpha: alpha(1.673_263_2) }), map)?;
                return Ok(one(self.affine("", &elu, attributes.float("gamma", 1.050_701), 0.0)?));
            }
            OpType::HardSigmoid => return self.hard_sigmoid(attributes, map),
            OpType::Custom("Swish") => {
                let inner = self.affine("inner", map, alpha(1.0), 0.0)?;
                let gate = self.on("gate", Op::Activation(Activation::Sigmoid), &inner)?;
                return Ok(one(self.merge(rf_core::graph::Merge::Mul, &[map.clone(), gate])?));
            }
            OpType::Neg => return Ok(one(self.affine("", map, -1.0, 0.0)?)),
            _ => None,
        };
        Ok(one(match plain {
            Some(activation) => self.on("", Op::Activation(activation), map)?,
            None => self.pointwise("", map)?,
        }))
    }

    /// `max(0, min(1, alpha·x + beta))`: PyTorch's where `alpha` is a sixth.
    fn hard_sigmoid(&mut self, attributes: Attributes<'_, 'f>, map: &Map) -> Outcome<Vec<Value>> {
        let (alpha, beta) = (attributes.float("alpha", 0.2), attributes.float("beta", 0.5));
        if is(alpha, 1.0 / 6.0) && is(beta, 0.5) {
            return Ok(one(self.on("", Op::Activation(Activation::Hardsigmoid), map)?));
        }
        let line = self.affine("line", map, alpha, beta)?;
        let clamp = Activation::Hardtanh { min_val: 0.0, max_val: 1.0 };
        Ok(one(self.on("", Op::Activation(clamp), &line)?))
    }

    /// `Clip`: bounds are attributes before opset 11, inputs since.
    pub(super) fn clip(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let bound = |place: usize, name: &str, default: f64| match inputs.get(place) {
            Some(Some(Value::Constant(constant))) => constant.scalar().and_then(Number::real),
            Some(Some(Value::Map(_))) => None,
            _ => Some(attributes.float(name, default)),
        };
        let bounds = (bound(1, "min", f64::NEG_INFINITY), bound(2, "max", f64::INFINITY));
        let (Some(low), Some(high)) = bounds else {
            return self.function(inputs);
        };
        Ok(one(self.clamp(map, low, high)?))
    }

    #[expect(clippy::float_cmp, reason = "bounds that a file gives by the digit")]
    pub(super) fn clamp(&mut self, map: &Map, low: f64, high: f64) -> Outcome<Map> {
        // Bounds the wrong way round, or none at all, are no engine's.
        if low.is_nan() || high.is_nan() || low > high {
            return self.pointwise("", map);
        }
        let activation = if low == 0.0 && high == f64::INFINITY {
            Activation::Relu
        } else if low == 0.0 && high == 6.0 {
            Activation::Relu6
        } else {
            Activation::Hardtanh { min_val: low, max_val: high }
        };
        self.on("", Op::Activation(activation), map)
    }

    /// `PRelu`: one slope, one for each channel, or something finer that no engine has.
    pub(super) fn prelu(&mut self, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let Some(slope) = constant_at(inputs, 1) else { return self.function(inputs) };
        let slope = &self.aligned(slope, map, Some(1));
        let (activation, channels) = if slope.len() == Some(1) {
            (Activation::Prelu, 1)
        } else if let Some(channels) = self.per_channel(map, &slope.shape) {
            (Activation::PreluPerChannel, channels)
        } else {
            return Ok(one(self.pointwise("", map)?));
        };
        let map = self.on("", Op::Activation(activation), map)?;
        self.weigh(map.layer, "weight", Arc::new(slope.reshaped(vec![channels])));
        Ok(one(map))
    }

    /// A constant as the first opsets broadcast it: its dimensions begin at `axis` of the map's.
    pub(super) fn aligned(&self, constant: &Arc<Constant>, map: &Map, axis: Option<i64>) -> Arc<Constant> {
        let at = axis.and_then(|at| super::reshape::axis(at, map.dims.len()).ok());
        let (Some(at), true) = (at, self.opset < 7) else { return Arc::clone(constant) };
        let Some(rest) = map.dims.len().checked_sub(at + constant.shape.len()) else {
            return Arc::clone(constant);
        };
        let mut shape = constant.shape.clone();
        shape.extend(vec![1; rest]);
        Arc::new(constant.reshaped(shape))
    }

    /// The number of channels, where a constant of this shape has one value for each of them.
    pub(super) fn per_channel(&self, map: &Map, shape: &[i64]) -> Option<i64> {
        let skip = map.dims.len().checked_sub(shape.len());
        let mut channels = None;
        for (place, &extent) in shape.iter().enumerate().filter(|&(_, &extent)| extent != 1) {
            let dim = map.dims.get(place + skip?)?;
            match dim[..] {
                [Factor { axis: Axis::Channel, size: Size::Known(size), stride: 1 }]
                    if size == extent && size == self.infos[map.layer].channels =>
                {
                    channels = Some(extent);
                }
                _ => return None,
            }
        }
        channels
    }

    /// `Softmax` and its like, over dimensions from `axis` on before opset 13 and along `axis` since.
    pub(super) fn softmax(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        plain: bool,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let recent = self.opset >= 13;
        let axis = super::reshape::axis(attributes.int("axis", if recent { -1 } else { 1 }), rank)?;
        let along: Vec<Factor> = if recent {
            map.dims[axis].clone()
        } else {
            map.dims[axis..].iter().flatten().copied().collect()
        };
        let channels = along.iter().filter(|factor| factor.axis == Axis::Channel);
        if along.iter().all(|factor| factor.axis == Axis::Channel) {
            let all: Option<i64> = channels.map(|factor| factor.size.known()).product();
            let whole = all == Some(self.infos[map.layer].channels);
            let op = if whole && plain { Op::Activation(Activation::Softmax) } else { super::pointwise(0) };
            return Ok(one(self.on("", op, map)?));
        }
        if along.iter().any(|factor| factor.axis == Axis::Batch) {
            return unknown("it runs over the batch");
        }
        self.mixing(map, &along, "normalises along one of several axes")
    }

    /// A layer that keeps a tensor's shape and mixes all units of the axes that `along` is made of.
    pub(super) fn mixing(&mut self, map: &Map, along: &[Factor], partial: &str) -> Outcome<Vec<Value>> {
        if !spans_space(map, along) {
            return unknown(partial);
        }
        Ok(one(self.all_of(core::slice::from_ref(map), map.dims.clone(), true, 0)?))
    }
}

/// Whether all spatial units of a map lie in these factors.
pub(super) fn spans_space(map: &Map, along: &[Factor]) -> bool {
    let elsewhere = |factor: &Factor| matches!(factor.axis, Axis::Space(_)) && !along.contains(factor);
    !map.dims.iter().flatten().any(elsewhere)
}
