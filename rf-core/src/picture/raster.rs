//! Pixels, lines and letters.

use std::path::Path;
use std::vec;
use std::vec::Vec;

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::colour::{INK, Rgb, WHITE, blend};
use super::file::{PictureError, write_whole};

/// A picture under way, white at first.
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pixels: Vec<Rgb>,
}

/// Where a text's given point lies on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Left,
    Middle,
    Right,
}

/// The two kinds of letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    Plain,
    Title,
}

impl Letters {
    const fn font(self) -> (FontWeight, RasterHeight) {
        match self {
            Self::Plain => (FontWeight::Regular, RasterHeight::Size20),
            Self::Title => (FontWeight::Bold, RasterHeight::Size24),
        }
    }

    /// Pixels from one letter to the next.
    pub(crate) const fn pitch(self) -> usize {
        let (weight, height) = self.font();
        get_raster_width(weight, height)
    }
}

impl Raster {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![WHITE; width * height] }
    }

    /// Lays `part` of a colour over a pixel; beyond the borders nothing happens.
    pub(crate) fn dot(&mut self, x: i64, y: i64, colour: Rgb, part: f64) {
        let inside = |v: i64, end: usize| usize::try_from(v).ok().filter(|v| *v < end);
        if let (Some(x), Some(y)) = (inside(x, self.width), inside(y, self.height)) {
            let pixel = &mut self.pixels[y * self.width + x];
            *pixel = blend(*pixel, colour, part);
        }
    }

    pub(crate) fn fill(&mut self, [x, y, width, height]: [i64; 4], colour: Rgb) {
        for row in y..y + height {
            for column in x..x + width {
                self.dot(column, row, colour, 1.0);
            }
        }
    }

    /// The outline of a box, `thick` pixels wide, growing inwards.
    pub(crate) fn outline(&mut self, [x, y, width, height]: [i64; 4], thick: i64, colour: Rgb) {
        self.fill([x, y, width, thick], colour);
        self.fill([x, y + height - thick, width, thick], colour);
        self.fill([x, y, thick, height], colour);
        self.fill([x + width - thick, y, thick, height], colour);
    }

    /// A straight line with smooth edges, `thick` pixels wide.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), thick: f64, colour: Rgb) {
        let margin = thick / 2.0 + 1.0;
        let (left, right) = (from.0.min(to.0) - margin, from.0.max(to.0) + margin);
        let (top, bottom) = (from.1.min(to.1) - margin, from.1.max(to.1) + margin);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = (dx * dx + dy * dy).max(1e-12);
        for y in top.floor() as i64..=bottom.ceil() as i64 {
            for x in left.floor() as i64..=right.ceil() as i64 {
                let (px, py) = (float(x) + 0.5 - from.0, float(y) + 0.5 - from.1);
                let along = ((px * dx + py * dy) / square).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                self.dot(x, y, colour, thick / 2.0 + 0.5 - distance);
            }
        }
    }

    /// A round mark.
    pub(crate) fn disc(&mut self, (x, y): (f64, f64), radius: f64, colour: Rgb) {
        self.line((x, y), (x, y), radius * 2.0, colour);
    }

    /// A circle, two pixels wide.
    pub(crate) fn ring(&mut self, (x, y): (f64, f64), radius: f64, colour: Rgb) {
        let reach = radius.ceil() as i64 + 2;
        for row in y as i64 - reach..=y as i64 + reach {
            for column in x as i64 - reach..=x as i64 + reach {
                let distance = (float(column) + 0.5 - x).hypot(float(row) + 0.5 - y);
                self.dot(column, row, colour, 1.5 - (distance - radius).abs());
            }
        }
    }

    /// Text with its top at `y`. Letters that the font lacks become question marks.
    pub(crate) fn text(&mut self, x: i64, y: i64, anchor: Anchor, letters: Letters, text: &str) {
        self.coloured_text(x, y, anchor, letters, text, INK);
    }

    pub(crate) fn coloured_text(
        &mut self,
        x: i64,
        y: i64,
        anchor: Anchor,
        letters: Letters,
        text: &str,
        colour: Rgb,
    ) {
        let pitch = letters.pitch() as i64;
        let length = text.chars().count() as i64 * pitch;
        let mut left = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - length / 2,
            Anchor::Right => x - length,
        };
        for letter in text.chars() {
            self.letter(left, y, letters, letter, colour, false);
            left += pitch;
        }
    }

    /// Text that runs upwards, its middle at `y` and its top at `x`.
    pub(crate) fn upward_text(&mut self, x: i64, y: i64, text: &str) {
        let pitch = Letters::Plain.pitch() as i64;
        let mut bottom = y + text.chars().count() as i64 * pitch / 2;
        for letter in text.chars() {
            self.letter(x, bottom, Letters::Plain, letter, INK, true);
            bottom -= pitch;
        }
    }

    fn letter(&mut self, x: i64, y: i64, letters: Letters, letter: char, colour: Rgb, upward: bool) {
        let (weight, height) = letters.font();
        let Some(raster) = get_raster(letter, weight, height).or_else(|| get_raster('?', weight, height))
        else {
            return;
        };
        for (down, row) in raster.rows().enumerate() {
            for (along, level) in row.iter().enumerate() {
                let (down, along) = (down as i64, along as i64);
                let (px, py) = if upward { (x + down, y - along) } else { (x + along, y + down) };
                self.dot(px, py, colour, f64::from(*level) / 255.0);
            }
        }
    }

    /// Writes the picture as PNG.
    pub(crate) fn save(&self, path: &Path) -> Result<(), PictureError> {
        write_whole(path, &self.png())
    }

    /// The picture as the bytes of a PNG file.
    pub(crate) fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let size = |extent: usize| u32::try_from(extent).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, size(self.width), size(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let data: Vec<u8> = self.pixels.iter().flatten().copied().collect();
        // Writing into memory cannot fail, and the sizes agree by construction.
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&data));
        debug_assert!(written.is_ok());
        bytes
    }
}

/// A whole number of pixels as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "pictures are far smaller than 2^52 pixels")]
pub(crate) const fn float(value: i64) -> f64 {
    value as f64
}
