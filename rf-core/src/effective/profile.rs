//! The closed form in one dimension at a time, as `const fn`: the profiles that `assert erf(..)` uses.
//!
//! Where every output of a layer gives the same sum to its taps, the marginal of the energy on one axis follows
//! from the marginal behind the layer alone. So the energy of one unit is carried back through the graph as one
//! profile per axis and node, over the part of the node that the unit depends on: two sweeps, the first for the
//! extents of these parts, the second for their values. Exact for every graph that has a closed form, except where
//! a layer has units of unequal numbers of taps behind a join (see [`Obstacle::UnevenUnits`]).

use super::gain::{
    Mixing, NEUTRAL, Share, Step, column, even_columns, keeps_even, same_map, step, taps, weight,
};
use super::obstacle::{NoClosedForm, Obstacle};
use super::{Canvas, sqrt};
use crate::graph::{MAX_RANK, Merge, Op, PerAxis, UNKNOWN};
use crate::theory::{AxisMap, Interval, Layer, Row, Table, broadcasts};

/// Loop turns of one sweep. rustc's `long_running_const_eval` fires beyond one million.
const TURNS: i64 = 800_000;

/// Nodes that one sweep at compile time can hold.
const NODES: usize = 4096;

/// Entries of all profiles that one sweep at compile time can hold.
const ENTRIES: usize = 1 << 17;

/// The share of two standard deviations of a Gaussian: what `erf(l)` means by itself.
pub const TWO_SIGMA: f64 = 0.9545;

/// The effective field of one unit, by closed form and on an unbounded canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effective {
    /// The unit, in units of its layer.
    pub unit: PerAxis,
    /// Twice the centre of its theoretical field, in input pixels.
    pub centre_twice: PerAxis,
    /// Per axis, the extent in input pixels of the centred interval that holds the share asked for.
    pub extent: PerAxis,
    /// Per axis, the standard deviation about the centre, in input pixels.
    pub sigma: [f64; MAX_RANK],
    /// Per axis, the extent of the theoretical field in input pixels.
    pub theoretical: PerAxis,
}

impl Layer<'_> {
    /// The closed-form effective field of the unit nearest the layer's centre, for the share `energy` of the
    /// energy ([`TWO_SIGMA`] is what `erf(l)` means by itself).
    ///
    /// Needs neither an allocator nor run time, so it can stand in a `const`. It takes 1.4 MiB of stack: a program
    /// is better served by `Closed`.
    pub const fn effective(&self, energy: f64) -> Result<Effective, NoClosedForm> {
        self.effective_at(centre_of(self), energy)
    }

    /// The closed-form effective field of any unit.
    pub const fn effective_at(&self, unit: PerAxis, energy: f64) -> Result<Effective, NoClosedForm> {
        compute(*self.table(), self.index(), unit, energy)
    }
}

/// The unit nearest the layer's centre, unit 0 where the extent is not known.
pub(crate) const fn centre_of(layer: &Layer<'_>) -> PerAxis {
    let mut unit = NEUTRAL;
    let mut axis = 0;
    while axis < layer.rank() {
        unit[axis] = match layer.central_unit(axis) {
            Some(unit) => unit,
            None => 0,
        };
        axis += 1;
    }
    unit
}

#[expect(clippy::large_stack_arrays, reason = "meant for the compiler; a program has `Closed`, on the heap")]
const fn compute(net: Table<'_>, node: usize, unit: PerAxis, energy: f64) -> Result<Effective, NoClosedForm> {
    if net.graph.nodes.len() > NODES {
        return Err(NoClosedForm { node, obstacle: Obstacle::Room });
    }
    let mut slots = [Slot::EMPTY; NODES];
    let mut values = [0.0; ENTRIES];
    let places = match plan(net, node, unit, Canvas::Unbounded, &mut slots) {
        Ok(places) => places,
        Err(fault) => return Err(fault),
    };
    if places.entries > ENTRIES || places.turns > TURNS {
        return Err(NoClosedForm { node, obstacle: Obstacle::Room });
    }
    match sweep(net, node, &places, &mut slots, &mut values) {
        Ok(()) => Ok(measure(net, node, unit, &places, &slots[0], &values, energy)),
        Err(fault) => Err(fault),
    }
}

/// The same on the heap, without bounds on layers and lengths.
#[cfg(feature = "effective")]
pub(crate) fn compute_on_heap(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    energy: f64,
) -> Result<Effective, NoClosedForm> {
    let mut slots = alloc::vec![Slot::EMPTY; net.len()];
    let places = plan(net, node, unit, Canvas::Unbounded, &mut slots)?;
    let mut values = alloc::vec![0.0; places.entries];
    sweep(net, node, &places, &mut slots, &mut values)?;
    Ok(measure(net, node, unit, &places, &slots[0], &values, energy))
}

/// What the sweeps keep of one node.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// The units that the unit in question depends on; empty where there are none.
    pub(crate) units: [Interval; MAX_RANK],
    /// Where the profiles of these units stand among the values.
    pub(crate) offset: [usize; MAX_RANK],
    /// The energy of all units: the sum of each profile, `scale` included.
    mass: f64,
    /// A factor of all profiles, so that a pointwise layer costs nothing.
    scale: f64,
    /// Whether the energy is the product of its profiles: only one path led here.
    product: bool,
    /// Whether all channels carry the same energy.
    even: bool,
}

impl Slot {
    pub(crate) const EMPTY: Self = Self {
        units: [Interval::EMPTY; MAX_RANK],
        offset: [0; MAX_RANK],
        mass: 0.0,
        scale: 1.0,
        product: true,
        even: true,
    };

    const fn width(&self, axis: usize) -> usize {
        self.units[axis].extent() as usize
    }
}

/// The room that a sweep takes, and the axes that need one of their own.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    /// Entries of all profiles.
    pub(crate) entries: usize,
    /// Loop turns of the second sweep.
    turns: i64,
    /// Per axis the first axis along which all layers are the same: they share their profiles.
    pub(crate) like: [usize; MAX_RANK],
}

/// The first sweep: which units of each node the unit depends on, and where their profiles go.
pub(crate) const fn plan(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    canvas: Canvas,
    slots: &mut [Slot],
) -> Result<Places, NoClosedForm> {
    let rank = net.graph.rank;
    if net.rows[node].fault.is_some() {
        return Err(NoClosedForm { node, obstacle: Obstacle::Fault });
    }
    let mut places = Places { entries: 0, turns: 0, like: like(net, node, unit) };
    let mut axis = 0;
    while axis < rank {
        slots[node].units[axis] = Interval { first: unit[axis], last: unit[axis] };
        axis += 1;
    }
    let mut index = node + 1;
    while index > 0 {
        index -= 1;
        if slots[index].units[0].is_empty() {
            continue;
        }
        let mut axis = 0;
        while axis < rank {
            if places.like[axis] == axis {
                slots[index].offset[axis] = places.entries;
                places.entries += slots[index].width(axis);
            } else {
                slots[index].offset[axis] = slots[index].offset[places.like[axis]];
            }
            axis += 1;
        }
        if let Err(obstacle) = reach_back(net, index, canvas, slots, &mut places) {
            return Err(NoClosedForm { node: index, obstacle });
        }
    }
    if slots[0].units[0].is_empty() {
        return Err(NoClosedForm { node, obstacle: Obstacle::Dead });
    }
    Ok(places)
}

/// Per axis the first axis with the same unit and the same layers.
const fn like(net: Table<'_>, node: usize, unit: PerAxis) -> [usize; MAX_RANK] {
    let mut like = [0, 1, 2];
    let mut axis = 1;
    while axis < net.graph.rank {
        let mut index = 0;
        let mut same = unit[axis] == unit[0];
        while same && index <= node {
            let row = &net.rows[index];
            same = row.extent(axis) == row.extent(0) && same_map(row.map(axis), row.map(0));
            index += 1;
        }
        if same {
            like[axis] = 0;
        }
        axis += 1;
    }
    like
}

/// Adds what the units of one node read to its inputs' slots.
const fn reach_back(
    net: Table<'_>,
    index: usize,
    canvas: Canvas,
    slots: &mut [Slot],
    places: &mut Places,
) -> Result<(), Obstacle> {
    let inputs = net.graph.nodes[index].inputs;
    let mut k = 0;
    while k < inputs.len() {
        let mut hulls = [Interval::EMPTY; MAX_RANK];
        let mut alive = true;
        let mut axis = 0;
        while axis < net.graph.rank {
            if places.like[axis] != axis {
                hulls[axis] = hulls[places.like[axis]];
                axis += 1;
                continue;
            }
            let units = slots[index].units[axis];
            let map = net.rows[index].map(axis);
            let extent = net.rows[inputs[k]].extent(axis);
            if matches!(map, AxisMap::All) && extent == UNKNOWN {
                return Err(Obstacle::Extent);
            }
            let (mut hull, count) = hull(map, units, extent);
            if matches!(canvas, Canvas::Input) && extent != UNKNOWN {
                hull = hull.intersection(Interval { first: 0, last: extent - 1 });
            }
            hulls[axis] = hull;
            alive = alive && !hull.is_empty();
            let turns = if slides(map) { 2 } else { count + 1 };
            places.turns += turns * units.extent();
            axis += 1;
        }
        while alive && axis > 0 {
            axis -= 1;
            slots[inputs[k]].units[axis] = slots[inputs[k]].units[axis].hull(hulls[axis]);
        }
        k += 1;
    }
    Ok(())
}

/// The hull of what an interval of outputs reads, and the largest number of taps met on the way.
pub(crate) const fn hull(map: AxisMap, units: Interval, extent: i64) -> (Interval, i64) {
    if is_identity(map) {
        return (units, 1);
    }
    // The taps move on with every whole step, so both ends are reached within a step of the ends.
    let (step, _) = map.steps();
    let (mut hull, mut count) = (Interval::EMPTY, 0);
    let mut i = units.first;
    while i <= units.last {
        if i - units.first >= step && units.last - i >= step {
            i = units.last - step + 1;
        }
        let taps = taps(map, i, extent);
        if taps.count > 0 {
            hull = hull.hull(Interval { first: taps.first, last: taps.last() });
            if taps.count > count {
                count = taps.count;
            }
        }
        i += 1;
    }
    (hull, count)
}

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

/// Where a profile and the one that it is spread to stand among the values.
#[derive(Clone, Copy)]
struct Line {
    from: usize,
    to: usize,
    units: Interval,
    origin: i64,
    width: usize,
}

/// Each output's value to each of its taps.
const fn scatter(map: AxisMap, share: Share, factor: f64, extent: i64, line: Line, values: &mut [f64]) {
    if let AxisMap::Window { kernel, stride, dilation, .. } = map {
        // The same in fewer steps, for the compiler's sake.
        let first = map.taps(line.units.first);
        let factor = factor * weight(map, share, 0, 0, first);
        let mut place = line.to + (first.first - line.origin) as usize;
        let (mut from, end) = (line.from, line.from + line.units.extent() as usize);
        let (stride, dilation, span) = (stride as usize, dilation as usize, (kernel * dilation) as usize);
        while from < end {
            let value = factor * values[from];
            let (mut tap, last) = (place, place + span);
            while tap < last {
                values[tap] += value;
                tap += dilation;
            }
            place += stride;
            from += 1;
        }
        return;
    }
    let mut i = line.units.first;
    while i <= line.units.last {
        let value = factor * values[line.from + (i - line.units.first) as usize];
        let taps = taps(map, i, extent);
        let mut t = 0;
        while t < taps.count {
            let place = line.to + (taps.first + t * taps.step - line.origin) as usize;
            values[place] += value * weight(map, share, i, t, taps);
            t += 1;
        }
        i += 1;
    }
}

const fn is_identity(map: AxisMap) -> bool {
    matches!(map, AxisMap::Window { kernel: 1, stride: 1, before: 0, .. })
}

/// Whether running sums are the shorter way: wide windows that move by single units.
const fn slides(map: AxisMap) -> bool {
    matches!(map, AxisMap::Window { kernel, stride: 1, .. } if kernel > 8)
}

/// The same as [`scatter`] for a window of stride 1, by differences of running sums. These never fall, so no
/// difference is negative. The profile of the outputs is used up.
const fn slide(map: AxisMap, share: Share, factor: f64, line: Line, values: &mut [f64]) {
    let AxisMap::Window { kernel, dilation, before, .. } = map else { return };
    let factor = factor * weight(map, share, 0, 0, map.taps(0));
    let width = line.units.extent();
    let mut i = dilation;
    while i < width {
        values[line.from + i as usize] += values[line.from + (i - dilation) as usize];
        i += 1;
    }
    let mut place = 0;
    while place < line.width {
        // The outputs that read this input: `newest`, and every `dilation` down to one past `oldest`.
        let newest = line.origin + place as i64 + before - line.units.first;
        let oldest = newest - kernel * dilation;
        let over = newest - (width - 1);
        let newest = if over > 0 { newest - (over + dilation - 1) / dilation * dilation } else { newest };
        if newest > oldest && newest >= 0 {
            let below = if oldest >= 0 { values[line.from + oldest as usize] } else { 0.0 };
            values[line.to + place] += factor * (values[line.from + newest as usize] - below);
        }
        place += 1;
    }
}

/// The figures of the input's profiles.
const fn measure(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    places: &Places,
    pixels: &Slot,
    values: &[f64],
    energy: f64,
) -> Effective {
    let mut found = Effective {
        unit,
        centre_twice: NEUTRAL,
        extent: [1; MAX_RANK],
        sigma: [0.0; MAX_RANK],
        theoretical: [1; MAX_RANK],
    };
    let mut axis = 0;
    while axis < net.graph.rank {
        let field = theoretical(net, node, unit, axis, pixels);
        let (_, tail) = values.split_at(pixels.offset[places.like[axis]]);
        let (profile, _) = tail.split_at(pixels.width(axis));
        let first = pixels.units[axis].first;
        found.centre_twice[axis] = field.centre_twice();
        found.theoretical[axis] = field.extent();
        found.extent[axis] = centred_extent(profile, first, field.centre_twice(), energy);
        found.sigma[axis] = sqrt(centred_variance(profile, first, field.centre_twice()));
        axis += 1;
    }
    found
}

/// The theoretical field of a unit: local where there is one, else what the sweep reached.
pub(crate) const fn theoretical(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    axis: usize,
    pixels: &Slot,
) -> Interval {
    let local = net.rows[node].axis(axis).field(net.phases, unit[axis]);
    if local.is_empty() { pixels.units[axis] } else { local }
}

/// The extent of the smallest interval of whole pixels, centred on half `centre_twice`, that holds at least the
/// share `energy` of a profile whose first pixel is `first`. Odd for a centre on a pixel, even between two.
///
/// A share that the profile never reaches, such as one above 1, gives the interval that holds all of it.
#[must_use]
pub const fn centred_extent(profile: &[f64], first: i64, centre_twice: i64, energy: f64) -> i64 {
    let (mut total, mut place) = (0.0, 0);
    while place < profile.len() {
        total += profile[place];
        place += 1;
    }
    // Sums of many small numbers may miss a share that is meant exactly by their rounding.
    let wanted = energy * total * (1.0 - 1e-12);
    let last = first + profile.len() as i64 - 1;
    let mut lower = centre_twice.div_euclid(2);
    let mut upper = centre_twice - lower;
    let mut held = entry(profile, lower - first);
    if upper > lower {
        held += entry(profile, upper - first);
    }
    while held < wanted && (lower > first || upper < last) {
        lower -= 1;
        upper += 1;
        held += entry(profile, lower - first) + entry(profile, upper - first);
    }
    upper - lower + 1
}

const fn entry(profile: &[f64], place: i64) -> f64 {
    if place >= 0 && (place as usize) < profile.len() { profile[place as usize] } else { 0.0 }
}

/// The mean square distance of a profile's pixels from half `centre_twice`, in square pixels.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "positions are far below 2^53")]
pub const fn centred_variance(profile: &[f64], first: i64, centre_twice: i64) -> f64 {
    let (mut total, mut square, mut place) = (0.0, 0.0, 0);
    while place < profile.len() {
        let distance = (2 * (first + place as i64) - centre_twice) as f64 / 2.0;
        total += profile[place];
        square += profile[place] * distance * distance;
        place += 1;
    }
    if total > 0.0 { square / total } else { 0.0 }
}

#[cfg(all(test, feature = "effective"))]
#[path = "profile_tests.rs"]
mod tests;
