//! A model's file without what nobody asks for: structure and small tensors stay, weights become notes of where they
//! are.
//!
//! The parser behind this copies numbers, recurses into subgraphs as deep as a file says, and makes a large struct of
//! an empty message. So it never sees the file itself, but a copy of the parts that matter, of bounded size and depth:
//! payloads are stepped over, never read.

use std::io::{self, BufRead, Seek, SeekFrom};

/// Payloads of up to so many bytes are kept: shapes, scales, scalars.
const SMALL: u64 = 1024;
/// Most bytes of a skeleton. A network of 100,000 nodes has some ten million.
const MOST: usize = 32 << 20;
/// Most messages of it: nodes, attributes and tensors, each of which becomes a struct of up to a kilobyte, count for
/// eight of the small ones.
const MESSAGES: usize = 4_000_000;

/// The key under which a tensor of the skeleton says where a payload of it is: `field:offset:length`.
pub(crate) const PAYLOAD: &str = "\u{1}payload";

/// A message of the format, as far as it is kept.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    External,
    Opset,
    Info,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What becomes of a field.
enum Fate {
    Drop,
    Keep,
    Enter(Kind),
    Payload,
}

/// Field numbers of onnx.proto3.
fn fate(kind: Kind, field: u64) -> Fate {
    use Fate::{Drop, Enter, Keep, Payload};
    match (kind, field) {
        (Kind::Model, 7) => Enter(Kind::Graph),
        (Kind::Model, 8) => Enter(Kind::Opset),
        (Kind::Graph, 1) => Enter(Kind::Node),
        // initializer; t.
        (Kind::Graph | Kind::Attribute, 5) => Enter(Kind::Tensor),
        // input, output, value_info.
        (Kind::Graph, 11..=13) => Enter(Kind::Info),
        // Types of tensors only: sequences of sequences have no end.
        (Kind::Info, 2) => Enter(Kind::Type),
        (Kind::Type, 1) => Enter(Kind::TensorType),
        (Kind::TensorType, 2) => Enter(Kind::Shape),
        (Kind::Shape, 1) => Enter(Kind::Dimension),
        (Kind::Node, 5) => Enter(Kind::Attribute),
        (Kind::Tensor, 13) => Enter(Kind::External),
        // float_data, int32_data, int64_data, raw_data, double_data, uint64_data.
        (Kind::Tensor, 4 | 5 | 7 | 9..=11) => Payload,
        // ir_version; name; elem_type.
        (Kind::Model | Kind::Info | Kind::TensorType, 1)
        // dim_value, dim_param; key, value; domain, version.
        | (Kind::Dimension | Kind::External | Kind::Opset, 1 | 2)
        // input, output, name, op_type, domain.
        | (Kind::Node, 1..=4 | 7)
        // name, f, i, s, floats, ints, type; subgraphs are left out.
        | (Kind::Attribute, 1..=4 | 7 | 8 | 20)
        // dims, data_type, name, data_location.
        | (Kind::Tensor, 1 | 2 | 8 | 14) => Keep,
        _ => Drop,
    }
}

/// Reads a file's structure.
pub(crate) fn skeleton(source: &mut (impl BufRead + Seek)) -> Result<Vec<u8>, String> {
    let end = source.seek(SeekFrom::End(0)).map_err(words)?;
    source.rewind().map_err(words)?;
    let mut walk = Walk { source, at: 0, messages: 0, bytes: 0 };
    walk.message(Kind::Model, end)
}

#[expect(clippy::needless_pass_by_value, reason = "a function for `map_err`")]
fn words(error: io::Error) -> String {
    error.to_string()
}

struct Walk<'s, S> {
    source: &'s mut S,
    at: u64,
    messages: usize,
    bytes: usize,
}

impl<S: BufRead + Seek> Walk<'_, S> {
    /// The kept part of the message that ends at `end`.
    fn message(&mut self, kind: Kind, end: u64) -> Result<Vec<u8>, String> {
        self.messages += if matches!(kind, Kind::Node | Kind::Attribute | Kind::Tensor) { 8 } else { 1 };
        if self.messages > MESSAGES {
            return Err("more nodes, attributes and tensors than a network has".into());
        }
        let mut out = Vec::new();
        while self.at < end {
            let tag = self.varint(end)?;
            let (field, wire) = (tag >> 3, tag & 7);
            match wire {
                0 => {
                    let value = self.varint(end)?;
                    if !matches!(fate(kind, field), Fate::Drop) {
                        put(&mut out, tag);
                        put(&mut out, value);
                    }
                }
                1 => self.fixed(kind, tag, 8, end, &mut out)?,
                5 => self.fixed(kind, tag, 4, end, &mut out)?,
                2 => self.delimited(kind, tag, end, &mut out)?,
                _ => return Err(format!("damaged at byte {}: no such wire type", self.at)),
            }
        }
        Ok(out)
    }

    fn fixed(
        &mut self,
        kind: Kind,
        tag: u64,
        length: u64,
        end: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if end - self.at < length {
            return Err(self.short());
        }
        if matches!(fate(kind, tag >> 3), Fate::Drop) {
            return self.skip(length);
        }
        put(out, tag);
        self.copy(length, out)
    }

    fn delimited(&mut self, kind: Kind, tag: u64, end: u64, out: &mut Vec<u8>) -> Result<(), String> {
        let length = self.varint(end)?;
        if end - self.at < length {
            return Err(self.short());
        }
        match fate(kind, tag >> 3) {
            Fate::Drop => self.skip(length),
            Fate::Payload if length > SMALL => {
                let entry = format!("{}:{}:{length}", tag >> 3, self.at);
                nest(out, 13 << 3 | 2, &[entry_field(1, PAYLOAD), entry_field(2, &entry)].concat());
                self.skip(length)
            }
            Fate::Keep | Fate::Payload => {
                put(out, tag);
                put(out, length);
                self.copy(length, out)
            }
            Fate::Enter(inner) => {
                let body = self.message(inner, self.at + length)?;
                // A file cannot pretend to be its own skeleton.
                if !(matches!(inner, Kind::External) && body.windows(PAYLOAD.len()).any(is_payload)) {
                    nest(out, tag, &body);
                }
                Ok(())
            }
        }
    }

    fn short(&self) -> String {
        format!("cut short: a field at byte {} reaches beyond its end", self.at)
    }

    fn varint(&mut self, end: u64) -> Result<u64, String> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            if self.at >= end {
                return Err(format!("cut short at byte {}", self.at));
            }
            let mut byte = [0];
            self.source.read_exact(&mut byte).map_err(words)?;
            self.at += 1;
            if shift == 63 && byte[0] > 1 {
                break;
            }
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(format!("damaged at byte {}: a number of more than 64 bits", self.at))
    }

    fn skip(&mut self, length: u64) -> Result<(), String> {
        let step = i64::try_from(length).map_err(|_| self.short())?;
        self.source.seek_relative(step).map_err(words)?;
        self.at += length;
        Ok(())
    }

    fn copy(&mut self, length: u64, out: &mut Vec<u8>) -> Result<(), String> {
        let before = out.len();
        self.bytes += length as usize;
        if self.bytes > MOST {
            return Err(format!("more than {MOST} bytes of structure"));
        }
        out.resize(before + length as usize, 0);
        self.source.read_exact(&mut out[before..]).map_err(words)?;
        self.at += length;
        Ok(())
    }
}

fn is_payload(window: &[u8]) -> bool {
    window == PAYLOAD.as_bytes()
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn nest(out: &mut Vec<u8>, tag: u64, body: &[u8]) {
    put(out, tag);
    put(out, body.len() as u64);
    out.extend_from_slice(body);
}

fn entry_field(field: u64, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    nest(&mut out, field << 3 | 2, text.as_bytes());
    out
}
