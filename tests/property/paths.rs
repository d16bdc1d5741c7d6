//! Paths one by one: common jump, alignment, the shortest, and global layers.

use std::collections::BTreeSet;

use rf_core::graph::Op;
use rf_core::theory::Ratio;
use rf_tests::oracle::paths::{Grid, Path, extent, grid, grid_paths, paths, support};
use rf_tests::oracle::reads::{Edge, edges};

use super::{Case, judge};

/// Most paths that are enumerated.
const LIMIT: usize = 200;

/// The grids along an axis of all local paths that lead somewhere; where attention has left none, of those that led there.
/// None where there are too many paths, or only such that lead nowhere.
fn grids(case: &Case<'_>, node: usize, axis: usize) -> Option<Vec<Grid>> {
    let mut all = grid_paths(case.graph, case.shapes, node, LIMIT)?;
    if all.iter().all(|path| last_attention(case, path).is_some()) {
        all.retain(|path| leads_to_attention(case, path));
    } else {
        all.retain(|path| is_local(case, path));
    }
    Some(all.iter().map(|path| grid(case.graph, case.shapes, path, axis)).collect())
}

/// Where on a path the last attention stands; over a single unit it is local.
fn last_attention(case: &Case<'_>, path: &[usize]) -> Option<usize> {
    path.iter().rposition(|&node| {
        let node = &case.graph.nodes[node];
        matches!(node.op, Op::Attention { .. }) && !case.shapes[node.inputs[0]].single()
    })
}

fn is_local(case: &Case<'_>, path: &Path) -> bool {
    last_attention(case, path).is_none() && leads(case, path)
}

/// Whether a path is one of those whose grid attention keeps: of local ones where its map has any.
fn leads_to_attention(case: &Case<'_>, path: &[usize]) -> bool {
    let Some(at) = last_attention(case, path) else { return true };
    let before = path[..at].to_vec();
    let Some(&node) = before.last() else { return true };
    let others = grid_paths(case.graph, case.shapes, node, LIMIT).unwrap_or_default();
    if others.iter().any(|path| is_local(case, path)) {
        is_local(case, &before)
    } else {
        leads_to_attention(case, &before)
    }
}

/// Whether a path carries anything to some unit.
fn leads(case: &Case<'_>, path: &Path) -> bool {
    let carries = |axis| (-24..24).any(|unit| !support(case.graph, case.shapes, path, axis, unit).is_empty());
    (0..case.graph.rank).all(carries)
}

#[test]
fn jump() {
    judge(|case| {
        for node in case.answered() {
            for axis in 0..case.graph.rank {
                let Some(grids) = grids(case, node, axis).filter(|grids| !grids.is_empty()) else { continue };
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
            let Some(all) = paths(case.graph, case.shapes, node, LIMIT) else { continue };
            // A path that carries nothing to any unit can die before or behind the merge that it spoils; alignment
            // is not defined there.
            if !all.iter().all(|path| leads(case, path)) {
                continue;
            }
            let on = |axis, path| grid(case.graph, case.shapes, path, axis);
            let agree = |axis| all.iter().all(|path| on(axis, path) == on(axis, &all[0]));
            let truth = (0..case.graph.rank).all(agree);
            assert_eq!(case.layer(node).is_aligned(), truth, "layer {node}");
        }
    });
}

/// The smallest extent that a unit has through one path, over all paths and the units that they lead to.
pub(super) fn shortest(case: &Case<'_>, node: usize, axis: usize) -> Option<i64> {
    let all = paths(case.graph, case.shapes, node, LIMIT)?;
    let least = |path: &Path| {
        let units = 0..repeat(case, path, axis);
        units.map(|unit| extent(case.graph, case.shapes, path, axis, unit)).filter(|&extent| extent > 0).min()
    };
    Some(all.iter().filter_map(least).min().unwrap_or(0))
}

/// Units after which what they see through a path repeats, or a multiple of it.
fn repeat(case: &Case<'_>, path: &Path, axis: usize) -> i64 {
    let more = |&node: &usize| match case.graph.nodes[node].op {
        Op::Upsample { factor, .. } | Op::PixelShuffle { factor } => factor[axis],
        Op::ConvTranspose { window, .. } => window.stride[axis],
        Op::AdaptivePool { output, .. } => output[axis],
        Op::Resize { axes } => axes[axis].den,
        _ => 1,
    };
    path.iter().map(more).product()
}

#[test]
fn shortest_path() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            for axis in 0..case.graph.rank {
                let Some(truth) = shortest(case, node, axis) else { continue };
                assert_eq!(layer.shortest(axis), truth, "layer {node} axis {axis}");
                assert!(!layer.shortest_is_bound(), "layer {node} axis {axis}");
            }
        }
    });
}

/// The global layers that a path can come to first on its way from the input, for all paths to a layer.
fn causes(case: &Case<'_>, node: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for edge in edges(case.graph, case.shapes, node) {
        let before = causes(case, edge.input());
        let is_cause = matches!(edge, Edge::Global(_)) && reaches_locally(case, edge.input());
        found.extend(is_cause.then_some(node).into_iter().chain(before));
    }
    found
}

/// Whether a path without global edges leads from a layer to the input.
fn reaches_locally(case: &Case<'_>, node: usize) -> bool {
    let mut local =
        edges(case.graph, case.shapes, node).into_iter().filter(|edge| matches!(edge, Edge::Local(_)));
    node == 0 || local.any(|edge| reaches_locally(case, edge.input()))
}

#[test]
fn global() {
    judge(|case| {
        for node in case.answered() {
            let layer = case.layer(node);
            let causes = causes(case, node);
            assert_eq!(layer.is_global(), !causes.is_empty(), "layer {node}");
            if let Some(cause) = layer.global_cause() {
                assert!(causes.contains(&cause.index()), "{} of {causes:?}, layer {node}", cause.index());
            }
        }
    });
}
