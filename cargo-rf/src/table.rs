//! `cargo rf table`: what each layer sees.

use rf_core::emit;
use rf_core::graph::{Op, UNKNOWN};
use rf_core::theory::{At, Layer, Table, UNBOUNDED};
use rf_onnx::Model;
use serde::Serialize;

use crate::args::TableArgs;
use crate::model;
use crate::out::{FAINT, Failure, Out};

pub(crate) fn run(args: &TableArgs, out: &mut Out) -> Result<bool, Failure> {
    let model = model::read(&args.source)?;
    let lent = model.lend();
    let graph = lent.graph();
    let table = model::table(&graph);
    let table = table.table();
    if args.json {
        out.json(&Report::of(&table, &model))?;
        return Ok(true);
    }
    let text = format!("{table:#}");
    let mut lines = text.lines();
    lines.next().map_or(Ok(()), |head| out.line(FAINT, head))?;
    let outputs: Vec<usize> = model::outputs(&model).iter().map(|output| output.1).collect();
    for (layer, line) in table.layers().zip(lines.by_ref()) {
        if args.all || outputs.contains(&layer.index()) || changes(&table, &layer) {
            out.text(line)?;
            out.text("\n")?;
        }
    }
    lines.try_for_each(|line| out.line(FAINT, line))?;
    Ok(true)
}

/// Whether a layer's units see something else than those that it reads, or there are more or fewer of them.
fn changes(table: &Table<'_>, layer: &Layer<'_>) -> bool {
    let inputs = layer.node().inputs;
    let Some(&first) = inputs.first() else { return true };
    let before = table.layer(first);
    let same = |axis: usize| {
        layer.jump(axis) == before.jump(axis)
            && layer.start(axis) == before.start(axis)
            && layer.local_rf().axis(axis) == before.local_rf().axis(axis)
    };
    let pointwise =
        matches!(layer.node().op, Op::Norm { .. } | Op::Activation(_) | Op::Dropout | Op::Identity);
    let rank = table.graph().rank;
    inputs.len() > 1
        || layer.fault().is_some()
        || !pointwise
        || layer.shape() != before.shape()
        || layer.is_global() != before.is_global()
        || !(0..rank).all(same)
}

/// The output for programs. A field may be added; none is removed or changes its meaning while `schema` is 1.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    model: &'a str,
    /// Spatial axes.
    rank: usize,
    params: u64,
    macs: Option<u64>,
    outputs: Vec<Output<'a>>,
    unknown: Vec<Unknown<'a>>,
    layers: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    layer: &'a str,
}

#[derive(Serialize)]
struct Unknown<'a> {
    node: &'a str,
    operator: &'a str,
    reason: &'a str,
}

/// A layer. Lists have an entry per axis, outermost first.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    /// As a call of the language; a merge by its word.
    layer: String,
    inputs: Vec<&'a str>,
    /// `null` where it is not fixed.
    channels: Option<i64>,
    /// None behind a flattening; an entry is `null` where it is not fixed.
    extents: Vec<Option<i64>>,
    rf: Vec<Range>,
    local_rf: Vec<Range>,
    /// Numerator and denominator; `null` where there is none.
    jump: Vec<Option<[i64; 2]>>,
    start: Vec<Option<i64>>,
    shortest: Vec<i64>,
    aligned: bool,
    /// The first layer that made it global.
    global: Option<&'a str>,
    /// The first layer on which it depends and of which nobody knows what it reads: the fields are void then.
    unknown: Option<&'a str>,
    params: u64,
    macs: Option<u64>,
    /// Why the layer cannot be evaluated: all numbers are void then.
    fault: Option<String>,
}

/// Smallest and largest over units, `null` where there is no bound.
#[derive(Serialize)]
struct Range {
    min: Option<i64>,
    max: Option<i64>,
}

impl<'a> Report<'a> {
    fn of(table: &Table<'a>, model: &'a Model) -> Self {
        let nodes = table.graph().nodes;
        Self {
            schema: 1,
            model: table.graph().name,
            rank: table.graph().rank,
            params: table.params(),
            macs: table.macs(),
            outputs: model::outputs(model)
                .into_iter()
                .map(|(name, node)| Output { name, layer: nodes[node].name })
                .collect(),
            unknown: model
                .unknown()
                .iter()
                .map(|unknown| Unknown {
                    node: &unknown.node,
                    operator: &unknown.operator,
                    reason: &unknown.reason,
                })
                .collect(),
            layers: table.layers().map(|layer| Row::of(table, &layer)).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn of(table: &Table<'a>, layer: &Layer<'a>) -> Self {
        let (node, rank) = (layer.node(), table.graph().rank);
        let known = |number: i64| (number != UNKNOWN).then_some(number);
        let range = |range: rf_core::theory::Range| {
            let bounded = |extent: i64| (extent != UNBOUNDED).then_some(extent);
            Range { min: bounded(range.min), max: bounded(range.max) }
        };
        let (rf, local) = (layer.rf(), layer.local_rf());
        let call = match node.op {
            Op::Input { .. } => "input".to_owned(),
            Op::Merge(merge) => format!("{merge:?}").to_lowercase(),
            op => emit::layer(&op, rank),
        };
        Self {
            name: node.name,
            layer: call,
            inputs: node.inputs.iter().map(|&input| table.graph().nodes[input].name).collect(),
            channels: known(layer.shape().channels),
            extents: layer.shape().extents().iter().copied().map(known).collect(),
            rf: (0..rank).map(|axis| range(rf.axis(axis))).collect(),
            local_rf: (0..rank).map(|axis| range(local.axis(axis))).collect(),
            jump: (0..rank).map(|axis| layer.jump(axis).map(|jump| [jump.num, jump.den])).collect(),
            start: (0..rank).map(|axis| layer.start(axis)).collect(),
            shortest: (0..rank).map(|axis| layer.shortest(axis)).collect(),
            aligned: layer.is_aligned(),
            global: layer.global_cause().map(|cause| cause.name()),
            unknown: layer.unknown_cause().map(|cause| cause.name()),
            params: layer.params(),
            macs: layer.macs(),
            fault: layer.fault().and_then(|_| model::why_not(table, At::Node(layer.index()))),
        }
    }
}
