//! The theory held to the oracle, on random graphs of all layer kinds on one to three axes.
//!
//! Each test draws its graphs anew. `RF_CASES` sets how many each of them draws (100 if unset, a minute in a
//! debug build), `RF_SEED` which ones (0 if unset: the same ones every time). The long run is
//!
//! ```text
//! RF_CASES=100000 cargo test --profile long -p rf-tests --test property
//! ```
//!
//! A failing graph is shrunk and printed, one layer a line.

#[path = "property/assertions.rs"]
mod assertions;
#[path = "property/costs.rs"]
mod costs;
#[path = "property/fields.rs"]
mod fields;
#[path = "property/found.rs"]
mod found;
#[path = "property/paths.rs"]
mod paths;
#[path = "property/shapes.rs"]
mod shapes;
#[path = "property/supports.rs"]
mod supports;
#[path = "property/tiles.rs"]
mod tiles;

use rf_core::graph::{Graph, Op};
use rf_core::theory::{Fault, Interval, Layer, Table, TableBuf};
use rf_tests::oracle::measure::{Hull, at};
use rf_tests::oracle::strategy::{check, net};
use rf_tests::oracle::{Field, Net, Shape, Tracer, shapes as simulate};

/// Random graphs a test draws where `RF_CASES` is not set.
const CASES: u32 = 100;

/// A graph, its shapes by the oracle, and its table by the theory.
struct Case<'a> {
    graph: &'a Graph<'a>,
    shapes: &'a [Shape],
    table: Table<'a>,
}

impl<'a> Case<'a> {
    /// Indices of the layers that the theory gives an answer for, up to the first whose axes cannot be traced one by one:
    /// what leads nowhere along one axis leads nowhere along the others, which the oracle of one axis does not know. Where
    /// that holds for some units only the theory gives bounds, and says so.
    fn answered(&self) -> Vec<usize> {
        let mut all = self.answered_by_axis();
        all.retain(|&node| self.layer(node).is_separable());
        all
    }

    /// The same, with those that have but bounds.
    fn answered_by_axis(&self) -> Vec<usize> {
        let mut all = self.answered_as_sets();
        if let Some(first) = (0..self.shapes.len()).find(|&node| self.starves(node)) {
            all.retain(|&node| node < first);
        }
        all
    }

    /// Whether no unit reads anything along one axis, while along another some do.
    fn starves(&self, node: usize) -> bool {
        let sparse = |op: &Op| match op {
            Op::ConvTranspose { window, .. } => window.stride.iter().any(|&stride| stride > 1),
            _ => false,
        };
        if self.graph.rank == 1 || !self.graph.nodes[..=node].iter().any(|node| sparse(&node.op)) {
            return false;
        }
        [Field::Local, Field::Global].into_iter().any(|field| {
            let leads = |axis| {
                let mut tracer = self.tracer(axis);
                (-8..16).any(|unit| !tracer.support(field, node, at(axis, unit)).is_empty())
            };
            let leads: Vec<bool> = (0..self.graph.rank).map(leads).collect();
            leads.contains(&true) && leads.contains(&false)
        })
    }

    /// Indices of the layers that the theory gives an answer for. The only graphs that it refuses although they
    /// are possible are those in which too many jumps meet.
    fn answered_as_sets(&self) -> Vec<usize> {
        let fault = |&node: &usize| self.table.layer(node).fault();
        (0..self.shapes.len())
            .filter(|node| match fault(node) {
                None => true,
                Some(Fault::TooManyJumps { .. } | Fault::Upstream) => false,
                Some(other) => panic!("layer {node} is possible, but the theory says {other:?}"),
            })
            .collect()
    }

    fn layer(&self, node: usize) -> Layer<'a> {
        self.table.layer(node)
    }

    fn tracer(&self, axis: usize) -> Tracer<'a> {
        Tracer::of_axis(self.graph, self.shapes, axis)
    }

    /// Units to ask about along an axis: all of the finite map, and some beyond.
    fn units(&self, node: usize, axis: usize) -> std::ops::Range<i64> {
        -3..self.shapes[node].extents[axis] + 3
    }
}

/// Lays a net out for the theory and for the oracle.
fn with_case(net: &Net, judge: impl FnOnce(&Case<'_>)) {
    net.with(|graph| {
        let shapes = simulate(graph).expect("a valid graph");
        let buffer = TableBuf::new(graph);
        judge(&Case { graph, shapes: &shapes, table: buffer.table() });
    });
}

/// Judges random graphs.
fn judge(judge: impl Fn(&Case<'_>)) {
    check(CASES, net(), |net| with_case(net, &judge));
}

/// The theory's interval as the oracle's hull.
fn hull_of(interval: Interval) -> Option<Hull> {
    (!interval.is_empty()).then_some(Hull { left: interval.first, right: interval.last })
}

/// What is left of a hull inside `0..extent`.
fn clip(hull: Option<Hull>, extent: i64) -> Option<Hull> {
    let hull = hull?;
    let (left, right) = (hull.left.max(0), hull.right.min(extent - 1));
    (left <= right).then_some(Hull { left, right })
}
