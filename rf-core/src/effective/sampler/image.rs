//! Images to feed a network.
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::string::ToString;
use std::vec;
use std::vec::Vec;

use crate::engine::{Array, Error};

/// Mean and standard deviation per channel of the photographs that torchvision's networks were trained on.
pub const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// Reads a PNG as `[channels, height, width]`: one channel for grey, three for colour, values from 0 to 1.
/// Transparency is left out.
pub fn read_png(path: impl AsRef<Path>) -> Result<Array, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|e| Error::File { path: path.into(), what: e.to_string() })?;
    decode(BufReader::new(file))
        .map_err(|e| Error::Format { path: path.into(), what: std::format!("no PNG that can be read: {e}") })
}

fn decode(file: BufReader<File>) -> Result<Array, png::DecodingError> {
    let mut decoder = png::Decoder::new(file);
    // Palettes become colours, and grey of few bits a byte.
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes)?;
    let (height, width) = (info.height as usize, info.width as usize);
    let samples = info.color_type.samples();
    let channels = if samples < 3 { 1 } else { 3 };
    let levels: Vec<f32> = match info.bit_depth {
        png::BitDepth::Sixteen => {
            bytes.as_chunks().0.iter().map(|&pair| f32::from(u16::from_be_bytes(pair)) / 65535.0).collect()
        }
        _ => bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect(),
    };
    let channel = |c: usize| levels.chunks_exact(samples).map(move |pixel| pixel[c]);
    let values = (0..channels).flat_map(channel).collect();
    Ok(Array { shape: vec![channels, height, width], values })
}
