//! The closed form in one dimension at a time, as `const fn`: the profiles that `assert erf(..)` uses.
//!
//! Where every output of a layer gives the same sum to its taps, the marginal of the energy on one axis follows
//! from the marginal behind the layer alone. So the energy of one unit is carried back through the graph as one
//! profile per axis and node, over the part of the node that the unit depends on: two sweeps, the first for the
//! extents of these parts, the second for their values. Exact for every graph that has a closed form, except where
//! a layer has units of unequal numbers of taps behind a join (see [`Obstacle::UnevenUnits`]).

use super::gain::NEUTRAL;
use super::obstacle::{NoClosedForm, Obstacle};
use super::plan::{Places, Slot, plan};
use super::sweep::sweep;
use super::{Canvas, sqrt};
use crate::graph::{MAX_RANK, PerAxis};
use crate::theory::{Interval, Layer, Table};

/// Loop turns of one sweep. rustc's `long_running_const_eval` fires beyond one million.
const TURNS: i64 = 800_000;

/// Nodes that one sweep at compile time can hold.
const NODES: usize = 4096;

/// Nodes that most networks stay below.
const FEW_NODES: usize = 256;

/// Entries of all profiles that one sweep at compile time can hold.
const ENTRIES: usize = 1 << 17;

/// Entries that most networks stay below.
const FEW_ENTRIES: usize = 1 << 15;

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
    /// Needs neither an allocator nor run time, so it can stand in a `const`. At run time it takes 0.3 to
    /// 1.5 MiB of stack, by the size of the network: a program is better served by `Closed`.
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

/// In the smallest arrays that hold the network: meant for the compiler, at run time they stand on a thread's stack (a
/// program has `Closed`, on the heap).
const fn compute(net: Table<'_>, node: usize, unit: PerAxis, energy: f64) -> Result<Effective, NoClosedForm> {
    let nodes = net.graph.nodes.len();
    if nodes <= FEW_NODES {
        of_nodes::<FEW_NODES>(net, node, unit, energy)
    } else if nodes <= NODES {
        of_nodes::<NODES>(net, node, unit, energy)
    } else {
        Err(NoClosedForm { node, obstacle: Obstacle::Room })
    }
}

#[inline(never)] // at run time its frame would be its callers' too
const fn of_nodes<const N: usize>(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    energy: f64,
) -> Result<Effective, NoClosedForm> {
    let mut slots = [Slot::EMPTY; N];
    let places = match plan(net, node, unit, Canvas::Unbounded, &mut slots) {
        Ok(places) => places,
        Err(fault) => return Err(fault),
    };
    if places.entries > ENTRIES || places.turns > TURNS {
        Err(NoClosedForm { node, obstacle: Obstacle::Room })
    } else if places.entries <= FEW_ENTRIES {
        of_entries::<FEW_ENTRIES>(net, node, unit, energy, &places, &mut slots)
    } else {
        of_entries::<ENTRIES>(net, node, unit, energy, &places, &mut slots)
    }
}

#[inline(never)]
const fn of_entries<const N: usize>(
    net: Table<'_>,
    node: usize,
    unit: PerAxis,
    energy: f64,
    places: &Places,
    slots: &mut [Slot],
) -> Result<Effective, NoClosedForm> {
    let mut values = [0.0; N];
    match sweep(net, node, places, slots, &mut values) {
        Ok(()) => Ok(measure(net, node, unit, places, &slots[0], &values, energy)),
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
