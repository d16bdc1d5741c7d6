//! What is asked about, as it is.

use super::super::assertion::{Assertion, Query};
use super::super::layer::Layer;
use super::super::numbers::{Range, UNBOUNDED};
use super::super::text::Text;
use super::super::verdict;
use crate::graph::{PerAxis, UNKNOWN};

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
        Query::Jump => {
            if let Some(jump) = layer.jump(if let Some(axis) = assertion.axis { axis } else { 0 }) {
                ratio(text, jump.num, jump.den);
                text.str(" px");
            }
        }
        Query::Shape => shape_of(layer, text),
        Query::Params | Query::Macs => {
            if let Some(counted) = verdict::counted(layer, assertion) {
                text.grouped(counted);
            }
        }
        _ => {}
    }
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
    text.str("[");
    unit_count(text, shape.channels);
    let mut axis = 0;
    while axis < shape.extents().len() {
        text.str(", ");
        unit_count(text, shape.extents()[axis]);
        axis += 1;
    }
    text.str("]");
}

pub(super) const fn unit_count(text: &mut Text, count: i64) {
    if count == UNKNOWN {
        text.str("_");
    } else {
        text.int(count);
    }
}
