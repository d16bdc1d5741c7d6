//! Paths one by one: common jump, alignment, the shortest, and global layers.

use rf_core::theory::Ratio;
use rf_tests::oracle::paths::{Grid, extent, grid, grid_paths, paths};
use rf_tests::oracle::reads::{Edge, edges};

use super::{Case, judge};

/// Most paths that are enumerated.
const LIMIT: usize = 200;

/// The grids of all local paths along an axis; none where there are too many paths.
fn grids(case: &Case<'_>, node: usize, axis: usize) -> Option<Vec<Grid>> {
    let all = grid_paths(case.graph, case.shapes, node, LIMIT)?;
    Some(all.iter().map(|path| grid(case.graph, case.shapes, path, axis)).collect())
}

#[test]
fn jump() {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                let Some(grids) = grids(case, node, axis) else { continue };
                let shared = grids.first().filter(|first| grids.iter().all(|grid| grid.jump == first.jump));
                let truth = shared.map(|grid| (grid.jump.top, grid.jump.bottom));
                let found = case.layer(node).jump(axis).map(|Ratio { num, den }| (num.into(), den.into()));
                assert_eq!(found, truth, "layer {node} axis {axis}");
            }
        }
    });
}

#[test]
fn aligned() {
    judge(|case| {
        for node in case.answered() {
            let agree = |axis| {
                let grids = grids(case, node, axis)?;
                Some(grids.iter().all(|grid| *grid == grids[0]))
            };
            let Some(all) = (0..case.graph.rank).map(agree).collect::<Option<Vec<bool>>>() else { continue };
            let truth = all.into_iter().all(|agreed| agreed);
            assert_eq!(case.layer(node).is_aligned(), truth, "layer {node}");
        }
    });
}

/// The smallest extent that one path has for some unit.
#[test]
fn shortest_path() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            let Some(all) = paths(case.graph, case.shapes, node, LIMIT) else { continue };
            for axis in 0..case.graph.rank {
                let units = || 0..layer.period(axis);
                let least =
                    |path| units().map(|unit| extent(case.graph, case.shapes, path, axis, unit)).min();
                let truth = all.iter().filter_map(least).min().unwrap_or(0);
                assert_eq!(layer.shortest(axis), truth, "layer {node} axis {axis}");
            }
        }
    });
}

/// Whether a layer reads anything through a global edge, itself or before it; and those edges' layers.
fn global_layers(case: &Case<'_>, node: usize) -> Vec<usize> {
    let mut reached = vec![node];
    let mut found = vec![];
    while let Some(node) = reached.pop() {
        for edge in edges(case.graph, case.shapes, node) {
            if matches!(edge, Edge::Global(_)) {
                found.push(node);
            }
            reached.push(edge.input());
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn global() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            let causes = global_layers(case, node);
            assert_eq!(layer.is_global(), !causes.is_empty(), "layer {node}");
            let cause = layer.global_cause().map(|cause| cause.index());
            assert_eq!(cause, causes.first().copied(), "cause of layer {node}");
        }
    });
}
