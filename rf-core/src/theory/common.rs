//! The common case on packed rows: one strand without phases through a window, and the union of two such.
//!
//! Nothing is unpacked here, and nothing called. rustc's interpreter takes a microsecond for a call and a tenth of one
//! for each statement, of which a sum of two numbers is nine, and this is what happens at almost every layer of almost
//! every network.

use super::fault::{Fault, LIMIT};
use super::row::{NONE, Row};

/// What a centre is counted in, in almost every row.
const HALVES: i64 = 2;

impl Row {
    /// Carries the fields of `axis` through a window, in place; `false` where they are not the common case: one strand
    /// without phases, that sees something.
    ///
    /// It is the recurrence of the [module](super): the extent grows by `span · jump`, the start moves by
    /// `before · jump`, and the jump is multiplied by the stride.
    pub(crate) const fn slide(
        &mut self,
        axis: usize,
        [kernel, stride, dilation, before]: [i64; 4],
    ) -> Result<bool, Fault> {
        let [_, _, _, branched, ..] = self.paths;
        #[rustfmt::skip]
        let [
            1, smallest, largest, shortest, _, _, _, _, _,
            short_period, short_jump, short_first, short_last, _, short_num, short_den,
            1, jump, first, last, offset, num, HALVES, ..
        ] = &mut self.axes[axis] else { return Ok(false) };
        if *first > *last {
            return Ok(false);
        }
        let left = before * *jump;
        let right = (kernel - 1) * dilation * *jump - left;
        if branched > 0 {
            // Of the same jump, since there is one strand.
            if *short_period != 1 || *short_first > *short_last || *short_den != HALVES {
                return Ok(false);
            }
            *short_first -= left;
            *short_last += right;
            *short_num += right - left;
            *short_jump *= stride;
            *shortest = *short_last - *short_first + 1;
        }
        *first -= left;
        *last += right;
        *num += right - left;
        *jump *= stride;
        *offset = 0;
        let extent = *last - *first + 1;
        (*smallest, *largest) = (extent, extent);
        let limit = LIMIT;
        if *first < -limit || *last > limit || *jump > limit {
            return Err(Fault::TooLarge { what: "receptive field" });
        }
        Ok(true)
    }

    /// Adds what another input of the merge `index` sees, in place; `false` where either is not the common case, or
    /// their jumps differ.
    pub(crate) const fn unite(&mut self, other: &Self, axis: usize, index: usize) -> bool {
        let ([_, misaligned, _, branched, ..], [_, _, _, other_branched, ..]) =
            (&mut self.paths, &other.paths);
        #[rustfmt::skip]
        let [
            1, smallest, largest, shortest, _, reach, reach_last, _, _,
            short_period, short_jump, short_first, short_last, short_offset, short_num, short_den,
            1, jump, first, last, _, num, HALVES, ..
        ] = &mut self.axes[axis] else { return false };
        #[rustfmt::skip]
        let [
            1, _, _, other_shortest, _, other_reach, other_reach_last, _, _,
            other_period, _, other_short_first, other_short_last, _, other_short_num, other_den,
            1, other_jump, other_first, other_last, _, other_num, HALVES, ..
        ] = &other.axes[axis] else { return false };
        if *jump != *other_jump || *first > *last || *other_first > *other_last {
            return false;
        }
        if *reach <= *reach_last || *other_reach <= *other_reach_last {
            return false;
        }
        let (mut shorter, mut from, mut to, mut middle) =
            (*other_last - *other_first + 1, other_first, other_last, other_num);
        if *other_branched > 0 {
            if *other_period != 1 || *other_den != HALVES {
                return false;
            }
            (shorter, from, to, middle) =
                (*other_shortest, other_short_first, other_short_last, other_short_num);
        }
        if *branched == 0 {
            (*short_period, *short_jump, *short_first, *short_last) = (1, *jump, *first, *last);
            (*short_offset, *short_num, *short_den) = (0, *num, HALVES);
            *shortest = *last - *first + 1;
        } else if *short_period != 1 || *short_den != HALVES {
            return false;
        }
        if shorter < *shortest {
            (*shortest, *short_first, *short_last, *short_num) = (shorter, *from, *to, *middle);
        }
        if *other_first < *first {
            *first = *other_first;
        }
        if *other_last > *last {
            *last = *other_last;
        }
        let extent = *last - *first + 1;
        (*smallest, *largest) = (extent, extent);
        if *num != *other_num && *misaligned == NONE as i64 {
            *misaligned = index as i64;
        }
        true
    }
}
