//! Feature coordinates and image coordinates, exact both ways.

use super::layer::Layer;
use super::numbers::Ratio;

impl Layer<'_> {
    /// The image coordinate of feature coordinate `unit` along an axis, both rational, with the middle of pixel 0 and of
    /// unit 0 at 0: `centre + unit · jump`. It is where the middle of the unit's window lies, the same for all phases.
    ///
    /// `None` where the layer has no jump, and for numbers too large to be exact. Where paths of one jump and several
    /// centres met (the layer is not aligned) it is the first one's.
    ///
    /// ```
    /// use rf_core::graph::{Graph, Init, Node, Op, Window};
    /// use rf_core::theory::{Evaluated, Ratio, Table, evaluate};
    ///
    /// const WINDOW: Window = Window::new([4, 1, 1]).stride([2, 1, 1]);
    /// const NODES: &[Node<'static>] = &[
    ///     Node { name: "input", op: Op::Input { channels: 1, extents: [32, 1, 1] }, inputs: &[] },
    ///     Node { name: "conv", op: Op::Conv { channels: 1, window: WINDOW, groups: 1, bias: false }, inputs: &[0] },
    /// ];
    /// const GRAPH: Graph<'static> = Graph { name: "Net", rank: 1, nodes: NODES, groups: &[], init: Init::HeFanOut };
    /// const ROWS: &Evaluated<2, 0> = &evaluate(&GRAPH);
    ///
    /// let conv = Table::new(GRAPH, ROWS).row("conv");
    /// // Unit 5 reads pixels 10 to 13.
    /// assert_eq!(conv.pixel_of(0, Ratio::new(5, 1)), Some(Ratio::new(23, 2)));
    /// assert_eq!(conv.unit_of(0, Ratio::new(23, 2)), Some(Ratio::new(5, 1)));
    /// ```
    #[must_use]
    pub const fn pixel_of(&self, axis: usize, unit: Ratio) -> Option<Ratio> {
        let (Some(jump), Some(centre)) = (self.jump(axis), self.centre(axis)) else { return None };
        match product(unit, jump) {
            Some(way) => sum(way, centre),
            None => None,
        }
    }

    /// The feature coordinate that lies at image coordinate `pixel`: the inverse of [`Layer::pixel_of`], without loss.
    #[must_use]
    pub const fn unit_of(&self, axis: usize, pixel: Ratio) -> Option<Ratio> {
        let (Some(jump), Some(centre)) = (self.jump(axis), self.centre(axis)) else { return None };
        match sum(pixel, Ratio::new(-centre.num, centre.den)) {
            Some(way) => product(way, Ratio::new(jump.den, jump.num)),
            None => None,
        }
    }
}

const fn product(a: Ratio, b: Ratio) -> Option<Ratio> {
    // Crosswise in lowest terms first, so that only numbers that are large in the end are too large.
    let (left, right) = (Ratio::new(a.num, b.den), Ratio::new(b.num, a.den));
    match (left.num.checked_mul(right.num), left.den.checked_mul(right.den)) {
        (Some(num), Some(den)) => Some(Ratio::new(num, den)),
        _ => None,
    }
}

const fn sum(a: Ratio, b: Ratio) -> Option<Ratio> {
    let (Some(left), Some(right), Some(den)) =
        (a.num.checked_mul(b.den), b.num.checked_mul(a.den), a.den.checked_mul(b.den))
    else {
        return None;
    };
    match left.checked_add(right) {
        Some(num) => Some(Ratio::new(num, den)),
        None => None,
    }
}
