//! Every operator that is read, and what reads it.

use onnx_rs::ast::{AttributeType, Node, OpType};
use rf_core::graph::{Op, Pool};

use super::{Importer, Value, constant_at, maps};
use crate::layout::Dim;
use crate::node::{Attributes, Outcome, is_standard, unknown};
use crate::number::Arithmetic;

type Inputs<'v> = &'v [Option<Value>];

/// Whether a node runs graphs of its own, which may read anything.
pub(super) fn has_subgraph(node: &Node<'_>) -> bool {
    let graph = |kind| matches!(kind, AttributeType::Graph | AttributeType::Graphs);
    matches!(node.op_type, OpType::If | OpType::Loop | OpType::Scan | OpType::SequenceMap)
        || node.attribute.iter().any(|attribute| graph(attribute.r#type))
}

impl<'f> Importer<'f> {
    /// The outputs of a node.
    pub(super) fn run(&mut self, node: &Node<'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        if has_subgraph(node) {
            return unknown("it runs a graph of its own");
        }
        self.first_output = node.output.first().copied().unwrap_or("");
        let attributes = Attributes(&node.attribute);
        match node.op_type {
            OpType::Shape if is_standard(node) => super::fold::shape(attributes, inputs),
            // Only the type of the second input matters, not what it depends on.
            OpType::CastLike if constant_at(inputs, 0).is_some() => super::fold::fold(node, &inputs[..1]),
            _ if maps(inputs).next().is_none() => super::fold::fold(node, inputs),
            _ if !is_standard(node) => self.foreign(node, inputs),
            _ => self.layer(node, attributes, inputs),
        }
    }

    /// A node that depends on the network's input.
    #[expect(clippy::too_many_lines, reason = "one line per operator")]
    fn layer(
        &mut self,
        node: &Node<'f>,
        attributes: Attributes<'_, 'f>,
        inputs: Inputs<'_>,
    ) -> Outcome<Vec<Value>> {
        use OpType as O;
        match &node.op_type {
            O::Conv => self.conv(attributes, inputs),
            O::ConvInteger => self.quantised_conv(attributes, inputs, 1, None),
            O::QLinearConv => self.quantised_conv(attributes, inputs, 3, Some(8)),
            O::ConvTranspose => self.conv_transpose(attributes, inputs),
            O::MaxPool => self.pool(attributes, inputs, Pool::Max),
            O::AveragePool => self.pool(attributes, inputs, Pool::Avg),
            O::LpPool => self.lp_pool(attributes, inputs),
            O::GlobalMaxPool => self.global_pool(inputs, Some(Pool::Max)),
            O::GlobalAveragePool => self.global_pool(inputs, Some(Pool::Avg)),
            O::GlobalLpPool => self.global_pool(inputs, None),
            O::Resize => self.resize(attributes, inputs),
            O::Upsample => self.upsample(attributes, inputs),
            O::DepthToSpace => self.depth_to_space(attributes, inputs),
            O::SpaceToDepth => self.space_to_depth(attributes, inputs),
            O::Pad => self.pad(attributes, inputs),
            O::Custom("Crop") => self.crop(attributes, inputs),
            O::Slice => self.slice(attributes, inputs),
            O::Split => self.split(attributes, inputs, node.output.len()),
            O::Gather => self.gather(attributes, inputs),
            O::Concat => self.concat(attributes, inputs),
            O::Reshape => self.reshape(attributes, inputs),
            O::Flatten => self.flatten(attributes, inputs),
            O::Squeeze => self.squeeze(attributes, inputs),
            O::Unsqueeze => self.unsqueeze(attributes, inputs),
            O::Transpose => self.transpose(attributes, inputs),
            O::Expand => self.expand_to(inputs),
            O::Identity | O::Cast | O::CastLike | O::QuantizeLinear | O::DequantizeLinear => {
                self.identity(Op::Identity, inputs)
            }
            O::Dropout => self.identity(Op::Dropout, inputs),
            O::Add => self.arithmetic(Arithmetic::Add, attributes, inputs),
            O::Sub => self.arithmetic(Arithmetic::Sub, attributes, inputs),
            O::Mul => self.arithmetic(Arithmetic::Mul, attributes, inputs),
            O::Div => self.arithmetic(Arithmetic::Div, attributes, inputs),
            O::Sum | O::Mean | O::Max | O::Min => self.many(&node.op_type, inputs),
            O::Pow
            | O::Mod
            | O::Where
            | O::Equal
            | O::Less
            | O::LessOrEqual
            | O::Greater
            | O::GreaterOrEqual
            | O::And
            | O::Or
            | O::Xor
            | O::BitShift
            | O::BitwiseAnd
            | O::BitwiseOr
            | O::BitwiseXor => self.function(inputs),
            O::Clip => self.clip(attributes, inputs),
            O::PRelu => self.prelu(inputs),
            O::Softmax => self.softmax(attributes, inputs, true),
            O::LogSoftmax | O::Hardmax => self.softmax(attributes, inputs, false),
            O::Relu
            | O::Sigmoid
            | O::Tanh
            | O::LeakyRelu
            | O::Elu
            | O::Celu
            | O::Selu
            | O::Gelu
            | O::Softplus
            | O::Softsign
            | O::HardSigmoid
            | O::HardSwish
            | O::Mish
            | O::ThresholdedRelu
            | O::Shrink
            | O::Abs
            | O::Neg
            | O::Exp
            | O::Log
            | O::Sqrt
            | O::Reciprocal
            | O::Erf
            | O::Sign
            | O::Floor
            | O::Ceil
            | O::Round
            | O::Not
            | O::BitwiseNot
            | O::IsNaN
            | O::IsInf
            | O::Sin
            | O::Cos
            | O::Tan
            | O::Asin
            | O::Acos
            | O::Atan
            | O::Sinh
            | O::Cosh
            | O::Asinh
            | O::Acosh
            | O::Atanh
            | O::Custom("Swish") => self.activation(&node.op_type, attributes, inputs),
            O::BatchNormalization => self.batch_norm(attributes, inputs),
            O::InstanceNormalization => self.channel_groups(attributes, inputs, None),
            O::GroupNormalization => {
                self.channel_groups(attributes, inputs, Some(attributes.int("num_groups", 1)))
            }
            O::LayerNormalization => self.layer_norm(attributes, inputs, true),
            O::Custom("RMSNormalization" | "SimplifiedLayerNormalization") => {
                self.layer_norm(attributes, inputs, false)
            }
            O::LpNormalization => self.lp_norm(attributes, inputs),
            O::MeanVarianceNormalization => self.mean_variance(attributes, inputs),
            O::Custom("LRN") => self.local_response(attributes, inputs),
            O::ReduceMean
            | O::ReduceMax
            | O::ReduceMin
            | O::ReduceSum
            | O::ReduceProd
            | O::ReduceL1
            | O::ReduceL2
            | O::ReduceLogSum
            | O::ReduceLogSumExp
            | O::ReduceSumSquare
            | O::ArgMax
            | O::ArgMin => self.reduce(&node.op_type, attributes, inputs),
            O::Gemm => self.gemm(attributes, inputs),
            O::MatMul | O::MatMulInteger => self.matmul(inputs),
            O::LSTM | O::GRU | O::RNN => self.recurrent(attributes, inputs),
            O::Attention => self.attention(inputs, None),
            other => unknown(reason(other)),
        }
    }

    /// Operators of other domains: attention of ONNX Runtime's, and what nobody knows.
    fn foreign(&mut self, node: &Node<'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let name = node.op_type.as_str();
        if node.domain == "com.microsoft" {
            if matches!(name, "Attention" | "MultiHeadAttention") {
                let bias = constant_at(inputs, 2).and_then(|bias| bias.shape.last().copied());
                let channels = bias.filter(|bias| name == "Attention" && bias % 3 == 0).map(|bias| bias / 3);
                return self.attention(inputs, channels);
            }
            if matches!(name, "Gelu" | "FastGelu" | "QuickGelu") {
                return self.activation(&OpType::Abs, Attributes(&[]), inputs);
            }
        }
        unknown("an operator of another domain, which only its authors know")
    }

    /// `LpNormalization` along one dimension.
    fn lp_norm(&mut self, attributes: Attributes<'_, 'f>, inputs: Inputs<'_>) -> Outcome<Vec<Value>> {
        let map = super::map_at(inputs, 0)?;
        let at = super::reshape::axis(attributes.int("axis", -1), map.dims.len())?;
        let along: Dim = map.dims[at].clone();
        if along.iter().all(|factor| factor.axis == crate::layout::Axis::Channel) {
            return Ok(super::one(self.pointwise("", map)?));
        }
        if along.iter().any(|factor| factor.axis == crate::layout::Axis::Batch) {
            return unknown("it runs over the batch");
        }
        self.mixing(map, &along, "it normalises along one of several axes")
    }
}

/// Why an operator has no index map.
fn reason(operator: &OpType<'_>) -> &'static str {
    match operator {
        OpType::GridSample
        | OpType::Custom("DeformConv")
        | OpType::RoiAlign
        | OpType::MaxRoiPool
        | OpType::AffineGrid
        | OpType::GatherElements
        | OpType::GatherND
        | OpType::ScatterElements
        | OpType::ScatterND
        | OpType::MaxUnpool => "where it reads depends on values",
        OpType::Custom("NonMaxSuppression")
        | OpType::TopK
        | OpType::NonZero
        | OpType::Unique
        | OpType::Compress => "which units it keeps depends on values",
        OpType::Einsum => "its equation is not read",
        _ => "an operator that is not read",
    }
}
