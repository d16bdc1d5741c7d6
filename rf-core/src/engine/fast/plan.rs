//! A convolution between two regions, planned once for all samples: which rows of values make which outputs.
use std::vec::Vec;

use super::kernel::{Run, pieces};
use super::lattice::{Gather, Lattice, runs};
use crate::engine::Region;
use crate::graph::MAX_RANK;
use crate::theory::AxisMap;

/// Channels of a convolution, in the direction of the data: all of its source and of its result, and those of one
/// group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels {
    pub source: usize,
    pub out: usize,
    pub from: usize,
    pub to: usize,
}

/// How a window reads one region and writes another.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The box of the source that is read. A source that does not hold it is copied onto it first.
    pub reads: Region,
    /// Outputs that read their inputs alike, taken together.
    pub patterns: Vec<Pattern>,
    /// Whether some outputs read nothing.
    pub gaps: bool,
    /// Where a three-by-three window of neighbours that moves by one starts, counted from the source's first unit.
    pub three_by_three: Option<[i64; 2]>,
}

/// Outputs that read their inputs alike.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Index in the kernel, and units from the first that is read.
    pub taps: Vec<(usize, usize)>,
    /// Per output, its first value in the source and in the result.
    pub rows: Vec<(u32, u32)>,
    /// The values of a row, piece by piece.
    pub pieces: Vec<Vec<Run>>,
    /// Two outputs at a time, where one does not fill a vector.
    pub fold: Option<Fold>,
}

/// Pairs of outputs, neighbours along the first axis: they share most of what they read, and their channels stand
/// side by side in one vector.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    /// Units from the first that is read; index in the kernel for the first output and for the second.
    pub taps: Vec<(usize, [Option<usize>; 2])>,
    /// Per pair, its first value in the source and in the result.
    pub rows: Vec<(u32, u32)>,
    /// Pairs of which only the second output is left to do.
    pub odd: Vec<(u32, u32)>,
    pub pieces: Vec<Vec<Run>>,
    /// Values from the first output to the second.
    pub apart: usize,
}

impl Plan {
    pub(super) fn new(maps: &[AxisMap; MAX_RANK], source: Region, out: Region, channels: Channels) -> Self {
        let gather = Gather::new(maps, out);
        let held = source.hull(&gather.reads) == source;
        let region = if held { source } else { gather.reads };
        let alone = gather.lattices.len() == 1;
        let three_by_three =
            gather.is_three_by_three().then(|| core::array::from_fn(|a| gather.reads.low[a] - source.low[a]));
        let pattern = |lattice: &Lattice| {
            let taps = gather.taps(lattice, &region);
            let rows = scaled(gather.rows(lattice, &region), channels);
            let pieces = pieces(&runs(taps.iter().map(|t| t.1), channels.from, channels.source));
            let fold = if alone { Fold::new(&gather, lattice, region, channels) } else { None };
            Pattern { taps, rows, pieces, fold }
        };
        let patterns: Vec<Pattern> = gather.lattices.iter().map(pattern).collect();
        let gaps = patterns.iter().any(|p| p.rows.is_empty());
        Self { reads: gather.reads, patterns, gaps, three_by_three }
    }
}

impl Fold {
    fn new(gather: &Gather, lattice: &Lattice, region: Region, channels: Channels) -> Option<Self> {
        let ([first, second], odd) = lattice.pairs()?;
        let low = first.position(&region);
        let (mut taps, high) = (Vec::new(), gather.taps_from(&second, &region, low));
        for (tap, at) in gather.taps_from(&first, &region, low) {
            taps.push((at, [Some(tap), None]));
        }
        for (tap, at) in high {
            match taps.iter_mut().find(|t| t.0 == at) {
                Some(both) => both.1[1] = Some(tap),
                None => taps.push((at, [None, Some(tap)])),
            }
        }
        taps.sort_by_key(|t| t.0);
        let rows = |lattice: &Lattice| scaled(gather.rows(lattice, &region), channels);
        let pieces = pieces(&runs(taps.iter().map(|t| t.0), channels.from, channels.source));
        let apart = gather.apart() * channels.out;
        Some(Self { taps, rows: rows(&first), odd: odd.iter().flat_map(rows).collect(), pieces, apart })
    }
}

/// From units to values.
fn scaled(rows: Vec<(usize, usize)>, channels: Channels) -> Vec<(u32, u32)> {
    rows.into_iter().map(|(from, to)| ((from * channels.source) as u32, (to * channels.out) as u32)).collect()
}
