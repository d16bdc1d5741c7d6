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
    let Some(first) = constant_at(inputs, 0) else { return Ok(None) };
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
            Some(match first.uniform() {
                Some(_) => first.reshaped(shape),
                None => Constant { shape, values: Values::Permuted(Arc::clone(first), order) },
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

fn sliced(attributes: Attributes<'_, '_>, inputs: Inputs<'_>, from: &Constant) -> Option<Constant> {
    if from.shape.len() != 1 {
        return None;
    }
    let numbers = from.numbers()?;
    let bound = |place: usize, name: &str| match attributes.ints(name) {
        Some(given) => given.first().copied(),
        None => constant_at(inputs, place)?.ints()?.first().copied(),
    };
    let len = numbers.len() as i64;
    let clip = |at: i64| (if at < 0 { at.saturating_add(len) } else { at }).clamp(0, len) as usize;
    let (start, end) = (clip(bound(1, "starts")?), clip(bound(2, "ends")?));
    let step = match inputs.get(4) {
        Some(Some(_)) => usize::try_from(bound(4, "steps")?).ok().filter(|&step| step > 0)?,
        _ => 1,
    };
    Some(Constant::row(numbers.get(start..end.max(start))?.iter().step_by(step).copied().collect()))
}
