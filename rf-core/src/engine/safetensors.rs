//! Trained weights from `safetensors` files.
//!
//! An own reader: the format is a length, a JSON object of one fixed form and raw numbers, while the `safetensors`
//! crate would bring `serde` and `serde_json` to every user of the engine.
use std::format;
use std::fs;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::params::{Array, StateDict};
use super::{Error, error::closest};

/// Reads all floating-point tensors of a file; integers (`num_batches_tracked`) are left out.
///
/// Sixteen-bit and double precision become `f32`.
pub fn read_safetensors(path: impl AsRef<Path>) -> Result<StateDict, Error> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|e| Error::File { path: path.into(), what: format!("{e}") })?;
    parse(&bytes).map_err(|what| Error::Format { path: path.into(), what })
}

fn parse(bytes: &[u8]) -> Result<StateDict, String> {
    let cut = || String::from("cut short");
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = u64::from_le_bytes(*length);
    // The format's own bound; and a header is an object.
    if length > 100_000_000 || rest.first().is_some_and(|&first| first != b'{') {
        return Err("not a safetensors file".into());
    }
    let length = usize::try_from(length).map_err(|_| cut())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let mut json = Json { text: core::str::from_utf8(header).map_err(|_| "not a safetensors file")? };
    let mut tensors = StateDict::new();
    json.object(|json, name| {
        if name == "__metadata__" {
            return json.object(|json, _| json.string().map(|_| ()));
        }
        let (mut kind, mut shape, mut offsets) = (String::new(), Vec::new(), Vec::new());
        json.object(|json, key| {
            match key {
                "dtype" => kind = json.string()?,
                "shape" => shape = json.numbers()?,
                "data_offsets" => offsets = json.numbers()?,
                _ => return Err(format!("not a safetensors file: unknown key `{key}`")),
            }
            Ok(())
        })?;
        let [start, end] = offsets[..] else { return Err(format!("damaged: `{name}` has no offsets")) };
        let raw = data.get(start..end).ok_or_else(|| format!("cut short: `{name}` is not all there"))?;
        let Some(values) = floats(&kind, raw) else { return Ok(()) };
        if shape.iter().try_fold(1_usize, |n, &s| n.checked_mul(s)) != Some(values.len()) {
            return Err(format!("damaged: `{name}` of shape {shape:?} has {} values", values.len()));
        }
        tensors.insert(name.into(), Array { shape, values });
        Ok(())
    })?;
    Ok(tensors)
}

/// The numbers of a tensor; `None` for integers.
fn floats(kind: &str, raw: &[u8]) -> Option<Vec<f32>> {
    let bits = |c: &[u8]| c.iter().rev().fold(0_u64, |bits, &b| bits << 8 | u64::from(b));
    match kind {
        "F32" => Some(raw.chunks_exact(4).map(|c| f32::from_bits(bits(c) as u32)).collect()),
        "F64" => Some(raw.chunks_exact(8).map(|c| f64::from_bits(bits(c)) as f32).collect()),
        "BF16" => Some(raw.chunks_exact(2).map(|c| f32::from_bits((bits(c) as u32) << 16)).collect()),
        "F16" => Some(raw.chunks_exact(2).map(|c| half(bits(c) as u16)).collect()),
        _ => None,
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * f32::powi(2.0, -24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * f32::powi(2.0, i32::from(exponent) - 25),
    };
    if sign == 1 { -size } else { size }
}

/// A reader of the JSON that a header is made of: objects, strings and arrays of whole numbers.
struct Json<'a> {
    text: &'a str,
}

impl Json<'_> {
    fn next(&mut self, wanted: char) -> Result<(), String> {
        if self.skip(wanted) { Ok(()) } else { Err("not a safetensors file".into()) }
    }

    fn skip(&mut self, wanted: char) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(wanted);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn object(&mut self, mut entry: impl FnMut(&mut Self, &str) -> Result<(), String>) -> Result<(), String> {
        self.next('{')?;
        if self.skip('}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.next(':')?;
            entry(self, &key)?;
            if !self.skip(',') {
                return self.next('}');
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.next('"')?;
        let mut out = String::new();
        let mut characters = self.text.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.text = &self.text[at + 1..];
                    return Ok(out);
                }
                // Names of layers need no escapes but these; others keep their letter.
                '\\' => out.extend(characters.next().map(|(_, c)| if c == 'n' { '\n' } else { c })),
                _ => out.push(c),
            }
        }
        Err("cut short".into())
    }

    fn numbers(&mut self) -> Result<Vec<usize>, String> {
        self.next('[')?;
        let mut numbers = Vec::new();
        if self.skip(']') {
            return Ok(numbers);
        }
        loop {
            self.text = self.text.trim_start();
            let end = self.text.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.text.len());
            let (digits, rest) = self.text.split_at(end);
            numbers.push(digits.parse().map_err(|_| "not a safetensors file")?);
            self.text = rest;
            if !self.skip(',') {
                return self.next(']').map(|()| numbers);
            }
        }
    }
}

/// The part of a `state_dict` below a prefix (`model.`, `backbone.`), without it.
pub fn strip_prefix(tensors: StateDict, prefix: &str) -> Result<StateDict, Error> {
    let known = closest(prefix, tensors.keys().filter_map(|k| k.split_inclusive('.').next()));
    let kept: StateDict = (tensors.into_iter())
        .filter_map(|(name, array)| Some((name.strip_prefix(prefix)?.into(), array)))
        .collect();
    if kept.is_empty() {
        return Err(Error::UnusedWeights { name: prefix.into(), closest: known });
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_every_precision() {
        let header = r#"{"__metadata__":{"format":"pt"},
            "a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
            "a.bias":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
            "b":{"dtype":"BF16","shape":[1],"data_offsets":[12,14]},
            "n":{"dtype":"I64","shape":[],"data_offsets":[14,22]}}"#;
        let mut data = Vec::new();
        data.extend(1.5_f32.to_le_bytes());
        data.extend((-2.0_f32).to_le_bytes());
        data.extend([0x00, 0x3C, 0x01, 0x80, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0]);
        let dict = parse(&file(header, &data)).unwrap();
        assert_eq!(dict.len(), 3);
        assert_eq!(dict["a.weight"], Array { shape: std::vec![1, 2], values: std::vec![1.5, -2.0] });
        assert_eq!(dict["a.bias"].values, [1.0, -f32::powi(2.0, -24)]);
        assert_eq!(dict["b"].values, [1.5]);
    }

    #[test]
    fn says_what_is_wrong() {
        let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        assert_eq!(parse(&file(header, &[0; 4])).unwrap_err(), "cut short: `a` is not all there");
        assert_eq!(parse(&file(header, &[0; 8])[..20]).unwrap_err(), "cut short");
        assert_eq!(parse(&file("PK", &[])).unwrap_err(), "not a safetensors file");
        let wrong = header.replace("[2]", "[3]");
        assert_eq!(parse(&file(&wrong, &[0; 8])).unwrap_err(), "damaged: `a` of shape [3] has 2 values");
    }
}
