//! Parts of maps: slices, splits, gathered indices; and what is added around them.

use rf_core::graph::{MAX_RANK, Op, Padding, Pool, Sides};

use super::reshape::{axes, axis};
use super::window::sides;
use super::{Importer, Map, Value, constant_at, map_at, one, pointwise};
use crate::layout::{Axis, Dim, Factor, Size, joined, size};
use crate::node::{Attributes, Outcome, unknown, wrong};
use crate::number::Number;

type Inputs<'v> = &'v [Option<Value>];

/// What is taken of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    /// Units left out before, and after.
    before: i64,
    after: i64,
    step: i64,
    /// Units that are taken, where that is known.
    count: Option<i64>,
}

/// Beyond any extent: what files write for "to the end".
const END: i64 = 1 << 31;

/// The part `start..end` of a dimension.
fn cut(size: Number, start: i64, end: Number, step: i64) -> Outcome<Cut> {
    if step < 1 {
        return unknown("it runs backwards");
    }
    let whole = size.int();
    let from_end = |at: i64| match whole {
        Some(whole) if at < 0 => Ok(at.saturating_add(whole).max(0)),
        Some(whole) => Ok(at.min(whole)),
        None if at >= 0 => Ok(at),
        None => unknown("it counts from the end of an extent that is not fixed"),
    };
    let before = from_end(start)?;
    let after = match (end.int(), whole) {
        (Some(end), None) if end < 0 => end.checked_neg().unwrap_or(END),
        (Some(end), None) if end >= END - 1 => 0,
        (Some(_), None) => return unknown("it ends within an extent that is not fixed"),
        (Some(end), Some(whole)) => whole - from_end(end)?,
        (None, _) if end == size => 0,
        (None, _) => return unknown("where it ends is not known"),
    };
    let count = whole.map(|whole| (whole - before - after).max(0).saturating_add(step - 1) / step);
    if count == Some(0) {
        wrong("nothing is left of its input")
    } else {
        Ok(Cut { before, after, step, count })
    }
}

impl<'f> Importer<'f> {
    /// `Slice`: attributes before opset 10, inputs since.
    pub(super) fn slice(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let numbers = |place: usize, name: &str| match (attributes.ints(name), inputs.get(place)) {
            (Some(given), _) => Ok(Some(given.iter().map(|&value| Number::Int(value)).collect())),
            (None, Some(Some(Value::Constant(given)))) => match given.numbers() {
                Some(numbers) => Ok(Some(numbers)),
                None => unknown(format!("its `{name}` are not known")),
            },
            (None, Some(Some(Value::Map(_)))) => {
                unknown(format!("its `{name}` depend on the network's input"))
            }
            _ => Ok(None),
        };
        let (Some(starts), Some(ends)) = (numbers(1, "starts")?, numbers(2, "ends")?) else {
            return wrong("`starts` or `ends` are missing");
        };
        let default = || (0..starts.len() as i64).map(Number::Int).collect();
        let axes: Vec<Number> = numbers(3, "axes")?.unwrap_or_else(default);
        let steps = numbers(4, "steps")?.unwrap_or_else(|| vec![Number::Int(1); starts.len()]);
        if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
            return wrong("`starts`, `ends`, `axes` and `steps` are of different lengths");
        }
        let mut cuts = vec![None; map.dims.len()];
        for (k, at) in axes.iter().enumerate() {
            let (Some(at), Some(start), Some(step)) = (at.int(), starts[k].int(), steps[k].int()) else {
                return unknown("where it starts is not known");
            };
            let dim = axis(at, map.dims.len())?;
            cuts[dim] = Some(cut(size(&map.dims[dim]), start, ends[k], step)?);
        }
        Ok(one(self.cuts(map, &cuts, "")?))
    }

    /// The given part of each dimension.
    fn cuts(&mut self, map: &Map, cuts: &[Option<Cut>], part: &str) -> Outcome<Map> {
        let mut map = map.clone();
        let (mut before, mut after, mut stride) = ([0; MAX_RANK], [0; MAX_RANK], [1; MAX_RANK]);
        let mut counts: Vec<(usize, Option<i64>)> = Vec::new();
        let mut pushed = false;
        for (dim, cut) in cuts.iter().enumerate() {
            let Some(cut) = *cut else { continue };
            if (cut.before, cut.after, cut.step) == (0, 0, 1) {
                continue;
            }
            match map.dims[dim][..] {
                // One unit is all there is.
                [] => {}
                [factor @ Factor { axis: Axis::Batch, .. }] => {
                    let size = cut.count.map_or(factor.size, Size::Known);
                    map.dims[dim] = joined([Factor { size, ..factor }]);
                }
                [Factor { axis: Axis::Space(axis), stride: 1, size }]
                    if size == self.infos[map.layer].extents[axis] =>
                {
                    (before[axis], after[axis], stride[axis]) = (-cut.before, -cut.after, cut.step);
                    counts.push((axis, cut.count));
                }
                _ => {
                    map = self.cut_channels(&map, dim, cut, part)?;
                    pushed = true;
                }
            }
        }
        if !counts.is_empty() {
            let padding = core::array::from_fn(|a| Padding::Explicit { before: before[a], after: after[a] });
            // Every `step`th unit: a pool of one unit is exact, and engines run it.
            let op = if stride == [1; MAX_RANK] {
                Op::Pad { sides: Sides { before, after } }
            } else {
                let window = Self::window([1; MAX_RANK], stride, padding);
                Op::Pool { pool: Pool::Max, window, ceil_mode: false, count_include_pad: false }
            };
            return self.on(if pushed { "space" } else { part }, op, &map);
        }
        if pushed { Ok(map) } else { self.on(part, Op::Identity, &map) }
    }

    /// A part of a dimension that is made of channels.
    fn cut_channels(&mut self, map: &Map, dim: usize, cut: Cut, part: &str) -> Outcome<Map> {
        if map.dims[dim].iter().any(|factor| factor.axis != Axis::Channel) {
            return unknown("it takes parts of a dimension that is made of several axes");
        }
        let mut map = map.clone();
        let all = self.infos[map.layer].channels;
        if map.dims[dim].len() > 1 {
            map.layer = self.reorder(map.layer, map.dims[dim].clone())?;
            map.dims[dim] = joined([Factor::whole(Axis::Channel, Size::Known(all))]);
        }
        let (Some(factor), Some(count)) = (map.dims[dim].first().copied(), cut.count) else {
            return unknown("it takes some of a number of channels that is not known");
        };
        let Some(whole) = factor.size.known().filter(|&whole| whole > 0 && all > 0) else {
            return unknown("it takes some of a number of channels that is not known");
        };
        let outer = factor.stride.checked_mul(whole) == Some(all);
        let kept = all / whole * count;
        let op = if outer && cut.step == 1 {
            Op::Narrow { first: cut.before * factor.stride, channels: kept }
        } else {
            pointwise(kept)
        };
        let layer = self.push(part, op, &[map.layer])?;
        let refit = |other: &Factor| {
            if *other == factor {
                Factor { size: Size::Known(count), ..*other }
            } else if other.axis == Axis::Channel && other.stride > factor.stride {
                Factor { stride: other.stride / whole * count, ..*other }
            } else {
                *other
            }
        };
        let dims: Vec<Dim> = map.dims.iter().map(|dim| joined(dim.iter().map(refit))).collect();
        Ok(Map { layer, dims, guessed: map.guessed })
    }

    /// `Split`: sizes as an attribute before opset 13, as an input since, or equal ones.
    pub(super) fn split(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
        outputs: usize,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let dim = axis(attributes.int("axis", 0), map.dims.len())?;
        let given = match (attributes.ints("split"), inputs.get(1)) {
            (Some(sizes), _) => Some(sizes.to_vec()),
            (None, Some(Some(Value::Constant(sizes)))) => sizes.ints(),
            (None, Some(Some(Value::Map(_)))) => return unknown("its sizes depend on the network's input"),
            _ => None,
        };
        let whole = size(&map.dims[dim]);
        let sizes = match (given, whole.int()) {
            (Some(sizes), _) => sizes,
            (None, Some(whole)) if outputs > 0 => {
                let chunk = whole.max(0).saturating_add(outputs as i64 - 1) / outputs as i64;
                (0..outputs as i64)
                    .map(|k| chunk.min(whole.saturating_sub(k.saturating_mul(chunk))))
                    .collect()
            }
            _ => return unknown("it splits an extent that is not fixed"),
        };
        if sizes.len() != outputs {
            return wrong(format!("{} sizes for {outputs} outputs", sizes.len()));
        }
        let mut parts = Vec::new();
        let mut start: i64 = 0;
        for (k, &own) in sizes.iter().enumerate() {
            let Some(end) = start.checked_add(own).filter(|_| own > 0) else {
                return wrong(format!("an output of {own} units"));
            };
            let last = k + 1 == sizes.len();
            let mut cuts = vec![None; map.dims.len()];
            let end_number = if last && whole.int().is_none() { whole } else { Number::Int(end) };
            cuts[dim] = Some(cut(whole, start, end_number, 1)?);
            let part = if k == 0 { String::new() } else { k.to_string() };
            parts.push(Value::Map(self.cuts(map, &cuts, &part)?));
            start = end;
        }
        match whole.int() {
            Some(whole) if whole != start => wrong(format!("its sizes make {start} of {whole} units")),
            _ => Ok(parts),
        }
    }

    /// `Gather` of constant indices: one, a run, or every so many.
    pub(super) fn gather(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let dim = axis(attributes.int("axis", 0), map.dims.len())?;
        let Some(indices) = constant_at(inputs, 1) else {
            return unknown("which units it takes depends on values");
        };
        let Some(mut places) = indices.ints() else { return unknown("its indices are not known") };
        let whole = size(&map.dims[dim]);
        for place in places.iter_mut().filter(|place| **place < 0) {
            match whole.int() {
                Some(whole) => *place = place.saturating_add(whole),
                None => return unknown("it counts from the end of an extent that is not fixed"),
            }
        }
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else {
            return wrong("it takes no unit");
        };
        let outside = |place: &i64| *place < 0 || whole.int().is_some_and(|whole| *place >= whole);
        if let Some(place) = places.iter().find(|place| outside(place)) {
            return wrong(format!("it takes unit {place}, which its input does not have"));
        }
        let step = places.get(1).map_or(1, |second| second.saturating_sub(first));
        if step < 1 || places.windows(2).any(|pair| pair[1].saturating_sub(pair[0]) != step) {
            let channels = |factor: &Factor| factor.axis == Axis::Channel;
            return match &map.dims[dim][..] {
                [one_dim]
                    if channels(one_dim) && one_dim.size == Size::Known(self.infos[map.layer].channels) =>
                {
                    let mut map = self.on("", pointwise(places.len() as i64), map)?;
                    map.dims[dim] = joined([Factor::whole(Axis::Channel, Size::Known(places.len() as i64))]);
                    Ok(one(map))
                }
                _ => unknown("it takes units in no regular order"),
            };
        }
        let mut cuts = vec![None; map.dims.len()];
        let after = whole.int().map(|whole| whole - last - 1);
        let Some(after) = after.or(map.dims[dim].is_empty().then_some(0)) else {
            return unknown("it takes units of an extent that is not fixed");
        };
        cuts[dim] = Some(Cut { before: first, after, step, count: Some(places.len() as i64) });
        let mut map = self.cuts(map, &cuts, "")?;
        if indices.shape.is_empty() {
            map.dims.remove(dim);
        }
        Ok(one(map))
    }

    /// `Pad`: an attribute before opset 11, inputs since.
    pub(super) fn pad(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = map_at(inputs, 0)?;
        let rank = map.dims.len();
        let given = match (attributes.ints("pads").or(attributes.ints("paddings")), constant_at(inputs, 1)) {
            (Some(pads), _) => Some(pads.to_vec()),
            (None, Some(pads)) => pads.ints(),
            (None, None) => None,
        };
        let Some(pads) = given else { return unknown("its `pads` are not known") };
        let dims: Vec<usize> = match axes(attributes, inputs, 3) {
            Some(axes) => axes?.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?,
            None => (0..rank).collect(),
        };
        if pads.len() != 2 * dims.len() {
            return wrong(format!("`pads` has {} numbers for {} dimensions", pads.len(), dims.len()));
        }
        let (mut before, mut after) = ([0; MAX_RANK], [0; MAX_RANK]);
        let mut channels = 0_i64;
        for (k, &dim) in dims.iter().enumerate() {
            let (low, high) = (pads[k], pads[k + dims.len()]);
            match map.dims[dim][..] {
                _ if (low, high) == (0, 0) => {}
                [Factor { axis: Axis::Space(axis), stride: 1, size }]
                    if size == self.infos[map.layer].extents[axis] =>
                {
                    (before[axis], after[axis]) = (low, high);
                }
                [Factor { axis: Axis::Channel, stride: 1, size: Size::Known(size) }]
                    if size == self.infos[map.layer].channels =>
                {
                    channels = channels.saturating_add(low).saturating_add(high);
                }
                _ => return unknown("it pads a dimension that is no axis of the network's input"),
            }
        }
        let mode = attributes.text("mode", "constant");
        if mode == "wrap" {
            return unknown("it wraps around the borders");
        }
        let zeros = mode == "constant" && pads_zeros(attributes, inputs);
        let mut map = map.clone();
        if channels != 0 {
            let all = self.infos[map.layer].channels.saturating_add(channels);
            map = self.on("channels", pointwise(all), &map)?;
        }
        Ok(one(self.padded(&map, before, after, zeros)?))
    }

    /// Units around a map. Others than zeros are no engine's; crops are all the same.
    fn padded(
        &mut self,
        map: &Map,
        before: [i64; MAX_RANK],
        after: [i64; MAX_RANK],
        zeros: bool,
    ) -> Outcome<Map> {
        let crops = before.iter().chain(&after).all(|&units| units <= 0);
        let op = if zeros || crops {
            Op::Pad { sides: Sides { before, after } }
        } else {
            let padding = core::array::from_fn(|a| Padding::Explicit { before: before[a], after: after[a] });
            let window = Self::window([1; MAX_RANK], [1; MAX_RANK], padding);
            Op::Custom { channels: 0, window, global: false, params: 0 }
        };
        self.on("", op, map)
    }

    /// `Crop` of the first opsets: `border` is left, top, right, bottom.
    pub(super) fn crop(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let Some(&[left, top, right, bottom]) = attributes.ints("border") else {
            return wrong("`border` needs four numbers");
        };
        let minus = |units: i64| units.checked_neg().unwrap_or(0);
        let pads = [minus(top), minus(left), minus(bottom), minus(right)];
        let (before, after) = sides(&pads, settled.axes.len())?;
        let sides = Sides { before: settled.spread(before, 0)?, after: settled.spread(after, 0)? };
        let layer = self.push("", Op::Pad { sides }, &[settled.layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `DepthToSpace`: the block's place is the outer part of the channels (`DCR`), or the inner one (`CRD`).
    pub(super) fn depth_to_space(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let (factor, parts) = block(attributes, &settled)?;
        let mut layer = settled.layer;
        match attributes.text("mode", "DCR") {
            "CRD" => {}
            "DCR" => layer = self.push("channels", Op::ChannelShuffle { groups: parts }, &[layer])?,
            other => return wrong(format!("`mode` is `{other}`")),
        }
        let layer = self.push("", Op::PixelShuffle { factor }, &[layer])?;
        Ok(one(self.behind_settled(&settled, layer)))
    }

    /// `SpaceToDepth`: the block's place becomes the outer part of the channels.
    pub(super) fn space_to_depth(
        &mut self,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        let settled = self.settle(map_at(inputs, 0)?)?;
        let (factor, _) = block(attributes, &settled)?;
        let groups = self.infos[settled.layer].channels;
        let mut layer = self.push("", Op::PixelUnshuffle { factor }, &[settled.layer])?;
        if groups > 1 {
            layer = self.push("channels", Op::ChannelShuffle { groups }, &[layer])?;
        }
        Ok(one(self.behind_settled(&settled, layer)))
    }
}

/// Whether what a pad adds is zeros.
fn pads_zeros(attributes: Attributes<'_, '_>, inputs: Inputs<'_>) -> bool {
    match inputs.get(2) {
        Some(Some(Value::Constant(value))) => value.uniform() == Some(0.0),
        Some(Some(Value::Map(_))) => false,
        _ => attributes.float("value", 0.0).abs() <= 0.0,
    }
}

/// The block of a shuffle, on the graph's axes, and how many units it has.
fn block(
    attributes: Attributes<'_, '_>,
    settled: &super::settle::Settled,
) -> Outcome<([i64; MAX_RANK], i64)> {
    let block = attributes.int("blocksize", 0);
    let mut given = [1; MAX_RANK];
    let rank = settled.axes.len();
    if !(1..=1 << 15).contains(&block) || rank > MAX_RANK {
        return wrong(format!("`blocksize` is {block}"));
    }
    given[..rank].fill(block);
    Ok((settled.spread(given, 1)?, given.iter().product()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_dimensions() {
        let part = |size, start, end, step| {
            cut(Number::Int(size), start, Number::Int(end), step).map(|c| (c.before, c.after, c.count))
        };
        assert_eq!(part(10, 2, 8, 1), Ok((2, 2, Some(6))));
        assert_eq!(part(10, 1, i64::MAX, 2), Ok((1, 0, Some(5))));
        assert_eq!(part(10, -3, -1, 1), Ok((7, 1, Some(2))));
        assert_eq!(part(10, i64::MIN, i64::MAX, 3), Ok((0, 0, Some(4))));
        assert!(part(10, 8, 2, 1).is_err() && part(10, 0, 10, -1).is_err());
        let open = |start, end| cut(Number::Unknown, start, Number::Int(end), 1).map(|c| (c.before, c.after));
        assert_eq!(open(1, i64::MAX), Ok((1, 0)));
        assert_eq!(open(0, -2), Ok((0, 2)));
        assert!(open(0, 5).is_err());
    }
}
