//! A model's file, read; its layers and units, found.

use rf_core::graph::{Graph, UNKNOWN};
use rf_core::theory::{Assertion, At, Compare, Layer, Query, Table, TableBuf, Value, check};
use rf_onnx::{Model, Options};

use crate::args::{Extents, Source, Unit};
use crate::out::{Failure, note};

/// Reads a file, and says which of its nodes nobody knows.
pub(crate) fn read(source: &Source) -> Result<Model, Failure> {
    let Source { file, input, size } = source;
    let mut options = Options { input: input.clone(), extents: None };
    options.extents = match size {
        None => None,
        Some(Extents(one)) if one.len() == 1 => {
            let model = Model::read_with(file, &options).map_err(Failure::bad)?;
            Some(vec![one[0]; model.lend().graph().rank])
        }
        Some(Extents(each)) => Some(each.clone()),
    };
    let model = Model::read_with(file, &options).map_err(Failure::bad)?;
    for node in model.unknown() {
        note(&format!(
            "`{}` ({}): {}; nothing is said of what is behind it",
            node.node, node.operator, node.reason
        ));
    }
    Ok(model)
}

/// The model's outputs: names, and the layers that give them.
pub(crate) fn outputs(model: &Model) -> Vec<(&str, usize)> {
    model.outputs().iter().map(|output| (output.name.as_str(), output.node)).collect()
}

/// The layer of this name, if it can be asked.
pub(crate) fn layer<'a>(table: &Table<'a>, name: &str) -> Result<Layer<'a>, Failure> {
    match (table.find(name), why_not(table, At::Name(name))) {
        (Some(layer), None) => Ok(layer),
        (_, why) => Err(Failure::Bad(why.unwrap_or_default())),
    }
}

/// Why a layer cannot be asked: it is not there, with what is close, or at fault, or nobody knows what it reads.
pub(crate) fn why_not(table: &Table<'_>, at: At<'_>) -> Option<String> {
    // This holds of every layer whose field is known.
    let compare = Some((Compare::Ge, Value::Int(0)));
    check(table, Assertion { query: Query::Rf, at, axis: None, negate: false, compare }).err()
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
