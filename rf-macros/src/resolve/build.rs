//! One function per layer kind: checked arguments to the operation.

use super::args::Args;
use crate::model::{Bool, Float, Norm, Op, Window};

fn window(args: &mut Args<'_, '_>) -> Window {
    Window {
        kernel: args.axes("kernel"),
        stride: args.axes("stride"),
        padding: args.padding("padding"),
        dilation: args.axes("dilation"),
    }
}

pub(crate) fn conv(args: &mut Args<'_, '_>) -> Op {
    let channels = args.int("channels");
    Op::Conv { channels, window: window(args), groups: args.int("groups"), bias: args.bool("bias") }
}

pub(crate) fn depthwise_conv(args: &mut Args<'_, '_>) -> Op {
    Op::DepthwiseConv { window: window(args), multiplier: args.int("multiplier"), bias: args.bool("bias") }
}

pub(crate) fn conv_transpose(args: &mut Args<'_, '_>) -> Op {
    let channels = args.int("channels");
    Op::ConvTranspose {
        channels,
        window: window(args),
        output_padding: args.axes("output_padding"),
        groups: args.int("groups"),
        bias: args.bool("bias"),
    }
}

pub(crate) fn max_pool(args: &mut Args<'_, '_>) -> Op {
    Op::Pool {
        pool: "Max",
        window: window(args),
        ceil_mode: args.bool("ceil_mode"),
        count_include_pad: Bool::Lit(true),
    }
}

/// PyTorch's average pool knows no dilation, ONNX's does.
pub(crate) fn avg_pool(args: &mut Args<'_, '_>) -> Op {
    let window = window(args);
    let ceil_mode = args.bool("ceil_mode");
    Op::Pool { pool: "Avg", window, ceil_mode, count_include_pad: args.bool("count_include_pad") }
}

pub(crate) fn adaptive_avg_pool(args: &mut Args<'_, '_>) -> Op {
    Op::AdaptivePool { pool: "Avg", output: args.axes("output") }
}

pub(crate) fn adaptive_max_pool(args: &mut Args<'_, '_>) -> Op {
    Op::AdaptivePool { pool: "Max", output: args.axes("output") }
}

pub(crate) fn global_avg_pool(_: &mut Args<'_, '_>) -> Op {
    Op::GlobalPool { pool: "Avg" }
}

pub(crate) fn global_max_pool(_: &mut Args<'_, '_>) -> Op {
    Op::GlobalPool { pool: "Max" }
}

pub(crate) fn upsample(args: &mut Args<'_, '_>) -> Op {
    const MODES: &[(&str, &str)] =
        &[("nearest", "Nearest"), ("bilinear", "Linear"), ("linear", "Linear"), ("trilinear", "Linear")];
    Op::Upsample { factor: args.axes("factor"), mode: args.word("mode", MODES) }
}

pub(crate) fn resample(args: &mut Args<'_, '_>) -> Op {
    let extent = args.extents("extent");
    let (num, offset, den) = (args.axes("num"), args.axes("offset"), args.axes("den"));
    Op::Resample { num, offset, den, taps: args.axes("taps"), extent }
}

pub(crate) fn channel_shuffle(args: &mut Args<'_, '_>) -> Op {
    Op::ChannelShuffle { groups: args.int("groups") }
}

pub(crate) fn narrow(args: &mut Args<'_, '_>) -> Op {
    Op::Narrow { first: args.int("first"), channels: args.int("channels") }
}

pub(crate) fn pixel_shuffle(args: &mut Args<'_, '_>) -> Op {
    Op::PixelShuffle { factor: args.axes("factor") }
}

pub(crate) fn pixel_unshuffle(args: &mut Args<'_, '_>) -> Op {
    Op::PixelUnshuffle { factor: args.axes("factor") }
}

pub(crate) fn pad(args: &mut Args<'_, '_>) -> Op {
    Op::Pad { sides: args.sides("padding"), crop: false }
}

pub(crate) fn crop(args: &mut Args<'_, '_>) -> Op {
    Op::Pad { sides: args.sides("padding"), crop: true }
}

pub(crate) fn linear(args: &mut Args<'_, '_>) -> Op {
    Op::Linear { features: args.int("features"), bias: args.bool("bias") }
}

pub(crate) fn flatten(_: &mut Args<'_, '_>) -> Op {
    Op::Flatten
}

pub(crate) fn batch_norm(args: &mut Args<'_, '_>) -> Op {
    Op::Norm { norm: Norm::Batch, affine: args.bool("affine") }
}

pub(crate) fn layer_norm(args: &mut Args<'_, '_>) -> Op {
    Op::Norm { norm: Norm::Layer { spatial: args.bool("spatial") }, affine: args.bool("affine") }
}

pub(crate) fn group_norm(args: &mut Args<'_, '_>) -> Op {
    Op::Norm { norm: Norm::Group { groups: args.int("groups") }, affine: args.bool("affine") }
}

pub(crate) fn instance_norm(args: &mut Args<'_, '_>) -> Op {
    Op::Norm { norm: Norm::Instance, affine: args.bool("affine") }
}

pub(crate) fn local_response_norm(args: &mut Args<'_, '_>) -> Op {
    Op::Norm { norm: Norm::LocalResponse { size: args.int("size") }, affine: Bool::Lit(false) }
}

pub(crate) fn squeeze_excite(args: &mut Args<'_, '_>) -> Op {
    Op::SqueezeExcite { squeeze: args.int("squeeze") }
}

pub(crate) fn attention(args: &mut Args<'_, '_>) -> Op {
    Op::Attention { heads: args.int("heads"), bias: args.bool("bias") }
}

/// The share is checked and dropped: an evaluated network drops nothing.
pub(crate) fn dropout(args: &mut Args<'_, '_>) -> Op {
    args.float("p");
    Op::Dropout
}

pub(crate) fn identity(_: &mut Args<'_, '_>) -> Op {
    Op::Identity
}

pub(crate) fn activation(name: &'static str) -> Op {
    Op::Activation { name, fields: Vec::new() }
}

pub(crate) fn prelu(args: &mut Args<'_, '_>) -> Op {
    Op::Prelu { per_channel: args.bool("per_channel") }
}

pub(crate) fn gelu(args: &mut Args<'_, '_>) -> Op {
    const KINDS: &[(&str, &str)] = &[("none", "Gelu"), ("tanh", "GeluTanh")];
    activation(args.word("approximate", KINDS))
}

pub(crate) fn threshold(args: &mut Args<'_, '_>) -> Op {
    shaped("Threshold", vec![("threshold", args.float("threshold")), ("value", args.float("value"))])
}

fn shaped(name: &'static str, fields: Vec<(&'static str, Float)>) -> Op {
    Op::Activation { name, fields }
}

pub(crate) fn leaky_relu(args: &mut Args<'_, '_>) -> Op {
    shaped("LeakyRelu", vec![("negative_slope", args.float("negative_slope"))])
}

pub(crate) fn elu(args: &mut Args<'_, '_>) -> Op {
    shaped("Elu", vec![("alpha", args.float("alpha"))])
}

pub(crate) fn celu(args: &mut Args<'_, '_>) -> Op {
    shaped("Celu", vec![("alpha", args.float("alpha"))])
}

pub(crate) fn hardtanh(args: &mut Args<'_, '_>) -> Op {
    shaped("Hardtanh", vec![("min_val", args.float("min_val")), ("max_val", args.float("max_val"))])
}

pub(crate) fn opaque(args: &mut Args<'_, '_>) -> Op {
    let (operator, channels) = (args.text("operator"), args.extent("channels"));
    Op::Opaque { operator, channels, extents: args.extents("extent"), global: args.bool("global") }
}

pub(crate) fn custom(args: &mut Args<'_, '_>) -> Op {
    Op::Custom {
        channels: args.int("channels"),
        window: window(args),
        global: args.bool("global"),
        params: args.int("params"),
    }
}
