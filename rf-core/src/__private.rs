//! What the macro's expansion names.

pub use crate::compare::check_same;
pub use crate::graph::argument::{Integer, all, clamp, crop, resample};
pub use crate::graph::lines::{chained, groups, nodes};
pub use crate::graph::splice::{
    Inlined, Part, PartGroup, Ref, Splice, edge_count, group_count, node_count, offsets, text, text_len,
};
pub use crate::graph::{
    Activation, Graph, Group, Init, Merge, Node, Norm, Op, Padding, Pool, Resize, Sides, UNKNOWN, Window,
};
pub use crate::theory::{
    Asserted, Assertion, At, Compare, Evaluated, Layer, Query, Table, Value, assert_one, check_layers,
    check_place, evaluate, evaluate_repeats, phase_count,
};
pub use crate::theory::{check_parts, check_path};
