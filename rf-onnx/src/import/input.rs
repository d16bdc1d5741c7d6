//! Which input is the image, and which of its dimensions are what.

use std::collections::{HashMap, HashSet, VecDeque};

use onnx_rs::ast::{DataType, Graph, Node, OpType, ValueInfo};
use rf_core::graph::{MAX_RANK, UNKNOWN};
use rf_core::theory::LIMIT;

use super::{Value, shape_of};
use crate::layout::{Axis, Dim, Factor, Size, joined};
use crate::model::Options;
use crate::node::{Attributes, is_standard};
use crate::number::Number;

/// The network's input.
pub(super) struct Chosen<'f> {
    pub(super) name: &'f str,
    pub(super) channels: i64,
    pub(super) extents: Vec<i64>,
    /// What each dimension of the tensor is.
    axes: Vec<Axis>,
    batch: i64,
}

impl Chosen<'_> {
    /// The tensor's dimensions as parts of the map.
    pub(super) fn dims(&self, extent: impl Fn(usize) -> Size, channels: Size) -> Vec<Dim> {
        let size = |axis: &Axis| match *axis {
            Axis::Batch => Size::Known(self.batch),
            Axis::Channel => channels,
            Axis::Space(axis) => extent(axis),
        };
        self.axes.iter().map(|axis| joined([Factor::whole(*axis, size(axis))])).collect()
    }
}

/// Chooses the input: the one asked for, else the first with the most dimensions.
pub(super) fn choose<'f>(
    graph: &Graph<'f>,
    values: &HashMap<&str, Value>,
    order: &[usize],
    options: &Options,
) -> Result<Chosen<'f>, String> {
    let candidates = || graph.input.iter().filter(|input| !values.contains_key(input.name));
    let rank = |input: &ValueInfo<'_>| input.tensor_shape().map_or(0, |shape| shape.dim.len());
    let info = if let Some(name) = &options.input {
        candidates().find(|input| input.name == name).ok_or_else(|| {
            let known: Vec<&str> = candidates().map(|input| input.name).collect();
            format!("no input `{name}`: there is {}", known.join(", "))
        })?
    } else {
        let number = |input: &&ValueInfo<'_>| !matches!(input.tensor_elem_type(), Some(DataType::String));
        let most = candidates().filter(number).map(rank).max().ok_or("it has no input")?;
        candidates().find(|input| rank(input) == most).ok_or("it has no input")?
    };
    let shape = shape_of(info).ok_or_else(|| format!("its input `{}` has no shape", info.name))?;
    if let Some(size) = shape.iter().filter_map(|size| size.int()).find(|&size| size > LIMIT) {
        return Err(format!("its input `{}` has an extent of {size}", info.name));
    }
    let found = layout(graph, order, info.name, shape.len());
    let axes = found.axes.unwrap_or_else(|| default(shape.len()));
    let spatial = axes.iter().filter(|axis| matches!(axis, Axis::Space(_))).count();
    let rank = spatial.max(found.rank.unwrap_or(0)).max(1);
    if shape.is_empty() || rank > MAX_RANK {
        return Err(format!(
            "its input `{}` of {} dimensions is no map of 1 to 3 axes",
            info.name,
            shape.len()
        ));
    }
    // A network of more spatial axes than its input's has them before: 1×L for a row that is made an image.
    let lead = rank - spatial;
    let mut extents: Vec<i64> = vec![1; lead];
    extents.extend((0..spatial).map(|axis| size_of(&axes, &shape, Axis::Space(axis)).unwrap_or(UNKNOWN)));
    let axes = axes.into_iter().map(|axis| match axis {
        Axis::Space(place) => Axis::Space(place + lead),
        other => other,
    });
    let axes: Vec<Axis> = axes.collect();
    let channels = size_of(&axes, &shape, Axis::Channel).unwrap_or(1);
    // A field does not depend on how many images there are.
    let batch = size_of(&axes, &shape, Axis::Batch).filter(|&batch| batch > 0).unwrap_or(1);
    if let Some(given) = &options.extents {
        if given.len() != extents.len() {
            return Err(format!("{} extents given, its input has {}", given.len(), extents.len()));
        }
        extents.clone_from(given);
    }
    Ok(Chosen { name: info.name, channels, extents, axes, batch })
}

fn size_of(axes: &[Axis], shape: &[Number], wanted: Axis) -> Option<i64> {
    let at = axes.iter().position(|axis| *axis == wanted)?;
    Some(shape[at].int().unwrap_or(UNKNOWN))
}

/// `N×C×…` where no layer says otherwise; one dimension is a row of features, two are a batch of them.
fn default(rank: usize) -> Vec<Axis> {
    match rank {
        1 => vec![Axis::Channel],
        _ => with_channels_at(rank, Some(0), 1),
    }
}

fn with_channels_at(rank: usize, batch: Option<usize>, channels: usize) -> Vec<Axis> {
    let mut next = 0;
    (0..rank)
        .map(|dim| {
            if Some(dim) == batch {
                Axis::Batch
            } else if dim == channels {
                Axis::Channel
            } else {
                next += 1;
                Axis::Space(next - 1)
            }
        })
        .collect()
}

#[derive(Default)]
struct Layout {
    axes: Option<Vec<Axis>>,
    /// Spatial axes of the first layer with a window.
    rank: Option<usize>,
}

/// Follows the input to the first layer with a window, which says which dimension is which.
fn layout<'f>(graph: &Graph<'f>, order: &[usize], input: &'f str, rank: usize) -> Layout {
    // For each tensor that is the input rearranged: which of its dimensions each one is, `None` for a new one.
    let mut known: HashMap<&str, Vec<Option<usize>>> =
        HashMap::from([(input, (0..rank).map(Some).collect())]);
    for &index in order {
        let node = &graph.node[index];
        let Some(dims) = node.input.iter().find_map(|name| known.get(name)).cloned() else { continue };
        if has_window(node) && dims.len() > 2 {
            let (batch, channels) = (dims[0], dims[1]);
            let rank_of_layer = Some(dims.len() - 2);
            let axes = channels.map(|channels| with_channels_at(rank, batch, channels));
            return Layout { axes, rank: rank_of_layer };
        }
        if let Some(moved) = moved(node, dims) {
            node.output.first().map(|output| known.insert(output, moved));
        }
    }
    Layout::default()
}

fn has_window(node: &Node<'_>) -> bool {
    use OpType::{
        AveragePool, BatchNormalization, Conv, ConvInteger, ConvTranspose, DepthToSpace, GlobalAveragePool,
        GlobalMaxPool, InstanceNormalization, LpPool, MaxPool, QLinearConv, SpaceToDepth,
    };
    matches!(
        node.op_type,
        AveragePool
            | BatchNormalization
            | Conv
            | ConvInteger
            | ConvTranspose
            | DepthToSpace
            | GlobalAveragePool
            | GlobalMaxPool
            | InstanceNormalization
            | LpPool
            | MaxPool
            | QLinearConv
            | SpaceToDepth
    )
}

/// Where the dimensions of a node's first input come to lie; `None` where that is no longer the same map.
fn moved(node: &Node<'_>, dims: Vec<Option<usize>>) -> Option<Vec<Option<usize>>> {
    let attributes = Attributes(&node.attribute);
    match node.op_type {
        OpType::Transpose => {
            let reversed: Vec<i64> = (0..dims.len() as i64).rev().collect();
            let order = attributes.ints("perm").unwrap_or(&reversed);
            order.iter().map(|&from| dims.get(usize::try_from(from).ok()?).copied()).collect()
        }
        OpType::Unsqueeze => {
            let mut dims = dims;
            let axes = attributes.ints("axes").unwrap_or(&[0]);
            for &axis in axes {
                let at = usize::try_from(axis).ok().filter(|&at| at <= dims.len())?;
                dims.insert(at, None);
            }
            Some(dims)
        }
        OpType::Reshape
        | OpType::Flatten
        | OpType::Gemm
        | OpType::MatMul
        | OpType::Shape
        | OpType::Gather
        | OpType::Squeeze => None,
        _ if is_standard(node) => Some(dims),
        _ => None,
    }
}

/// The values from which some path leads to a node that gives spatial axes to what may have none.
pub(super) fn unfolds<'f>(nodes: &[Node<'f>], order: &[usize]) -> HashSet<&'f str> {
    use OpType::{
        Conv, ConvTranspose, DepthToSpace, Expand, Reshape, Resize, Transpose, Unsqueeze, Upsample,
    };
    let mut giver: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        node.output.iter().for_each(|name| {
            giver.insert(name, index);
        });
    }
    let gives_axes = |node: &Node<'_>| {
        matches!(
            node.op_type,
            Conv | ConvTranspose
                | DepthToSpace
                | Expand
                | Reshape
                | Resize
                | Transpose
                | Unsqueeze
                | Upsample
        )
    };
    let mut found = HashSet::new();
    let mut queue: VecDeque<&str> = VecDeque::new();
    for &index in order {
        if gives_axes(&nodes[index]) {
            queue.extend(nodes[index].input.first());
        }
    }
    while let Some(name) = queue.pop_front() {
        if found.insert(name)
            && let Some(&index) = giver.get(name)
        {
            queue.extend(&nodes[index].input);
        }
    }
    found
}
