//! Line charts: profiles, cumulative shares, and any series of points.

use std::borrow::ToOwned;
use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::colour::{GRID, INK, Rgb, SERIES, WHITE};
use super::file::PictureError;
use super::raster::{Anchor, Letters, Raster, float};
use crate::effective::{Field, FieldMap};

/// How an axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences have equal lengths.
    #[default]
    Linear,
    /// Equal ratios have equal lengths.
    Log,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line.
    Line,
    /// A dashed line.
    Dashed,
    /// A dot per point.
    Dots,
    /// A ring per point, which hides no dot beneath.
    Rings,
}

/// Points of one meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    mark: Mark,
    colour: Rgb,
}

/// A chart of several series, as PNG.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    title: String,
    labels: [String; 2],
    scales: [Scale; 2],
    series: Vec<Series>,
}

const WIDTH: i64 = 1000;
const HEIGHT: i64 = 680;
const LEFT: i64 = 130;
const TOP: i64 = 66;
const RIGHT: i64 = 36;
const BOTTOM: i64 = 96;

impl Chart {
    /// An empty chart with a title and the meanings of its axes.
    #[must_use]
    pub fn new(title: &str, across: &str, up: &str) -> Self {
        Self { title: title.to_owned(), labels: [across.to_owned(), up.to_owned()], ..Self::default() }
    }

    /// The divisions of the two axes. Points that are not positive are left out on a logarithmic one.
    #[must_use]
    pub const fn scales(mut self, across: Scale, up: Scale) -> Self {
        self.scales = [across, up];
        self
    }

    /// One more series, in the next colour of [`SERIES`].
    #[must_use]
    pub fn series(self, name: &str, mark: Mark, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let colour = SERIES[self.series.len() % SERIES.len()];
        self.coloured(name, mark, colour, points)
    }

    /// One more series in the colour of the last: a fit to it, say.
    #[must_use]
    pub fn beside(self, name: &str, mark: Mark, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let colour = self.series.last().map_or(INK, |series| series.colour);
        self.coloured(name, mark, colour, points)
    }

    /// One more series in a colour of its own.
    #[must_use]
    pub fn coloured(
        mut self,
        name: &str,
        mark: Mark,
        colour: [u8; 3],
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.series.push(Series {
            name: name.to_owned(),
            points: points.into_iter().collect(),
            mark,
            colour,
        });
        self
    }

    /// Writes the picture as PNG.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), PictureError> {
        self.draw()?.save(path.as_ref())
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of points are far below 2^53")]
    pub(crate) fn draw(&self) -> Result<Raster, PictureError> {
        let mut axes = [self.axis(0)?, self.axis(1)?];
        // Where no corner is free, the plot is made higher until one is.
        for _ in 0..6 {
            if self.corner(&axes).is_none_or(|corner| self.covered(&axes, corner) == 0) {
                break;
            }
            axes[1].raise();
        }
        let mut raster = Raster::new(WIDTH as usize, HEIGHT as usize);
        self.frame(&mut raster, &axes);
        for series in &self.series {
            let points = series.points.iter().filter(|point| self.drawable(**point));
            let points: Vec<_> = points.map(|&(x, y)| (axes[0].place(x), axes[1].place(y))).collect();
            match series.mark {
                Mark::Dots => points.iter().for_each(|&point| raster.disc(point, 5.0, series.colour)),
                Mark::Rings => points.iter().for_each(|&point| raster.ring(point, 9.0, series.colour)),
                Mark::Line => {
                    // A line that turns at every few pixels is drawn finer, or it would be a band.
                    let across = points.last().map_or(0.0, |last| (last.0 - points[0].0).abs());
                    let dense = across < 6.0 * points.len() as f64;
                    for pair in points.windows(2) {
                        raster.line(pair[0], pair[1], if dense { 1.5 } else { 2.6 }, series.colour);
                    }
                }
                Mark::Dashed => dashed(&mut raster, &points, series.colour),
            }
        }
        self.legend(&mut raster, &axes);
        Ok(raster)
    }

    fn drawable(&self, (x, y): (f64, f64)) -> bool {
        let fits = |v: f64, scale: Scale| v.is_finite() && (scale == Scale::Linear || v > 0.0);
        fits(x, self.scales[0]) && fits(y, self.scales[1])
    }

    fn axis(&self, axis: usize) -> Result<Axis, PictureError> {
        let points =
            self.series.iter().flat_map(|series| &series.points).filter(|point| self.drawable(**point));
        let values = points.map(|&(x, y)| if axis == 0 { x } else { y });
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return Err(PictureError::Empty);
        }
        Ok(Axis::new(axis == 1, self.scales[axis], low, high))
    }

    fn frame(&self, raster: &mut Raster, axes: &[Axis; 2]) {
        raster.text(WIDTH / 2, 18, Anchor::Middle, Letters::Title, &self.title);
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for (value, text) in axes[0].ticks() {
            let x = axes[0].place(value).round() as i64;
            raster.fill([x, TOP, 1, bottom - TOP], GRID);
            raster.fill([x, bottom, 1, 7], INK);
            raster.text(x, bottom + 11, Anchor::Middle, Letters::Plain, &text);
        }
        for (value, text) in axes[1].ticks() {
            let y = axes[1].place(value).round() as i64;
            raster.fill([LEFT, y, right - LEFT, 1], GRID);
            raster.fill([LEFT - 7, y, 7, 1], INK);
            raster.text(LEFT - 12, y - 10, Anchor::Right, Letters::Plain, &text);
        }
        raster.outline([LEFT, TOP, right - LEFT, bottom - TOP], 1, INK);
        raster.text(i64::midpoint(LEFT, right), HEIGHT - 42, Anchor::Middle, Letters::Plain, &self.labels[0]);
        raster.upward_text(14, i64::midpoint(TOP, bottom), &self.labels[1]);
    }

    /// The box of the legend, in the corner of the plot where it hides least; `None` without names.
    fn corner(&self, axes: &[Axis; 2]) -> Option<[i64; 4]> {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        let longest = named.clone().map(|series| series.name.chars().count()).max()? as i64;
        let (width, height) = (longest * Letters::Plain.pitch() as i64 + 74, named.count() as i64 * 26 + 14);
        let (right, bottom) = (WIDTH - RIGHT - 14 - width, HEIGHT - BOTTOM - 14 - height);
        let corners = [(right, TOP + 14), (LEFT + 14, TOP + 14), (right, bottom), (LEFT + 14, bottom)];
        corners
            .map(|(x, y)| [x, y, width, height])
            .into_iter()
            .min_by_key(|&corner| self.covered(axes, corner))
    }

    fn legend(&self, raster: &mut Raster, axes: &[Axis; 2]) {
        let Some([x, y, width, height]) = self.corner(axes) else { return };
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        raster.fill([x, y, width, height], WHITE);
        raster.outline([x, y, width, height], 1, GRID);
        for (row, series) in named.enumerate() {
            let top = y + 8 + row as i64 * 26;
            let middle = float(top) + 11.0;
            match series.mark {
                Mark::Dots => raster.disc((float(x + 30), middle), 5.0, series.colour),
                Mark::Rings => raster.ring((float(x + 30), middle), 9.0, series.colour),
                Mark::Line => {
                    raster.line((float(x + 12), middle), (float(x + 48), middle), 2.6, series.colour);
                }
                Mark::Dashed => {
                    dashed(raster, &[(float(x + 12), middle), (float(x + 48), middle)], series.colour);
                }
            }
            raster.text(x + 60, top, Anchor::Left, Letters::Plain, &series.name);
        }
    }

    /// How much of the drawn lines a box would hide.
    fn covered(&self, [across, up]: &[Axis; 2], [x, y, width, height]: [i64; 4]) -> usize {
        let inside = |(px, py): (f64, f64)| {
            (float(x)..float(x + width)).contains(&px) && (float(y)..float(y + height)).contains(&py)
        };
        let mut count = 0;
        for series in &self.series {
            let places: Vec<_> = series
                .points
                .iter()
                .filter(|point| self.drawable(**point))
                .map(|&(x, y)| (across.place(x), up.place(y)))
                .collect();
            count += places.iter().filter(|&&place| inside(place)).count() * 8;
            for pair in places.windows(2) {
                let part = |t: f64| {
                    (pair[0].0 + (pair[1].0 - pair[0].0) * t, pair[0].1 + (pair[1].1 - pair[0].1) * t)
                };
                count += (1..8).filter(|&n| inside(part(f64::from(n) / 8.0))).count();
            }
        }
        count
    }
}

/// A line of dashes along several points.
fn dashed(raster: &mut Raster, points: &[(f64, f64)], colour: Rgb) {
    let mut travelled = 0.0;
    for pair in points.windows(2) {
        let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        let length = dx.hypot(dy);
        let mut at = 0.0;
        while at < length {
            // To the end of the present dash or gap of eight pixels.
            let next = (at + 8.0 - travelled % 8.0).min(length);
            if (travelled / 8.0) as i64 % 2 == 0 {
                let part = |v: f64| (pair[0].0 + dx * v / length, pair[0].1 + dy * v / length);
                raster.line(part(at), part(next), 2.2, colour);
            }
            travelled += next - at + 1e-9;
            at = next;
        }
    }
}

/// One axis of a chart.
struct Axis {
    upward: bool,
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    fn new(upward: bool, scale: Scale, low: f64, high: f64) -> Self {
        match scale {
            Scale::Linear => {
                let span = if high > low { high - low } else { high.abs().max(1.0) };
                // A quantity that starts near zero starts at zero.
                let low = if low >= 0.0 && low < 0.3 * high { 0.0 } else { low - 0.04 * span };
                Self { upward, scale, low, high: high + 0.04 * span }
            }
            Scale::Log => {
                let ratio = (high / low).max(1.5).powf(0.05);
                Self { upward, scale, low: low / ratio, high: high * ratio }
            }
        }
    }

    /// Adds a tenth of the axis at its upper end.
    fn raise(&mut self) {
        match self.scale {
            Scale::Linear => self.high += 0.1 * (self.high - self.low),
            Scale::Log => self.high *= (self.high / self.low).powf(0.1),
        }
    }

    fn place(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        if self.upward {
            float(HEIGHT - BOTTOM) - part * float(HEIGHT - BOTTOM - TOP)
        } else {
            float(LEFT) + part * float(WIDTH - RIGHT - LEFT)
        }
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        match self.scale {
            Scale::Linear => {
                let step = nice_step((self.high - self.low) / 6.0);
                let mut tick = (self.low / step).ceil();
                while tick * step <= self.high {
                    ticks.push((tick * step, label(tick * step)));
                    tick += 1.0;
                }
            }
            Scale::Log => {
                let decades = (self.high / self.low).log10();
                let steps: &[f64] = if decades < 1.2 {
                    &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]
                } else if decades < 3.0 {
                    &[1.0, 2.0, 5.0]
                } else {
                    &[1.0]
                };
                let stride = (decades / 7.0).ceil().max(1.0) as i32;
                let mut power = self.low.log10().floor() as i32;
                while 10.0_f64.powi(power) <= self.high {
                    for step in steps {
                        let tick = step * 10.0_f64.powi(power);
                        if (self.low..=self.high).contains(&tick) && power % stride == 0 {
                            ticks.push((tick, label(tick)));
                        }
                    }
                    power += 1;
                }
            }
        }
        ticks
    }
}

/// The number of 1, 2 or 5 times a power of ten nearest above `step`.
pub(crate) fn nice_step(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step * 0.999).unwrap_or(10.0);
    times * power
}

/// A number with no more digits than it needs.
pub(crate) fn label(value: f64) -> String {
    let size = value.abs();
    if size < 1e-12 {
        return "0".into();
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The profile of one axis with the best Gaussian over it.
#[must_use]
pub fn profile(title: &str, field: &dyn Field, axis: usize) -> Chart {
    let (map, figures) = (field.map(), field.figures());
    let fit = map.fit(axis);
    let points = map.profile(axis);
    let end = points.iter().map(|point| point.0.abs()).fold(1.0, f64::max);
    let curve = (-200..=200).map(|n| end * f64::from(n) / 200.0).map(|x| (x, fit.at(x)));
    let figure = |name: &str| {
        figures
            .get(name)
            .and_then(|values| values.get(axis))
            .map_or_else(String::new, |value| format!("{value}"))
    };
    let name = format!("Gaussian: sigma {} px, R\u{b2} {:.4}", figure("fit sigma"), fit.r_squared);
    let measured = format!("profile: sigma {} px", figure("sigma"));
    Chart::new(title, "input pixels from the centre", "share per pixel")
        .series(&measured, Mark::Line, points)
        .series(&name, Mark::Dashed, curve)
}

/// The share of each map within a radius of its centre.
#[must_use]
pub fn cumulative<'a>(title: &str, maps: impl IntoIterator<Item = (&'a str, &'a FieldMap)>) -> Chart {
    let mut chart = Chart::new(title, "radius, input pixels", "share within the radius");
    for (name, map) in maps {
        chart = chart.series(name, Mark::Line, map.cumulative().into_iter().enumerate().map(radius));
    }
    chart
}

#[expect(clippy::cast_precision_loss, reason = "radii are far below 2^52")]
fn radius((radius, share): (usize, f64)) -> (f64, f64) {
    (radius as f64, share)
}
