//! Sets of units along one axis.

use alloc::vec;
use alloc::vec::Vec;

use super::{Bounds, TraceError, WORD_CAP};
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
    let (node, until) = (layer.index(), target.index());
    if layer.fault().is_some() {
        return Err(TraceError::Fault);
    }
    if until > node {
        return Err(TraceError::Order);
    }
    if axis >= layer.table().graph().rank {
        return Err(TraceError::Unit);
    }
    let scope = Scope { axis, bounded: bounds == Bounds::Real, global: true };
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
