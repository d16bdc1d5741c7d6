//! Every path from a layer to the input by itself: what *aligned* and *shortest path* are about.

use rf_core::graph::{Graph, Op, Resample, Window};

use super::reads::{Edge, edges, reads, resampled};
use super::shape::{Shape, removed, sides};

/// The layers of one path, from the input (not included) to the layer it was asked for.
pub type Path = Vec<usize>;

/// All paths from `node` to the input that lead through local edges only, at most `limit` of them.
#[must_use]
pub fn paths(graph: &Graph<'_>, shapes: &[Shape], node: usize, limit: usize) -> Option<Vec<Path>> {
    walk(graph, shapes, node, limit, false)
}

fn walk(graph: &Graph<'_>, shapes: &[Shape], node: usize, limit: usize, grids: bool) -> Option<Vec<Path>> {
    if node == 0 {
        return Some(vec![vec![]]);
    }
    let mut all = Vec::new();
    for edge in edges(graph, shapes, node) {
        let keeps_grid = grids && matches!(graph.nodes[node].op, Op::Attention { .. });
        let input = match edge {
            Edge::Local(input) => input,
            Edge::Global(input) if keeps_grid => input,
            Edge::Global(_) => continue,
        };
        for mut path in walk(graph, shapes, input, limit, grids)? {
            path.push(node);
            all.push(path);
        }
        if all.len() > limit {
            return None;
        }
    }
    Some(all)
}

/// The same, and through attention as if each unit read itself alone: it keeps its input's grid of units.
#[must_use]
pub fn grid_paths(graph: &Graph<'_>, shapes: &[Shape], node: usize, limit: usize) -> Option<Vec<Path>> {
    walk(graph, shapes, node, limit, true)
}

/// The pixels along one axis that a unit reads through one path, maps continued without end.
#[must_use]
pub fn support(graph: &Graph<'_>, shapes: &[Shape], path: &Path, axis: usize, unit: i64) -> Vec<i64> {
    let mut indices = vec![unit];
    for (position, &node) in path.iter().enumerate().rev() {
        let input = if position == 0 { 0 } else { path[position - 1] };
        let units = shapes[input].extents[axis];
        let read = |&index: &i64| reads(&graph.nodes[node].op, axis, units, index);
        indices = indices.iter().flat_map(read).collect();
        indices.sort_unstable();
        indices.dedup();
    }
    indices
}

/// Extent of the hull of what a unit reads through one path, 0 where that is nothing.
#[must_use]
pub fn extent(graph: &Graph<'_>, shapes: &[Shape], path: &Path, axis: usize, unit: i64) -> i64 {
    let indices = support(graph, shapes, path, axis, unit);
    indices.last().map_or(0, |last| last - indices[0] + 1)
}

/// A fraction in lowest terms, denominator above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ratio {
    /// The numerator.
    pub top: i128,
    /// The denominator.
    pub bottom: i128,
}

impl Ratio {
    /// `top / bottom` in lowest terms.
    #[must_use]
    pub fn new(top: i128, bottom: i128) -> Self {
        let mut pair = (top.abs(), bottom.abs());
        while pair.1 != 0 {
            pair = (pair.1, pair.0 % pair.1);
        }
        let divisor = pair.0.max(1) * bottom.signum();
        Self { top: top / divisor, bottom: bottom / divisor }
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.top * other.top, self.bottom * other.bottom)
    }
}

/// Where the middle of unit `u`'s window lies: `jump * u + centre`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Pixels from one unit's middle to the next one's.
    pub jump: Ratio,
    /// The middle of unit 0's window, in pixels (pixel 0 has its middle at 0).
    pub centre: Ratio,
}

/// The grid of units that one path lays over the input along one axis.
#[must_use]
pub fn grid(graph: &Graph<'_>, shapes: &[Shape], path: &Path, axis: usize) -> Grid {
    let mut grid = Grid { jump: Ratio::new(1, 1), centre: Ratio::new(0, 1) };
    for (position, &node) in path.iter().enumerate() {
        let input = if position == 0 { 0 } else { path[position - 1] };
        let layer = step(&graph.nodes[node].op, axis, shapes[input].extents[axis]);
        grid = Grid {
            centre: grid.jump.times(layer.centre).plus(grid.centre),
            jump: grid.jump.times(layer.jump),
        };
    }
    grid
}

/// The grid of one layer over its own input's units.
fn step(op: &Op, axis: usize, units: i64) -> Grid {
    let of = |jump: (i64, i64), centre: (i64, i64)| Grid {
        jump: Ratio::new(jump.0.into(), jump.1.into()),
        centre: Ratio::new(centre.0.into(), centre.1.into()),
    };
    let slide = |window: &Window| {
        let (before, _) = sides(window, axis, units);
        of((window.stride[axis], 1), (window.dilation[axis] * (window.kernel[axis] - 1) - 2 * before, 2))
    };
    match op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Pool { window, .. }
        | Op::Custom { window, .. } => slide(window),
        // Unit `i` reads `n` where `n * s + t * d - before = i`: on average over `t`, `n = (i + before - middle) / s`.
        Op::ConvTranspose { window, output_padding, .. } => {
            let (before, _) = removed(window, axis, output_padding[axis]);
            let s = window.stride[axis];
            of((1, s), (2 * before - window.dilation[axis] * (window.kernel[axis] - 1), 2 * s))
        }
        // `m` units of equal width `n / m` side by side.
        Op::AdaptivePool { output, .. } => {
            of((units, output[axis]), (units - output[axis], 2 * output[axis]))
        }
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } => {
            of((1, factor[axis]), (1 - factor[axis], 2 * factor[axis]))
        }
        // An interpolation has its middle where it looks; nearest, on average over the outputs until its pattern repeats.
        Op::Resize { axes } => {
            let Resample { num, offset, den, taps, .. } = axes[axis];
            let lag: i64 = (0..den).map(|i| den * resampled(axes[axis], i)[0] - num * i).sum();
            of((num, den), if taps == 1 { (lag, den * den) } else { (offset, den) })
        }
        Op::PixelUnshuffle { factor } => of((factor[axis], 1), (factor[axis] - 1, 2)),
        Op::Pad { sides } => of((1, 1), (-sides.before[axis], 1)),
        _ => of((1, 1), (0, 1)),
    }
}
