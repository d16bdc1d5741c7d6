//! Tiles of a large image with the computed halo: seamless, and the seam that one pixel less leaves.
//!
//! A small U-Net runs over a whole image, then over tiles of it. A tile is cut with its halo and nothing more: the
//! pixels beyond are blanked. Every output pixel must come out the same, bit for bit.

use receptive_field::graph::{Graph, Merge, Op, Padding, Pool, Window};
use receptive_field::network;

network! {
    /// A U-Net of depth 2 with few channels.
    Segmenter {
        input: [1, _, _];

        block double(c) { conv(c, 3, padding = 1) -> relu -> conv(c, 3, padding = 1) -> relu }

        enc1:   double(2);
        pool1:  max_pool(2);
        enc2:   double(4);
        pool2:  max_pool(2);
        bottom: double(8);
        dec2:   [conv_transpose(4, 2, stride = 2), enc2] -> double(4);
        dec1:   [conv_transpose(2, 2, stride = 2), enc1] -> double(2);
        head:   conv(1, 1);

        assert halo(head) == 22;
        assert jump(head) == 1;
    }
}

/// Side of the image and of a tile, in pixels.
const SIDE: usize = 96;
const TILE: usize = 32;

fn main() {
    let (Some(halo), Some(multiple)) = (Segmenter::head.halo(0), Segmenter::head.tile_multiple(0)) else {
        return;
    };
    let (halo, multiple) = (halo.max() as usize, multiple as usize);
    println!(
        "A unit of `head` sees {} pixels. Tiles must lie on multiples of {multiple} pixels and need",
        Segmenter::head.rf().max()
    );
    println!("{halo} pixels around them: what the tile's own units at its borders see beyond it.\n");

    let image = Map::image();
    let whole = forward(&Segmenter::GRAPH, &image);
    for around in [halo, halo - 1, halo / 2] {
        let tiled = tiles(&image, around, multiple);
        let wrong =
            whole.values.iter().zip(&tiled.values).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        if wrong == 0 {
            println!("{around:2} pixels around: all {} outputs are equal to the bit.\n", SIDE * SIDE);
        } else {
            println!(
                "{around:2} pixels around: {wrong} of {} outputs differ, along the seams.\n",
                SIDE * SIDE
            );
            draw(&whole, &tiled);
        }
    }
}

/// The image tile by tile, each seeing `around` pixels beyond itself.
fn tiles(image: &Map, around: usize, multiple: usize) -> Map {
    let mut result = Map::new(1, SIDE, SIDE);
    // The window that a tile is run on begins on a multiple, too: the pools must fall as on the whole image.
    let margin = around.div_ceil(multiple) * multiple;
    for top in (0..SIDE).step_by(TILE) {
        for left in (0..SIDE).step_by(TILE) {
            let (y0, x0) = (top.saturating_sub(margin), left.saturating_sub(margin));
            let (y1, x1) = ((top + TILE + margin).min(SIDE), (left + TILE + margin).min(SIDE));
            let mut window = Map::new(1, y1 - y0, x1 - x0);
            for y in y0..y1 {
                for x in x0..x1 {
                    let inside = |at: usize, start: usize| at + around >= start && at < start + TILE + around;
                    if inside(y, top) && inside(x, left) {
                        *window.at(0, y - y0, x - x0) = image.get(0, y as i64, x as i64);
                    }
                }
            }
            let out = forward(&Segmenter::GRAPH, &window);
            for y in top..top + TILE {
                for x in left..left + TILE {
                    *result.at(0, y, x) = out.get(0, (y - y0) as i64, (x - x0) as i64);
                }
            }
        }
    }
    result
}

/// A quarter of the image's resolution; `#` where an output differs.
fn draw(whole: &Map, tiled: &Map) {
    for y in (0..SIDE).step_by(4) {
        let cell = |x: usize| {
            let differs = |y: usize, x: usize| {
                whole.get(0, y as i64, x as i64).to_bits() != tiled.get(0, y as i64, x as i64).to_bits()
            };
            (y..y + 4).any(|y| (x..x + 2).any(|x| differs(y, x)))
        };
        let line: String = (0..SIDE).step_by(2).map(|x| if cell(x) { '#' } else { '.' }).collect();
        println!("    {line}");
    }
    println!();
}

/// A feature map, channel by channel, row by row.
struct Map {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f64>,
}

impl Map {
    fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width, values: vec![0.0; channels * height * width] }
    }

    /// Noise, the same in every run.
    fn image() -> Self {
        let mut image = Self::new(1, SIDE, SIDE);
        for (index, value) in image.values.iter_mut().enumerate() {
            *value = noise(index as u64);
        }
        image
    }

    fn at(&mut self, channel: usize, y: usize, x: usize) -> &mut f64 {
        &mut self.values[(channel * self.height + y) * self.width + x]
    }

    /// The value there, 0 in the padding.
    fn get(&self, channel: usize, y: i64, x: i64) -> f64 {
        if y < 0 || x < 0 || y >= self.height as i64 || x >= self.width as i64 {
            return 0.0;
        }
        self.values[(channel * self.height + y as usize) * self.width + x as usize]
    }
}

/// The network's output, by the definition of each layer.
fn forward(graph: &Graph<'_>, image: &Map) -> Map {
    let mut maps: Vec<Map> = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let input = node.inputs.first().map_or(image, |&input| &maps[input]);
        let map = match node.op {
            Op::Conv { channels, window, .. } => convolve(input, channels as usize, &window, index as u64),
            Op::ConvTranspose { channels, window, .. } => {
                expand(input, channels as usize, &window, index as u64)
            }
            Op::Pool { pool: Pool::Max, window, .. } => pool(input, &window),
            Op::Merge(Merge::Concat) => concat(node.inputs.iter().map(|&input| &maps[input])),
            Op::Activation(_) => pointwise(input, |value| value.max(0.0)),
            Op::Input { .. } => pointwise(input, |value| value),
            op => unreachable!("the segmenter has no {op:?}"),
        };
        maps.push(map);
    }
    maps.pop().unwrap_or_else(|| pointwise(image, |value| value))
}

fn convolve(input: &Map, channels: usize, window: &Window, seed: u64) -> Map {
    let Padding::Explicit { before, .. } = window.padding[0] else { unreachable!("written with numbers") };
    let mut out = Map::new(channels, input.height, input.width);
    for c in 0..channels {
        for y in 0..out.height {
            for x in 0..out.width {
                let mut sum = 0.0;
                for i in 0..input.channels {
                    for (t, u) in taps(window) {
                        let (row, column) = (y as i64 + t - before, x as i64 + u - before);
                        sum += weight(seed, c, i, t, u) * input.get(i, row, column);
                    }
                }
                *out.at(c, y, x) = sum;
            }
        }
    }
    out
}

/// A transposed convolution whose kernel is its stride: each unit becomes a patch of its own.
fn expand(input: &Map, channels: usize, window: &Window, seed: u64) -> Map {
    let stride = window.stride[0];
    let mut out = Map::new(channels, input.height * stride as usize, input.width * stride as usize);
    for c in 0..channels {
        for y in 0..out.height {
            for x in 0..out.width {
                let (row, column) = (y as i64 / stride, x as i64 / stride);
                let (t, u) = (y as i64 % stride, x as i64 % stride);
                *out.at(c, y, x) =
                    (0..input.channels).map(|i| weight(seed, c, i, t, u) * input.get(i, row, column)).sum();
            }
        }
    }
    out
}

fn pool(input: &Map, window: &Window) -> Map {
    let stride = window.stride[0];
    let mut out = Map::new(input.channels, input.height / stride as usize, input.width / stride as usize);
    for c in 0..out.channels {
        for y in 0..out.height {
            for x in 0..out.width {
                let values =
                    taps(window).map(|(t, u)| input.get(c, y as i64 * stride + t, x as i64 * stride + u));
                *out.at(c, y, x) = values.fold(f64::NEG_INFINITY, f64::max);
            }
        }
    }
    out
}

fn concat<'a>(inputs: impl Iterator<Item = &'a Map>) -> Map {
    let mut out = Map::new(0, 0, 0);
    for input in inputs {
        (out.channels, out.height, out.width) = (out.channels + input.channels, input.height, input.width);
        out.values.extend(&input.values);
    }
    out
}

fn pointwise(input: &Map, function: impl Fn(f64) -> f64) -> Map {
    let values = input.values.iter().map(|&value| function(value)).collect();
    Map { channels: input.channels, height: input.height, width: input.width, values }
}

/// The places of a window's taps.
fn taps(window: &Window) -> impl Iterator<Item = (i64, i64)> + use<> {
    let [height, width, _] = window.kernel;
    (0..height).flat_map(move |t| (0..width).map(move |u| (t, u)))
}

/// A weight, the same in every run.
fn weight(seed: u64, out: usize, input: usize, t: i64, u: i64) -> f64 {
    let place =
        [out as u64, input as u64, t as u64, u as u64].iter().fold(seed + 1, |sum, part| sum * 31 + part);
    noise(place)
}

/// A number between -1 and 1 that looks random (SplitMix64).
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 32 bits are enough, and convert exactly.
    f64::from((z >> 32) as u32) / f64::from(1_u32 << 31) - 1.0
}
