//! One layer along one axis, from a profile to the profile of what it reads.

use super::gain::{Share, taps, weight};
use crate::theory::{AxisMap, Interval};

/// Where a profile and the one that it is spread to stand among the values.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) units: Interval,
    pub(crate) origin: i64,
    pub(crate) width: usize,
}

/// Each output's value to each of its taps.
pub(crate) const fn scatter(
    map: AxisMap,
    share: Share,
    factor: f64,
    extent: i64,
    line: Line,
    values: &mut [f64],
) {
    if let AxisMap::Window { kernel, stride, dilation, .. } = map {
        // The same in fewer steps, for the compiler's sake.
        let first = map.taps(line.units.first);
        let factor = factor * weight(map, share, 0, 0, first);
        let mut place = line.to + (first.first - line.origin) as usize;
        let (mut from, end) = (line.from, line.from + line.units.extent() as usize);
        let (stride, dilation, span) = (stride as usize, dilation as usize, (kernel * dilation) as usize);
        // The two commonest windows without a loop within the loop.
        while from < end && kernel == 1 {
            values[place] += factor * values[from];
            (place, from) = (place + stride, from + 1);
        }
        while from < end && kernel == 3 {
            let value = factor * values[from];
            values[place] += value;
            values[place + dilation] += value;
            values[place + 2 * dilation] += value;
            (place, from) = (place + stride, from + 1);
        }
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

pub(crate) const fn is_identity(map: AxisMap) -> bool {
    matches!(map, AxisMap::Window { kernel: 1, stride: 1, before: 0, .. })
}

/// Whether running sums are the shorter way: wide windows that move by single units.
pub(crate) const fn slides(map: AxisMap) -> bool {
    matches!(map, AxisMap::Window { kernel, stride: 1, .. } if kernel > 8)
}

/// The same as [`scatter`] for a window of stride 1, by differences of running sums. These never fall, so no
/// difference is negative. The profile of the outputs is used up.
pub(crate) const fn slide(map: AxisMap, share: Share, factor: f64, line: Line, values: &mut [f64]) {
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
