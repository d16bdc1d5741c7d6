//! The first sweep: which units of each node a unit depends on, and where their profiles go.

use super::Canvas;
use super::gain::{same_map, taps};
use super::lines::{is_identity, slides};
use super::obstacle::{NoClosedForm, Obstacle};
use crate::graph::{MAX_RANK, PerAxis, UNKNOWN};
use crate::theory::{AxisMap, Interval, Table};

/// What the sweeps keep of one node.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// The units that the unit in question depends on; empty where there are none.
    pub(crate) units: [Interval; MAX_RANK],
    /// Where the profiles of these units stand among the values.
    pub(crate) offset: [usize; MAX_RANK],
    /// The energy of all units: the sum of each profile, `scale` included.
    pub(crate) mass: f64,
    /// A factor of all profiles, so that a pointwise layer costs nothing.
    pub(crate) scale: f64,
    /// Whether the energy is the product of its profiles: only one path led here.
    pub(crate) product: bool,
    /// Whether all channels carry the same energy.
    pub(crate) even: bool,
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

    pub(crate) const fn width(&self, axis: usize) -> usize {
        self.units[axis].extent() as usize
    }
}

/// The room that a sweep takes, and the axes that need one of their own.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    /// Entries of all profiles.
    pub(crate) entries: usize,
    /// Loop turns of the second sweep.
    pub(crate) turns: i64,
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
