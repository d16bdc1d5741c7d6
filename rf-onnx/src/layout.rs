//! How a tensor of the file lies over a layer's map.
//!
//! Every tensor that depends on the input holds the values of one layer of the graph, rearranged: each of its
//! dimensions is a product of *factors*, and each factor is a part of the batch, of the channels or of a spatial axis.
//! Reshaping splits and joins factors, transposing moves them; only when a layer needs its units in their places is it
//! asked what the rearrangement amounts to (a channel shuffle, a pixel shuffle, nothing).

use crate::number::{Arithmetic, Number, Symbol};

/// What a factor is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Axis {
    Batch,
    Channel,
    Space(usize),
}

/// A number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Known(i64),
    Symbol(Symbol),
}

impl Size {
    pub(crate) fn known(self) -> Option<i64> {
        match self {
            Self::Known(size) => Some(size),
            Self::Symbol(_) => None,
        }
    }

    pub(crate) fn number(self) -> Number {
        match self {
            Self::Known(size) => Number::Int(size),
            Self::Symbol(symbol) => Number::Symbol(symbol),
        }
    }

    /// A number as a size, if it is one.
    pub(crate) fn of(number: Number) -> Option<Self> {
        match number {
            Number::Symbol(symbol) => Some(Self::Symbol(symbol)),
            number => number.int().map(Self::Known),
        }
    }
}

/// A part of an axis: its `size` units lie `stride` units apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Factor {
    pub(crate) axis: Axis,
    pub(crate) size: Size,
    pub(crate) stride: i64,
}

impl Factor {
    pub(crate) fn whole(axis: Axis, size: Size) -> Self {
        Self { axis, size, stride: 1 }
    }

    /// The parts of `high` and `low` units, where `low` divides it.
    fn split(self, low: i64) -> Option<(Self, Self)> {
        let size = match self.size {
            Size::Known(size) if low > 0 && size % low == 0 => Size::Known(size / low),
            Size::Symbol(symbol) => Size::Symbol(symbol.times(1, low)?),
            Size::Known(_) => return None,
        };
        let high = Self { size, stride: self.stride.checked_mul(low)?, ..self };
        Some((high, Self { size: Size::Known(low), ..self }))
    }

    /// Both as one, where `low` lies within `self`.
    fn join(self, low: Self) -> Option<Self> {
        let size = low.size.known()?;
        if self.axis != low.axis || low.stride.checked_mul(size)? != self.stride {
            return None;
        }
        let size = match self.size {
            Size::Known(high) => Size::Known(high.checked_mul(size)?),
            Size::Symbol(symbol) => Size::Symbol(symbol.times(size, 1)?),
        };
        Some(Self { size, ..low })
    }
}

/// The factors of one dimension, outermost first; none where it has one unit.
pub(crate) type Dim = Vec<Factor>;

/// All units of a dimension.
pub(crate) fn size(dim: &Dim) -> Number {
    dim.iter().fold(Number::Int(1), |product, factor| product.with(factor.size.number(), Arithmetic::Mul))
}

/// A dimension of the given factors, joined where they lie within each other.
pub(crate) fn joined(factors: impl IntoIterator<Item = Factor>) -> Dim {
    let mut dim = Dim::new();
    for factor in factors.into_iter().filter(|factor| factor.size != Size::Known(1)) {
        match dim.last().and_then(|last| last.join(factor)) {
            Some(both) => {
                dim.pop();
                dim.push(both);
            }
            None => dim.push(factor),
        }
    }
    dim
}

/// The dimensions after a reshape to `targets`, of which at most one is not known and takes what is left. `None` where
/// the factors do not fit.
pub(crate) fn reshape(dims: &[Dim], targets: &[Number]) -> Option<Vec<Dim>> {
    let mut factors: Vec<Factor> = dims.iter().flatten().copied().collect();
    let wild = targets.iter().position(|target| Size::of(*target).is_none());
    let (head, tail) = match wild {
        Some(wild) => (&targets[..wild], &targets[wild + 1..]),
        None => (targets, &targets[..0]),
    };
    let mut front = Vec::new();
    factors.reverse();
    for target in head {
        front.push(joined(take(&mut factors, Size::of(*target)?, Factor::cut_front)?));
    }
    factors.reverse();
    let mut back = Vec::new();
    for target in tail.iter().rev() {
        let mut dim = take(&mut factors, Size::of(*target)?, Factor::cut_back)?;
        dim.reverse();
        back.push(joined(dim));
    }
    match wild {
        Some(_) => front.push(joined(factors)),
        None if !factors.is_empty() => return None,
        None => {}
    }
    front.extend(back.into_iter().rev());
    Some(front)
}

impl Factor {
    /// The outer `size` units, and what is left.
    fn cut_front(self, size: i64) -> Option<(Self, Self)> {
        let whole = self.size.known()?;
        if whole % size != 0 { None } else { self.split(whole / size) }
    }

    /// The inner `size` units, and what is left.
    fn cut_back(self, size: i64) -> Option<(Self, Self)> {
        self.split(size).map(|(high, low)| (low, high))
    }
}

type Cut = fn(Factor, i64) -> Option<(Factor, Factor)>;

/// Takes factors of `size` units in all from the end of a list.
fn take(factors: &mut Vec<Factor>, size: Size, cut: Cut) -> Option<Dim> {
    let mut left = match size {
        Size::Known(size) if size < 1 => return None,
        Size::Known(size) => size,
        Size::Symbol(symbol) => return take_symbol(factors, symbol),
    };
    let mut taken = Dim::new();
    while left > 1 {
        let factor = factors.pop()?;
        match factor.size {
            Size::Known(whole) if whole > 0 && left % whole == 0 => {
                left /= whole;
                taken.push(factor);
            }
            _ => {
                let (part, rest) = cut(factor, left)?;
                taken.push(part);
                factors.push(rest);
                left = 1;
            }
        }
    }
    Some(taken)
}

/// Takes factors of an extent that only a run knows, or the outer part of one.
fn take_symbol(factors: &mut Vec<Factor>, symbol: Symbol) -> Option<Dim> {
    let factor = factors.pop()?;
    let Size::Symbol(whole) = factor.size else { return None };
    let over = |a: Symbol, b: Symbol| Number::Symbol(a).with(Number::Symbol(b), Arithmetic::Div).int();
    if let Some(rest) = over(symbol, whole) {
        let mut taken = vec![factor];
        taken.extend(take(factors, Size::Known(rest), Factor::cut_front)?);
        return Some(taken);
    }
    let (high, low) = factor.split(over(whole, symbol)?)?;
    factors.push(low);
    Some(vec![high])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(axis: Axis, size: i64) -> Factor {
        Factor::whole(axis, Size::Known(size))
    }

    fn ints(sizes: &[i64]) -> Vec<Number> {
        sizes.iter().map(|&size| if size < 0 { Number::Unknown } else { Number::Int(size) }).collect()
    }

    /// Every element of a tensor as (batch, channel, height, width) by following the factors.
    fn places(dims: &[Dim]) -> Vec<[i64; 4]> {
        let factors: Vec<Factor> = dims.iter().flatten().copied().collect();
        let mut places = vec![[0; 4]];
        for factor in factors {
            let at = match factor.axis {
                Axis::Batch => 0,
                Axis::Channel => 1,
                Axis::Space(axis) => 2 + axis,
            };
            let size = factor.size.known().unwrap();
            let step = |place: &[i64; 4]| {
                let mut all: Vec<[i64; 4]> = vec![*place; size as usize];
                all.iter_mut().zip(0..).for_each(|(place, index)| place[at] += index * factor.stride);
                all
            };
            places = places.iter().flat_map(step).collect();
        }
        places
    }

    #[test]
    fn reshaping_and_transposing_move_no_element() {
        let dims = vec![
            joined([whole(Axis::Batch, 2)]),
            joined([whole(Axis::Channel, 12)]),
            joined([whole(Axis::Space(0), 4)]),
            joined([whole(Axis::Space(1), 6)]),
        ];
        let row_major = places(&dims);
        for target in [&[2, 3, 4, 4, 6][..], &[2, 12, -1], &[-1, 6], &[24, 24], &[2, 3, 4, 2, 2, 3, 2]] {
            let reshaped = reshape(&dims, &ints(target)).unwrap();
            assert_eq!(places(&reshaped), row_major, "{target:?}");
            assert_eq!(reshaped.len(), target.len());
            let back = reshape(&reshaped, &ints(&[2, 12, 4, 6])).unwrap();
            assert_eq!(back, dims, "{target:?}");
        }
        let mut shuffled = reshape(&dims, &ints(&[2, 3, 4, 4, 6])).unwrap();
        shuffled.swap(1, 2);
        let shuffled = reshape(&shuffled, &ints(&[2, 12, 4, 6])).unwrap();
        let channels: Vec<i64> = places(&shuffled).iter().step_by(24).take(12).map(|p| p[1]).collect();
        assert_eq!(channels, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let dims = vec![joined([whole(Axis::Channel, 6)]), joined([whole(Axis::Space(0), 4)])];
        for target in [&[5, -1][..], &[6, 5], &[6, 4, 2], &[12], &[0, -1], &[-7, -1]] {
            let ints: Vec<Number> = target.iter().map(|&size| Number::Int(size)).collect();
            assert_eq!(reshape(&dims, &ints), None, "{target:?}");
        }
    }

    #[test]
    fn extents_of_a_run_are_followed() {
        let height = Symbol::new(7);
        let dims = vec![
            joined([whole(Axis::Channel, 8)]),
            joined([Factor::whole(Axis::Space(0), Size::Symbol(height))]),
        ];
        let half = Number::Symbol(height.times(1, 2).unwrap());
        let split = reshape(&dims, &[Number::Int(8), half, Number::Int(2)]).unwrap();
        assert_eq!(split[2], [whole(Axis::Space(0), 2)]);
        assert_eq!(split, reshape(&dims, &[Number::Int(8), Number::Unknown, Number::Int(2)]).unwrap());
        assert_eq!(reshape(&split, &[Number::Int(8), Number::Symbol(height)]).unwrap(), dims);
    }
}
