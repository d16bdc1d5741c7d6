//! What a layer means in space, in numbers.

use super::kind::Kind;
use super::view::View;
use crate::graph::{MAX_RANK, PerAxis, UNKNOWN};
use crate::theory::{AxisMap, Text};

/// What is compared of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Facet {
    Kind,
    Kernel,
    Stride,
    Padding,
    Dilation,
    Factor,
    Channels,
    Extents,
}

/// All facets, those first that explain others.
pub(super) const FACETS: [Facet; 8] = [
    Facet::Kind,
    Facet::Kernel,
    Facet::Stride,
    Facet::Padding,
    Facet::Dilation,
    Facet::Factor,
    Facet::Channels,
    Facet::Extents,
];

impl Facet {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Kernel => "kernel",
            Self::Stride => "stride",
            Self::Padding => "padding",
            Self::Dilation => "dilation",
            Self::Factor => "factor",
            Self::Channels => "channels",
            Self::Extents => "extents",
        }
    }

    /// Whether it is an argument of the layer's own: the others follow from what it reads too.
    #[cfg(feature = "alloc")]
    pub(super) const fn is_own(self) -> bool {
        !matches!(self, Self::Extents)
    }
}

/// A layer's facets as numbers, an axis each; one number stands first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) rank: usize,
    values: [PerAxis; FACETS.len()],
}

impl Meaning {
    pub(super) const fn of(view: &View<'_, '_>, node: usize) -> Self {
        let graph = view.graph();
        let (kind, rank) = (view.kind(node), graph.rank);
        let row = view.table.layer(node).data();
        let mut values = [[0; MAX_RANK]; FACETS.len()];
        values[Facet::Kind as usize][0] = kind as i64;
        values[Facet::Channels as usize][0] = row.channels();
        let padded = if graph.nodes[node].inputs.len() == 1 { view.reads(node).1 } else { [0; MAX_RANK] };
        let mut axis = 0;
        while axis < rank {
            values[Facet::Extents as usize][axis] = row.extent(axis);
            let [kernel, stride, padding, dilation, factor] = window(row.map(axis));
            if !kind.is_global() {
                values[Facet::Kernel as usize][axis] = kernel;
                values[Facet::Stride as usize][axis] = stride;
                values[Facet::Padding as usize][axis] = padding + padded[axis];
                values[Facet::Dilation as usize][axis] = dilation;
                values[Facet::Factor as usize][axis] = factor;
            }
            axis += 1;
        }
        Self { kind, rank, values }
    }

    pub(super) const fn get(&self, facet: Facet) -> PerAxis {
        self.values[facet as usize]
    }

    /// Whether both have this facet alike. Where a number of either is not known it is alike.
    pub(super) const fn agrees(&self, other: &Self, facet: Facet) -> bool {
        let (ours, theirs) = (self.get(facet), other.get(facet));
        let open = matches!(facet, Facet::Channels | Facet::Extents);
        let mut axis = 0;
        while axis < MAX_RANK {
            let unknown = open && (ours[axis] == UNKNOWN || theirs[axis] == UNKNOWN);
            if ours[axis] != theirs[axis] && !unknown {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// Writes `3`, `3×5`, or the kind's word.
    pub(super) const fn write(&self, facet: Facet, text: &mut Text) {
        let values = self.get(facet);
        match facet {
            Facet::Kind => {
                text.str(self.kind.word());
            }
            Facet::Channels => number(values[0], text),
            _ => {
                let all = facet as usize != Facet::Extents as usize && alike(values, self.rank);
                let mut axis = 0;
                while axis < self.rank && !(all && axis > 0) {
                    if axis > 0 {
                        text.str("×");
                    }
                    number(values[axis], text);
                    axis += 1;
                }
            }
        }
    }
}

const fn number(number: i64, text: &mut Text) {
    if number == UNKNOWN {
        text.str("_");
    } else {
        text.int(number);
    }
}

const fn alike(values: PerAxis, rank: usize) -> bool {
    let mut axis = 1;
    while axis < rank {
        if values[axis] != values[0] {
            return false;
        }
        axis += 1;
    }
    true
}

/// Kernel, stride, padding before, dilation and factor of a map. The dilation of one tap is none.
const fn window(map: AxisMap) -> [i64; 5] {
    match map {
        AxisMap::Window { kernel, stride, dilation, before }
        | AxisMap::Transposed { kernel, stride, dilation, before } => {
            [kernel, stride, before, if kernel == 1 { 1 } else { dilation }, 1]
        }
        AxisMap::Nearest { factor } => [1, 1, 0, 1, factor],
        // Two taps, where nearest has one.
        AxisMap::Linear { factor } => [2, 1, 0, 1, factor],
        AxisMap::Resample { num, offset, den, taps } => [taps, num, -offset, 1, den],
        AxisMap::Adaptive { output, .. } => [0, 0, 0, 0, output],
        AxisMap::All => [0; 5],
    }
}
