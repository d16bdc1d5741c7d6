//! The user's own pictures as inputs of a network.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{ImageReader, Rgb, Rgb32FImage};
use rf_core::engine::Array;

use crate::out::Failure;

/// What a network wants of an image.
pub(crate) struct Wanted {
    pub(crate) channels: usize,
    pub(crate) height: u32,
    pub(crate) width: u32,
    /// Subtracted from values between 0 and 1, per channel.
    pub(crate) mean: Vec<f32>,
    /// By which they are divided then.
    pub(crate) std: Vec<f32>,
}

/// Every PNG and JPEG file of a folder, by name, resized to what is wanted; channels, then rows.
pub(crate) fn folder(path: &Path, wanted: &Wanted) -> Result<Vec<Array>, Failure> {
    let failed = |error: std::io::Error| Failure::Bad(format!("cannot read `{}`: {error}", path.display()));
    let entries: Result<Vec<PathBuf>, _> =
        std::fs::read_dir(path).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files: Vec<PathBuf> =
        entries.map_err(failed)?.into_iter().filter(|path| is_image(path)).collect();
    files.sort_unstable();
    if files.is_empty() {
        return Err(Failure::Bad(format!("no PNG or JPEG file in `{}`", path.display())));
    }
    files.iter().map(|file| one(file, wanted)).collect()
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg"))
}

fn one(path: &Path, wanted: &Wanted) -> Result<Array, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::Bad(format!("cannot read `{}`: {error}", path.display()));
    let reader = ImageReader::open(path).map_err(|error| failed(&error))?;
    let reader = reader.with_guessed_format().map_err(|error| failed(&error))?;
    let image = reader.decode().map_err(|error| failed(&error))?;
    let image = image.resize_exact(wanted.width, wanted.height, FilterType::Triangle);
    let planes = match wanted.channels {
        1 => vec![image.to_luma32f().into_raw()],
        _ => planes(&image.to_rgb32f()),
    };
    let shape = vec![wanted.channels, wanted.height as usize, wanted.width as usize];
    let image = Array { shape, values: planes.concat() };
    Ok(image.normalised(&wanted.mean, &wanted.std))
}

/// Red, green and blue, each by rows.
fn planes(image: &Rgb32FImage) -> Vec<Vec<f32>> {
    (0..3).map(|channel| image.pixels().map(|Rgb(pixel)| pixel[channel]).collect()).collect()
}
