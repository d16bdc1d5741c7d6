//! A model's file, read, with open extents given.

use std::path::Path;

use rf_core::graph::{Graph, GraphBuf, Lent, Op, UNKNOWN};
use rf_core::theory::{Assertion, At, Compare, Layer, Query, Table, TableBuf, Value, check};
use rf_onnx::Model;

use crate::args::{Extents, Source, Unit};
use crate::out::{Failure, note};

/// A model and its graph.
pub(crate) struct Loaded {
    pub(crate) model: Model,
    graph: GraphBuf,
}

impl Loaded {
    pub(crate) fn of(source: &Source) -> Result<Self, Failure> {
        Self::read(&source.file, source.size.as_ref())
    }

    pub(crate) fn read(file: &Path, size: Option<&Extents>) -> Result<Self, Failure> {
        let model = Model::read(file).map_err(Failure::bad)?;
        let graph = GraphBuf::from(&model.lend().graph());
        let graph = match size {
            Some(size) => sized(&graph.lend().graph(), size, file)?,
            None => graph,
        };
        for node in model.unknown() {
            note(&format!(
                "`{}` ({}) is not known ({}): nothing is said of what is behind it",
                node.node, node.operator, node.reason
            ));
        }
        Ok(Self { model, graph })
    }

    /// Lends the graph as a [`Table`] needs it.
    pub(crate) fn lend(&self) -> Lent<'_> {
        self.graph.lend()
    }

    /// The model's outputs: names, and the layers that give them.
    pub(crate) fn outputs(&self) -> Vec<(&str, usize)> {
        self.model.outputs().iter().map(|output| (output.name.as_str(), output.node)).collect()
    }
}

/// The graph with its open extents closed.
fn sized(graph: &Graph<'_>, Extents(size): &Extents, file: &Path) -> Result<GraphBuf, Failure> {
    let Op::Input { channels, extents } = graph.nodes[0].op else {
        return Err(Failure::Bad(format!("`{}` has no input", file.display())));
    };
    let wanted = match size.as_slice() {
        [one] => vec![*one; graph.rank],
        each if each.len() == graph.rank => each.to_vec(),
        each => {
            let (given, rank) = (each.len(), graph.rank);
            return Err(Failure::Bad(format!(
                "--size has {given} extents, the input of `{}` {rank}",
                file.display()
            )));
        }
    };
    let mut closed = extents;
    for (extent, wanted) in closed.iter_mut().zip(wanted) {
        if *extent == UNKNOWN {
            *extent = wanted;
        } else if *extent != wanted {
            let text =
                format!("--size says {wanted}, but `{}` fixes that extent at {extent}", file.display());
            return Err(Failure::Bad(text));
        }
    }
    let mut made = GraphBuf::new(graph.name, channels, &closed[..graph.rank]);
    made.init = graph.init;
    graph.nodes.iter().skip(1).for_each(|node| _ = made.push(node.name, node.op, node.inputs));
    graph.groups.iter().for_each(|group| made.group(*group));
    Ok(made)
}

/// The layer of this name, if it can be asked.
pub(crate) fn layer<'a>(table: &Table<'a>, name: &str) -> Result<Layer<'a>, Failure> {
    match (table.find(name), why_not(table, At::Name(name))) {
        (Some(layer), None) => Ok(layer),
        (_, why) => Err(Failure::Bad(why.unwrap_or_default())),
    }
}

/// Why a layer cannot be asked: it is not there, with what is close, or it is at fault.
pub(crate) fn why_not(table: &Table<'_>, at: At<'_>) -> Option<String> {
    // Parameters can be asked of every layer that there is: what is wrong then is the layer.
    let compare = Some((Compare::Ge, Value::Int(0)));
    check(table, Assertion { query: Query::Params, at, axis: None, negate: false, compare }).err()
}

/// The unit that is asked about: the one given, or the one nearest the centre.
pub(crate) fn unit(layer: &Layer<'_>, given: Option<&Unit>) -> Result<Vec<i64>, Failure> {
    let rank = layer.table().graph().rank;
    let name = layer.name();
    if let Some(Unit(unit)) = given {
        let inside = |axis: usize, index: i64| {
            let extent = layer.data().extent(axis);
            extent == UNKNOWN || (0..extent).contains(&index)
        };
        return match unit.len() == rank && unit.iter().enumerate().all(|(axis, &index)| inside(axis, index)) {
            true => Ok(unit.clone()),
            false if unit.len() == rank => Err(Failure::Bad(format!("unit {unit:?} is outside `{name}`"))),
            false => Err(Failure::Bad(format!("`{name}` has {rank} axes, --unit {} indices", unit.len()))),
        };
    }
    let centre = (0..rank).map(|axis| layer.central_unit(axis)).collect::<Option<_>>();
    centre.ok_or_else(|| {
        Failure::Bad(format!(
            "the extents of `{name}` are open\nhelp: give the input a size with --size, or a --unit"
        ))
    })
}

/// The table of a graph.
pub(crate) fn table<'a>(graph: &Graph<'a>) -> TableBuf<'a> {
    TableBuf::new(graph)
}
