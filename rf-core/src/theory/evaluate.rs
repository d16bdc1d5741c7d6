//! The table of a graph: one pass over the nodes, front to back.

use super::axis::{Axis, check, resolve};
use super::compose::{EVERYTHING, Pool, chain, compose, extremes, phase_extremes, reach_of_all, union};
use super::cost;
use super::fault::Fault;
use super::interval::Interval;
use super::map::{AxisMap, gcd};
use super::row::{AxisRow, NONE, Row, STRANDS, Strand};
use crate::graph::{Graph, MAX_RANK, Merge, Node, Op, Padding, UNKNOWN, Window};

/// Fills `rows`, one per node, and `pool`.
pub(crate) const fn fill(graph: &Graph<'_>, rows: &mut [Row], pool: &mut Pool<'_>) {
    let mut index = 0;
    while index < graph.nodes.len() {
        let mut row = Row::EMPTY;
        rows[index] = match node(graph, index, rows, &mut row, pool) {
            Ok(()) => row,
            Err(fault) => Row::faulty(fault),
        };
        index += 1;
    }
}

/// Fills the row of one node from the rows before it.
const fn node(
    graph: &Graph<'_>,
    index: usize,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    if let Op::Input { channels, extents } = node.op {
        return input(channels, &extents, graph.rank, row);
    }
    let arity = node.inputs.len();
    let mut k = 0;
    while k < arity {
        if node.inputs[k] >= index {
            return Err(Fault::Inputs { found: arity });
        }
        if before[node.inputs[k]].fault.is_some() {
            return Err(Fault::Upstream);
        }
        k += 1;
    }
    match node.op {
        _ if arity == 0 => Err(Fault::Inputs { found: arity }),
        Op::Merge(merge) => self::merge(graph, index, merge, before, row, pool),
        _ if arity > 1 => Err(Fault::Inputs { found: arity }),
        _ => layer(graph, index, &before[node.inputs[0]], row, pool),
    }
}

/// The network's input: unit `u` is pixel `u`.
const fn input(channels: i64, extents: &[i64; MAX_RANK], rank: usize, row: &mut Row) -> Result<(), Fault> {
    *row = Row::EMPTY;
    row.set_channels(channels);
    if channels != UNKNOWN
        && let Err(fault) = check("input channels", channels, 1)
    {
        return Err(fault);
    }
    let pixel = Strand { advance: 1, unit0: Interval { first: 0, last: 0 }, ..Strand::EMPTY };
    let mut axis = 0;
    while axis < rank {
        let extent = extents[axis];
        if extent != UNKNOWN
            && let Err(fault) = check("input extent", extent, 1)
        {
            return Err(fault);
        }
        let mut entry = AxisRow {
            extent,
            count: 1,
            short: pixel,
            smallest: 1,
            largest: 1,
            shortest: 1,
            ..AxisRow::NEUTRAL
        };
        entry.strands[0] = pixel;
        row.set_axis(axis, &entry);
        axis += 1;
    }
    row.set_uniform((rank < 2 || extents[0] == extents[1]) && (rank < 3 || extents[0] == extents[2]));
    Ok(())
}

/// A layer with one input.
const fn layer(
    graph: &Graph<'_>,
    index: usize,
    input: &Row,
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let op = &graph.nodes[index].op;
    *row = *input;
    let kind = kind(op);
    if let Kind::Pointwise = kind {
        row.set_identity();
        return cost::layer(op, input, row, graph.rank);
    }
    if input.flat() && needs_space(op) {
        return Err(Fault::Flat);
    }
    if matches!(op, Op::Linear { .. } | Op::Flatten) {
        row.set_flat();
    }
    // All of one unit is that unit: there a global layer is pointwise.
    let kind =
        if !matches!(kind, Kind::Local) && is_single(input, graph.rank) { Kind::Pointwise } else { kind };
    // Where all axes are alike the first one stands for all.
    let uniform = input.uniform() && is_uniform(op, graph.rank);
    row.set_uniform(uniform);
    let distinct = if uniform { 1 } else { graph.rank };
    let mut axis = 0;
    while axis < distinct {
        let resolved = match resolve(op, axis, input.extent(axis)) {
            Ok(resolved) => resolved,
            Err(fault) => return Err(fault),
        };
        if let Err(fault) = layer_axis(op, kind, axis, resolved, input, row, pool) {
            return Err(fault);
        }
        axis += 1;
    }
    if uniform {
        row.spread_axis(graph.rank);
    }
    if let Kind::Global = kind {
        // No local path is left that could be misaligned.
        row.set_misaligned(NONE);
    }
    if row.global() == NONE && matches!(kind, Kind::Gate | Kind::Global) {
        row.set_global(index);
    }
    cost::layer(op, input, row, graph.rank)
}

/// A layer along one axis. `row` starts as a copy of `input`.
const fn layer_axis(
    op: &Op,
    kind: Kind,
    axis: usize,
    resolved: Axis,
    input: &Row,
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let map = if let Kind::Pointwise = kind { AxisMap::IDENTITY } else { resolved.map };
    if let (Kind::Local, AxisMap::Window { kernel, stride, dilation, before }) = (kind, map)
        && let Some((main, short)) = input.simple(axis)
    {
        let span = (kernel - 1) * dilation;
        let main = match chain(&main, span, stride, before) {
            Ok(strand) => strand,
            Err(fault) => return Err(fault),
        };
        let short = if input.branched() { chain(&short, span, stride, before) } else { Ok(main) };
        return match short {
            Ok(short) => {
                row.set_simple(axis, resolved.extent, map, &main, &short);
                Ok(())
            }
            Err(fault) => Err(fault),
        };
    }
    let from = input.axis(axis);
    let mut entry = from;
    entry.extent = resolved.extent;
    entry.map = map;
    if let Kind::Global = kind {
        forget_local(&mut entry, matches!(op, Op::Attention { .. }));
    } else if !keeps_fields(map, &from, resolved.extent)
        && let Err(fault) = compose_axis(&from, &mut entry, map, input.branched(), pool)
    {
        return Err(fault);
    }
    if let Kind::Gate | Kind::Global = kind {
        entry.reach = reach_of_all(&from, pool.phases);
    }
    row.set_axis(axis, &entry);
    Ok(())
}

/// What a unit of a layer depends on.
#[derive(Clone, Copy)]
enum Kind {
    /// Its own input unit.
    Pointwise,
    /// A window.
    Local,
    /// Its own input unit and, beside it, all others.
    Gate,
    /// All of the layer's input.
    Global,
}

const fn kind(op: &Op) -> Kind {
    match op {
        Op::Activation(_) | Op::Dropout | Op::Identity => Kind::Pointwise,
        Op::Norm { norm, .. } if !norm.spatial() => Kind::Pointwise,
        Op::SqueezeExcite { .. } | Op::Norm { .. } => Kind::Gate,
        Op::GlobalPool { .. }
        | Op::Linear { .. }
        | Op::Flatten
        | Op::Attention { .. }
        | Op::Custom { global: true, .. } => Kind::Global,
        _ => Kind::Local,
    }
}

/// Whether each unit depends on its own input unit and, beside it, on all others.
pub(crate) const fn is_gate(op: &Op) -> bool {
    matches!(kind(op), Kind::Gate)
}

/// Whether a layer's arguments are the same along all axes.
const fn is_uniform(op: &Op, rank: usize) -> bool {
    match op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::Pool { window, .. }
        | Op::Custom { window, .. } => alike(window, rank),
        Op::ConvTranspose { window, output_padding, .. } => {
            alike(window, rank) && equal(output_padding, rank)
        }
        Op::AdaptivePool { output: numbers, .. }
        | Op::Upsample { factor: numbers, .. }
        | Op::PixelShuffle { factor: numbers }
        | Op::PixelUnshuffle { factor: numbers } => equal(numbers, rank),
        Op::Pad { sides } => equal(&sides.before, rank) && equal(&sides.after, rank),
        _ => true,
    }
}

const fn equal(numbers: &[i64; MAX_RANK], rank: usize) -> bool {
    (rank < 2 || numbers[0] == numbers[1]) && (rank < 3 || numbers[0] == numbers[2])
}

const fn alike(window: &Window, rank: usize) -> bool {
    let (kernel, stride, dilation) = (&window.kernel, &window.stride, &window.dilation);
    let mut axis = 1;
    while axis < rank {
        if kernel[0] != kernel[axis] || stride[0] != stride[axis] || dilation[0] != dilation[axis] {
            return false;
        }
        if !same_padding(window.padding[0], window.padding[axis]) {
            return false;
        }
        axis += 1;
    }
    true
}

const fn same_padding(a: Padding, b: Padding) -> bool {
    match (a, b) {
        (
            Padding::Explicit { before, after },
            Padding::Explicit { before: other_before, after: other_after },
        ) => before == other_before && after == other_after,
        (Padding::Same, Padding::Same)
        | (Padding::SameLower, Padding::SameLower)
        | (Padding::Causal, Padding::Causal) => true,
        _ => false,
    }
}

/// Layers that make no sense once the spatial axes are gone.
const fn needs_space(op: &Op) -> bool {
    !matches!(
        op,
        Op::Linear { .. }
            | Op::Flatten
            | Op::Activation(_)
            | Op::Dropout
            | Op::Identity
            | Op::Norm { .. }
            | Op::Custom { .. }
    )
}

/// Whether each unit sees what the input's unit of the same number sees, and the extents over units stay too:
/// where jumps differ these hang on how many units there are.
const fn keeps_fields(map: AxisMap, from: &AxisRow, extent: i64) -> bool {
    matches!(map, AxisMap::Window { kernel: 1, stride: 1, before: 0, .. })
        && (from.count < 2 || extent == from.extent)
}

pub(crate) const fn is_single(row: &Row, rank: usize) -> bool {
    let mut axis = 0;
    while axis < rank {
        if row.extent(axis) != 1 {
            return false;
        }
        axis += 1;
    }
    true
}

/// Whether a merge spreads an input's single unit over all of its own. Then what it carries is a global path.
pub(crate) const fn broadcasts(input: &Row, merge: &Row, rank: usize) -> bool {
    is_single(input, rank) && !is_single(merge, rank)
}

/// Behind a global layer no local path is left. Attention keeps the grid: its units still have their places.
const fn forget_local(entry: &mut AxisRow, keep_grid: bool) {
    let mut s = 0;
    while s < entry.count {
        // No phases stand at the end of the address space: every unit reads as empty.
        entry.strands[s].unit0 = Interval::EMPTY;
        entry.strands[s].offset = NONE / 2;
        s += 1;
    }
    if !keep_grid {
        entry.count = 0;
    }
    entry.short = Strand::EMPTY;
    entry.smallest = 0;
    entry.largest = 0;
    entry.shortest = 0;
}

/// Carries all strands and the shortest path of one axis through a layer's map.
const fn compose_axis(
    from: &AxisRow,
    entry: &mut AxisRow,
    map: AxisMap,
    branched: bool,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let mut s = 0;
    while s < from.count {
        let composed = match compose(&from.strands[s], map, pool) {
            Ok(composed) => composed,
            Err(fault) => return Err(fault),
        };
        entry.strands[s] = composed.strand;
        entry.smallest = composed.smallest;
        entry.largest = composed.largest;
        s += 1;
    }
    if from.count > 1 && !pool.counting {
        (entry.smallest, entry.largest) = extremes(entry, pool.phases);
    }
    if !branched {
        entry.short = entry.strands[0];
        entry.shortest = entry.smallest;
        return Ok(());
    }
    match compose(&from.short, map, pool) {
        Ok(composed) => {
            entry.short = composed.strand;
            entry.shortest = composed.smallest;
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

/// A merge: the union of what its inputs see.
const fn merge(
    graph: &Graph<'_>,
    index: usize,
    merge: Merge,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    let lead = leader(node, before, graph.rank);
    let outline = &before[node.inputs[lead]];
    *row = *outline;
    row.set_free();
    match cost::merged_channels(merge, node, before, graph.rank) {
        Ok(channels) => row.set_channels(channels),
        Err(fault) => return Err(fault),
    }
    row.set_identity();
    let strict = matches!(merge, Merge::Concat) || is_single(outline, graph.rank);
    let mut k = 0;
    while k < node.inputs.len() {
        let other = &before[node.inputs[k]];
        if k != lead {
            if let Err(fault) = same_extents(outline, other, graph.rank, k, strict) {
                return Err(fault);
            }
            let broadcast = broadcasts(other, outline, graph.rank);
            if let Err(fault) = join(graph, index, row, other, broadcast, pool) {
                return Err(fault);
            }
        }
        k += 1;
    }
    Ok(())
}

/// The position among the inputs of the one that lends the merge its extents: the first that is not one unit.
const fn leader(node: &Node<'_>, rows: &[Row], rank: usize) -> usize {
    let mut k = 0;
    while k < node.inputs.len() {
        if !is_single(&rows[node.inputs[k]], rank) {
            return k;
        }
        k += 1;
    }
    0
}

/// Equal extents, or one unit that is spread over all (unless `strict`).
const fn same_extents(
    first: &Row,
    other: &Row,
    rank: usize,
    input: usize,
    strict: bool,
) -> Result<(), Fault> {
    if !strict && is_single(other, rank) {
        return Ok(());
    }
    let mut axis = 0;
    while axis < rank {
        let (a, b) = (first.extent(axis), other.extent(axis));
        if a != b && a != UNKNOWN && b != UNKNOWN {
            return Err(Fault::MergeExtent { axis, input, first: a, other: b });
        }
        axis += 1;
    }
    if first.flat() == other.flat() { Ok(()) } else { Err(Fault::Flat) }
}

/// Adds the paths of one more input to a merge.
const fn join(
    graph: &Graph<'_>,
    index: usize,
    row: &mut Row,
    other: &Row,
    broadcast: bool,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    if row.misaligned() == NONE {
        row.set_misaligned(other.misaligned());
    }
    if row.global() == NONE {
        row.set_global(if broadcast && other.global() == NONE { index } else { other.global() });
    }
    let uniform = row.uniform() && other.uniform();
    row.set_uniform(uniform);
    row.set_branched();
    let distinct = if uniform { 1 } else { graph.rank };
    let mut axis = 0;
    while axis < distinct {
        if !broadcast && join_simple(index, row, other, axis) {
            axis += 1;
            continue;
        }
        let (mut entry, from) = (row.axis(axis), other.axis(axis));
        entry.reach = entry.reach.hull(from.reach);
        if broadcast {
            entry.reach = entry.reach.hull(from.field(pool.phases, 0));
        } else {
            if entry.extent == UNKNOWN {
                entry.extent = from.extent;
            }
            if row.misaligned() == NONE && !aligned(&entry, &from, pool) {
                row.set_misaligned(index);
            }
            if let Err(fault) = join_axis(&mut entry, &from, axis, pool) {
                return Err(fault);
            }
        }
        row.set_axis(axis, &entry);
        axis += 1;
    }
    if uniform {
        row.spread_axis(graph.rank);
    }
    Ok(())
}

/// The union in the common case: one strand of the same jump on both sides, without phases or global paths.
const fn join_simple(index: usize, row: &mut Row, other: &Row, axis: usize) -> bool {
    let (Some((a, short)), Some((b, shorter))) = (row.simple(axis), other.simple(axis)) else { return false };
    let plain = row.unreached(axis) && other.unreached(axis) && row.extent(axis) != UNKNOWN;
    if !plain || a.advance != b.advance || a.unit0.is_empty() || b.unit0.is_empty() {
        return false;
    }
    if row.misaligned() == NONE && !a.centre.equals(b.centre) {
        row.set_misaligned(index);
    }
    let union = Strand { unit0: a.unit0.hull(b.unit0), ..a };
    let short = if shorter.unit0.extent() < short.unit0.extent() { shorter } else { short };
    row.set_simple(axis, row.extent(axis), AxisMap::IDENTITY, &union, &short);
    true
}

/// Whether two inputs of a merge share jump and centre. One without local paths has neither.
const fn aligned(a: &AxisRow, b: &AxisRow, pool: &Pool<'_>) -> bool {
    if a.largest == 0 || b.largest == 0 || pool.counting {
        return true;
    }
    let (first, other) = (&a.strands[0], &b.strands[0]);
    a.count == 1 && b.count == 1 && first.same_jump(other) && first.centre.equals(other.centre)
}

/// The union along one axis, strand by strand, and the shorter of the two shortest paths.
const fn join_axis(
    entry: &mut AxisRow,
    from: &AxisRow,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    if from.count == 0 {
        return Ok(());
    }
    shorter(entry, from, pool);
    let mut s = 0;
    while s < from.count {
        if let Err(fault) = join_strand(entry, &from.strands[s], axis, pool) {
            return Err(fault);
        }
        s += 1;
    }
    if entry.count > 1 && !pool.counting {
        (entry.smallest, entry.largest) = extremes(entry, pool.phases);
    }
    Ok(())
}

/// Keeps the shorter of two shortest paths. Before extents are known, a period that suits either.
const fn shorter(entry: &mut AxisRow, from: &AxisRow, pool: &Pool<'_>) {
    if pool.counting && entry.count > 0 {
        let (a, b) = (entry.short.period, from.short.period);
        entry.short.period = a / gcd(a, b) * b;
        entry.short.advance = 0;
        return;
    }
    // By the largest extent over phases: one with dead units is not short where they are filled in again.
    let (a, b) = (phase_extremes(&entry.short, pool), phase_extremes(&from.short, pool));
    if a.1 == 0 || (b.1 > 0 && (b.1 < a.1 || (b.1 == a.1 && b.0 < a.0))) {
        entry.short = from.short;
        entry.shortest = from.shortest;
    }
}

const fn join_strand(
    entry: &mut AxisRow,
    strand: &Strand,
    axis: usize,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let mut s = 0;
    while s < entry.count {
        if entry.strands[s].same_jump(strand) {
            let composed = match union(&entry.strands[s], strand, pool) {
                Ok(composed) => composed,
                Err(fault) => return Err(fault),
            };
            entry.strands[s] = composed.strand;
            entry.smallest = composed.smallest;
            entry.largest = composed.largest;
            return Ok(());
        }
        s += 1;
    }
    if s == STRANDS {
        return Err(Fault::TooManyJumps { axis });
    }
    entry.strands[s] = *strand;
    entry.count = s + 1;
    if s == 0 {
        (entry.smallest, entry.largest) = phase_extremes(strand, pool);
    }
    Ok(())
}

/// Whether a reach has no bounds because the input's extent is not known.
pub(crate) const fn unbounded(reach: Interval) -> bool {
    reach.first <= EVERYTHING.first
}
