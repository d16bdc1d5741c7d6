//! What a failing assertion is short of, as a number to search by.

use super::super::assertion::{Assertion, Compare, Query, Value};
use super::super::fault::LIMIT;
use super::super::layer::Layer;
use super::super::numbers::{Range, Ratio};
use super::super::verdict::{axis_range, comparison, counted, per_axis, ratio};
use crate::graph::{PerAxis, UNKNOWN};

/// What is missing. Numbers are signed: more than zero where the layer needs more.
#[derive(Clone, Copy)]
pub(crate) enum Gap {
    /// Pixels along each axis; `share` of those that a window adds count.
    Pixels { need: PerAxis, exact: bool, halves: bool },
    /// The wanted jump over the one found.
    Jump { over: i64, under: i64 },
    /// Channels, and units along each axis.
    Shape { channels: i64, extents: PerAxis },
    /// Parameters or multiply-accumulates.
    Count { found: i64, wanted: i64, exact: bool, macs: bool },
    /// Jumps or centres of paths that meet.
    Alignment,
    /// Pixels between those that are used.
    Holes,
}

/// What `assertion`, which fails, is short of; `None` where that has no number, or where nobody would want the
/// contrary.
pub(crate) const fn gap(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<Gap> {
    match assertion.query {
        Query::Rf | Query::LocalRf | Query::Halo | Query::Erf { .. } => pixels(layer, assertion),
        Query::Jump => jump(layer, assertion),
        Query::Shape => shape(layer, assertion),
        Query::Params | Query::Macs => count(layer, assertion),
        Query::Aligned if !assertion.negate => Some(Gap::Alignment),
        Query::Dense if !assertion.negate => Some(Gap::Holes),
        Query::Covers if !assertion.negate => uncovered(layer),
        _ => None,
    }
}

const fn operator(assertion: &Assertion<'_>) -> Compare {
    let (operator, _) = comparison(assertion);
    match (assertion.negate, operator) {
        (false, operator) => operator,
        (true, Compare::Ge) => Compare::Lt,
        (true, Compare::Gt) => Compare::Le,
        (true, Compare::Le) => Compare::Gt,
        (true, Compare::Lt) => Compare::Ge,
        (true, Compare::Eq) => Compare::Ne,
        (true, Compare::Ne) => Compare::Eq,
    }
}

/// By how much a range misses a bound, signed.
const fn missing(range: Range, operator: Compare, wanted: i64) -> i64 {
    match operator {
        Compare::Ge | Compare::Eq if range.min < wanted => wanted - range.min,
        Compare::Gt if range.min <= wanted => wanted - range.min + 1,
        Compare::Le | Compare::Eq if range.max > wanted => wanted.saturating_sub(range.max),
        Compare::Lt if range.max >= wanted => wanted.saturating_sub(range.max).saturating_sub(1),
        Compare::Ne => (range.min == wanted && range.max == wanted) as i64,
        _ => 0,
    }
}

const fn pixels(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<Gap> {
    let (_, value) = comparison(assertion);
    let operator = operator(assertion);
    let effective = match assertion.query {
        Query::Erf { energy } if energy > 0.0 && energy < 1.0 => match layer.effective(energy) {
            Ok(field) => Some(field.extent),
            Err(_) => return None,
        },
        Query::Erf { .. } => return None,
        _ => None,
    };
    let mut need = [0; 3];
    let mut axis = 0;
    while axis < layer.rank() {
        let asked = match assertion.axis {
            Some(only) => only == axis,
            None => true,
        };
        if asked {
            let range = match effective {
                Some(extent) => Range { min: extent[axis], max: extent[axis] },
                None => match axis_range(layer, assertion.query, axis) {
                    Ok(range) => range,
                    Err(()) => return None,
                },
            };
            need[axis] = missing(range, operator, per_axis(value, axis));
        }
        axis += 1;
    }
    let exact = matches!(operator, Compare::Eq) && effective.is_none();
    Some(Gap::Pixels { need, exact, halves: matches!(assertion.query, Query::Halo) })
}

const fn jump(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<Gap> {
    let (operator, value) = comparison(assertion);
    // A jump other than one that holds for all axes: any would do, and none is meant.
    if assertion.negate || matches!(operator, Compare::Ne) {
        return None;
    }
    let mut axis = 0;
    while axis < layer.rank() {
        let Some(Ratio { num, den }) = layer.jump(axis) else { return None };
        let (over, under) = ratio(value, axis);
        let small = over > 0 && over < LIMIT && under > 0 && under < LIMIT && num < LIMIT && den < LIMIT;
        let asked = match assertion.axis {
            Some(only) => only == axis,
            None => true,
        };
        if asked && small && over * den != num * under {
            return Some(Gap::Jump { over: over * den, under: num * under });
        }
        axis += 1;
    }
    Some(Gap::Jump { over: 1, under: 1 })
}

const fn shape(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<Gap> {
    let (operator, Value::Shape(wanted)) = comparison(assertion) else { return None };
    let shape = layer.shape();
    let extents = shape.extents();
    if assertion.negate || !matches!(operator, Compare::Eq) || wanted.len() != extents.len() + 1 {
        return None;
    }
    let channels = if wanted[0] == UNKNOWN { 0 } else { wanted[0].saturating_sub(shape.channels) };
    let mut differ = [0; 3];
    let mut axis = 0;
    while axis < extents.len() {
        if wanted[axis + 1] != UNKNOWN {
            if extents[axis] == UNKNOWN {
                return None;
            }
            differ[axis] = wanted[axis + 1].saturating_sub(extents[axis]);
        }
        axis += 1;
    }
    Some(Gap::Shape { channels, extents: differ })
}

const fn count(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<Gap> {
    let (_, value) = comparison(assertion);
    let Some(found) = counted(layer, assertion) else { return None };
    let (found, wanted) = (if found > i64::MAX as u64 { i64::MAX } else { found as i64 }, per_axis(value, 0));
    let operator = operator(assertion);
    let missing = missing(Range { min: found, max: found }, operator, wanted);
    let (wanted, exact) = (found.saturating_add(missing), matches!(operator, Compare::Eq));
    Some(Gap::Count { found, wanted, exact, macs: matches!(assertion.query, Query::Macs) })
}

/// A unit at the border must see from one end to the other: half of what its field grows by counts.
const fn uncovered(layer: &Layer<'_>) -> Option<Gap> {
    let mut need = [0; 3];
    let mut axis = 0;
    while axis < layer.rank() {
        let image = layer.table.input_extent(axis);
        if image == UNKNOWN {
            return None;
        }
        let units = layer.data().extent(axis);
        let mut end = 0;
        while end < 2 {
            let seen = layer.clipped_field(axis, if end == 0 { 0 } else { units - 1 }).extent();
            if image - seen > need[axis] {
                need[axis] = image - seen;
            }
            end += 1;
        }
        axis += 1;
    }
    Some(Gap::Pixels { need, exact: false, halves: true })
}
