//! What is asked about, as it is.

use super::super::assertion::{Assertion, Query};
use super::super::layer::Layer;
use super::super::numbers::{Range, UNBOUNDED};
use super::super::text::Text;
use super::super::verdict;
use crate::graph::{MAX_RANK, PerAxis, UNKNOWN};

/// What an assertion asks about, as it is: `451 px`, `[8, 32, 32]`. Nothing for a query that is true or false.
pub(crate) const fn answer(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    let query = assertion.query;
    match query {
        Query::Rf | Query::LocalRf | Query::Halo | Query::Erf { .. } | Query::Start | Query::Padding => {
            let effective = match query {
                Query::Erf { energy } => match layer.effective(energy) {
                    Ok(field) => Some(field.extent),
                    Err(_) => None,
                },
                _ => None,
            };
            each(layer, assertion, effective, text);
        }
        Query::Jump => jumps(layer, assertion, text),
        Query::Shape => shape_of(layer, text),
        Query::Params | Query::Macs => {
            if let Some(counted) = verdict::counted(layer, assertion) {
                text.grouped(counted);
            }
        }
        _ => {}
    }
}

/// A jump, or one per axis where they differ.
const fn jumps(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) {
    let (mut axis, end) = match assertion.axis {
        Some(only) => (only, only + 1),
        None => (0, if differs(layer, Query::Jump) { layer.rank() } else { 1 }),
    };
    let first = axis;
    while axis < end {
        if let Some(jump) = layer.jump(axis) {
            text.str(if axis > first { " by " } else { "" });
            ratio(text, jump.num, jump.den);
        }
        axis += 1;
    }
    text.str(" px");
}

const fn jumps_differ(layer: &Layer<'_>) -> bool {
    let mut axis = 1;
    while axis < layer.rank() {
        if let (Some(first), Some(other)) = (layer.jump(0), layer.jump(axis))
            && !first.equals(other)
        {
            return true;
        }
        axis += 1;
    }
    false
}

/// A range, or one per axis where they differ.
const fn each(layer: &Layer<'_>, assertion: &Assertion<'_>, effective: Option<PerAxis>, text: &mut Text) {
    let alike = match &effective {
        Some(extent) => {
            (layer.rank() < 2 || extent[0] == extent[1]) && (layer.rank() < 3 || extent[0] == extent[2])
        }
        None => !differs(layer, assertion.query),
    };
    let mut axis = 0;
    while axis < layer.rank() {
        let asked = match assertion.axis {
            Some(only) => only == axis,
            None => axis == 0 || !alike,
        };
        if asked {
            if axis > 0 && assertion.axis.is_none() {
                text.str(" by ");
            }
            let found = match &effective {
                Some(extent) => Ok(Range { min: extent[axis], max: extent[axis] }),
                None => verdict::axis_range(layer, assertion.query, axis),
            };
            if let Ok(found) = found {
                range(text, found);
            }
        }
        axis += 1;
    }
}

/// Whether the axes differ in the number asked for.
pub(super) const fn differs(layer: &Layer<'_>, query: Query) -> bool {
    if let Query::Jump = query {
        return jumps_differ(layer);
    }
    let mut axis = 1;
    while axis < layer.rank() {
        let (first, other) = (verdict::axis_range(layer, query, 0), verdict::axis_range(layer, query, axis));
        if let (Ok(first), Ok(other)) = (first, other)
            && (first.min != other.min || first.max != other.max)
        {
            return true;
        }
        axis += 1;
    }
    false
}

pub(super) const fn range(text: &mut Text, range: Range) {
    if range.min == UNBOUNDED || (range.max == UNBOUNDED && range.min == 0) {
        text.str("unbounded");
        return;
    }
    text.int(range.min);
    if range.max == UNBOUNDED {
        text.str(" px and more");
        return;
    }
    if range.max != range.min {
        text.str(" to ").int(range.max);
    }
    text.str(" px");
}

pub(crate) const fn ratio(text: &mut Text, num: i64, den: i64) {
    text.int(num);
    if den != 1 {
        text.str("/").int(den);
    }
}

/// `[512, 7, 7]`.
pub(super) const fn shape_of(layer: &Layer<'_>, text: &mut Text) {
    let shape = layer.shape();
    let (mut numbers, mut axis) = ([shape.channels; 1 + MAX_RANK], 0);
    while axis < shape.extents().len() {
        numbers[axis + 1] = shape.extents()[axis];
        axis += 1;
    }
    units(text, numbers.split_at(1 + shape.extents().len()).0);
}

/// The same of numbers.
pub(super) const fn units(text: &mut Text, numbers: &[i64]) {
    text.str("[");
    let mut index = 0;
    while index < numbers.len() {
        text.str(if index > 0 { ", " } else { "" });
        if numbers[index] == UNKNOWN {
            text.str("_");
        } else {
            text.int(numbers[index]);
        }
        index += 1;
    }
    text.str("]");
}
