//! The table of a graph: one pass over the nodes, front to back.

use super::axis::{check, resolve};
use super::carry::{layer_axis, slide_on, starve};
use super::compose::{EVERYTHING, Pool};
use super::cost;
use super::fault::Fault;
use super::interval::Interval;
use super::kind::{Kind, is_single, is_uniform, kind, needs_space};
use super::map::AxisMap;
use super::merge::{are_alike, join, join_reach, merge};
use super::reach::{reach_of_map, reads};
use super::repeat::{Repeats, Shapes};
use super::row::{ALL_AXES, JOINS, KEEPS, NONE, Row, SLIDES};
use super::strand::{AxisRow, Strand};
use crate::graph::{Graph, MAX_RANK, Merge, Op, UNKNOWN};

// rustc's interpreter pays for the size of a function at each call of it, whatever part of it runs: what happens at
// every node is in small functions, what is rare is in others. What networks are made of, layers that repeat earlier
// ones, is in `refill` itself, without a call.

/// Fills `rows`, one per node, and `pool`; whether no layer is at fault.
pub(crate) const fn fill(
    graph: &Graph<'_>,
    repeats: Repeats<'_>,
    rows: &mut [Row],
    pool: &mut Pool<'_>,
) -> bool {
    refill(graph, (0, graph.nodes.len()), true, repeats, rows, pool)
}

/// Fills the rows of nodes `first .. until`, the ones before being filled; `false` where one is at fault, and none
/// behind it is filled then unless `all` are to be.
pub(crate) const fn refill(
    graph: &Graph<'_>,
    (first, until): (usize, usize),
    all: bool,
    repeats: Repeats<'_>,
    rows: &mut [Row],
    pool: &mut Pool<'_>,
) -> bool {
    let Repeats { ops, seen, mut shapes } = repeats;
    let (nodes, known) = (graph.nodes, ops.len());
    // More than there are names of shapes, and far from a multiple of the places.
    let (names, places) = (nodes.len() as i64 + 31, seen.len() as i64);
    let (mut index, mut sound) = (first, true);
    while index < until {
        let mut step = 0;
        if index < known
            && let [input, ..] = nodes[index].inputs
        {
            let from = &rows[*input];
            let [.., shape, _, _, _] = from.fixed;
            let like = ops[index] as i64 * names + shape;
            let place = (like % places) as usize;
            let earlier = &rows[seen[place]];
            let [.., serves, as_it, _] = earlier.fixed;
            if serves == like {
                rows[index] = Row {
                    fixed: earlier.fixed,
                    maps: earlier.maps,
                    paths: from.paths,
                    axes: from.axes,
                    fault: None,
                };
                if as_it == KEEPS {
                    index += 1;
                    continue;
                }
                step = as_it;
            }
            seen[place] = index;
        }
        let filled = match step {
            SLIDES => slide_on(&nodes[index].op, &mut rows[index], graph.rank, pool),
            JOINS if are_alike(nodes[index].inputs, rows) => join_on(graph, index, rows, pool),
            _ => {
                step = 0;
                node(graph, index, &mut shapes, rows, pool)
            }
        };
        if let Err(fault) = filled {
            rows[index] = Row::faulty(fault);
            sound = false;
            if !all {
                break;
            }
        } else if index < known && step == 0 {
            rows[index].serve(ops[index] as i64 * names);
        }
        index += 1;
    }
    sound
}

/// Fills the row of one node from the rows before it.
const fn node(
    graph: &Graph<'_>,
    index: usize,
    shapes: &mut Shapes<'_>,
    rows: &mut [Row],
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    let [input] = *node.inputs else { return joint(graph, index, shapes, rows, pool) };
    if input >= index {
        return Err(Fault::Inputs { found: 1 });
    }
    if rows[input].is_faulty() {
        return Err(Fault::Upstream);
    }
    if matches!(node.op, Op::Input { .. } | Op::Merge(_)) {
        return joint(graph, index, shapes, rows, pool);
    }
    let (mut row, kind, shape) = (rows[input], kind(&node.op), rows[input].shape());
    let step = if let Kind::Pointwise = kind {
        row.set_identity();
        row.set_reads(ALL_AXES);
        if let Err(fault) = cost::layer(&node.op, &rows[input], &mut row, graph.rank) {
            return Err(fault);
        }
        // The one pointwise layer that changes a shape.
        if let Op::Narrow { .. } = node.op {
            shapes.name(&mut row, index, rows);
        }
        KEEPS
    } else {
        if let Err(fault) = spatial(graph, index, kind, rows, &mut row, pool) {
            return Err(fault);
        }
        shapes.name(&mut row, index, rows);
        row.set_reads(reads(&node.op, &rows[input], &row, graph.rank));
        step(kind, &rows[input], &row, graph.rank)
    };
    row.set_step(shape, step);
    rows[index] = row;
    Ok(())
}

/// How a layer carries fields on, where it says the same of every layer like it: of a window.
const fn step(kind: Kind, input: &Row, row: &Row, rank: usize) -> i64 {
    let distinct = if row.uniform() { 1 } else { rank };
    let (mut step, mut axis) = (KEEPS, 0);
    while axis < distinct {
        match row.map(axis) {
            // Where units fall away at the end alone, what several jumps come to is another matter.
            AxisMap::Window { kernel: 1, stride: 1, before: 0, .. } => {
                if row.extent(axis) != input.extent(axis) {
                    return 0;
                }
            }
            AxisMap::Window { .. } => step = SLIDES,
            _ => return 0,
        }
        axis += 1;
    }
    if let Kind::Local = kind { step } else { 0 }
}

/// Adds all inputs but the first to a merge that repeats an earlier one; the first one's paths stand in its row already.
const fn join_on(
    graph: &Graph<'_>,
    index: usize,
    rows: &mut [Row],
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let inputs = graph.nodes[index].inputs;
    let (mut row, mut k) = (rows[index], 1);
    while k < inputs.len() {
        if let Err(fault) = join(graph, index, &mut row, &rows[inputs[k]], pool) {
            return Err(fault);
        }
        k += 1;
    }
    rows[index] = row;
    Ok(())
}

/// The input, or a merge.
const fn joint(
    graph: &Graph<'_>,
    index: usize,
    shapes: &mut Shapes<'_>,
    rows: &mut [Row],
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let node = &graph.nodes[index];
    let arity = node.inputs.len();
    let mut k = 0;
    while k < arity {
        if node.inputs[k] >= index {
            return Err(Fault::Inputs { found: arity });
        }
        if rows[node.inputs[k]].is_faulty() {
            return Err(Fault::Upstream);
        }
        k += 1;
    }
    let mut row = Row::EMPTY;
    // A merge of equal shapes keeps their name.
    let result = match node.op {
        Op::Input { channels, extents } => input(channels, &extents, graph.rank, &mut row),
        Op::Merge(kind) if arity > 0 => merge(graph, index, kind, rows, &mut row, pool),
        _ => Err(Fault::Inputs { found: arity }),
    };
    if let Err(fault) = result {
        return Err(fault);
    }
    if row.is_faulty() {
        shapes.name(&mut row, index, rows);
    }
    match node.op {
        Op::Merge(Merge::Concat) | Op::Input { .. } => row.set_step(-1, 0),
        _ if are_alike(node.inputs, rows) => row.set_step(rows[node.inputs[0]].shape(), JOINS),
        _ => row.set_step(-1, 0),
    }
    rows[index] = row;
    Ok(())
}

/// The network's input: unit `u` is pixel `u`.
const fn input(channels: i64, extents: &[i64; MAX_RANK], rank: usize, row: &mut Row) -> Result<(), Fault> {
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
    row.set_image();
    row.set_uniform((rank < 2 || extents[0] == extents[1]) && (rank < 3 || extents[0] == extents[2]));
    Ok(())
}

/// A layer that looks at other units than its own.
const fn spatial(
    graph: &Graph<'_>,
    index: usize,
    kind: Kind,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let (node, rank) = (&graph.nodes[index], graph.rank);
    let (op, input) = (&node.op, &before[node.inputs[0]]);
    if input.flat() && needs_space(op) {
        return Err(Fault::Flat);
    }
    if matches!(op, Op::Linear { .. } | Op::Flatten) {
        row.set_flat();
    }
    // All of one unit is that unit: there a global layer is pointwise, unless it gives other units than that.
    let opaque = matches!(op, Op::Opaque { .. });
    let single = !matches!(kind, Kind::Local) && !opaque && is_single(input, rank);
    let kind = if single { Kind::Pointwise } else { kind };
    if opaque {
        row.unflatten();
    }
    // Where all axes are alike the first one stands for all.
    let uniform = input.uniform() && is_uniform(op, rank);
    row.set_uniform(uniform);
    let distinct = if uniform { 1 } else { rank };
    let (mut axis, mut starved) = (0, false);
    while axis < distinct {
        let resolved = match resolve(op, axis, input.extent(axis)) {
            Ok(resolved) => resolved,
            Err(fault) => return Err(fault),
        };
        match layer_axis(op, kind, axis, resolved, row, pool) {
            Ok(ends) => starved = starved || ends,
            Err(fault) => return Err(fault),
        }
        axis += 1;
    }
    if matches!(kind, Kind::Gate | Kind::Global)
        && let Err(fault) = set_reach(graph, index, before, row, pool)
    {
        return Err(fault);
    }
    if uniform {
        row.spread_axis(rank);
    }
    if starved {
        starve(row, rank, pool);
    }
    if let Kind::Global = kind {
        // No local path is left that could be misaligned.
        row.set_misaligned(NONE);
    }
    if row.global() == NONE && matches!(kind, Kind::Gate | Kind::Global) {
        row.set_global(index);
    }
    cost::layer(op, input, row, rank)
}

/// What the units of a layer that reads all of its input see of the image.
const fn set_reach(
    graph: &Graph<'_>,
    index: usize,
    before: &[Row],
    row: &mut Row,
    pool: &mut Pool<'_>,
) -> Result<(), Fault> {
    let distinct = if row.uniform() { 1 } else { graph.rank };
    let mut axis = 0;
    while axis < distinct {
        let reach = match reach_of_map(graph, before, graph.nodes[index].inputs[0], axis, pool) {
            Ok(reach) => reach,
            Err(fault) => return Err(fault),
        };
        let mut own = row.axis(axis);
        // A gate's unit is also the unit itself. Beyond a border it may see what the whole map does not.
        let more = !reach.contains(own.reach) || (pool.counting && own.reach_period > 1);
        if more && matches!(kind(&graph.nodes[index].op), Kind::Gate) {
            if let Err(fault) = join_reach(&mut own, &AxisRow { reach, ..AxisRow::NEUTRAL }, pool) {
                return Err(fault);
            }
            row.set_axis(axis, &own);
        } else {
            row.set_reach(axis, reach);
        }
        axis += 1;
    }
    Ok(())
}

/// Whether a reach has no bounds because the input's extent is not known.
pub(crate) const fn unbounded(reach: Interval) -> bool {
    reach.first <= EVERYTHING.first
}
