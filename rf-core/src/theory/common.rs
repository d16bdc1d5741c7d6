//! The common case on packed rows: one strand without phases through a window, and the union of two such.
//!
//! Nothing is unpacked here. rustc's interpreter takes a microsecond for a call and half of one to read a field, and
//! this is what happens at almost every layer of almost every network.

use super::compose::chain;
use super::fault::Fault;
use super::row::{AXIS, Cells, FACTS, IDENTITY, MAP, NONE, Row, SHORT, STRAND};
use crate::graph::UNKNOWN;

/// Pixels from end to end of a strand's unit 0.
const fn extent(strand: &Cells) -> i64 {
    if strand[2] > strand[3] { 0 } else { strand[3] - strand[2] + 1 }
}

impl Row {
    /// Carries the fields of `axis` through a window, in place; `false` where they are not the common case.
    pub(crate) const fn slide(
        &mut self,
        axis: usize,
        units: i64,
        [kernel, stride, dilation, before]: [i64; 4],
    ) -> Result<bool, Fault> {
        let branched = self.branched();
        let cells = &mut self.axes[axis];
        if !is_common(cells) {
            return Ok(false);
        }
        let span = (kernel - 1) * dilation;
        let main = match chain(&cells[STRAND], span, stride, before) {
            Ok(main) => main,
            Err(fault) => return Err(fault),
        };
        let short = if branched { chain(&cells[SHORT], span, stride, before) } else { Ok(main) };
        let short = match short {
            Ok(short) => short,
            Err(fault) => return Err(fault),
        };
        let field = extent(&main);
        cells[FACTS] = [units, 1, field, field, extent(&short), 0, 0];
        cells[MAP] = [0, kernel, stride, dilation, before, 0, 0];
        cells[STRAND] = main;
        cells[SHORT] = short;
        Ok(true)
    }

    /// The same with the window and the number of units of a layer of equal arguments on an equal shape.
    pub(crate) const fn slide_like(&mut self, like: &Self, axis: usize) -> Result<bool, Fault> {
        let cells = &like.axes[axis];
        let [_, kernel, stride, dilation, before, _, _] = cells[MAP];
        self.slide(axis, cells[FACTS][0], [kernel, stride, dilation, before])
    }

    /// Adds what another input of the merge `index` sees, in place; `false` where either is not the common case, or
    /// their jumps differ.
    pub(crate) const fn unite(&mut self, other: &Self, axis: usize, index: usize) -> bool {
        if !self.unreached(axis) || !other.unreached(axis) {
            return false;
        }
        let (cells, from) = (&mut self.axes[axis], &other.axes[axis]);
        if !is_common(cells) || !is_common(from) {
            return false;
        }
        let [_, jump, first, last, offset, num, den] = cells[STRAND];
        let [_, jump_too, first_too, last_too, _, num_too, den_too] = from[STRAND];
        let units = cells[FACTS][0];
        if jump != jump_too || units == UNKNOWN || first > last || first_too > last_too {
            return false;
        }
        let first = if first_too < first { first_too } else { first };
        let last = if last_too > last { last_too } else { last };
        let field = last - first + 1;
        let (short, short_too) = (extent(&cells[SHORT]), extent(&from[SHORT]));
        if short_too < short {
            cells[SHORT] = from[SHORT];
        }
        let shortest = if short_too < short { short_too } else { short };
        cells[FACTS] = [units, 1, field, field, shortest, 0, 0];
        cells[MAP] = IDENTITY;
        cells[STRAND] = [1, jump, first, last, offset, num, den];
        if num as i128 * den_too as i128 != num_too as i128 * den as i128 && self.misaligned() == NONE {
            self.set_misaligned(index);
        }
        true
    }
}

/// Whether there is one strand, and neither it nor the shortest path has phases.
const fn is_common(cells: &[Cells; AXIS]) -> bool {
    cells[FACTS][1] == 1 && cells[STRAND][0] == 1 && cells[SHORT][0] == 1
}
