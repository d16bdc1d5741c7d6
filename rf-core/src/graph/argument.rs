//! Arguments of the language on their way into a graph: any integer type, and short forms of what is written
//! often.

use super::{MAX_RANK, Padding, PerAxis, Resample, Sides};

/// An integer type of the user's: what a number of the language may be written in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an integer",
    label = "an argument of a layer must be an integer",
    note = "kernels, strides, channels and the like are whole numbers: a const of type `usize` or `i64`, for example"
)]
pub trait Integer: sealed::Sealed {
    /// Refuses, in words, whatever is no integer.
    fn check(&self) {}
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(
            impl sealed::Sealed for $ty {}
            #[diagnostic::do_not_recommend]
            impl Integer for $ty {}
        )*
    };
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

/// The number as an `i64`; beyond its range the nearest, which every layer then refuses as too large.
/// `i64::MIN` is never an answer, so the sign can always be turned.
#[must_use]
pub const fn clamp(value: i128) -> i64 {
    if value > i64::MAX as i128 {
        i64::MAX
    } else if value < -(i64::MAX as i128) {
        -i64::MAX
    } else {
        value as i64
    }
}

/// The same padding on the first `rank` axes.
#[must_use]
pub const fn all(rank: usize, padding: Padding) -> [Padding; MAX_RANK] {
    let mut paddings = [Padding::ZERO; MAX_RANK];
    let mut axis = 0;
    while axis < rank {
        paddings[axis] = padding;
        axis += 1;
    }
    paddings
}

/// A resampling of each axis, its parts given each for all axes.
#[must_use]
pub const fn resample(
    num: PerAxis,
    offset: PerAxis,
    den: PerAxis,
    taps: PerAxis,
    extent: PerAxis,
) -> [Resample; MAX_RANK] {
    let mut made = [Resample::IDENTITY; MAX_RANK];
    let mut axis = 0;
    while axis < MAX_RANK {
        let (num, offset, den) = (num[axis], offset[axis], den[axis]);
        made[axis] = Resample { num, offset, den, taps: taps[axis], extent: extent[axis] };
        axis += 1;
    }
    made
}

/// What a crop of so many units adds: their negatives.
#[must_use]
pub const fn crop(before: PerAxis, after: PerAxis) -> Sides {
    Sides { before: negative(before), after: negative(after) }
}

const fn negative(units: PerAxis) -> PerAxis {
    let mut negative = [0; MAX_RANK];
    let mut axis = 0;
    while axis < MAX_RANK {
        // The parser refuses the literal `i64::MIN`, and `clamp` never answers it.
        negative[axis] = units[axis].saturating_neg();
        axis += 1;
    }
    negative
}
