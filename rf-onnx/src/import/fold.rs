//! Nodes that do not depend on the input: shapes computed from shapes, and weights rearranged.

use std::sync::Arc;

use onnx_rs::ast::{DataType, Node, OpType};
use rf_core::graph::UNKNOWN;
use rf_core::theory::LIMIT;

use super::reshape::{axes, axis, permutation};
use super::{Value, constant_at};
use crate::constant::{Constant, Values, broadcast, constant};
use crate::layout::size;
use crate::node::{Attributes, Outcome, wrong};
use crate::number::{Arithmetic, Number};

type Inputs<'v> = &'v [Option<Value>];

/// A constant tensor whose shape nobody knows.
fn formless() -> Constant {
    Constant::unknown(vec![UNKNOWN])
}

/// The outputs of a node without inputs that depend on the network's.
pub(super) fn fold(node: &Node<'_>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
    let attributes = Attributes(&node.attribute);
    let folded = match node.op_type {
        OpType::Constant => literal(attributes)?,
        OpType::ConstantOfShape => of_shape(attributes, inputs)?,
        _ => rearranged(node, attributes, inputs)?.or_else(|| computed(node, inputs)).unwrap_or_else(|| {
            // Elementwise functions keep the shape; of others it is not known.
            let first = constant_at(inputs, 0).filter(|_| inputs.len() == 1);
            first.map_or_else(formless, |first| Constant::unknown(first.shape.clone()))
        }),
    };
    let first = Value::Constant(Arc::new(folded));
    let rest = || Value::Constant(Arc::new(formless()));
    Ok(core::iter::once(first).chain((1..node.output.len()).map(|_| rest())).collect())
}

/// The value of a `Constant`.
fn literal(attributes: Attributes<'_, '_>) -> Outcome<Constant> {
    if let Some(tensor) = attributes.get("value").and_then(|attribute| attribute.t.as_ref()) {
        return constant(tensor).or_else(wrong);
    }
    let ints = |values: &[i64]| values.iter().map(|&value| Number::Int(value)).collect();
    let reals = |values: &[f32]| values.iter().map(|&value| Number::Real(f64::from(value))).collect();
    Ok(if let Some(attribute) = attributes.get("value_int") {
        Constant::of(Vec::new(), vec![Number::Int(attribute.i)])
    } else if let Some(attribute) = attributes.get("value_float") {
        Constant::of(Vec::new(), vec![Number::Real(f64::from(attribute.f))])
    } else if let Some(attribute) = attributes.get("value_ints") {
        Constant::row(ints(&attribute.ints))
    } else if let Some(attribute) = attributes.get("value_floats") {
        Constant::row(reals(&attribute.floats))
    } else {
        formless()
    })
}

/// `Shape` of any tensor, or of the dimensions `start..end`.
pub(super) fn shape(attributes: Attributes<'_, '_>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
    let dims: Vec<Number> = match inputs.first() {
        Some(Some(Value::Map(map))) => map.dims.iter().map(size).collect(),
        Some(Some(Value::Constant(constant))) => constant
            .shape
            .iter()
            .map(|&extent| if extent < 0 { Number::Unknown } else { Number::Int(extent) })
            .collect(),
        _ => return wrong("its input is missing"),
    };
    let rank = dims.len() as i64;
    let place = |name: &str, default: i64| {
        let at = attributes.int(name, default);
        (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize
    };
    let (start, end) = (place("start", 0), place("end", rank));
    let part = dims.get(start..end.max(start)).unwrap_or_default().to_vec();
    Ok(vec![Value::Constant(Arc::new(Constant::row(part)))])
}

/// `ConstantOfShape`: zeros of four bytes unless `value` says otherwise.
fn of_shape(attributes: Attributes<'_, '_>, inputs: Inputs<'_>) -> Outcome<Constant> {
    let Some(given) = constant_at(inputs, 0) else { return wrong("its shape is missing") };
    let Some(shape) = given.numbers() else { return Ok(formless()) };
    let shape: Vec<i64> = shape.into_iter().map(|number| number.int().unwrap_or(UNKNOWN)).collect();
    if let Some(extent) = shape.iter().find(|&&extent| !(UNKNOWN..=LIMIT).contains(&extent)) {
        return wrong(format!("an extent of {extent}"));
    }
    let value = match attributes.get("value").and_then(|attribute| attribute.t.as_ref()) {
        Some(tensor) => constant(tensor).or_else(wrong)?.scalar().and_then(Number::real),
        None => Some(0.0),
    };
    Ok(value.map_or_else(
        || Constant::unknown(shape.clone()),
        |value| Constant { shape: shape.clone(), values: Values::Filled(value) },
    ))
}

/// What only moves values.
fn rearranged(
    node: &Node<'_>,
    attributes: Attributes<'_, '_>,
    inputs: Inputs<'_>,
) -> Outcome<Option<Constant>> {
    let Some(first) = constant_at(inputs, 0).filter(|first| !first.is_formless()) else { return Ok(None) };
    Ok(match node.op_type {
        OpType::Identity | OpType::Dropout | OpType::CastLike => Some(Constant::clone(first)),
        OpType::Cast => Some(cast(first, attributes.int("to", 1))),
        OpType::Reshape => {
            let Some(targets) = constant_at(inputs, 1).and_then(|shape| shape.ints()) else {
                return Ok(None);
            };
            reshaped_shape(first, &targets)?.map(|shape| first.reshaped(shape))
        }
        OpType::Flatten | OpType::Squeeze | OpType::Unsqueeze => {
            let Some(shape) = squeezed_shape(node, attributes, inputs, &first.shape)? else {
                return Ok(None);
            };
            Some(first.reshaped(shape))
        }
        OpType::Transpose => {
            let rank = first.shape.len();
            let reversed: Vec<i64> = (0..rank as i64).rev().collect();
            let order = permutation(attributes.ints("perm").unwrap_or(&reversed), rank)?;
            let shape = order.iter().map(|&from| first.shape[from]).collect();
            Some(match (first.uniform(), first.numbers()) {
                (Some(_), _) => first.reshaped(shape),
                (None, Some(numbers)) => {
                    let starts = vec![0; rank];
                    let steps = vec![1; rank];
                    Constant::of(
                        shape,
                        picked(
                            &numbers,
                            &first.shape,
                            &order,
                            &starts,
                            &steps,
                            &shape_of(&first.shape, &order),
                        ),
                    )
                }
                (None, None) => Constant { shape, values: Values::Permuted(Arc::clone(first), order) },
            })
        }
        OpType::DequantizeLinear => {
            let Some(scale) = constant_at(inputs, 1) else { return Ok(None) };
            let at = attributes.int("axis", 1);
            let axis = if scale.len() == Some(1) || first.shape.is_empty() {
                0
            } else {
                axis(at, first.shape.len())?
            };
            let (values, scale) = (Arc::clone(first), Arc::clone(scale));
            let zero = constant_at(inputs, 2).cloned();
            let values = Values::Dequantized { values, scale, zero, axis };
            Some(Constant { shape: first.shape.clone(), values })
        }
        _ => None,
    })
}

fn cast(constant: &Arc<Constant>, to: i64) -> Constant {
    let kind = i32::try_from(to).ok().and_then(|to| DataType::try_from(to).ok());
    let real =
        matches!(kind, Some(DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16));
    match constant.numbers() {
        Some(numbers) => {
            let numbers = numbers.into_iter().map(|number| number.cast(!real)).collect();
            Constant::of(constant.shape.clone(), numbers)
        }
        None if real => Constant::clone(constant),
        None => Constant::unknown(constant.shape.clone()),
    }
}

fn reshaped_shape(constant: &Constant, targets: &[i64]) -> Outcome<Option<Vec<i64>>> {
    let Some(len) = constant.len() else { return Ok(None) };
    let mut shape = targets.to_vec();
    for (place, extent) in shape.iter_mut().enumerate().filter(|(_, extent)| **extent == 0) {
        *extent = constant.shape.get(place).copied().unwrap_or(0);
    }
    let known = shape
        .iter()
        .filter(|&&extent| extent != -1)
        .try_fold(1_i64, |product, &extent| if extent < 0 { None } else { product.checked_mul(extent) });
    if let (Some(wild), Some(known)) = (shape.iter().position(|&extent| extent == -1), known)
        && known > 0
    {
        shape[wild] = len as i64 / known;
    }
    if crate::constant::count(&shape) == Some(len) {
        Ok(Some(shape))
    } else {
        wrong(format!("{len} values cannot be reshaped to {targets:?}"))
    }
}

fn squeezed_shape(
    node: &Node<'_>,
    attributes: Attributes<'_, '_>,
    inputs: Inputs<'_>,
    shape: &[i64],
) -> Outcome<Option<Vec<i64>>> {
    let rank = shape.len();
    if node.op_type == OpType::Flatten {
        let at = attributes.int("axis", 1);
        let split = if at == rank as i64 { rank } else { axis(at, rank)? };
        let product = |part: &[i64]| crate::constant::count(part).map(|count| count as i64);
        let (head, tail) = shape.split_at(split);
        return Ok(product(head).zip(product(tail)).map(|(head, tail)| vec![head, tail]));
    }
    let axes = match axes(attributes, inputs, 1) {
        Some(Ok(axes)) => Some(axes),
        Some(Err(_)) => return Ok(None),
        None => None,
    };
    if node.op_type == OpType::Squeeze {
        let drops: Vec<usize> = match axes {
            Some(axes) => axes.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?,
            None => (0..rank).filter(|&dim| shape[dim] == 1).collect(),
        };
        let kept = shape.iter().enumerate().filter(|(dim, _)| !drops.contains(dim));
        return Ok(Some(kept.map(|(_, &extent)| extent).collect()));
    }
    let Some(axes) = axes else { return wrong("`axes` is missing") };
    let rank = rank + axes.len();
    let mut new: Vec<usize> = axes.into_iter().map(|at| axis(at, rank)).collect::<Outcome<_>>()?;
    new.sort_unstable();
    let mut shape = shape.to_vec();
    for at in new {
        if at > shape.len() {
            return wrong("`axes` names a dimension twice");
        }
        shape.insert(at, 1);
    }
    Ok(Some(shape))
}

/// What is computed of few numbers, or later of many where it is arithmetic.
fn computed(node: &Node<'_>, inputs: Inputs<'_>) -> Option<Constant> {
    let attributes = Attributes(&node.attribute);
    let arithmetic = match node.op_type {
        OpType::Add => Some(Arithmetic::Add),
        OpType::Sub => Some(Arithmetic::Sub),
        OpType::Mul => Some(Arithmetic::Mul),
        OpType::Div => Some(Arithmetic::Div),
        _ => None,
    };
    if let Some(operator) = arithmetic {
        return combined(operator, constant_at(inputs, 0)?, constant_at(inputs, 1)?);
    }
    let first = constant_at(inputs, 0)?;
    let each = |function: fn(Number) -> Number| {
        let numbers = first.numbers()?.into_iter().map(function).collect();
        Some(Constant::of(first.shape.clone(), numbers))
    };
    match node.op_type {
        OpType::Floor => each(|number| number.rounded(f64::floor)),
        OpType::Ceil => each(|number| number.rounded(f64::ceil)),
        OpType::Round => each(|number| number.rounded(f64::round_ties_even)),
        OpType::Neg => each(|number| Number::Int(0).with(number, Arithmetic::Sub)),
        OpType::Sqrt => {
            each(|number| number.real().map_or(Number::Unknown, |value| Number::Real(value.sqrt())))
        }
        OpType::Mod => {
            let (a, b) = (first.ints()?, constant_at(inputs, 1)?.ints()?);
            let [divisor] = b[..] else { return None };
            // The sign is the divisor's.
            let one = |a: i64| {
                Some(Number::Int(a.checked_rem(divisor)?.checked_add(divisor)?.checked_rem(divisor)?))
            };
            Some(Constant::of(first.shape.clone(), a.into_iter().map(one).collect::<Option<_>>()?))
        }
        OpType::Concat => joined(inputs),
        OpType::Gather => gathered(first, constant_at(inputs, 1)?),
        OpType::Slice => sliced(attributes, inputs, first),
        OpType::ReduceProd if attributes.int("keepdims", 1) == 0 => {
            let product = |a: Number, b: Number| a.with(b, Arithmetic::Mul);
            let product = first.numbers()?.into_iter().fold(Number::Int(1), product);
            Some(Constant::of(Vec::new(), vec![product]))
        }
        OpType::Expand => {
            let shape = broadcast(&first.shape, &constant_at(inputs, 1)?.ints()?)?;
            let value = first.uniform();
            Some(value.map_or_else(
                || Constant::unknown(shape.clone()),
                |value| Constant { shape: shape.clone(), values: Values::Filled(value) },
            ))
        }
        _ => None,
    }
}

fn combined(operator: Arithmetic, a: &Arc<Constant>, b: &Arc<Constant>) -> Option<Constant> {
    let shape = broadcast(&a.shape, &b.shape)?;
    let few =
        a.numbers().zip(b.numbers()).filter(|(x, y)| x.len() == 1 || y.len() == 1 || a.shape == b.shape);
    if let Some((x, y)) = few {
        let len = x.len().max(y.len());
        let at = |numbers: &[Number], k: usize| numbers[if numbers.len() == 1 { 0 } else { k }];
        let empty = x.is_empty() || y.is_empty();
        let numbers = (0..if empty { 0 } else { len }).map(|k| at(&x, k).with(at(&y, k), operator));
        return Some(Constant::of(shape, numbers.collect()));
    }
    Some(Constant { shape, values: Values::Combined(operator, Arc::clone(a), Arc::clone(b)) })
}

/// Rows of numbers one after another.
fn joined(inputs: Inputs<'_>) -> Option<Constant> {
    let mut all = Vec::new();
    for place in 0..inputs.len() {
        let part = constant_at(inputs, place)?;
        if part.shape.len() > 1 {
            return None;
        }
        all.extend(part.numbers()?);
    }
    Some(Constant::row(all))
}

fn gathered(from: &Constant, indices: &Constant) -> Option<Constant> {
    let (numbers, places) = (from.numbers()?, indices.ints()?);
    if from.shape.len() != 1 {
        return None;
    }
    let len = numbers.len() as i64;
    let at = |place: i64| {
        let place = if place < 0 { place.checked_add(len)? } else { place };
        numbers.get(usize::try_from(place).ok()?).copied()
    };
    let taken: Option<Vec<Number>> = places.into_iter().map(at).collect();
    Some(Constant::of(indices.shape.clone(), taken?))
}

/// A slice along any dimensions, backwards too: padding is written that way.
fn sliced(attributes: Attributes<'_, '_>, inputs: Inputs<'_>, from: &Constant) -> Option<Constant> {
    let numbers = from.numbers()?;
    let rank = from.shape.len();
    let row = |place: usize, name: &str| match attributes.ints(name) {
        Some(given) => Some(given.to_vec()),
        None => constant_at(inputs, place)?.ints(),
    };
    let (begins, ends) = (row(1, "starts")?, row(2, "ends")?);
    let axes = row(3, "axes").unwrap_or_else(|| (0..begins.len() as i64).collect());
    let by = row(4, "steps").unwrap_or_else(|| vec![1; begins.len()]);
    let (mut starts, mut steps, mut shape) = (vec![0; rank], vec![1; rank], from.shape.clone());
    for (k, &at) in axes.iter().enumerate() {
        let dim = axis(at, rank).ok()?;
        let (size, step) = (from.shape[dim], *by.get(k)?);
        let place = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
        let (begin, end) = (place(*begins.get(k)?), place(*ends.get(k)?));
        let (begin, end) = match step {
            1.. => (begin.clamp(0, size), end.clamp(0, size)),
            0 => return None,
            _ => (begin.clamp(-1, size - 1), end.clamp(-1, size - 1)),
        };
        // Units from the first to the last, in steps that may be negative.
        let count = (end - begin + step - step.signum()).checked_div(step)?.max(0);
        (starts[dim], steps[dim], shape[dim]) = (begin, step, count);
    }
    let order: Vec<usize> = (0..rank).collect();
    let picked = picked(&numbers, &from.shape, &order, &starts, &steps, &shape);
    Some(Constant::of(shape, picked))
}

fn shape_of(shape: &[i64], order: &[usize]) -> Vec<i64> {
    order.iter().map(|&from| shape[from]).collect()
}

/// The numbers of a tensor at every `step`th place of each dimension, the dimensions in another order: dimension `k` of
/// what is picked, of `shape[k]` numbers, runs along `order[k]`.
fn picked(
    numbers: &[Number],
    from: &[i64],
    order: &[usize],
    starts: &[i64],
    steps: &[i64],
    shape: &[i64],
) -> Vec<Number> {
    let stride = |dim: usize| from[dim + 1..].iter().product::<i64>();
    let total: i64 = shape.iter().product();
    let one = |flat: i64| {
        let (mut flat, mut at) = (flat, 0);
        for (k, &dim) in order.iter().enumerate().rev() {
            at += (starts[dim] + flat % shape[k] * steps[dim]) * stride(dim);
            flat /= shape[k];
        }
        numbers[at as usize]
    };
    (0..total).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(numbers: &[i64]) -> Value {
        let numbers = numbers.iter().map(|&number| Number::Int(number)).collect();
        Value::Constant(Arc::new(Constant::row(numbers)))
    }

    #[test]
    fn small_tensors_are_sliced_and_turned() {
        let matrix = Constant::of(vec![3, 2], (0..6).map(Number::Int).collect());
        let slice = |starts: &[i64], ends: &[i64], axes: &[i64], steps: &[i64]| {
            let inputs = [None, Some(row(starts)), Some(row(ends)), Some(row(axes)), Some(row(steps))];
            let sliced = sliced(Attributes(&[]), &inputs, &matrix)?;
            Some((sliced.shape.clone(), sliced.ints()?))
        };
        assert_eq!(slice(&[1], &[3], &[0], &[1]), Some((vec![2, 2], vec![2, 3, 4, 5])));
        // As PyTorch turns its pads around.
        assert_eq!(slice(&[-1], &[i64::MIN], &[0], &[-1]), Some((vec![3, 2], vec![4, 5, 2, 3, 0, 1])));
        assert_eq!(slice(&[0, 0], &[3, 9], &[0, 1], &[2, 1]), Some((vec![2, 2], vec![0, 1, 4, 5])));
        assert_eq!(slice(&[2], &[0], &[0], &[-2]), Some((vec![1, 2], vec![4, 5])));
        assert_eq!(slice(&[2], &[1], &[0], &[1]), Some((vec![0, 2], vec![])));
        assert_eq!(slice(&[0], &[1], &[2], &[1]), None);
        let numbers = matrix.numbers().unwrap();
        let turned = picked(&numbers, &[3, 2], &[1, 0], &[0, 0], &[1, 1], &[2, 3]);
        assert_eq!(turned, [0, 2, 4, 1, 3, 5].map(Number::Int));
    }
}
