//! Products of matrices: dense layers, convolutions of one unit in disguise, attention; and recurrence.

use std::sync::Arc;

use rf_core::graph::{MAX_RANK, Op, UNKNOWN, Window};

use super::activation::spans_space;
use super::{Importer, Map, Value, maps, one, pointwise};
use crate::constant::{Constant, Values};
use crate::layout::{Axis, Dim, Factor, Size, joined};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Arithmetic;

type Inputs<'v> = &'v [Option<Value>];

impl<'f> Importer<'f> {
    /// `Gemm`: `alpha·A·B + beta·C` of matrices.
    pub(super) fn gemm(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let (Some(Some(Value::Map(map))), Some(Some(Value::Constant(weight)))) =
            (inputs.first(), inputs.get(1))
        else {
            return self.matmul(inputs);
        };
        if attributes.int("transA", 0) != 0 {
            return unknown("it contracts the first dimension (`transA`)");
        }
        let [rows, columns] = weight.shape[..] else {
            return wrong(format!("its weight has {} dimensions", weight.shape.len()));
        };
        let transposed = attributes.int("transB", 0) != 0;
        let (input, output) = if transposed { (columns, rows) } else { (rows, columns) };
        let mut matrix = if transposed { Arc::clone(weight) } else { flipped(weight) };
        let scaled = |constant: Arc<Constant>, by: f64| {
            if (by - 1.0).abs() <= 0.0 {
                return constant;
            }
            let values = Values::Combined(Arithmetic::Mul, Arc::clone(&constant), Constant::number(by));
            Arc::new(Constant { shape: constant.shape.clone(), values })
        };
        matrix = scaled(matrix, attributes.float("alpha", 1.0));
        let bias = match inputs.get(2) {
            Some(Some(Value::Constant(bias))) => {
                let row = if bias.len() == Some(1) {
                    bias.uniform()
                        .map(|value| Constant { shape: vec![output], values: Values::Filled(value) })
                } else {
                    Some(bias.reshaped(vec![output]))
                };
                row.map(|row| scaled(Arc::new(row), attributes.float("beta", 1.0)))
            }
            Some(Some(Value::Map(_))) => return unknown("what it adds depends on the network's input"),
            _ => None,
        };
        self.dense(map, (input, output), &matrix, bias)
    }

    /// `MatMul` of a map with a constant or with another map.
    pub(super) fn matmul(&mut self, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        match (inputs.first(), inputs.get(1)) {
            (Some(Some(Value::Map(map))), Some(Some(Value::Constant(weight)))) => match weight.shape[..] {
                [input, output] => self.dense(map, (input, output), &flipped(weight), None),
                _ => self.batched(map, weight),
            },
            (Some(Some(Value::Map(a))), Some(Some(Value::Map(b)))) => self.product(a, b),
            (Some(Some(Value::Constant(_))), Some(Some(Value::Map(map)))) => {
                let along = map.dims.len().checked_sub(2).map(|dim| map.dims[dim].clone());
                match along {
                    Some(along) if along.iter().any(|factor| factor.axis != Axis::Channel) => {
                        self.mixing(map, &along, "it mixes units along one of several axes")
                    }
                    _ => Ok(one(self.pointwise("", map)?)),
                }
            }
            _ => wrong("an input is missing"),
        }
    }

    /// A constant matrix for each of several batches: not a layer of any engine.
    fn batched(&mut self, map: &Map, weight: &Arc<Constant>) -> Outcome<Vec<Value>> {
        let output = weight.shape.last().copied().unwrap_or(UNKNOWN);
        let Some(last) = map.dims.last() else { return wrong("its input has no dimensions") };
        if last.iter().any(|factor| factor.axis != Axis::Channel) {
            return self.mixing(map, &last.clone(), "it mixes units along one of several axes");
        }
        self.per_unit(map, output, None, None)
    }

    /// `y = matrix · x + bias` along the last dimension.
    fn dense(
        &mut self,
        map: &Map,
        (input, output): (i64, i64),
        matrix: &Arc<Constant>,
        bias: Option<Arc<Constant>>,
    ) -> Outcome<Vec<Value>> {
        let Some(last) = map.dims.last() else { return wrong("its input has no dimensions") };
        if output < 1 || input < 1 {
            return unknown("the shape of its weight is not known");
        }
        let size = crate::layout::size(last).int();
        if size.is_some_and(|size| size != input) {
            return wrong(format!("its weight takes {input} features, its input has {}", size.unwrap_or(0)));
        }
        let spatial = last.iter().any(|factor| matches!(factor.axis, Axis::Space(_)));
        if !spatial {
            return self.per_unit(map, output, Some((input, matrix)), bias);
        }
        let channels = last.iter().any(|factor| factor.axis == Axis::Channel);
        let everything =
            map.dims[..map.dims.len() - 1].iter().flatten().all(|factor| factor.axis == Axis::Batch);
        if channels && everything {
            return self.flat(map, output, matrix, bias);
        }
        if !channels && size == Some(output) {
            return self.mixing(map, &last.clone(), "it mixes units along one of several axes");
        }
        if !spans_space(map, last) {
            return unknown("it mixes units along one of several axes");
        }
        let mut dims = map.dims.clone();
        if let Some(last) = dims.last_mut() {
            *last = joined([Factor { axis: Axis::Channel, size: Size::Known(output), stride: 1 }]);
        }
        Ok(one(self.all_of(core::slice::from_ref(map), dims, true, 0)?))
    }

    /// A dense layer on each unit: a convolution of one unit, or a linear layer where there is one and no more.
    fn per_unit(
        &mut self,
        map: &Map,
        output: i64,
        weight: Option<(i64, &Arc<Constant>)>,
        bias: Option<Arc<Constant>>,
    ) -> Outcome<Vec<Value>> {
        let Some(last) = map.dims.last().cloned() else { return wrong("its input has no dimensions") };
        let all = self.infos[map.layer].channels;
        let elsewhere =
            map.dims[..map.dims.len() - 1].iter().flatten().any(|factor| factor.axis == Axis::Channel);
        let whole = weight.filter(|(input, _)| !elsewhere && (all == *input || all == UNKNOWN));
        let Some((input, matrix)) = whole else {
            // Some of the channels with each other, in each of several groups.
            let inner: i64 = last.iter().filter_map(|factor| factor.size.known()).product();
            let groups = if all == UNKNOWN || inner < 1 { UNKNOWN } else { all / inner };
            let channels = if groups == UNKNOWN { UNKNOWN } else { groups.saturating_mul(output) };
            if channels == UNKNOWN {
                return unknown("it takes some of a number of channels that is not known");
            }
            let layer = self.push("", pointwise(channels), &[map.layer])?;
            return Ok(one(outer(map, layer, &last, output)));
        };
        let mut layer =
            if all == UNKNOWN { self.push("input", pointwise(input), &[map.layer])? } else { map.layer };
        let (order, natural) = (last.clone(), last.len() < 2);
        let single = (0..self.rank).all(|axis| self.infos[layer].extents[axis] == Size::Known(1));
        let linear = (self.infos[layer].flat || single) && !self.unfolds_later();
        let op = if linear || self.infos[layer].flat {
            Op::Linear { features: output, bias: bias.is_some() }
        } else {
            let window = Window::new([1; MAX_RANK]);
            Op::Conv { channels: output, window, groups: 1, bias: bias.is_some() }
        };
        let convolves = matches!(op, Op::Conv { .. });
        if !natural && convolves {
            layer = self.reorder(layer, order.clone())?;
        }
        let layer = self.push("", op, &[layer])?;
        let mut shape = vec![output, input];
        if convolves {
            shape.extend(vec![1; self.rank]);
        }
        let matrix = if natural || convolves { Some(Arc::clone(matrix)) } else { unordered(matrix, &order) };
        if let Some(matrix) = matrix {
            self.weigh(layer, "weight", Arc::new(matrix.reshaped(shape)));
        }
        if let Some(bias) = bias {
            self.weigh(layer, "bias", bias);
        }
        Ok(one(outer(map, layer, &last, output)))
    }

    /// A dense layer on all that there is.
    fn flat(
        &mut self,
        map: &Map,
        output: i64,
        matrix: &Arc<Constant>,
        bias: Option<Arc<Constant>>,
    ) -> Outcome<Vec<Value>> {
        let info = self.infos[map.layer];
        let fixed =
            info.channels != UNKNOWN && info.extents[..self.rank].iter().all(|size| size.known().is_some());
        if !fixed || self.unfolds_later() {
            let op =
                Op::Custom { channels: output, window: Window::new([1; MAX_RANK]), global: true, params: 0 };
            let layer = self.push("", op, &[map.layer])?;
            let last = map.dims.last().cloned().unwrap_or_default();
            return Ok(one(outer(map, layer, &last, output)));
        }
        let layer = self.push("", Op::Linear { features: output, bias: bias.is_some() }, &[map.layer])?;
        let last = map.dims.last().cloned().unwrap_or_default();
        // The engine's features are channel by channel, each row-major.
        let natural = (0..self.rank).filter(|&axis| info.extents[axis] != Size::Known(1));
        let natural: Vec<Axis> = (info.channels > 1)
            .then_some(Axis::Channel)
            .into_iter()
            .chain(natural.map(Axis::Space))
            .collect();
        let matrix = if last.iter().map(|factor| factor.axis).eq(natural.iter().copied()) {
            Some(Arc::clone(matrix))
        } else {
            moved(matrix, &last, &natural)
        };
        if let Some(matrix) = matrix {
            self.weigh(layer, "weight", matrix);
        }
        if let Some(bias) = bias {
            self.weigh(layer, "bias", bias);
        }
        Ok(one(outer(map, layer, &last, output)))
    }

    /// A product of two maps: over channels a comparison of units with each other, over units a mean of them.
    fn product(&mut self, a: &Map, b: &Map) -> Outcome<Vec<Value>> {
        let ([.., rows, inner], [.., other, columns]) = (&a.dims[..], &b.dims[..]) else {
            return unknown("one of its inputs is a row");
        };
        let spatial = |dim: &Dim| dim.iter().any(|factor| matches!(factor.axis, Axis::Space(_)));
        let everywhere = spans_space(a, &[rows.clone(), inner.clone()].concat())
            && spans_space(b, &[other.clone(), columns.clone()].concat());
        if !everywhere {
            return unknown("it mixes units along one of several axes");
        }
        if !spatial(rows) && !spatial(inner) && !spatial(other) && !spatial(columns) && a.dims == b.dims {
            let parts = [self.pointwise("function", a)?, b.clone()];
            return Ok(one(self.merge(rf_core::graph::Merge::Add, &parts)?));
        }
        // The columns' units are more channels of each of the rows' units.
        let mut dims = a.dims[..a.dims.len() - 1].to_vec();
        let last = joined(columns.iter().map(|factor| Factor { axis: Axis::Channel, ..*factor }));
        let columns = crate::layout::size(&last).int();
        for dim in &mut dims {
            for factor in dim.iter_mut().filter(|factor| factor.axis == Axis::Channel) {
                factor.stride = factor.stride.saturating_mul(columns.unwrap_or(1));
            }
        }
        let size = columns.map_or_else(|| self.symbol(), Size::Known);
        dims.push(joined([Factor::whole(Axis::Channel, size)]));
        Ok(one(self.all_of(&[a.clone(), b.clone()], dims, true, 0)?))
    }

    /// `LSTM`, `GRU`, `RNN` over the first dimension: each step may depend on all.
    pub(super) fn recurrent(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let Some(map) = maps(inputs).next() else { return wrong("it reads nothing") };
        let [time, batch, features] = &map.dims[..] else {
            return wrong(format!("its input has {} dimensions", map.dims.len()));
        };
        let (time, batch) = if attributes.int("layout", 0) == 0 { (time, batch) } else { (batch, time) };
        if features.iter().any(|factor| factor.axis != Axis::Channel) || !spans_space(map, time) {
            return unknown("it does not run along the axes of the network's input");
        }
        let from_weight = match inputs.get(2) {
            Some(Some(Value::Constant(weight))) => weight.shape.last().copied().unwrap_or(UNKNOWN),
            _ => UNKNOWN,
        };
        let hidden = attributes.int("hidden_size", from_weight);
        if hidden < 1 {
            return unknown("its `hidden_size` is not known");
        }
        let directions = if attributes.text("direction", "forward") == "bidirectional" { 2 } else { 1 };
        let hidden_dim = joined([Factor::whole(Axis::Channel, Size::Known(hidden))]);
        let direction =
            joined([Factor { axis: Axis::Channel, size: Size::Known(directions), stride: hidden }]);
        let (time, batch) = (time.clone(), batch.clone());
        let steps = if attributes.int("layout", 0) == 0 {
            vec![time, direction.clone(), batch.clone(), hidden_dim.clone()]
        } else {
            vec![batch.clone(), time, direction.clone(), hidden_dim.clone()]
        };
        let own = core::slice::from_ref(map);
        let all = self.all_of(own, steps, true, 0)?;
        let last = self.all_of(own, vec![direction, batch, hidden_dim], true, 1)?;
        Ok(vec![Value::Map(all), Value::Map(last.clone()), Value::Map(last)])
    }

    /// Attention of its own operator: the shape of its query, with the channels that the file declares.
    pub(super) fn attention(&mut self, inputs: Inputs<'_>, declared: Option<i64>) -> Outcome<Vec<Value>> {
        let reads: Vec<Map> = maps(inputs).cloned().collect();
        let Some(query) = reads.first() else { return wrong("it reads nothing") };
        let mut dims = query.dims.clone();
        let sequence: Dim = dims[..dims.len().saturating_sub(1)].iter().flatten().copied().collect();
        if !spans_space(query, &sequence) {
            return unknown("it does not run along the axes of the network's input");
        }
        let Some(last) = dims.last_mut() else { return wrong("its input has no dimensions") };
        if last.iter().any(|factor| factor.axis != Axis::Channel) {
            return unknown("its features are made of parts of an axis");
        }
        if let Some(channels) = declared {
            *last = joined([Factor::whole(Axis::Channel, Size::Known(channels))]);
        }
        Ok(one(self.all_of(&reads, dims, true, 0)?))
    }
}

/// A map whose last dimension has become `output` channels, the inner ones of the layer's.
fn outer(map: &Map, layer: usize, last: &Dim, output: i64) -> Map {
    let inner: i64 = last.iter().filter_map(|factor| factor.size.known()).product();
    let refit = |factor: &Factor| match factor.axis {
        Axis::Channel => {
            Factor { stride: (factor.stride / inner.max(1)).max(1).saturating_mul(output), ..*factor }
        }
        _ => *factor,
    };
    let mut dims: Vec<Dim> =
        map.dims[..map.dims.len() - 1].iter().map(|dim| joined(dim.iter().map(refit))).collect();
    dims.push(joined([Factor::whole(Axis::Channel, Size::Known(output))]));
    Map { layer, dims, guessed: map.guessed }
}

/// A matrix with its two dimensions exchanged.
fn flipped(matrix: &Arc<Constant>) -> Arc<Constant> {
    let shape = matrix.shape.iter().rev().copied().collect();
    Arc::new(Constant { shape, values: Values::Permuted(Arc::clone(matrix), vec![1, 0]) })
}

/// A matrix whose columns are features in the order `from`, for features in the order `to`.
fn moved(matrix: &Arc<Constant>, from: &Dim, to: &[Axis]) -> Option<Arc<Constant>> {
    let sizes: Option<Vec<i64>> = from.iter().map(|factor| factor.size.known()).collect();
    let order: Option<Vec<usize>> =
        to.iter().map(|axis| from.iter().position(|factor| factor.axis == *axis)).collect();
    permuted(matrix, &sizes?, &order.filter(|order| order.len() == from.len())?)
}

/// The same for channels that lie in several parts, sorted back.
fn unordered(matrix: &Arc<Constant>, from: &Dim) -> Option<Arc<Constant>> {
    let sizes: Option<Vec<i64>> = from.iter().map(|factor| factor.size.known()).collect();
    let mut order: Vec<usize> = (0..from.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(from[place].stride));
    permuted(matrix, &sizes?, &order)
}

fn permuted(matrix: &Arc<Constant>, sizes: &[i64], order: &[usize]) -> Option<Arc<Constant>> {
    let rows = *matrix.shape.first()?;
    let mut shape = vec![rows];
    shape.extend(sizes);
    let split = Arc::new(matrix.reshaped(shape));
    let mut axes = vec![0];
    axes.extend(order.iter().map(|place| place + 1));
    let mut shape = vec![rows];
    shape.extend(order.iter().map(|&place| sizes[place]));
    let turned = Arc::new(Constant { shape, values: Values::Permuted(split, axes) });
    Some(Arc::new(turned.reshaped(matrix.shape.clone())))
}
