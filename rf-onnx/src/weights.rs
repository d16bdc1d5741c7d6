//! Initializers as the engine's weights.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use onnx_rs::ast::DataType;
use rf_core::engine::{Array, StateDict};

use crate::Error;
use crate::constant::{Constant, Stored, Values, brain, half};
use crate::model::{Model, Source};
use crate::number::Arithmetic;
#[cfg(test)]
use crate::number::Number;

/// Most values of one tensor: 4 GiB of single precision.
const MOST: usize = 1 << 30;

impl Model {
    /// The initializers as the engine's weights, under the names of the graph's layers, batch norms frozen.
    ///
    /// Tensors of layers that no engine runs are left out. The file is read again.
    ///
    /// # Errors
    /// Where the file cannot be read, or a tensor is in another file, damaged, or of a type that is no number.
    pub fn weights(&self) -> Result<StateDict, Error> {
        match &self.source {
            Source::Nowhere => self.cook(&mut Cursor::new([])),
            Source::Bytes(bytes) => self.cook(&mut Cursor::new(&bytes[..])),
            Source::File(path) => {
                let file = File::open(path);
                self.cook(
                    &mut file.map_err(|error| Error::File { path: path.clone(), what: error.to_string() })?,
                )
            }
        }
    }

    fn cook(&self, file: &mut (impl Read + Seek)) -> Result<StateDict, Error> {
        let mut kitchen = Kitchen { file, done: HashMap::new() };
        let mut weights = StateDict::new();
        for recipe in &self.recipes {
            let values = kitchen.values(&recipe.constant).map_err(|what| Error::Format {
                model: self.name.clone(),
                what: format!("`{}`: {what}", recipe.name),
            })?;
            // Values that depend on what is not in the file are nobody's weights.
            let Some(values) = values else { continue };
            let shape = recipe.constant.shape.iter().map(|&extent| extent.max(0) as usize).collect();
            let values = values.iter().map(|&value| value as f32).collect();
            weights.insert(recipe.name.clone(), Array { shape, values });
        }
        Ok(weights)
    }
}

/// Evaluates constants, each stored one once.
struct Kitchen<'f, F> {
    file: &'f mut F,
    done: HashMap<String, Arc<Vec<f64>>>,
}

type Made = Result<Option<Arc<Vec<f64>>>, String>;

impl<F: Read + Seek> Kitchen<'_, F> {
    fn values(&mut self, constant: &Constant) -> Made {
        let Some(len) = constant.len() else { return Ok(None) };
        if len > MOST {
            return Err(format!("{len} values"));
        }
        let made = match &constant.values {
            Values::Unknown => return Ok(None),
            Values::External(location) => {
                return Err(format!("its values are in another file, `{location}`"));
            }
            Values::Filled(value) => Arc::new(vec![*value; len]),
            Values::Numbers(numbers) => {
                let numbers: Option<Vec<f64>> = numbers.iter().map(|number| number.real()).collect();
                let Some(numbers) = numbers else { return Ok(None) };
                Arc::new(numbers)
            }
            Values::Stored(stored) => self.stored(stored)?,
            Values::Reshaped(of) => match self.values(of)? {
                Some(values) => values,
                None => return Ok(None),
            },
            Values::Permuted(of, order) => match self.values(of)? {
                Some(values) => Arc::new(permuted(&values, &of.shape, order)),
                None => return Ok(None),
            },
            Values::Combined(operator, a, b) => match (self.values(a)?, self.values(b)?) {
                (Some(x), Some(y)) => {
                    let (x, y) =
                        (spread(&x, &a.shape, &constant.shape), spread(&y, &b.shape, &constant.shape));
                    Arc::new(x.zip(y).map(|(x, y)| combine(*operator, x, y)).collect())
                }
                _ => return Ok(None),
            },
            Values::Dequantized { values, scale, zero, axis } => {
                let zero = match zero {
                    Some(zero) => self.values(zero)?,
                    None => Some(Arc::new(vec![0.0])),
                };
                let (Some(raw), Some(scale), Some(zero)) = (self.values(values)?, self.values(scale)?, zero)
                else {
                    return Ok(None);
                };
                Arc::new(dequantized(&raw, &values.shape, (&scale, &zero), *axis)?)
            }
        };
        if made.len() == len {
            Ok(Some(made))
        } else {
            Err(format!("{} values instead of {len}", made.len()))
        }
    }

    fn stored(&mut self, stored: &Stored) -> Result<Arc<Vec<f64>>, String> {
        let key = format!("{}:{:?}", stored.name, stored.parts);
        if let Some(done) = self.done.get(&key) {
            return Ok(Arc::clone(done));
        }
        let mut all = Vec::new();
        for &(field, at, length) in &stored.parts {
            let mut bytes = Vec::new();
            self.file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
            // Not more than there is, whatever the file says.
            let read =
                self.file.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            if read as u64 != length {
                return Err("cut short".into());
            }
            all.extend(decoded(stored.kind, field, &bytes)?);
        }
        let all = Arc::new(all);
        self.done.insert(key, Arc::clone(&all));
        Ok(all)
    }
}

fn combine(operator: Arithmetic, x: f64, y: f64) -> f64 {
    match operator {
        Arithmetic::Add => x + y,
        Arithmetic::Sub => x - y,
        Arithmetic::Mul => x * y,
        Arithmetic::Div => x / y,
    }
}

/// The values of a payload: `raw_data` by the tensor's type, other fields by their own.
fn decoded(kind: DataType, field: u8, bytes: &[u8]) -> Result<Vec<f64>, String> {
    let pairs = || bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]]));
    let quads = || bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]));
    let eights = || {
        bytes.chunks_exact(8).map(|c| u64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]]))
    };
    let single = || quads().map(|bits| f64::from(f32::from_bits(bits))).collect();
    let double = || eights().map(f64::from_bits).collect();
    let narrow = |kind: DataType, bits: u16| if kind == DataType::Float16 { half(bits) } else { brain(bits) };
    Ok(match (field, kind) {
        (4, _) | (9, DataType::Float) => single(),
        (10, _) | (9, DataType::Double) => double(),
        // Half precision hides in the field for integers.
        (5, DataType::Float16 | DataType::Bfloat16) => {
            varints(bytes)?.into_iter().map(|value| narrow(kind, value as u16)).collect()
        }
        (5 | 7 | 11, _) => varints(bytes)?.into_iter().map(whole).collect(),
        (9, DataType::Float16 | DataType::Bfloat16) => pairs().map(|bits| narrow(kind, bits)).collect(),
        (9, DataType::Int8) => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
        (9, DataType::Uint8 | DataType::Bool) => bytes.iter().map(|&byte| f64::from(byte)).collect(),
        (9, DataType::Int16) => pairs().map(|bits| f64::from(bits as i16)).collect(),
        (9, DataType::Uint16) => pairs().map(f64::from).collect(),
        (9, DataType::Int32) => quads().map(|bits| f64::from(bits as i32)).collect(),
        (9, DataType::Uint32) => quads().map(f64::from).collect(),
        (9, DataType::Int64) => eights().map(|bits| whole(bits as i64)).collect(),
        (_, kind) => return Err(format!("numbers of type {kind:?} are not read")),
    })
}

#[expect(clippy::cast_precision_loss, reason = "weights are no larger than 2^53")]
fn whole(value: i64) -> f64 {
    value as f64
}

fn varints(bytes: &[u8]) -> Result<Vec<i64>, String> {
    let (mut all, mut value, mut shift) = (Vec::new(), 0_u64, 0);
    for &byte in bytes {
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            all.push(value as i64);
            (value, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(all) } else { Err("cut short".into()) }
}

/// The distance of neighbours along each axis of a row-major tensor.
fn strides(shape: &[i64]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as usize;
    }
    strides
}

fn permuted(values: &[f64], shape: &[i64], order: &[usize]) -> Vec<f64> {
    let from = strides(shape);
    let steps: Vec<(usize, usize)> = order.iter().map(|&axis| (shape[axis] as usize, from[axis])).collect();
    walk(&steps).map(|at| values[at]).collect()
}

/// The values of a tensor broadcast to `shape`.
fn spread<'v>(values: &'v [f64], own: &[i64], shape: &[i64]) -> impl Iterator<Item = f64> + 'v {
    let (strides, skip) = (strides(own), shape.len() - own.len());
    let step = |axis: usize| match axis.checked_sub(skip) {
        Some(place) if own[place] > 1 => strides[place],
        _ => 0,
    };
    let steps: Vec<(usize, usize)> =
        (0..shape.len()).map(|axis| (shape[axis] as usize, step(axis))).collect();
    walk(&steps).map(|at| values[at])
}

/// The positions of a tensor's values, row-major, from the extent and the step of each axis.
fn walk(steps: &[(usize, usize)]) -> impl Iterator<Item = usize> + use<> {
    let steps = steps.to_vec();
    let total = steps.iter().map(|step| step.0).product::<usize>();
    (0..total).map(move |mut flat| {
        let mut at = 0;
        for &(extent, step) in steps.iter().rev() {
            at += flat % extent * step;
            flat /= extent;
        }
        at
    })
}

fn dequantized(
    raw: &[f64],
    shape: &[i64],
    (scale, zero): (&[f64], &[f64]),
    axis: usize,
) -> Result<Vec<f64>, String> {
    let inner: usize = shape.iter().skip(axis + 1).map(|&extent| extent as usize).product();
    let channels = shape.get(axis).map_or(1, |&extent| extent as usize);
    let fits = |row: &[f64]| row.len() == 1 || row.len() == channels;
    if !fits(scale) || !fits(zero) {
        return Err(format!("{} scales for {channels} channels", scale.len()));
    }
    let at = |row: &[f64], channel: usize| row[if row.len() == 1 { 0 } else { channel }];
    let one = |(flat, value): (usize, &f64)| {
        let channel = flat / inner.max(1) % channels.max(1);
        (value - at(zero, channel)) * at(scale, channel)
    };
    Ok(raw.iter().enumerate().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kitchen(constant: &Constant) -> Vec<f64> {
        let mut kitchen = Kitchen { file: &mut Cursor::new([]), done: HashMap::new() };
        kitchen.values(constant).unwrap().unwrap().to_vec()
    }

    fn row(shape: &[i64], values: &[f64]) -> Arc<Constant> {
        Arc::new(Constant::of(shape.to_vec(), values.iter().map(|&value| Number::Real(value)).collect()))
    }

    #[test]
    fn tensors_are_permuted_combined_and_dequantised() {
        let matrix = row(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned =
            Constant { shape: vec![3, 2], values: Values::Permuted(Arc::clone(&matrix), vec![1, 0]) };
        assert_eq!(kitchen(&turned), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let product = Values::Combined(Arithmetic::Mul, Arc::clone(&matrix), row(&[3], &[1.0, 0.0, -1.0]));
        assert_eq!(
            kitchen(&Constant { shape: vec![2, 3], values: product }),
            [1.0, 0.0, -3.0, 4.0, 0.0, -6.0]
        );
        let scaled = Values::Dequantized {
            values: matrix,
            scale: row(&[2], &[2.0, 0.5]),
            zero: Some(row(&[], &[1.0])),
            axis: 0,
        };
        assert_eq!(kitchen(&Constant { shape: vec![2, 3], values: scaled }), [0.0, 2.0, 4.0, 1.5, 2.0, 2.5]);
    }

    #[test]
    fn packed_numbers_of_every_type() {
        assert_eq!(decoded(DataType::Float16, 9, &[0, 0x3c, 1, 0x80]).unwrap(), [1.0, -f64::powi(2.0, -24)]);
        assert_eq!(decoded(DataType::Float16, 5, &[0x80, 0x78]).unwrap(), [1.0]);
        assert_eq!(decoded(DataType::Bfloat16, 9, &[0xc0, 0x3f]).unwrap(), [1.5]);
        assert_eq!(decoded(DataType::Int8, 9, &[0xff, 0x7f]).unwrap(), [-1.0, 127.0]);
        assert_eq!(decoded(DataType::Int64, 7, &[0x96, 1, 3]).unwrap(), [150.0, 3.0]);
        assert!(decoded(DataType::Int64, 7, &[0x96]).is_err());
        assert!(decoded(DataType::String, 9, &[0]).is_err());
    }
}
