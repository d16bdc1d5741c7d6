//! Sets of units along one axis.

use alloc::vec;
use alloc::vec::Vec;

use super::{Bounds, TraceError, WORD_CAP};
use crate::graph::UNKNOWN;
use crate::theory::support::{Part, Scope, fill, lay_out, windows};
use crate::theory::{Interval, Layer};

/// A set of indices along one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisSet {
    hull: Interval,
    members: Vec<i64>,
}

impl AxisSet {
    pub(super) fn from_sorted(members: Vec<i64>) -> Self {
        let hull = match (members.first(), members.last()) {
            (Some(&first), Some(&last)) => Interval { first, last },
            _ => Interval::EMPTY,
        };
        Self { hull, members }
    }

    /// From the smallest to the largest.
    #[must_use]
    pub fn hull(&self) -> Interval {
        self.hull
    }

    /// The indices, ascending.
    #[must_use]
    pub fn members(&self) -> &[i64] {
        &self.members
    }

    /// Whether no index between its ends is missing.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        self.members.len() as i64 == self.hull.extent()
    }
}

/// The units of `target`, along `axis`, that the units `units` of `layer` depend on.
///
/// With the network's input as target and one unit this is the unit's support; with a block of units, the input
/// window of the block; with an earlier layer, the field there. Paths through global layers count.
///
/// ```
/// use rf_core::graph::{GraphBuf, Op, Window};
/// use rf_core::theory::{Interval, TableBuf};
/// use rf_core::trace::{Bounds, window};
///
/// let dilated = Window::new([3, 1, 1]).dilation([2, 1, 1]);
/// let mut net = GraphBuf::new("Net", 1, &[32]);
/// net.push("conv", Op::Conv { channels: 1, window: dilated, groups: 1, bias: false }, &[0]);
/// let lent = net.lend();
/// let table = TableBuf::new(&lent.graph());
/// let (input, conv) = (table.table().layer(0), table.table().row("conv"));
/// let pixels = window(&conv, Interval { first: 5, last: 5 }, &input, 0, Bounds::Unbounded)?;
/// assert_eq!(pixels.members(), [5, 7, 9]);
/// # Ok::<(), rf_core::trace::TraceError>(())
/// ```
///
/// # Errors
/// [`TraceError`] says which: a faulty layer, a target behind the layer, an extent that is not known, or a set
/// beyond 4 GiB.
pub fn window(
    layer: &Layer<'_>,
    units: Interval,
    target: &Layer<'_>,
    axis: usize,
    bounds: Bounds,
) -> Result<AxisSet, TraceError> {
    if axis >= layer.table().graph().rank {
        return Err(TraceError::Unit);
    }
    let scope = Scope { axis, bounded: bounds == Bounds::Real, global: true };
    traced(layer, units, target, scope)
}

/// Whether every unit reads, through local paths, all pixels from its first to its last along each axis, each taken by
/// itself: [`Layer::is_dense`] without its limits.
///
/// # Errors
/// [`TraceError`] where the layer is at fault, where a set is beyond 4 GiB, where axes are not separable, and where paths of different jumps met over
/// an extent that is not known: no two units are alike there.
pub fn is_dense(layer: &Layer<'_>) -> Result<bool, TraceError> {
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if !layer.is_separable() {
        return Err(TraceError::Inseparable);
    }
    let input = layer.table().layer(0);
    for axis in 0..layer.table().graph().rank {
        let scope = Scope { axis, bounded: false, global: false };
        if layer.period(axis) == UNKNOWN {
            return Err(TraceError::Unknown);
        }
        for unit in 0..layer.period(axis) {
            if !traced(layer, Interval { first: unit, last: unit }, &input, scope)?.is_dense() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn traced(
    layer: &Layer<'_>,
    units: Interval,
    target: &Layer<'_>,
    scope: Scope,
) -> Result<AxisSet, TraceError> {
    let (node, until) = (layer.index(), target.index());
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if until > node {
        return Err(TraceError::Order);
    }
    let mut parts = vec![Part::EMPTY; node + 1];
    windows(layer.table(), node, units, until, scope, &mut parts);
    check(&parts)?;
    let used = lay_out(node, until, &mut parts);
    if used > WORD_CAP {
        return Err(TraceError::TooLarge);
    }
    let mut words = vec![0; used];
    fill(layer.table(), node, until, scope, &parts, &mut words);
    let part = parts[until];
    let members = (part.window.first..=part.window.last).filter(|&unit| part.get(&words, unit)).collect();
    Ok(AxisSet::from_sorted(members))
}

/// Windows without end come from a global layer over an extent that is not known.
pub(super) fn check(parts: &[Part]) -> Result<(), TraceError> {
    const FAR: i64 = 1 << 40;
    let far = |part: &Part| !part.window.is_empty() && (part.window.first < -FAR || part.window.last > FAR);
    if parts.iter().any(far) { Err(TraceError::Unknown) } else { Ok(()) }
}
