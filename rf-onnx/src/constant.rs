//! Tensors that do not depend on the network's input.

use std::sync::Arc;

use onnx_rs::ast::{DataLocation, DataType, TensorProto};
use rf_core::graph::UNKNOWN;
use rf_core::theory::LIMIT;

use crate::number::{Arithmetic, Number};
use crate::skeleton::PAYLOAD;

/// Most numbers that are kept while a file is read.
const FEW: usize = 1024;

/// A tensor: its shape, and its values as far as anybody needs them.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// Possibly [`UNKNOWN`] extents.
    pub(crate) shape: Vec<i64>,
    pub(crate) values: Values,
}

#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "weights"), expect(dead_code, reason = "only weights look into these"))]
pub(crate) enum Values {
    /// At most [`FEW`].
    Numbers(Vec<Number>),
    /// All the same, however many.
    Filled(f64),
    /// In the file.
    Stored(Stored),
    /// In another file.
    External(String),
    /// Another's, in another order: PyTorch's `permute`.
    Permuted(Arc<Constant>, Vec<usize>),
    /// Another's, in the same order.
    Reshaped(Arc<Constant>),
    /// Two others', with broadcasting.
    Combined(Arithmetic, Arc<Constant>, Arc<Constant>),
    /// `(values − zero) · scale`, the latter two along an axis.
    Dequantized { values: Arc<Constant>, scale: Arc<Constant>, zero: Option<Arc<Constant>>, axis: usize },
    /// Of no use here.
    Unknown,
}

/// Where a tensor's numbers are in the file.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "weights"), expect(dead_code, reason = "only weights read them"))]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) kind: DataType,
    /// Field, first byte and length, in the file's order.
    pub(crate) parts: Vec<(u8, u64, u64)>,
}

impl Constant {
    pub(crate) fn unknown(shape: Vec<i64>) -> Self {
        Self { shape, values: Values::Unknown }
    }

    /// Whether not even the number of its dimensions is known.
    pub(crate) fn is_formless(&self) -> bool {
        self.shape == [UNKNOWN] && matches!(self.values, Values::Unknown)
    }

    /// One row of numbers.
    pub(crate) fn row(numbers: Vec<Number>) -> Self {
        let shape = vec![numbers.len() as i64];
        Self::of(shape, numbers)
    }

    /// Numbers of a shape, forgotten where they are too many.
    pub(crate) fn of(shape: Vec<i64>, numbers: Vec<Number>) -> Self {
        let values = if numbers.len() > FEW { Values::Unknown } else { Values::Numbers(numbers) };
        Self { shape, values }
    }

    /// The same values in another shape.
    pub(crate) fn reshaped(self: &Arc<Self>, shape: Vec<i64>) -> Self {
        let values = match &self.values {
            Values::Numbers(numbers) => Values::Numbers(numbers.clone()),
            Values::Filled(value) => Values::Filled(*value),
            Values::Unknown => Values::Unknown,
            _ => Values::Reshaped(Arc::clone(self)),
        };
        Self { shape, values }
    }

    /// A single number.
    pub(crate) fn number(value: f64) -> Arc<Self> {
        Arc::new(Self { shape: Vec::new(), values: Values::Filled(value) })
    }

    /// The number of values, if it is known and a tensor can have so many.
    pub(crate) fn len(&self) -> Option<usize> {
        count(&self.shape)
    }

    /// All values, where they are few.
    pub(crate) fn numbers(&self) -> Option<Vec<Number>> {
        match &self.values {
            Values::Numbers(numbers) => Some(numbers.clone()),
            Values::Filled(value) => {
                let len = self.len().filter(|&len| len <= FEW)?;
                Some(vec![Number::Real(*value); len])
            }
            Values::Reshaped(of) => of.numbers(),
            _ => None,
        }
    }

    /// All values as integers.
    pub(crate) fn ints(&self) -> Option<Vec<i64>> {
        self.numbers()?.into_iter().map(Number::int).collect()
    }

    /// The one value.
    pub(crate) fn scalar(&self) -> Option<Number> {
        match self.numbers()?[..] {
            [number] => Some(number),
            _ => None,
        }
    }

    /// The one value, also where it is repeated.
    pub(crate) fn uniform(&self) -> Option<f64> {
        match &self.values {
            Values::Filled(value) => Some(*value),
            Values::Reshaped(of) => of.uniform(),
            _ => self.scalar().and_then(Number::real),
        }
    }
}

/// The product of known extents.
pub(crate) fn count(shape: &[i64]) -> Option<usize> {
    let product = shape
        .iter()
        .try_fold(1_i64, |product, &extent| if extent < 0 { None } else { product.checked_mul(extent) })?;
    usize::try_from(product).ok()
}

/// A tensor of the file, or what is wrong with it.
pub(crate) fn constant(tensor: &TensorProto<'_>) -> Result<Constant, String> {
    let shape = tensor.dims().to_vec();
    if let Some(extent) = shape.iter().find(|&&extent| extent < 0) {
        return Err(format!("tensor `{}` has an extent of {extent}", tensor.name()));
    }
    if let Some(extent) = shape.iter().find(|&&extent| extent > LIMIT) {
        return Err(format!("tensor `{}` has an extent of {extent}", tensor.name()));
    }
    let Some(len) = count(&shape) else {
        return Err(format!("tensor `{}` has more values than can be counted: {shape:?}", tensor.name()));
    };
    if tensor.data_location() == DataLocation::External {
        let location = tensor.external_data().iter().find(|entry| entry.key == "location");
        let location = location.map_or("", |entry| entry.value).to_owned();
        return Ok(Constant { shape, values: Values::External(location) });
    }
    if len == 0 {
        return Ok(Constant { shape, values: Values::Numbers(Vec::new()) });
    }
    let parts: Vec<_> = (tensor.external_data().iter())
        .filter(|entry| entry.key == PAYLOAD)
        .filter_map(|entry| part(entry.value))
        .collect();
    if !parts.is_empty() {
        let stored = Stored { name: tensor.name().into(), kind: tensor.data_type(), parts };
        return Ok(Constant { shape, values: Values::Stored(stored) });
    }
    let values = match numbers(tensor) {
        Some(numbers) if numbers.len() == len => Values::Numbers(numbers),
        Some(numbers) => {
            let held = numbers.len();
            return Err(format!("tensor `{}` of shape {shape:?} holds {held} values", tensor.name()));
        }
        None => Values::Unknown,
    };
    Ok(Constant { shape, values })
}

fn part(entry: &str) -> Option<(u8, u64, u64)> {
    let mut numbers = entry.split(':');
    let part = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(part)
}

/// The numbers of a small tensor; `None` for text and the like.
#[expect(clippy::cast_possible_wrap, reason = "beyond i64 no extent is meant")]
fn numbers(tensor: &TensorProto<'_>) -> Option<Vec<Number>> {
    let ints = |ints: Vec<i64>| Some(ints.into_iter().map(Number::Int).collect());
    let raw = tensor.as_raw().unwrap_or_default();
    match tensor.data_type() {
        DataType::Float => Some(reals(tensor.as_f32()?.iter().map(|&value| f64::from(value)))),
        DataType::Double => Some(reals(tensor.as_f64()?.iter().copied())),
        DataType::Int64 => ints(tensor.as_i64()?.to_vec()),
        DataType::Uint64 => ints(tensor.as_u64()?.iter().map(|&value| value as i64).collect()),
        DataType::Int32 => ints(tensor.as_i32()?.iter().map(|&value| i64::from(value)).collect()),
        DataType::Bool | DataType::Uint8 if !raw.is_empty() => {
            ints(raw.iter().map(|&value| i64::from(value)).collect())
        }
        DataType::Int8 if !raw.is_empty() => ints(raw.iter().map(|&value| i64::from(value as i8)).collect()),
        DataType::Float16 | DataType::Bfloat16 => {
            let wide = if tensor.data_type() == DataType::Float16 { half } else { brain };
            let bits: Vec<u16> = if raw.is_empty() {
                tensor.as_i32()?.iter().map(|&value| value as u16).collect()
            } else {
                raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
            };
            Some(reals(bits.into_iter().map(wide)))
        }
        DataType::Bool | DataType::Uint8 | DataType::Int8 | DataType::Uint16 | DataType::Int16 => {
            if raw.is_empty() {
                return ints(tensor.as_i32()?.iter().map(|&value| i64::from(value)).collect());
            }
            let signed = tensor.data_type() == DataType::Int16;
            let one = |pair: &[u8]| {
                let bits = u16::from_le_bytes([pair[0], pair[1]]);
                if signed { i64::from(bits as i16) } else { i64::from(bits) }
            };
            ints(raw.chunks_exact(2).map(one).collect())
        }
        _ => None,
    }
}

fn reals(values: impl Iterator<Item = f64>) -> Vec<Number> {
    values.map(Number::Real).collect()
}

/// IEEE 754 binary16.
pub(crate) fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * f64::powi(2.0, -24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * f64::powi(2.0, exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The upper half of a binary32.
pub(crate) fn brain(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

/// The shape of two tensors' elementwise combination, if they broadcast.
pub(crate) fn broadcast(a: &[i64], b: &[i64]) -> Option<Vec<i64>> {
    let rank = a.len().max(b.len());
    let at =
        |shape: &[i64], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    (0..rank)
        .map(|axis| match (at(a, axis), at(b, axis)) {
            (x, y) if x == y => Some(x),
            (1, other) | (other, 1) => Some(other),
            (UNKNOWN, _) | (_, UNKNOWN) => Some(UNKNOWN),
            _ => None,
        })
        .collect()
}
