//! Room for the rare cases of an evaluation, lent by whoever evaluates. It does not outlive it.

use super::interval::Interval;
use super::row::Cells;
use super::support::Part;

/// What a graph with none of the rare cases never touches.
pub(crate) struct Scratch<'a> {
    /// An entry per node: what a map needs of every earlier one.
    pub(crate) parts: &'a mut [Part],
    /// The sets themselves.
    pub(crate) bits: &'a mut [u64],
    /// Paths that may turn out to be the shortest, beside the one in the row.
    pub(crate) paths: &'a mut [Cells],
    pub(crate) paths_used: usize,
    /// Their phases.
    pub(crate) phases: &'a mut [Interval],
    pub(crate) phases_used: usize,
    /// Per axis, a node whose map is known to see the whole image.
    pub(crate) known: [usize; 3],
    /// Whether something found no room; more of it would help.
    pub(crate) lacking: bool,
}

impl<'a> Scratch<'a> {
    pub(crate) const fn new(
        parts: &'a mut [Part],
        bits: &'a mut [u64],
        paths: &'a mut [Cells],
        phases: &'a mut [Interval],
    ) -> Self {
        Self { parts, bits, paths, paths_used: 0, phases, phases_used: 0, known: [0; 3], lacking: false }
    }

    /// No room at all: for a pass that only counts.
    pub(crate) const fn none() -> Self {
        Self::new(&mut [], &mut [], &mut [], &mut [])
    }
}

/// Room in const context: sets of 260,000 units over all layers, 64 paths.
pub(crate) const BITS: usize = 4096;
pub(crate) const PATHS: usize = 64;
pub(crate) const PATH_PHASES: usize = 1024;
