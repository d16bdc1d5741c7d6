//! Shapes by simulation: windows are laid down one by one and counted.

use rf_core::graph::{Graph, MAX_RANK, Merge, Norm, Op, Padding, PerAxis, Window};

/// The shape of a layer's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels, or features where `flat`.
    pub channels: i64,
    /// Units per axis; 1 beyond the rank, and everywhere where `flat`.
    pub extents: PerAxis,
    /// Whether the map has no axes left: after `flatten` and `linear`.
    pub flat: bool,
}

impl Shape {
    /// Number of units.
    #[must_use]
    pub fn units(&self) -> i64 {
        self.extents.iter().product()
    }

    /// Whether there is a single unit.
    #[must_use]
    pub fn single(&self) -> bool {
        self.extents == [1; MAX_RANK]
    }
}

/// The layer that is impossible, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its index.
    pub node: usize,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What makes a layer impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A kernel, stride, dilation or factor below 1.
    Zero,
    /// No unit is left, or no window fits.
    Empty,
    /// Channels below 1, or not divisible as asked.
    Channels,
    /// An extent that does not divide.
    Extents,
    /// Inputs of a merge that do not fit together.
    Mismatch,
    /// A spatial layer after the axes are gone.
    Flat,
}

/// The shapes of all layers.
///
/// # Errors
/// The first layer that is impossible.
pub fn shapes(graph: &Graph<'_>) -> Result<Vec<Shape>, Fault> {
    let mut all: Vec<Shape> = Vec::new();
    for (node, layer) in graph.nodes.iter().enumerate() {
        let inputs: Vec<Shape> = layer.inputs.iter().map(|&input| all[input]).collect();
        all.push(shape(graph.rank, &layer.op, &inputs).map_err(|kind| Fault { node, kind })?);
    }
    Ok(all)
}

/// The shape of one layer's output, given those of its inputs.
///
/// # Errors
/// When the layer is impossible.
///
/// # Panics
/// On a layer kind that the oracle does not know.
pub fn shape(rank: usize, op: &Op, inputs: &[Shape]) -> Result<Shape, FaultKind> {
    if let Op::Input { channels, extents } = *op {
        return Ok(Shape { channels, extents, flat: false });
    }
    let input = inputs[0];
    if let Op::Merge(merge) = *op {
        return merged(merge, inputs);
    }
    if input.flat && !works_flat(op) {
        return Err(FaultKind::Flat);
    }
    let channels = channels(rank, op, input)?;
    if let Op::Linear { .. } | Op::Flatten = op {
        return Ok(Shape { channels, extents: [1; MAX_RANK], flat: true });
    }
    let mut extents = [1; MAX_RANK];
    for (axis, units) in extents.iter_mut().enumerate().take(rank) {
        *units = extent(op, axis, input.extents[axis])?;
        if *units < 1 {
            return Err(FaultKind::Empty);
        }
    }
    Ok(Shape { channels, extents, flat: input.flat })
}

fn works_flat(op: &Op) -> bool {
    match op {
        Op::Linear { .. } | Op::Flatten | Op::Activation(_) | Op::Dropout | Op::Identity => true,
        Op::Norm { norm, .. } => !norm.spatial(),
        _ => false,
    }
}

fn channels(rank: usize, op: &Op, input: Shape) -> Result<i64, FaultKind> {
    let least_one = |number: i64| if number < 1 { Err(FaultKind::Channels) } else { Ok(number) };
    let divides =
        |part: i64, whole: i64| if part < 1 || whole % part != 0 { Err(FaultKind::Channels) } else { Ok(()) };
    match *op {
        Op::Conv { channels, groups, .. } | Op::ConvTranspose { channels, groups, .. } => {
            divides(groups, input.channels)?;
            divides(groups, channels)?;
            least_one(channels)
        }
        Op::DepthwiseConv { multiplier, .. } => Ok(least_one(multiplier)? * input.channels),
        Op::PixelShuffle { factor } => {
            let product: i64 = factor[..rank].iter().product();
            if product < 1 {
                return Err(FaultKind::Zero);
            }
            divides(product, input.channels)?;
            Ok(input.channels / product)
        }
        Op::PixelUnshuffle { factor } => Ok(input.channels * factor[..rank].iter().product::<i64>()),
        Op::Linear { features, .. } => least_one(features),
        Op::Flatten => Ok(input.channels * input.units()),
        Op::SqueezeExcite { squeeze } => least_one(squeeze).map(|_| input.channels),
        Op::Attention { heads, .. } => divides(heads, input.channels).map(|()| input.channels),
        Op::Norm { norm: Norm::Group { groups }, .. } => {
            divides(groups, input.channels).map(|()| input.channels)
        }
        Op::Custom { channels, .. } if channels > 0 => Ok(channels),
        _ => Ok(input.channels),
    }
}

/// Units of the output along one axis, given those of the input.
fn extent(op: &Op, axis: usize, units: i64) -> Result<i64, FaultKind> {
    match op {
        Op::Conv { window, .. } | Op::DepthwiseConv { window, .. } => {
            Ok(windows(window, axis, units, false)?.len_i64())
        }
        Op::Pool { window, ceil_mode, .. } => Ok(windows(window, axis, units, *ceil_mode)?.len_i64()),
        Op::Custom { window, .. } => Ok(windows(window, axis, units, false)?.len_i64()),
        Op::ConvTranspose { window, output_padding, .. } => {
            scattered(window, axis, units, output_padding[axis])
        }
        Op::AdaptivePool { output, .. } => Ok(output[axis]),
        Op::GlobalPool { .. } => Ok(1),
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } => {
            factor_of(factor[axis]).map(|f| units * f)
        }
        Op::Resize { axes } => Ok(axes[axis].extent),
        Op::PixelUnshuffle { factor } => {
            let f = factor_of(factor[axis])?;
            if units % f == 0 { Ok(units / f) } else { Err(FaultKind::Extents) }
        }
        Op::Pad { sides } => Ok(sides.before[axis] + units + sides.after[axis]),
        _ => Ok(units),
    }
}

fn factor_of(factor: i64) -> Result<i64, FaultKind> {
    if factor < 1 { Err(FaultKind::Zero) } else { Ok(factor) }
}

trait Len {
    fn len_i64(&self) -> i64;
}

impl Len for Vec<i64> {
    fn len_i64(&self) -> i64 {
        i64::try_from(self.len()).expect("few units")
    }
}

/// First tap of every window that a layer lays on an axis of `units` units (its own padding counts as negative
/// positions and those from `units` on).
///
/// A window counts when it fits into the padded axis. In `ceil_mode` it may hang over the end, so long as the one
/// before it had not reached the end yet (else there is nothing left to read) and it starts in the input or the
/// padding before it (`torch.nn.MaxPool2d`, the note on `ceil_mode`). The only window may hang over too, by less
/// than a stride: as if one before it had not reached the end.
///
/// # Errors
/// Parameters below 1, or no window at all.
pub fn windows(window: &Window, axis: usize, units: i64, ceil_mode: bool) -> Result<Vec<i64>, FaultKind> {
    let (k, s, d) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    if k < 1 || s < 1 || d < 1 {
        return Err(FaultKind::Zero);
    }
    let (before, after) = sides(window, axis, units);
    let end = units + after;
    let mut starts = Vec::new();
    let mut start = -before;
    loop {
        let last_tap = start + (k - 1) * d;
        let hangs_over = last_tap - s < end - 1 && start < end.min(units);
        let counts = if ceil_mode { hangs_over } else { last_tap < end };
        if !counts {
            break;
        }
        starts.push(start);
        start += s;
    }
    if starts.is_empty() { Err(FaultKind::Empty) } else { Ok(starts) }
}

/// Padding before and after one axis of a sliding window, resolved against the axis' units.
#[must_use]
pub fn sides(window: &Window, axis: usize, units: i64) -> (i64, i64) {
    let (k, s, d) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    match window.padding[axis] {
        Padding::Explicit { before, after } => (before, after),
        Padding::Causal => ((k - 1) * d, 0),
        same => {
            // One window for every `s` units; enough padding that the last one fits.
            let last_start = (0..units).step_by(super::index(s)).last().unwrap_or(0);
            let mut total = 0;
            while last_start + (k - 1) * d >= units + total {
                total += 1;
            }
            let small = total / 2;
            if same == Padding::SameLower { (total - small, small) } else { (small, total - small) }
        }
    }
}

/// Units of a transposed convolution's output: the positions that the input's units write to, less the padding.
fn scattered(window: &Window, axis: usize, units: i64, output_padding: i64) -> Result<i64, FaultKind> {
    let (k, s, d) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    if k < 1 || s < 1 || d < 1 {
        return Err(FaultKind::Zero);
    }
    let mut furthest = 0;
    for unit in 0..units {
        for tap in 0..k {
            furthest = furthest.max(unit * s + tap * d);
        }
    }
    let (before, after) = removed(window, axis, output_padding);
    Ok(furthest + 1 - before - after + output_padding)
}

/// What a transposed convolution removes before and after one axis.
///
/// `same` removes as much as makes the output `units * stride` long, the smaller half before.
#[must_use]
pub fn removed(window: &Window, axis: usize, output_padding: i64) -> (i64, i64) {
    let (k, s, d) = (window.kernel[axis], window.stride[axis], window.dilation[axis]);
    let total = (k - 1) * d + 1 - s + output_padding;
    let small = total.div_euclid(2);
    match window.padding[axis] {
        Padding::Explicit { before, after } => (before, after),
        Padding::Same => (small, total - small),
        Padding::SameLower => (total - small, small),
        // What a unit may see lies before it, so all that is removed lies after.
        Padding::Causal => (0, total),
    }
}

/// Whether `shape` is broadcast by a merge of these inputs: a single unit beside more.
#[must_use]
pub fn broadcast(merge: Merge, inputs: &[Shape], shape: Shape) -> bool {
    merge != Merge::Concat && shape.single() && inputs.iter().any(|other| !other.single())
}

fn merged(merge: Merge, inputs: &[Shape]) -> Result<Shape, FaultKind> {
    let widest =
        *inputs.iter().max_by_key(|shape| (shape.units(), shape.channels)).expect("a merge reads something");
    let most = inputs.iter().map(|shape| shape.channels).max().expect("a merge reads something");
    let mut channels = 0;
    for &input in inputs {
        let spread = broadcast(merge, inputs, input);
        // A gate of one channel fits everything: in a product, and where it is a single unit, be the others one too.
        let gate = input.channels == 1 && (merge == Merge::Mul || input.single());
        if input.flat != widest.flat || !spread && input.extents != widest.extents {
            return Err(FaultKind::Mismatch);
        }
        if merge == Merge::Concat {
            channels += input.channels;
        } else if input.channels != most && !gate {
            return Err(FaultKind::Mismatch);
        }
    }
    if merge != Merge::Concat {
        channels = most;
    }
    Ok(Shape { channels, extents: widest.extents, flat: widest.flat })
}
