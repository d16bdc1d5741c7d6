//! The cone of a unit: which units of every layer it depends on.
use std::vec;
use std::vec::Vec;

use super::layer::{Layer, affine, layers};
use super::{Error, Region};
use crate::effective::Canvas;
use crate::graph::{Graph, MAX_RANK, Merge, Op, PerAxis, UNKNOWN};
use crate::theory::AxisMap;

pub use super::layer::Reads;

/// A unit of a layer, and the box of units of every earlier layer that it depends on.
#[derive(Clone, Debug)]
pub struct Cone<'g> {
    /// The network.
    pub graph: Graph<'g>,
    pub(crate) layers: Vec<Layer>,
    /// The node that the unit is in.
    pub node: usize,
    /// The unit.
    pub unit: PerAxis,
    /// The earlier node that gradients are wanted at.
    pub target: usize,
    /// What is beyond the borders.
    pub canvas: Canvas,
    /// Per node, the box that the unit depends on; empty for a node that it does not depend on.
    pub regions: Vec<Region>,
    /// Per node, whether the gradient runs through it: it is on a path from the target to the unit.
    pub passes: Vec<bool>,
    /// Per node, whether its values are needed for the gradient.
    pub valued: Vec<bool>,
    /// Per node, what a sum multiplies each of its inputs by; empty for ones.
    pub scales: Vec<Vec<f64>>,
}

impl<'g> Cone<'g> {
    /// The cone of `unit` of `node` down to `target`. `values` asks for the unit's own value too, so that the
    /// forward run is needed even where the gradient does without it.
    pub fn new(
        graph: Graph<'g>,
        node: usize,
        unit: PerAxis,
        target: usize,
        canvas: Canvas,
        values: bool,
    ) -> Result<Self, Error> {
        let layers = layers(&graph)?;
        let regions = regions(&graph, &layers, node, unit, canvas, Paths::All)?;
        let passes = passes(&graph, &regions, node, target)?;
        let needed = valued(&graph, &regions, &passes, values.then_some(node));
        let scales = vec![Vec::new(); graph.nodes.len()];
        Ok(Self { graph, layers, node, unit, target, canvas, regions, passes, valued: needed, scales })
    }

    /// All units of every layer, on the real input: what a framework computes.
    pub fn whole(graph: Graph<'g>, node: usize, unit: PerAxis, target: usize) -> Result<Self, Error> {
        let mut cone = Self::new(graph, node, unit, target, Canvas::Input, true)?;
        for (i, layer) in cone.layers.iter().enumerate().take(node + 1) {
            known(&graph, i, layer.extents, "and the real input is asked for")?;
            cone.regions[i] = Region::whole(layer.extents);
            cone.valued[i] = true;
        }
        Ok(cone)
    }

    /// The unit's theoretical field in the target, without borders: what it reads along local paths, where there are
    /// any, else all that it reads. Its middle is the true centre, also beside a gate that sees the whole map.
    pub fn field(&self) -> Result<Region, Error> {
        for paths in [Paths::Local, Paths::All] {
            let regions = regions(&self.graph, &self.layers, self.node, self.unit, Canvas::Unbounded, paths)?;
            if !regions[self.target].is_empty() {
                return Ok(regions[self.target]);
            }
        }
        Err(Error::DeadUnit { layer: self.graph.nodes[self.node].name.into() })
    }

    /// Multiplies, at every addition, the input with the most layers behind it.
    pub fn scale_residuals(&mut self, scale: f64) {
        let mut depth = vec![0_usize; self.graph.nodes.len()];
        for (i, node) in self.graph.nodes.iter().enumerate() {
            let deepest = node.inputs.iter().map(|&j| depth[j]).max();
            depth[i] = deepest.map_or(0, |d| d + 1);
            if node.op == Op::Merge(Merge::Add) {
                self.scales[i] = vec![1.0; node.inputs.len()];
                let branch = node.inputs.iter().position(|&j| Some(depth[j]) == deepest);
                if let Some(factor) = branch.and_then(|b| self.scales[i].get_mut(b)) {
                    *factor = scale;
                }
            }
        }
    }

    /// Channels of a node's output.
    #[must_use]
    pub fn channels(&self, node: usize) -> usize {
        self.layers[node].channels
    }

    /// Number of values of a node's region.
    #[must_use]
    pub fn size(&self, node: usize) -> usize {
        self.layers[node].channels * self.regions[node].count()
    }

    /// How the node reads its `j`-th input.
    #[must_use]
    pub fn reads(&self, node: usize, j: usize) -> Reads {
        self.layers[node].reads[j]
    }

    /// The units inside the borders of a node's map.
    #[must_use]
    pub fn inside(&self, node: usize) -> Region {
        Region::whole(self.layers[node].extents)
    }
}

pub(crate) fn known(
    graph: &Graph<'_>,
    node: usize,
    extents: PerAxis,
    why: &'static str,
) -> Result<(), Error> {
    if extents.contains(&UNKNOWN) {
        return Err(Error::UnknownExtent { layer: graph.nodes[node].name.into(), why });
    }
    Ok(())
}

/// Which paths a walk follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paths {
    All,
    /// Those through no global layer; through a gate, the unit's own.
    Local,
}

/// Walks from the unit to the input; every region is the hull of what its readers read.
fn regions(
    graph: &Graph<'_>,
    layers: &[Layer],
    node: usize,
    unit: PerAxis,
    canvas: Canvas,
    paths: Paths,
) -> Result<Vec<Region>, Error> {
    let mut regions = vec![Region::EMPTY; graph.nodes.len()];
    regions[node] = Region::unit(unit);
    for i in (0..=node).rev() {
        for (j, &input) in graph.nodes[i].inputs.iter().enumerate() {
            let extents = layers[input].extents;
            let reads = match layers[i].reads[j] {
                Reads::All if paths == Paths::Local => continue,
                Reads::Gate if paths == Paths::Local => Reads::Local([AxisMap::IDENTITY; MAX_RANK]),
                reads => reads,
            };
            if matches!(reads, Reads::All | Reads::Gate) && !regions[i].is_empty() {
                known(graph, input, extents, "and a layer reads all of it")?;
            }
            let mut read = read(reads, &regions[i], extents);
            if canvas == Canvas::Input {
                known(graph, input, extents, "and the real input is asked for")?;
                read = read.clip(&Region::whole(extents));
            }
            regions[input] = regions[input].hull(&read);
        }
    }
    Ok(regions)
}

/// The box of an input that a box of outputs reads.
fn read(reads: Reads, out: &Region, extents: PerAxis) -> Region {
    if out.is_empty() {
        return Region::EMPTY;
    }
    match reads {
        Reads::All => Region::whole(extents),
        Reads::Gate => Region::whole(extents).hull(out),
        Reads::One => Region::unit([0; MAX_RANK]),
        Reads::Local(maps) => {
            let mut read = Region { low: [0; MAX_RANK], len: [1; MAX_RANK] };
            for a in 0..MAX_RANK {
                let Some((low, high)) = span(maps[a], out.low[a], out.high()[a]) else {
                    return Region::EMPTY;
                };
                read.low[a] = low;
                read.len[a] = (high - low + 1) as usize;
            }
            read
        }
    }
}

/// The smallest and the largest index that outputs `low..=high` read. Taps move monotonically over outputs one
/// period apart, so the first and the last live output of each phase decide.
fn span(map: AxisMap, low: i64, high: i64) -> Option<(i64, i64)> {
    let (period, _) = map.steps();
    let ends = (low..=high.min(low + period - 1)).chain(low.max(high - period + 1)..=high);
    ends.map(|i| map.taps(i))
        .filter(|taps| taps.count > 0)
        .map(|taps| (taps.first, taps.last()))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The nodes between the target and the unit.
fn passes(graph: &Graph<'_>, regions: &[Region], node: usize, target: usize) -> Result<Vec<bool>, Error> {
    let mut passes = vec![false; graph.nodes.len()];
    if let Some(pass) = passes.get_mut(target) {
        *pass = true;
    }
    for i in target + 1..=node {
        passes[i] = graph.nodes[i].inputs.iter().any(|&j| passes[j]) && !regions[i].is_empty();
    }
    let name = |i: usize| graph.nodes[i].name.into();
    if !passes[node] {
        return Err(Error::Unrelated { layer: name(node), target: name(target) });
    }
    if regions[target].is_empty() {
        return Err(Error::DeadUnit { layer: name(node) });
    }
    // Forward marks include side branches that never reach the unit: these have no region.
    for i in 0..passes.len() {
        passes[i] &= !regions[i].is_empty();
    }
    Ok(passes)
}

/// The nodes whose values the gradient needs: inputs of layers that are not affine, and all that these depend on.
fn valued(graph: &Graph<'_>, regions: &[Region], passes: &[bool], wanted: Option<usize>) -> Vec<bool> {
    let mut valued = vec![false; graph.nodes.len()];
    if let Some(node) = wanted {
        valued[node] = true;
    }
    for i in (0..graph.nodes.len()).rev() {
        let node = &graph.nodes[i];
        let asks = passes[i] && !affine(&node.op) && node.inputs.iter().any(|&j| passes[j]);
        if (asks || valued[i]) && !regions[i].is_empty() {
            for &j in node.inputs {
                valued[j] |= !regions[j].is_empty();
            }
        }
    }
    valued
}
