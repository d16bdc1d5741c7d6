//! Parameters and multiply-accumulates, counted as a naive run draws and uses them.

use rf_core::graph::Op;
use rf_tests::oracle::forward::{Map, run};

use super::judge;

#[test]
fn params_and_macs() {
    judge(|case| {
        let image = Map::filled(case.shapes[0].channels, case.shapes[0].extents, 1.0);
        let runs = run(case.graph, &image, 1);
        let count = |number: i64| u64::try_from(number).expect("a count");
        for node in case.answered() {
            let layer = case.layer(node);
            assert_eq!(layer.params(), count(runs[node].params), "parameters of layer {node}");
            if matches!(case.graph.nodes[node].op, Op::Custom { .. }) {
                assert_eq!(layer.macs(), None, "nobody knows what layer {node} computes");
                continue;
            }
            assert_eq!(layer.macs(), Some(count(runs[node].macs)), "multiply-accumulates of layer {node}");
        }
        if case.answered().len() == runs.len() {
            let sum = runs.iter().map(|run| count(run.params)).sum::<u64>();
            assert_eq!(case.table.params(), sum);
            let custom = case.graph.nodes.iter().any(|node| matches!(node.op, Op::Custom { .. }));
            let sum = runs.iter().map(|run| count(run.macs)).sum();
            assert_eq!(case.table.macs(), (!custom).then_some(sum));
        }
    });
}
