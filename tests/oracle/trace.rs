//! From a unit back to the pixels it reads.

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use rf_core::graph::{Graph, MAX_RANK, Op};

use super::points;
use super::reads::{Edge, edges, left, reads};
use super::shape::Shape;

/// An n-dimensional index, 0 on axes that are not there.
pub type Unit = [i64; MAX_RANK];

/// A set of input pixels: a sorted list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pixels(Vec<Unit>);

impl Pixels {
    /// Whether a pixel is in the set.
    #[must_use]
    pub fn contains(&self, pixel: &Unit) -> bool {
        self.0.binary_search(pixel).is_ok()
    }

    /// The union of sets.
    #[must_use]
    pub fn union<'a>(sets: impl IntoIterator<Item = &'a Pixels>) -> Self {
        sets.into_iter().flat_map(|set| set.iter().copied()).collect()
    }
}

impl FromIterator<Unit> for Pixels {
    #[expect(
        clippy::stable_sort_primitive,
        reason = "the stable sort merges the sorted lists of a union as they are"
    )]
    fn from_iter<I: IntoIterator<Item = Unit>>(pixels: I) -> Self {
        let mut sorted: Vec<Unit> = pixels.into_iter().collect();
        sorted.sort();
        sorted.dedup();
        Self(sorted)
    }
}

impl Deref for Pixels {
    type Target = [Unit];

    fn deref(&self) -> &[Unit] {
        &self.0
    }
}

/// What counts as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Through local paths only, every map continued without end: padding takes nothing away.
    Local,
    /// The same and, through global layers, all that their finite maps read of the image in truth.
    Reach,
    /// The same and, through global layers, whatever the units of their finite maps reach, the image's border
    /// crossed there too.
    Endless,
    /// Nothing but what arrives through global layers, in truth: all that their finite maps read of the image.
    Global,
    /// In truth: padding contributes nothing, every map is finite, global layers read all of theirs.
    Real,
    /// In truth, but for the paths through global layers.
    RealLocal,
}

impl Field {
    fn finite(self) -> bool {
        matches!(self, Self::Real | Self::RealLocal)
    }

    /// What counts as read by the units of a map that a global layer reads.
    fn behind_global(self) -> Option<Self> {
        match self {
            Self::Endless => Some(Self::Endless),
            Self::Reach | Self::Real | Self::Global => Some(Self::Real),
            Self::Local | Self::RealLocal => None,
        }
    }
}

/// Walks back from units to an earlier layer, remembering what it found.
#[derive(Debug)]
pub struct Tracer<'g> {
    graph: &'g Graph<'g>,
    shapes: &'g [Shape],
    /// The layer whose units are collected: the input unless said.
    target: usize,
    /// Axes that are traced; the others are folded to the single index 0.
    axes: Vec<usize>,
    found: HashMap<(Field, usize, Unit), Rc<Pixels>>,
    maps: HashMap<(Field, usize), Rc<Pixels>>,
}

impl<'g> Tracer<'g> {
    /// Traces all axes at once.
    #[must_use]
    pub fn new(graph: &'g Graph<'g>, shapes: &'g [Shape]) -> Self {
        let axes = (0..graph.rank).collect();
        Self { graph, shapes, target: 0, axes, found: HashMap::new(), maps: HashMap::new() }
    }

    /// Traces one axis alone, as if the network had no other: affordable for large networks.
    #[must_use]
    pub fn of_axis(graph: &'g Graph<'g>, shapes: &'g [Shape], axis: usize) -> Self {
        Self { axes: vec![axis], ..Self::new(graph, shapes) }
    }

    /// Collects units of layer `target` instead of pixels of the input.
    #[must_use]
    pub fn back_to(mut self, target: usize) -> Self {
        self.target = target;
        self
    }

    /// The shapes that it was given.
    #[must_use]
    pub fn shapes(&self) -> &'g [Shape] {
        self.shapes
    }

    /// The axes that are traced.
    #[must_use]
    pub fn axes(&self) -> &[usize] {
        &self.axes
    }

    /// All units of a layer's finite map (along the traced axes).
    #[must_use]
    pub fn units(&self, node: usize) -> Vec<Unit> {
        let mut end = [1; MAX_RANK];
        for &axis in &self.axes {
            end[axis] = self.shapes[node].extents[axis];
        }
        points([0; MAX_RANK], end)
    }

    /// Whether the unit lies in the layer's finite map.
    #[must_use]
    pub fn inside(&self, node: usize, unit: Unit) -> bool {
        self.axes.iter().all(|&axis| (0..self.shapes[node].extents[axis]).contains(&unit[axis]))
    }

    /// The pixels that a unit reads.
    pub fn support(&mut self, field: Field, node: usize, unit: Unit) -> Rc<Pixels> {
        if field.finite() && !self.inside(node, unit) {
            return Rc::default();
        }
        if node == self.target {
            return if field == Field::Global { Rc::default() } else { Rc::new(Pixels(vec![unit])) };
        }
        if node < self.target || matches!(self.graph.nodes[node].op, Op::Input { .. }) {
            return Rc::default();
        }
        if let Some(known) = self.found.get(&(field, node, unit)) {
            return Rc::clone(known);
        }
        let mut parts = Vec::new();
        for edge in edges(self.graph, self.shapes, node) {
            match edge {
                Edge::Local(input) => {
                    for read in self.read_by(field, node, input, unit) {
                        parts.push(self.support(field, input, read));
                    }
                }
                Edge::Global(input) => {
                    if let Some(field) = field.behind_global() {
                        parts.push(self.whole_map(field, input));
                    }
                }
            }
        }
        let pixels = match parts.as_slice() {
            [only] => Rc::clone(only),
            parts => Rc::new(Pixels::union(parts.iter().map(|part| &**part))),
        };
        self.found.insert((field, node, unit), Rc::clone(&pixels));
        pixels
    }

    /// What all units of a layer's finite map read together.
    pub fn whole_map(&mut self, field: Field, node: usize) -> Rc<Pixels> {
        if let Some(known) = self.maps.get(&(field, node)) {
            return Rc::clone(known);
        }
        let units = self.units(node);
        let parts: Vec<_> = units.into_iter().map(|unit| self.support(field, node, unit)).collect();
        let pixels = Rc::new(Pixels::union(parts.iter().map(|part| &**part)));
        self.maps.insert((field, node), Rc::clone(&pixels));
        pixels
    }

    /// The units of `input` that one unit of `node` reads: every combination of what it reads on each axis.
    fn read_by(&self, field: Field, node: usize, input: usize, unit: Unit) -> Vec<Unit> {
        let mut all = vec![[0; MAX_RANK]];
        for &axis in &self.axes {
            let op = &self.graph.nodes[node].op;
            let units = self.shapes[input].extents[axis];
            let mut along = reads(op, axis, units, unit[axis]);
            if field.finite() {
                along.retain(|index| left(op, axis, units).contains(index));
            }
            let with = |partial: Unit| {
                along.iter().map(move |&index| {
                    let mut read = partial;
                    read[axis] = index;
                    read
                })
            };
            all = all.into_iter().flat_map(with).collect();
        }
        all
    }
}
