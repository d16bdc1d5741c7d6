//! Whether an assertion holds, and the words where it does not.

use super::assertion::{Assertion, At, Compare, Query, Value};
use super::layer::Layer;
use super::message;
use super::numbers::{Extents, Range, UNBOUNDED};
use super::text::Text;
use crate::graph::{PerAxis, UNKNOWN};

/// What becomes of an assertion.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    Holds,
    Fails,
    /// The layer has no answer, or none that const evaluation can find.
    Unanswered,
}

impl Verdict {
    const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Whether `assertion` holds of `layer`; where not, the reason is in `text`.
pub(crate) const fn holds(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> bool {
    matches!(verdict(layer, assertion, text), Verdict::Holds)
}

/// What becomes of `assertion` at `layer`; unless it holds, the reason is in `text`.
pub(crate) const fn verdict(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    if asks_for_fields(assertion.query)
        && let Some(cause) = layer.unknown_cause()
    {
        message::unknown_cause(layer, assertion.query, &cause, text);
        return Verdict::Unanswered;
    }
    if let Some(merge) = layer.inseparable_at()
        && hangs_on_axes(layer, assertion)
    {
        message::inseparable(layer, assertion, &merge, text);
        return Verdict::Unanswered;
    }
    match assertion.query {
        Query::Aligned | Query::Dense | Query::Covers | Query::Global | Query::Live | Query::Productive => {
            truth(layer, assertion, text)
        }
        Query::Shape => shape(layer, assertion, text),
        Query::Params | Query::Macs => cost(layer, assertion, text),
        Query::Jump => jump(layer, assertion, text),
        Query::Rf | Query::LocalRf | Query::Start | Query::Padding | Query::Halo | Query::Erf { .. } => {
            number(layer, assertion, text)
        }
    }
}

/// Whether a query is about what units see, and not about what a layer is made of.
const fn asks_for_fields(query: Query) -> bool {
    !matches!(query, Query::Shape | Query::Params | Query::Macs)
}

/// Whether an assertion cannot be answered axis by axis where axes are not separable. Upper bounds hold there too.
const fn hangs_on_axes(layer: &Layer<'_>, assertion: &Assertion<'_>) -> bool {
    match assertion.query {
        Query::Start | Query::Padding | Query::Live | Query::Covers | Query::Dense => true,
        Query::Rf | Query::LocalRf => {
            let (operator, _) = comparison(assertion);
            let above = matches!(operator, Compare::Le | Compare::Lt) && !assertion.negate;
            !(above && matches!(number(layer, assertion, &mut Text::new()), Verdict::Holds))
        }
        _ => false,
    }
}

/// The comparison of an assertion; the macro lets none of these queries through without one.
pub(crate) const fn comparison<'a>(assertion: &Assertion<'a>) -> (Compare, Value<'a>) {
    match assertion.compare {
        Some(comparison) => comparison,
        None => (Compare::Ge, Value::Int(1)),
    }
}

/// `>=` and `>` ask the smallest number over units, `<=` and `<` the largest, `==` both.
const fn compare(range: Range, compare: Compare, value: i64) -> bool {
    match compare {
        Compare::Ge => range.min >= value,
        Compare::Gt => range.min > value,
        Compare::Le => range.max <= value,
        Compare::Lt => range.max < value,
        Compare::Eq => range.min == value && range.max == value,
        Compare::Ne => !(range.min == value && range.max == value),
    }
}

/// Queries that are true or false.
const fn truth(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    let answer = match assertion.query {
        Query::Aligned => Some(layer.is_aligned()),
        Query::Dense => layer.is_dense(),
        Query::Covers => layer.covers(),
        Query::Global => Some(layer.is_global()),
        Query::Live => Some(layer.is_live()),
        _ => layer.is_productive(),
    };
    match answer {
        Some(answer) if answer != assertion.negate => Verdict::Holds,
        Some(_) => {
            message::truth(layer, assertion, text);
            Verdict::Fails
        }
        None => {
            message::undecided(layer, assertion.query, text);
            Verdict::Unanswered
        }
    }
}

/// Whether an assertion is about `axis`: about one, or all.
const fn asks(assertion: &Assertion<'_>, axis: usize) -> bool {
    match assertion.axis {
        Some(only) => only == axis,
        None => true,
    }
}

/// Extents and positions, one number per axis.
const fn number(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    let (operator, value) = comparison(assertion);
    let Ok(effective) = effective(layer, assertion.query, text) else { return Verdict::Unanswered };
    let mut failed = None;
    let mut axis = 0;
    while axis < layer.rank() {
        if asks(assertion, axis) {
            let wanted = per_axis(value, axis);
            let found = match effective {
                Some(extent) => Ok(Range { min: extent[axis], max: extent[axis] }),
                None => axis_range(layer, assertion.query, axis),
            };
            if let Ok(range) = found {
                if !compare(range, operator, wanted) && failed.is_none() {
                    failed = Some((axis, range, wanted));
                }
            } else {
                message::undefined(layer, assertion, text);
                return Verdict::Unanswered;
            }
        }
        axis += 1;
    }
    if failed.is_none() != assertion.negate {
        return Verdict::Holds;
    }
    match failed {
        Some((axis, range, wanted)) => message::number(layer, assertion, operator, axis, range, wanted, text),
        None => message::negated(layer, assertion, text),
    }
    Verdict::Fails
}

/// The effective extents where the query asks for them: one sweep gives all axes. An error is in `text`.
const fn effective(layer: &Layer<'_>, query: Query, text: &mut Text) -> Result<Option<PerAxis>, ()> {
    let Query::Erf { energy } = query else { return Ok(None) };
    if !(energy > 0.0 && energy < 1.0) {
        text.str("`energy` of `erf` is a share: a number between 0 and 1");
        return Err(());
    }
    match layer.effective(energy) {
        Ok(field) => Ok(Some(field.extent)),
        Err(fault) => {
            message::no_closed_form(layer, fault, text);
            Err(())
        }
    }
}

pub(crate) const fn per_axis(value: Value<'_>, axis: usize) -> i64 {
    match value {
        Value::Int(value) => value,
        Value::PerAxis(values) => values[axis],
        Value::Ratio(..) | Value::Ratios(_) | Value::Shape(_) => 0,
    }
}

/// What a jump is compared with along one axis, over a number that is not negative.
pub(crate) const fn ratio(value: Value<'_>, axis: usize) -> (i64, i64) {
    let (over, under) = match value {
        Value::Ratio(over, under) => (over, under),
        Value::Ratios(each) => each[axis],
        whole => (per_axis(whole, axis), 1),
    };
    if under < 0 { (over.saturating_neg(), under.saturating_neg()) } else { (over, under) }
}

/// The number that a query asks for along one axis, over all units.
pub(crate) const fn axis_range(layer: &Layer<'_>, query: Query, axis: usize) -> Result<Range, ()> {
    let one = match query {
        Query::Rf => return Ok(extent(layer.rf(), axis)),
        Query::LocalRf => return Ok(extent(layer.local_rf(), axis)),
        Query::Start => layer.start(axis),
        Query::Padding => layer.padding(axis),
        Query::Halo => match layer.halo(axis) {
            Some(halo) => Some(halo.max()),
            None => Some(UNBOUNDED),
        },
        _ => None,
    };
    match one {
        Some(value) => Ok(Range { min: value, max: value }),
        None => Err(()),
    }
}

const fn extent(extents: Extents, axis: usize) -> Range {
    extents.axes[axis]
}

/// Jumps are rational: compared by cross multiplication.
const fn jump(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    let (operator, value) = comparison(assertion);
    let mut holds = true;
    let mut axis = 0;
    while axis < layer.rank() {
        if holds && asks(assertion, axis) {
            let Some(jump) = layer.jump(axis) else {
                message::undefined(layer, assertion, text);
                return Verdict::Unanswered;
            };
            let (num, den) = ratio(value, axis);
            let (left, right) = (jump.num as i128 * den as i128, num as i128 * jump.den as i128);
            let difference = if left < right { -1 } else { (left > right) as i64 };
            let range = Range { min: difference, max: difference };
            if !compare(range, operator, 0) {
                holds = false;
                if !assertion.negate {
                    message::jump(layer, assertion, axis, operator, (num, den), text);
                }
            }
        }
        axis += 1;
    }
    if holds && assertion.negate {
        message::negated(layer, assertion, text);
    }
    Verdict::of(holds != assertion.negate)
}

/// Parameters or multiply-accumulates, of the layer or of the network.
pub(crate) const fn counted(layer: &Layer<'_>, assertion: &Assertion<'_>) -> Option<u64> {
    let network = matches!(assertion.at, At::Network);
    match assertion.query {
        Query::Params if network => Some(layer.table.params()),
        Query::Params => Some(layer.params()),
        _ if network => layer.table.macs(),
        _ => layer.macs(),
    }
}

const fn cost(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    let (operator, value) = comparison(assertion);
    let wanted = per_axis(value, 0);
    let Some(counted) = counted(layer, assertion) else {
        message::undefined(layer, assertion, text);
        return Verdict::Unanswered;
    };
    // Counts beyond i64 compare as the largest.
    let number = if counted > i64::MAX as u64 { i64::MAX } else { counted as i64 };
    if compare(Range { min: number, max: number }, operator, wanted) != assertion.negate {
        return Verdict::Holds;
    }
    if assertion.negate {
        message::negated(layer, assertion, text);
    } else {
        message::cost(layer, assertion, operator, counted, wanted, text);
    }
    Verdict::Fails
}

const fn shape(layer: &Layer<'_>, assertion: &Assertion<'_>, text: &mut Text) -> Verdict {
    let (operator, value) = comparison(assertion);
    let Value::Shape(wanted) = value else {
        message::shape(layer, operator, &[], text);
        return Verdict::Fails;
    };
    let shape = layer.shape();
    let extents = shape.extents();
    let mut equal = wanted.len() == extents.len() + 1 && fits(wanted[0], shape.channels);
    let mut axis = 0;
    while axis < extents.len() {
        equal = equal && fits(wanted[axis + 1], extents[axis]);
        axis += 1;
    }
    if (equal != matches!(operator, Compare::Ne)) != assertion.negate {
        return Verdict::Holds;
    }
    if assertion.negate {
        message::negated(layer, assertion, text);
    } else {
        message::shape(layer, operator, wanted, text);
    }
    Verdict::Fails
}

const fn fits(wanted: i64, found: i64) -> bool {
    wanted == UNKNOWN || wanted == found
}
