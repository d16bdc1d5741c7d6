//! Reductions along dimensions.

use onnx_rs::ast::OpType;
use rf_core::graph::{MAX_RANK, Op, Pool, UNKNOWN, Window};

use super::reshape::{axes, axis};
use super::{Importer, Map, Value, map_at, one, pointwise};
use crate::layout::{Axis, Dim, Factor, Size, joined};
use crate::node::{Attributes, Outcome, unknown};

type Inputs<'v> = &'v [Option<Value>];

impl<'f> Importer<'f> {
    /// `ReduceMean`, `ReduceMax` and their like, `ArgMax` and `ArgMin`.
    pub(super) fn reduce(
        &mut self,
        operator: &OpType<'_>,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let pool = match operator {
            OpType::ReduceMean => Some(Pool::Avg),
            OpType::ReduceMax => Some(Pool::Max),
            _ => None,
        };
        let dims: Vec<usize> = match (operator, axes(attributes, inputs, 1)) {
            (OpType::ArgMax | OpType::ArgMin, _) => vec![axis(attributes.int("axis", 0), rank)?],
            (_, Some(axes)) => axes?.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?,
            (_, None) if attributes.int("noop_with_empty_axes", 0) != 0 => {
                return Ok(one(self.on("", Op::Identity, map)?));
            }
            (_, None) => (0..rank).collect(),
        };
        let map = self.reduced(map, &dims, pool)?;
        if attributes.int("keepdims", 1) != 0 {
            return Ok(one(map));
        }
        let kept = map.dims.iter().enumerate().filter(|(dim, _)| !dims.contains(dim));
        let dims = kept.map(|(_, dim)| dim.clone()).collect();
        Ok(one(Map { dims, ..map }))
    }

    /// The map with the given dimensions reduced to one unit.
    fn reduced(&mut self, map: &Map, dims: &[usize], pool: Option<Pool>) -> Outcome<Map> {
        let gone: Vec<Factor> = dims.iter().flat_map(|&dim| map.dims[dim].clone()).collect();
        if gone.iter().any(|factor| factor.axis == Axis::Batch) {
            return unknown("it runs over the batch");
        }
        let channels: Vec<Factor> =
            gone.iter().copied().filter(|factor| factor.axis == Axis::Channel).collect();
        let spatial = gone.len() > channels.len();
        let mut map = map.clone();
        if spatial {
            let part = if channels.is_empty() { "" } else { "space" };
            map = self.without_space(&map, &gone, pool, part)?;
        }
        if !channels.is_empty() || !spatial {
            map = self.without_channels(&map, &channels)?;
        }
        for &dim in dims {
            map.dims[dim] = Dim::new();
        }
        Ok(map)
    }

    /// One unit along the spatial axes among `gone`.
    fn without_space(&mut self, map: &Map, gone: &[Factor], pool: Option<Pool>, part: &str) -> Outcome<Map> {
        let info = self.infos[map.layer];
        let reduced = |axis: usize| {
            gone.iter().any(|f| f.axis == Axis::Space(axis) && f.stride == 1 && f.size == info.extents[axis])
        };
        let parts = gone.iter().filter(|f| matches!(f.axis, Axis::Space(axis) if !reduced(axis)));
        if parts.count() > 0 {
            return unknown("it runs over parts of an axis");
        }
        let op = if (0..self.rank).all(|axis| reduced(axis) || info.extents[axis] == Size::Known(1)) {
            match pool {
                Some(pool) => Op::GlobalPool { pool },
                None => {
                    Op::Custom { channels: 0, window: Window::new([1; MAX_RANK]), global: true, params: 0 }
                }
            }
        } else {
            let mut output = [1; MAX_RANK];
            for axis in (0..self.rank).filter(|&axis| !reduced(axis)) {
                let Some(extent) = info.extents[axis].known() else {
                    return unknown("it runs along one of several axes, whose extents are not fixed");
                };
                output[axis] = extent;
            }
            Op::AdaptivePool { pool: pool.unwrap_or(Pool::Avg), output }
        };
        let pooled = matches!(op, Op::AdaptivePool { .. }) && pool.is_none();
        let layer = self.push(if pooled { "units" } else { part }, op, &[map.layer])?;
        let map = self.over(map, layer);
        // The units of a pool, of a function that no engine has.
        if pooled { self.pointwise(part, &map) } else { Ok(map) }
    }

    /// Fewer channels.
    fn without_channels(&mut self, map: &Map, gone: &[Factor]) -> Outcome<Map> {
        let all = self.infos[map.layer].channels;
        let mut kept = all;
        for factor in gone {
            match factor.size {
                Size::Known(size) if size > 0 && all != UNKNOWN => kept /= size,
                _ => kept = 1,
            }
        }
        let layer = self.push("", pointwise(kept.max(1)), &[map.layer])?;
        // What is left of the channels lies as close as before.
        let refit = |factor: &Factor| {
            if factor.axis != Axis::Channel {
                return *factor;
            }
            let within = gone.iter().filter(|gone| gone.stride < factor.stride);
            let less: i64 = within.filter_map(|gone| gone.size.known()).product();
            Factor { stride: (factor.stride / less.max(1)).max(1), ..*factor }
        };
        let dims = map.dims.iter().map(|dim| joined(dim.iter().filter(|f| !gone.contains(f)).map(refit)));
        Ok(Map { layer, dims: dims.collect(), guessed: map.guessed })
    }
}
