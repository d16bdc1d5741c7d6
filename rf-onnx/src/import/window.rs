//! Convolutions, pools and their transposes.

use std::sync::Arc;

use rf_core::graph::{MAX_RANK, Op, Padding, PerAxis, Pool, UNKNOWN, Window};

use super::settle::Settled;
use super::{Importer, Map, Value, constant_at, map_at, one, pointwise};
use crate::constant::{Constant, Values};
use crate::layout::Size;
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Arithmetic;

type Inputs<'v> = &'v [Option<Value>];

impl<'f> Importer<'f> {
    /// `Conv`: input, weight, bias.
    pub(super) fn conv(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let weight = kernel(inputs, 1, map)?;
        let layer =
            self.convolution(attributes, map, &weight.shape, inputs.len() > 2 && inputs[2].is_some())?;
        self.weigh(layer.1, "weight", weight);
        if let Some(bias) = constant_at(inputs, 2) {
            self.weigh(layer.1, "bias", Arc::clone(bias));
        }
        Ok(one(layer.0))
    }

    /// `ConvInteger` and `QLinearConv`: the same windows on numbers that are only rounded.
    pub(super) fn quantised_conv(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        weight: usize,
        bias: Option<usize>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let kernel = kernel(inputs, weight, map)?;
        let biased = bias.is_some_and(|bias| inputs.get(bias).is_some_and(Option::is_some));
        let (map, layer) = self.convolution(attributes, map, &kernel.shape, biased)?;
        if weight == 3 {
            self.weigh_quantised(layer, inputs, &kernel);
        }
        Ok(one(map))
    }

    /// Weights of `QLinearConv` on real numbers: scaled by their own scale, the bias by that times the input's.
    fn weigh_quantised(&mut self, layer: usize, inputs: Inputs<'_>, kernel: &Arc<Constant>) {
        let at = |place: usize| constant_at(inputs, place).cloned();
        let (Some(input), Some(scale)) = (at(1), at(4)) else { return };
        let values = Values::Dequantized {
            values: Arc::clone(kernel),
            scale: Arc::clone(&scale),
            zero: at(5),
            axis: 0,
        };
        self.weigh(layer, "weight", Arc::new(Constant { shape: kernel.shape.clone(), values }));
        if let Some(bias) = at(8) {
            let both = Constant {
                shape: scale.shape.clone(),
                values: Values::Combined(Arithmetic::Mul, scale, input),
            };
            let values = Values::Combined(Arithmetic::Mul, Arc::clone(&bias), Arc::new(both));
            self.weigh(layer, "bias", Arc::new(Constant { shape: bias.shape.clone(), values }));
        }
    }

    fn convolution(
        &mut self,
        attributes: Attributes<'_, 'f>,
        map: &Map,
        weight: &[i64],
        bias: bool,
    ) -> Outcome<(Map, usize)> {
        let settled = self.settle(map)?;
        let groups = attributes.int("group", 1);
        let window = window_of(attributes, &settled, Some(&weight[2..]))?;
        let (channels, wanted) = (weight[0], weight[1].checked_mul(groups).unwrap_or(UNKNOWN));
        if groups < 1 {
            return wrong(format!("`group` is {groups}"));
        }
        let input = self.with_channels(settled.layer, wanted)?;
        let op = if groups > 1 && groups == wanted && channels % groups == 0 {
            Op::DepthwiseConv { multiplier: channels / groups, window, bias }
        } else {
            Op::Conv { channels, window, groups, bias }
        };
        let layer = self.push("", op, &[input])?;
        Ok((self.behind_settled(&settled, layer), layer))
    }

    /// A layer whose channels are as a weight wants them; where they were not known they are now.
    fn with_channels(&mut self, layer: usize, wanted: i64) -> Outcome<usize> {
        match self.infos[layer].channels {
            UNKNOWN => self.push("input", pointwise(wanted), &[layer]),
            channels if channels == wanted => Ok(layer),
            channels => wrong(format!("its weight takes {wanted} channels, its input has {channels}")),
        }
    }

    /// `MaxPool`, `AveragePool`; the indices lie as the values do.
    pub(super) fn pool(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        pool: Pool,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let window = window_of(attributes, &settled, None)?;
        let ceil_mode = attributes.int("ceil_mode", 0) != 0;
        let count_include_pad = attributes.int("count_include_pad", 0) != 0;
        let op = Op::Pool { pool, window, ceil_mode, count_include_pad };
        let layer = self.push("", op, &[settled.layer])?;
        let map = self.behind_settled(&settled, layer);
        Ok(vec![Value::Map(map.clone()), Value::Map(map)])
    }

    /// `LpPool`: a pool's windows, of a norm that no engine has.
    pub(super) fn lp_pool(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let window = window_of(attributes, &settled, None)?;
        if attributes.int("ceil_mode", 0) != 0 {
            return unknown("an `LpPool` with `ceil_mode` is not read");
        }
        let op = Op::Custom { channels: 0, window, global: false, params: 0 };
        let layer = self.push("", op, &[settled.layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `GlobalMaxPool`, `GlobalAveragePool`, and with `None` another reduction over all units.
    pub(super) fn global_pool(&mut self, inputs: Inputs<'_>, pool: Option<Pool>) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let op = match pool {
            Some(pool) => Op::GlobalPool { pool },
            None => Op::Custom { channels: 0, window: Window::new([1; MAX_RANK]), global: true, params: 0 },
        };
        let layer = self.push("", op, &[settled.layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `ConvTranspose`: input, weight, bias.
    pub(super) fn conv_transpose(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let weight = kernel(inputs, 1, map)?;
        let settled = self.settle(map)?;
        let rank = settled.axes.len();
        let groups = attributes.int("group", 1);
        let mut window = window_of(attributes, &settled, Some(&weight.shape[2..]))?;
        let output_padding = settled.spread(attributes.per_axis("output_padding", rank, 0)?, 0)?;
        if let Some(shape) = attributes.ints("output_shape").filter(|shape| !shape.is_empty()) {
            let lower = attributes.text("auto_pad", "NOTSET") != "SAME_UPPER";
            window.padding = self.padding_to(shape, &settled, &window, output_padding, lower)?;
        }
        let Some(channels) = weight.shape[1].checked_mul(groups).filter(|_| groups > 0) else {
            return wrong(format!("`group` is {groups}"));
        };
        let input = self.with_channels(settled.layer, weight.shape[0])?;
        let bias = inputs.get(2).is_some_and(Option::is_some);
        let op = Op::ConvTranspose { channels, window, output_padding, groups, bias };
        let layer = self.push("", op, &[input])?;
        self.weigh(layer, "weight", weight);
        if let Some(bias) = constant_at(inputs, 2) {
            self.weigh(layer, "bias", Arc::clone(bias));
        }
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// The padding that gives an output of `shape`; an odd unit is cut before the output where `lower`, as the format
    /// has it for `NOTSET` too.
    fn padding_to(
        &self,
        shape: &[i64],
        settled: &Settled,
        window: &Window,
        output_padding: PerAxis,
        lower: bool,
    ) -> Outcome<[Padding; MAX_RANK]> {
        let rank = settled.axes.len();
        let Some(shape) = shape.len().checked_sub(rank).and_then(|skip| shape.get(skip..)) else {
            return wrong("`output_shape` has too few numbers");
        };
        let mut padding = [Padding::ZERO; MAX_RANK];
        for (&wanted, axis) in shape.iter().zip(&settled.axes) {
            let Some(axis) = *axis else { continue };
            let Size::Known(input) = self.infos[settled.layer].extents[axis] else {
                return unknown("`output_shape` of an input whose extents are not fixed");
            };
            let full =
                full_extent(window, axis, input).and_then(|full| full.checked_add(output_padding[axis]));
            let Some(total) = full.and_then(|full| full.checked_sub(wanted)) else {
                return wrong("`output_shape` is too large");
            };
            let half = total.div_euclid(2);
            let (before, after) = if lower { (total - half, half) } else { (half, total - half) };
            padding[axis] = Padding::Explicit { before, after };
        }
        Ok(padding)
    }
}

/// The weight at `place`, whose shape must be known and have an axis for each of the map's.
fn kernel(inputs: Inputs<'_>, place: usize, map: &Map) -> Outcome<Arc<Constant>> {
    let Some(weight) = constant_at(inputs, place) else {
        return match inputs.get(place) {
            Some(Some(_)) => unknown("its kernel depends on the network's input"),
            _ => wrong("its weight is missing"),
        };
    };
    if weight.shape.contains(&UNKNOWN) || weight.shape.is_empty() {
        return unknown("the shape of its weight is not known");
    }
    if weight.shape.len() != map.dims.len() || weight.shape.len() < 3 {
        let (weight, map) = (weight.shape.len(), map.dims.len());
        return wrong(format!("its weight has {weight} dimensions, its input {map}"));
    }
    Ok(Arc::clone(weight))
}

/// `auto_pad` and `pads`: those before each axis, then those after.
fn padding(attributes: Attributes<'_, '_>, settled: &Settled) -> Outcome<[Padding; MAX_RANK]> {
    let rank = settled.axes.len();
    let same = |padding: Padding| {
        let mut all = [Padding::ZERO; MAX_RANK];
        settled.axes.iter().flatten().for_each(|&axis| all[axis] = padding);
        Ok(all)
    };
    match attributes.text("auto_pad", "NOTSET") {
        "SAME_UPPER" => return same(Padding::Same),
        "SAME_LOWER" => return same(Padding::SameLower),
        "VALID" => return same(Padding::ZERO),
        "NOTSET" | "" => {}
        other => return wrong(format!("`auto_pad` is `{other}`")),
    }
    let pads = attributes.ints("pads").unwrap_or_default();
    let (before, after) = sides(pads, rank)?;
    let (before, after) = (settled.spread(before, 0)?, settled.spread(after, 0)?);
    Ok(core::array::from_fn(|axis| Padding::Explicit { before: before[axis], after: after[axis] }))
}

/// The window that the attributes give, on the graph's axes.
fn window_of(attributes: Attributes<'_, '_>, settled: &Settled, weight: Option<&[i64]>) -> Outcome<Window> {
    let rank = settled.axes.len();
    let mut kernel = attributes.per_axis("kernel_shape", rank, 1)?;
    match (weight, attributes.ints("kernel_shape")) {
        (Some(weight), given) => {
            if given.is_some_and(|given| !given.is_empty() && given != weight) {
                return wrong("`kernel_shape` is not its weight's");
            }
            kernel[..rank].copy_from_slice(weight);
        }
        (None, None | Some([])) => return wrong("`kernel_shape` is missing"),
        _ => {}
    }
    let pads = padding(attributes, settled)?;
    Ok(Window {
        kernel: settled.spread(kernel, 1)?,
        stride: settled.spread(attributes.per_axis("strides", rank, 1)?, 1)?,
        padding: pads,
        dilation: settled.spread(attributes.per_axis("dilations", rank, 1)?, 1)?,
    })
}

/// The extent of a transposed convolution without padding.
fn full_extent(window: &Window, axis: usize, input: i64) -> Option<i64> {
    let span = window.kernel[axis].checked_sub(1)?.checked_mul(window.dilation[axis])?;
    input.checked_sub(1)?.checked_mul(window.stride[axis])?.checked_add(span)?.checked_add(1)
}

/// Numbers before and after each of `rank` axes; zeros where there are none.
pub(super) fn sides(pads: &[i64], rank: usize) -> Outcome<(PerAxis, PerAxis)> {
    let (mut before, mut after) = ([0; MAX_RANK], [0; MAX_RANK]);
    if rank <= MAX_RANK && pads.len() == 2 * rank {
        before[..rank].copy_from_slice(&pads[..rank]);
        after[..rank].copy_from_slice(&pads[rank..]);
    } else if !pads.is_empty() {
        return wrong(format!("`pads` has {} numbers for {rank} spatial axes", pads.len()));
    }
    Ok((before, after))
}
