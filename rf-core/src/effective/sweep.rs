//! The second sweep: the energy of one unit carried back through the graph, as one profile per axis and node.

use super::gain::{Mixing, Share, Step, column, even_columns, keeps_even, step, taps};
use super::lines::{Line, is_identity, scatter, slide, slides};
use super::obstacle::{NoClosedForm, Obstacle};
use super::plan::{Places, Slot};
use crate::graph::{MAX_RANK, Merge, Op};
use crate::theory::{AxisMap, Row, Table, broadcasts};

/// The second sweep: the values of all profiles, those of the network's input last.
pub(crate) const fn sweep(
    net: Table<'_>,
    node: usize,
    places: &Places,
    slots: &mut [Slot],
    values: &mut [f64],
) -> Result<(), NoClosedForm> {
    slots[node].mass = 1.0;
    let mut axis = 0;
    while axis < net.graph.rank {
        values[slots[node].offset[axis]] = 1.0;
        axis += 1;
    }
    // Nodes before the current one that hold energy: where there is none, every path passes here.
    let mut pending = 0;
    let mut index = node + 1;
    while index > 1 {
        index -= 1;
        if slots[index].mass == 0.0 {
            continue;
        }
        if index < node {
            pending -= 1;
        }
        if pending == 0 && (slots[index].mass > 1e100 || slots[index].mass < 1e-100) {
            // A common factor says nothing of the shape.
            slots[index].scale /= slots[index].mass;
            slots[index].mass = 1.0;
        }
        match pass_back(net, index, places, slots, values, pending == 0) {
            Ok(touched) => pending += touched,
            Err(obstacle) => return Err(NoClosedForm { node: index, obstacle }),
        }
    }
    Ok(())
}

/// Carries one node's energy to its inputs; returns how many of them had none before.
const fn pass_back(
    net: Table<'_>,
    index: usize,
    places: &Places,
    slots: &mut [Slot],
    values: &mut [f64],
    alone: bool,
) -> Result<usize, Obstacle> {
    let node = &net.graph.nodes[index];
    let mut touched = 0;
    let mut k = 0;
    while k < node.inputs.len() {
        let input = node.inputs[k];
        let step = match edge(net, index, k, alone, slots[index].even) {
            Ok(step) => step,
            Err(obstacle) => return Err(obstacle),
        };
        let untouched = slots[input].mass == 0.0;
        if untouched {
            slots[input].even = true;
            slots[input].product = slots[index].product;
        } else {
            slots[input].product = false;
        }
        slots[input].even = slots[input].even && keeps_even(step.mixing, slots[index].even);
        if untouched && k + 1 == node.inputs.len() && hand_over(net, index, input, step.gain, places, slots) {
            touched += 1;
            break;
        }
        if let Err(obstacle) = spread(net, index, input, step, places, slots, values) {
            return Err(obstacle);
        }
        if untouched && slots[input].mass > 0.0 {
            touched += 1;
        }
        k += 1;
    }
    Ok(touched)
}

/// What the edge from node `index` to its input `k` does. `alone`: every path passes the node; `even`: all its
/// channels carry the same energy.
pub(crate) const fn edge(
    net: Table<'_>,
    index: usize,
    k: usize,
    alone: bool,
    even: bool,
) -> Result<Step, Obstacle> {
    let node = &net.graph.nodes[index];
    let input = &net.rows[node.inputs[k]];
    if let Op::Merge(merge) = node.op
        && let Err(obstacle) = mergeable(merge, even, &net.rows[index], input, net.graph.rank)
    {
        return Err(obstacle);
    }
    let mut step = match step(&node.op, input, net.graph.init, net.graph.rank) {
        Ok(step) => step,
        Err(obstacle) => return Err(obstacle),
    };
    if let Some(obstacle) = step.unknown
        && !alone
    {
        return Err(obstacle);
    }
    if matches!(step.mixing, Mixing::Needs) && !even {
        return Err(Obstacle::UnevenChannels);
    }
    if matches!(node.op, Op::Merge(Merge::Add)) {
        step.gain = repeats(node.inputs, node.inputs[k]);
    }
    Ok(step)
}

/// How often a node stands among the inputs of a sum: its gradient is that multiple, coherently.
const fn repeats(inputs: &[usize], input: usize) -> f64 {
    let mut count = 0.0;
    let mut k = 0;
    while k < inputs.len() {
        if inputs[k] == input {
            count += 1.0;
        }
        k += 1;
    }
    count
}

const fn mergeable(merge: Merge, even: bool, row: &Row, input: &Row, rank: usize) -> Result<(), Obstacle> {
    match merge {
        Merge::Mul => return Err(Obstacle::Product),
        Merge::Max => return Err(Obstacle::Largest),
        Merge::Concat if !even => return Err(Obstacle::UnevenChannels),
        Merge::Add if row.channels() != input.channels() => return Err(Obstacle::Broadcast),
        Merge::Add | Merge::Concat => {}
    }
    if broadcasts(input, row, rank) { Err(Obstacle::Broadcast) } else { Ok(()) }
}

/// Gives a node's profiles, no longer needed there, to an input that has none, where the layer is pointwise.
const fn hand_over(
    net: Table<'_>,
    index: usize,
    input: usize,
    gain: f64,
    places: &Places,
    slots: &mut [Slot],
) -> bool {
    let mut axis = 0;
    while axis < net.graph.rank {
        let (from, to) = (slots[index].units[axis], slots[input].units[axis]);
        let differs = from.first != to.first || from.last != to.last;
        if places.like[axis] == axis && (differs || !is_identity(net.rows[index].map(axis))) {
            return false;
        }
        axis += 1;
    }
    slots[input].offset = slots[index].offset;
    slots[input].scale = slots[index].scale * gain;
    slots[input].mass = slots[index].mass * gain;
    true
}

/// Adds a node's profiles, spread over the taps of its layer, to those of `input`.
const fn spread(
    net: Table<'_>,
    index: usize,
    input: usize,
    step: Step,
    places: &Places,
    slots: &mut [Slot],
    values: &mut [f64],
) -> Result<(), Obstacle> {
    let rank = net.graph.rank;
    let (from, to) = (slots[index], slots[input]);
    // What a unit of energy becomes on each axis: its product over the *other* axes is each profile's factor.
    let mut sums = [1.0; MAX_RANK];
    let mut axis = 0;
    while axis < rank {
        if places.like[axis] != axis {
            sums[axis] = sums[places.like[axis]];
            axis += 1;
            continue;
        }
        let (map, extent) = (net.rows[index].map(axis), net.rows[input].extent(axis));
        sums[axis] = if is_identity(map) {
            1.0
        } else if even_columns(map, step.share) {
            column(map, step.share, from.units[axis].first, taps(map, from.units[axis].first, extent))
        } else if from.product || rank == 1 {
            weighted_columns(map, step.share, extent, &from, axis, values)
        } else {
            return Err(Obstacle::UnevenUnits);
        };
        axis += 1;
    }
    let mass = from.mass * step.gain * sums[0] * sums[1] * sums[2];
    if mass == 0.0 {
        return Ok(());
    }
    slots[input].mass += mass;
    let mut axis = 0;
    while axis < rank {
        if places.like[axis] == axis {
            let others = sums[(axis + 1) % MAX_RANK] * sums[(axis + 2) % MAX_RANK];
            let factor = from.scale * step.gain * others / to.scale;
            let (map, extent) = (net.rows[index].map(axis), net.rows[input].extent(axis));
            let line = Line {
                from: from.offset[axis],
                to: to.offset[axis],
                units: from.units[axis],
                origin: to.units[axis].first,
                width: to.width(axis),
            };
            if slides(map) {
                slide(map, step.share, factor, line, values);
            } else {
                scatter(map, step.share, factor, extent, line, values);
            }
        }
        axis += 1;
    }
    Ok(())
}

/// What the profile of one axis, as a whole, gives to the taps of its units.
const fn weighted_columns(
    map: AxisMap,
    share: Share,
    extent: i64,
    from: &Slot,
    axis: usize,
    values: &[f64],
) -> f64 {
    let mut sum = 0.0;
    let mut i = from.units[axis].first;
    while i <= from.units[axis].last {
        let value = values[from.offset[axis] + (i - from.units[axis].first) as usize];
        sum += value * column(map, share, i, taps(map, i, extent));
        i += 1;
    }
    sum * from.scale / from.mass
}
