//! Heat maps.

use std::borrow::ToOwned;
use std::format;
use std::path::Path;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::chart::{Scale, label, nice_step};
use super::colour::{ColourMap, Rgb};
use super::file::PictureError;
use super::raster::{Anchor, Letters, Raster, float};
use crate::effective::{Canvas, Estimate, Field, FieldMap, Frame, PixelBox, Sampling, per_axis};

/// Colours of the theoretical box and the two contours, on any colour map.
const BOX: Rgb = [170, 170, 170];
const CONTOURS: [(f64, &str, Rgb); 2] =
    [(0.5, "50 % inside", [255, 255, 255]), (0.95, "95 % inside", [86, 220, 255])];

/// A heat map of one field or of several on one scale, as PNG.
///
/// Each panel shows the theoretical field as a box, and the contours of the smallest regions that hold 50 and 95 %
/// of the map (smoothed by a tenth of its sigma, since strides leave a grid). Colours are shares of the map per pixel, relative to the largest of all panels. A map of three axes is
/// summed over its first.
#[derive(Clone, Debug)]
pub struct HeatMap {
    panels: Vec<Panel>,
    title: String,
    scale: Scale,
    colours: ColourMap,
    decades: f64,
}

/// A map, and what stands above it.
#[derive(Clone, Debug)]
struct Panel {
    name: String,
    figures: String,
    map: FieldMap,
}

impl Panel {
    fn new(name: &str, field: &dyn Field) -> Self {
        let name = match field.sampling() {
            Some(Sampling { samples, .. }) => format!("{name}, {samples} samples"),
            None => name.to_owned(),
        };
        let name = match field.map().frame().canvas {
            Canvas::Input => format!("{name}, real input"),
            Canvas::Unbounded => name,
        };
        Self { name, figures: caption(field), map: field.map().clone() }
    }
}

impl HeatMap {
    /// One field; `name` stands above its panel, and below that its figures, with their errors where it is sampled.
    #[must_use]
    pub fn of(name: &str, field: &dyn Field) -> Self {
        Self {
            panels: vec![Panel::new(name, field)],
            title: String::new(),
            scale: Scale::Linear,
            colours: ColourMap::default(),
            decades: 4.0,
        }
    }

    /// One more field beside the others, on the same scale of pixels and colours.
    #[must_use]
    pub fn also(mut self, name: &str, field: &dyn Field) -> Self {
        self.panels.push(Panel::new(name, field));
        self
    }

    /// The line at the top.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Linear, or logarithmic over four decades.
    #[must_use]
    pub const fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// The colour map.
    #[must_use]
    pub const fn colours(mut self, colours: ColourMap) -> Self {
        self.colours = colours;
        self
    }

    /// Writes the picture as PNG.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), PictureError> {
        self.draw()?.save(path.as_ref())
    }

    pub(crate) fn draw(&self) -> Result<Raster, PictureError> {
        let planes: Vec<FieldMap> =
            self.panels.iter().map(|panel| plane(&panel.map)).collect::<Result<_, _>>()?;
        let letters = |panel: &Panel| panel.name.chars().count().max(panel.figures.chars().count());
        let layout = Layout::new(&planes, self.panels.iter().map(letters).max().unwrap_or(0));
        let mut raster = Raster::new(layout.width, layout.height);
        raster.text(layout.width as i64 / 2, 18, Anchor::Middle, Letters::Title, &self.title);
        let brightest = planes
            .iter()
            .map(|plane| plane.values().iter().fold(0.0_f64, |most, value| most.max(*value)) / plane.total())
            .fold(0.0, f64::max);
        for (index, (Panel { name, figures, .. }, plane)) in self.panels.iter().zip(&planes).enumerate() {
            let left = layout.panel_left(index);
            self.panel(&mut raster, &layout, left, plane, brightest);
            let middle = left + layout.plot / 2;
            raster.text(middle, layout.top - 58, Anchor::Middle, Letters::Plain, name);
            raster.text(middle, layout.top - 32, Anchor::Middle, Letters::Plain, figures);
        }
        self.bar(&mut raster, &layout);
        legend(&mut raster, &layout);
        Ok(raster)
    }

    fn panel(&self, raster: &mut Raster, layout: &Layout, left: i64, plane: &FieldMap, brightest: f64) {
        let view = View::new(layout, left, plane);
        let total = plane.total();
        for y in 0..layout.plot {
            for x in 0..layout.plot {
                let part = self.part(view.mean(x, y) / total / brightest);
                raster.dot(left + x, layout.top + y, self.colours.at(part), 1.0);
            }
        }
        let field = plane.frame().theoretical;
        let (x0, y0) = (view.column(field.origin[1]), view.row(field.origin[0]));
        let (x1, y1) = (view.column(field.end(1)), view.row(field.end(0)));
        raster.outline([x0, y0, x1 - x0, y1 - y0], 2, BOX);
        let smooth = smooth(plane);
        let view_of_smooth = View::new(layout, left, &smooth);
        for (share, _, colour) in CONTOURS {
            view_of_smooth.contour(raster, smooth.level(share), colour);
        }
        raster.outline([left - 1, layout.top - 1, layout.plot + 2, layout.plot + 2], 1, super::colour::INK);
        view.ticks(raster);
    }

    /// The place on the colour bar of a value relative to the brightest.
    fn part(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log if value > 0.0 => 1.0 + value.log10() / self.decades,
            Scale::Log => 0.0,
        }
    }

    fn bar(&self, raster: &mut Raster, layout: &Layout) {
        let (left, height) = (layout.bar_left(), layout.plot);
        for y in 0..height {
            let colour = self.colours.at(1.0 - (float(y) + 0.5) / float(height));
            raster.fill([left, layout.top + y, 26, 1], colour);
        }
        raster.outline([left - 1, layout.top - 1, 28, height + 2], 1, super::colour::INK);
        let ticks: Vec<(f64, String)> = match self.scale {
            Scale::Linear => (0..=5).map(|n| f64::from(n) / 5.0).map(|v| (v, label(v))).collect(),
            Scale::Log => (0..=self.decades as i32)
                .map(|n| (1.0 - f64::from(n) / self.decades, label(10.0_f64.powi(-n))))
                .collect(),
        };
        for (part, text) in ticks {
            let y = layout.top + ((1.0 - part) * float(height)) as i64;
            raster.fill([left + 26, y, 6, 1], super::colour::INK);
            raster.text(left + 38, y - 10, Anchor::Left, Letters::Plain, &text);
        }
        raster.upward_text(left + 100, layout.top + height / 2, "share per pixel, of the largest");
    }
}

/// The two last axes of a map, summed over the first of three.
fn plane(map: &FieldMap) -> Result<FieldMap, PictureError> {
    match map.rank() {
        1 => Err(PictureError::OneAxis),
        2 => Ok(map.clone()),
        _ => {
            let sheet = map.shape()[1] * map.shape()[2];
            let mut values = vec![0.0; sheet];
            for layer in map.values().chunks_exact(sheet) {
                for (sum, value) in values.iter_mut().zip(layer) {
                    *sum += value;
                }
            }
            let last_two = |shape: PixelBox| PixelBox {
                origin: [shape.origin[1], shape.origin[2], 0],
                extents: [shape.extents[1], shape.extents[2], 1],
            };
            let frame = *map.frame();
            let frame = Frame {
                rank: 2,
                pixels: last_two(frame.pixels),
                theoretical: last_two(frame.theoretical),
                centre: [frame.centre[1], frame.centre[2], 0.0],
                ..frame
            };
            FieldMap::new(frame, values).map_err(|_| PictureError::Empty)
        }
    }
}

/// A plane blurred by a Gaussian of a tenth of its own width: strides leave a grid that contours would follow.
fn smooth(plane: &FieldMap) -> FieldMap {
    let width = plane.shape()[1];
    let [down, along, _] = plane.sigma();
    let mut values = blur(plane.values(), width, down / 10.0);
    // One axis at a time: rows lie `width` apart, columns side by side.
    for row in values.chunks_exact_mut(width) {
        let blurred = blur(row, 1, along / 10.0);
        row.copy_from_slice(&blurred);
    }
    FieldMap::new(*plane.frame(), values).unwrap_or_else(|_| plane.clone())
}

/// Lines side by side, whose values lie `step` apart, each blurred along itself.
fn blur(values: &[f64], step: usize, sigma: f64) -> Vec<f64> {
    let length = values.len() / step;
    let reach = (3.0 * sigma).ceil() as i64;
    let weights: Vec<f64> =
        (-reach..=reach).map(|d| (-float(d * d) / (2.0 * sigma * sigma).max(1e-9)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut blurred = vec![0.0; values.len()];
    for (place, own) in blurred.iter_mut().enumerate() {
        let (line, offset) = ((place / step) as i64, place % step);
        for (weight, neighbour) in weights.iter().zip(line - reach..) {
            if (0..length as i64).contains(&neighbour) {
                *own += weight / total * values[neighbour as usize * step + offset];
            }
        }
    }
    blurred
}

/// The figures under a panel's name.
fn caption(field: &dyn Field) -> String {
    let (figures, map) = (field.figures(), field.map());
    let text = |name: &str| per_axis(figures.get(name).unwrap_or_default());
    let extents = map.frame().theoretical.extents[..map.rank()].iter();
    let theoretical: Vec<Estimate> = extents.map(|&extent| Estimate::exact(float(extent))).collect();
    let (sigma, erf) = (text("sigma"), text("extent 0.9545"));
    format!("sigma {sigma}, erf {erf} of {} px", per_axis(&theoretical))
}

/// Where everything stands, in picture pixels.
struct Layout {
    width: usize,
    height: usize,
    top: i64,
    /// Side of a panel's plot.
    plot: i64,
    panels: i64,
    /// Picture pixels between a panel and the next, and before the first.
    gap: i64,
    /// Input pixels across a plot, the same in all panels.
    across: f64,
}

impl Layout {
    const GAP: i64 = 96;

    /// For panels of these planes, with captions of so many letters.
    fn new(planes: &[FieldMap], letters: usize) -> Self {
        let panels = planes.len() as i64;
        let plot = if panels == 1 { 640 } else { 460 };
        let across = planes.iter().map(reach).fold(1.0, f64::max) * 2.0;
        // A caption may be wider than its plot.
        let caption = (letters as i64 + 2) * Letters::Plain.pitch() as i64;
        let gap = Self::GAP.max(caption - plot);
        let width = panels * (plot + gap) + 176;
        let top = 134;
        Self { width: width as usize, height: (top + plot + 128) as usize, top, plot, panels, gap, across }
    }

    const fn panel_left(&self, index: usize) -> i64 {
        self.gap + index as i64 * (self.plot + self.gap)
    }

    const fn bar_left(&self) -> i64 {
        self.panels * (self.plot + self.gap) + 34
    }
}

/// Half the width of a view that shows all of a plane's theoretical field about its centre.
fn reach(plane: &FieldMap) -> f64 {
    let frame = plane.frame();
    (0..2)
        .flat_map(|axis| {
            let (first, end) = (frame.theoretical.origin[axis], frame.theoretical.end(axis));
            [frame.centre[axis] + 0.5 - float(first), float(end) - frame.centre[axis] - 0.5]
        })
        .fold(1.0, f64::max)
        * 1.06
}

/// One panel's window on its plane.
struct View<'a> {
    plane: &'a FieldMap,
    left: i64,
    top: i64,
    plot: i64,
    /// Picture pixels per input pixel.
    zoom: f64,
    /// Input coordinates of the plot's corner; pixel `i` spans `i .. i + 1`.
    corner: [f64; 2],
}

impl<'a> View<'a> {
    fn new(layout: &Layout, left: i64, plane: &'a FieldMap) -> Self {
        let centre = plane.frame().centre;
        let corner = [0, 1].map(|axis| centre[axis] + 0.5 - layout.across / 2.0);
        let zoom = float(layout.plot) / layout.across;
        Self { plane, left, top: layout.top, plot: layout.plot, zoom, corner }
    }

    fn column(&self, x: i64) -> i64 {
        self.left + ((float(x) - self.corner[1]) * self.zoom).round() as i64
    }

    fn row(&self, y: i64) -> i64 {
        self.top + ((float(y) - self.corner[0]) * self.zoom).round() as i64
    }

    /// The mean over the part of the input that a plot pixel covers.
    fn mean(&self, x: i64, y: i64) -> f64 {
        // Input pixels and how much of each is covered.
        let span = |axis: usize, v: i64| {
            let first = self.corner[axis] + float(v) / self.zoom;
            let end = first + 1.0 / self.zoom;
            (first.floor() as i64..end.ceil() as i64)
                .map(move |pixel| (pixel, end.min(float(pixel + 1)) - first.max(float(pixel))))
        };
        let (mut sum, mut area) = (0.0, 0.0);
        for (row, high) in span(0, y) {
            for (column, wide) in span(1, x) {
                sum += self.plane.at([row, column, 0]) * high * wide;
                area += high * wide;
            }
        }
        sum / area
    }

    /// The value between pixel centres, linear on each axis.
    fn between(&self, x: f64, y: f64) -> f64 {
        let at = [self.corner[0] + y / self.zoom - 0.5, self.corner[1] + x / self.zoom - 0.5];
        let (row, column) = (at[0].floor(), at[1].floor());
        let (down, along) = (at[0] - row, at[1] - column);
        let (row, column) = (row as i64, column as i64);
        let value = |dy: i64, dx: i64| self.plane.at([row + dy, column + dx, 0]);
        (value(0, 0) * (1.0 - along) + value(0, 1) * along) * (1.0 - down)
            + (value(1, 0) * (1.0 - along) + value(1, 1) * along) * down
    }

    /// The line that encloses all values of at least `level`.
    fn contour(&self, raster: &mut Raster, level: f64, colour: Rgb) {
        // Where values are equal but for their rounding, all of them are inside.
        let level = level * (1.0 - 1e-6);
        let above = |x: i64, y: i64| self.between(float(x), float(y)) >= level;
        for y in 0..self.plot {
            let mut here = above(0, y);
            for x in 0..self.plot {
                let right = above(x + 1, y);
                if here != right || here != above(x, y + 1) {
                    raster.disc((float(self.left + x) + 0.5, float(self.top + y) + 0.5), 1.0, colour);
                }
                here = right;
            }
        }
    }

    /// Input coordinates along both edges.
    fn ticks(&self, raster: &mut Raster) {
        let across = float(self.plot) / self.zoom;
        let step = nice_step(across / 5.0).max(1.0);
        let ink = super::colour::INK;
        let mut ticks = |axis: usize, draw: &mut dyn FnMut(&mut Raster, i64, &str)| {
            let mut tick = (self.corner[axis] / step).ceil() * step;
            while tick < self.corner[axis] + across {
                // A tick stands at the middle of its pixel.
                let place = ((tick + 0.5 - self.corner[axis]) * self.zoom) as i64;
                if place < self.plot {
                    draw(raster, place, &label(tick));
                }
                tick += step;
            }
        };
        let bottom = self.top + self.plot;
        ticks(1, &mut |raster, place, text| {
            raster.fill([self.left + place, bottom, 1, 7], ink);
            raster.text(self.left + place, bottom + 10, Anchor::Middle, Letters::Plain, text);
        });
        ticks(0, &mut |raster, place, text| {
            raster.fill([self.left - 7, self.top + place, 7, 1], ink);
            raster.text(self.left - 12, self.top + place - 10, Anchor::Right, Letters::Plain, text);
        });
        let middle = self.left + self.plot / 2;
        raster.text(middle, bottom + 36, Anchor::Middle, Letters::Plain, "input pixel");
    }
}

/// What the lines mean, below the panels.
fn legend(raster: &mut Raster, layout: &Layout) {
    let y = layout.top + layout.plot + 84;
    let entries =
        [("theoretical field", BOX), (CONTOURS[0].1, CONTOURS[0].2), (CONTOURS[1].1, CONTOURS[1].2)];
    let pitch = Letters::Plain.pitch() as i64;
    let length: i64 = entries.iter().map(|entry| 52 + entry.0.len() as i64 * pitch + 30).sum();
    let mut x = (layout.gap + layout.bar_left() - 34 - length) / 2 + 20;
    for (text, colour) in entries {
        raster.fill([x, y, 40, 20], [20, 12, 40]);
        raster.fill([x, y + 9, 40, 3], colour);
        raster.text(x + 52, y, Anchor::Left, Letters::Plain, text);
        x += 52 + text.len() as i64 * pitch + 30;
    }
}
