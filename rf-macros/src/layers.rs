//! The language's layers as data: names, arguments, defaults, and the spellings that people bring along.

use crate::model::Op;
use crate::resolve::args::Args;
use crate::resolve::build;

/// A layer that the language knows.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    /// How many of the parameters may be given by position.
    pub(crate) positional: usize,
    /// Makes the operation of checked arguments.
    pub(crate) build: fn(&mut Args<'_, '_>) -> Op,
    /// Other libraries' names for it, for the error.
    pub(crate) aka: &'static [&'static str],
}

/// An argument of a layer.
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) default: Default,
    /// Other libraries' names for it.
    pub(crate) aka: &'static [&'static str],
}

/// What an argument is when it is not given.
#[derive(Clone, Copy)]
pub(crate) enum Default {
    /// It must be given.
    Required,
    Int(i64),
    Bool(bool),
    Float(f64),
    Word(&'static str),
    /// As another argument.
    Like(&'static str),
}

impl Param {
    pub(crate) const fn is_required(&self) -> bool {
        matches!(self.default, Default::Required)
    }
}

impl Signature {
    /// Whether a call needs no argument.
    pub(crate) fn needs_nothing(&self) -> bool {
        self.params.iter().all(|param| !param.is_required())
    }
}

const fn param(name: &'static str, default: Default, aka: &'static [&'static str]) -> Param {
    Param { name, default, aka }
}

const CHANNELS: Param =
    param("channels", Default::Required, &["out_channels", "filters", "features", "c", "out", "num_filters"]);
const KERNEL: Param = param("kernel", Default::Required, &["kernel_size", "k", "size", "ksize", "window"]);
const STRIDE: Param = param("stride", Default::Int(1), &["strides", "s", "step"]);
const POOL_STRIDE: Param = param("stride", Default::Like("kernel"), STRIDE.aka);
const PADDING: Param = param("padding", Default::Int(0), &["pad", "p", "pads"]);
const DILATION: Param = param("dilation", Default::Int(1), &["dilation_rate", "d", "rate", "atrous"]);
const GROUPS: Param = param("groups", Default::Int(1), &["group", "g"]);
const GROUPS_REQUIRED: Param = param("groups", Default::Required, &["num_groups", "group", "g"]);
const BIAS: Param = param("bias", Default::Bool(true), &["use_bias", "b"]);
const CEIL_MODE: Param = param("ceil_mode", Default::Bool(false), &["ceil"]);
const OUTPUT: Param = param("output", Default::Required, &["output_size", "size", "out"]);
const FACTOR: Param = param(
    "factor",
    Default::Required,
    &["scale_factor", "upscale_factor", "downscale_factor", "scale", "size"],
);
const SIDES: Param = param("padding", Default::Required, &["pad", "size", "crop", "cropping"]);
const AFFINE: Param = param("affine", Default::Bool(true), &["elementwise_affine", "scale"]);

const fn layer(
    name: &'static str,
    positional: usize,
    params: &'static [Param],
    build: fn(&mut Args<'_, '_>) -> Op,
    aka: &'static [&'static str],
) -> Signature {
    Signature { name, params, positional, build, aka }
}

/// An activation without arguments.
macro_rules! plain {
    ($name:literal, $variant:literal, $aka:expr) => {
        layer($name, 0, &[], |_| build::activation($variant), $aka)
    };
}

/// Every layer, in the order in which help lists them.
pub(crate) static LAYERS: &[Signature] = &[
    layer(
        "conv",
        2,
        &[CHANNELS, KERNEL, STRIDE, PADDING, DILATION, GROUPS, BIAS],
        build::conv,
        &["conv1d", "conv2d", "conv3d", "convolution", "cnn"],
    ),
    layer(
        "depthwise_conv",
        2,
        &[
            KERNEL,
            param("multiplier", Default::Int(1), &["depth_multiplier", "channel_multiplier"]),
            STRIDE,
            PADDING,
            DILATION,
            BIAS,
        ],
        build::depthwise_conv,
        &["depthwise", "depthwise_conv2d", "dwconv", "depth_conv"],
    ),
    layer(
        "conv_transpose",
        2,
        &[
            CHANNELS,
            KERNEL,
            STRIDE,
            PADDING,
            param("output_padding", Default::Int(0), &["out_padding"]),
            DILATION,
            GROUPS,
            BIAS,
        ],
        build::conv_transpose,
        &[
            "conv_transpose2d",
            "convtranspose2d",
            "deconv",
            "deconvolution",
            "transposed_conv",
            "up_conv",
            "upconv",
        ],
    ),
    layer(
        "max_pool",
        1,
        &[KERNEL, POOL_STRIDE, PADDING, DILATION, CEIL_MODE],
        build::max_pool,
        &["maxpool", "max_pool2d", "maxpool2d", "max_pooling"],
    ),
    layer(
        "avg_pool",
        1,
        &[
            KERNEL,
            POOL_STRIDE,
            PADDING,
            DILATION,
            CEIL_MODE,
            param("count_include_pad", Default::Bool(true), &["include_pad"]),
        ],
        build::avg_pool,
        &["avgpool", "avg_pool2d", "avgpool2d", "average_pool", "mean_pool"],
    ),
    layer("adaptive_avg_pool", 1, &[OUTPUT], build::adaptive_avg_pool, &["adaptive_avg_pool2d"]),
    layer("adaptive_max_pool", 1, &[OUTPUT], build::adaptive_max_pool, &["adaptive_max_pool2d"]),
    layer(
        "global_avg_pool",
        0,
        &[],
        build::global_avg_pool,
        &["gap", "global_average_pool", "global_pool", "global_avgpool"],
    ),
    layer("global_max_pool", 0, &[], build::global_max_pool, &["gmp", "global_maxpool"]),
    layer(
        "upsample",
        1,
        &[FACTOR, param("mode", Default::Word("nearest"), &["method", "interpolation"])],
        build::upsample,
        &["interpolate", "upsampling", "resize", "up"],
    ),
    layer(
        "resample",
        1,
        &[
            param("extent", Default::Required, &["size", "output_size", "output"]),
            param("num", Default::Int(1), &[]),
            param("offset", Default::Int(0), &[]),
            param("den", Default::Int(1), &[]),
            param("taps", Default::Int(1), &[]),
        ],
        build::resample,
        &["grid_resize"],
    ),
    layer("channel_shuffle", 1, &[GROUPS_REQUIRED], build::channel_shuffle, &["shuffle", "channelshuffle"]),
    layer(
        "narrow",
        2,
        &[
            param("first", Default::Required, &["start", "begin"]),
            param("channels", Default::Required, &["length"]),
        ],
        build::narrow,
        &["slice_channels", "split", "chunk"],
    ),
    layer("pixel_shuffle", 1, &[FACTOR], build::pixel_shuffle, &["depth_to_space", "pixelshuffle"]),
    layer("pixel_unshuffle", 1, &[FACTOR], build::pixel_unshuffle, &["space_to_depth", "pixelunshuffle"]),
    layer("pad", 1, &[SIDES], build::pad, &["zero_pad", "padding", "zero_pad2d", "zeropad2d"]),
    layer("crop", 1, &[SIDES], build::crop, &["cropping", "center_crop"]),
    layer(
        "linear",
        1,
        &[param("features", Default::Required, &["out_features", "units", "channels", "out"]), BIAS],
        build::linear,
        &["dense", "fc", "fully_connected", "gemm"],
    ),
    layer("flatten", 0, &[], build::flatten, &["view", "reshape"]),
    layer("batch_norm", 0, &[AFFINE], build::batch_norm, &["bn", "batch_norm2d", "batchnorm", "batchnorm2d"]),
    layer(
        "layer_norm",
        0,
        &[param("spatial", Default::Bool(false), &[]), AFFINE],
        build::layer_norm,
        &["ln", "layernorm", "layer_norm2d"],
    ),
    layer("group_norm", 1, &[GROUPS_REQUIRED, AFFINE], build::group_norm, &["gn", "groupnorm"]),
    layer(
        "instance_norm",
        0,
        &[param("affine", Default::Bool(false), AFFINE.aka)],
        build::instance_norm,
        &["instance_norm2d", "instancenorm2d", "instancenorm"],
    ),
    layer(
        "local_response_norm",
        1,
        &[param("size", Default::Required, &["n", "depth_radius"])],
        build::local_response_norm,
        &["lrn", "localresponsenorm"],
    ),
    layer(
        "squeeze_excite",
        1,
        &[param("squeeze", Default::Required, &["channels", "squeeze_channels", "reduced"])],
        build::squeeze_excite,
        &["se", "squeeze_excitation", "squeeze_and_excite"],
    ),
    layer(
        "attention",
        1,
        &[param("heads", Default::Int(8), &["num_heads", "n_heads"]), BIAS],
        build::attention,
        &["self_attention", "multihead_attention", "mha"],
    ),
    layer(
        "dropout",
        1,
        &[param("p", Default::Float(0.5), &["rate", "prob", "probability"])],
        build::dropout,
        &["drop"],
    ),
    layer("identity", 0, &[], build::identity, &["skip", "shortcut", "noop", "id"]),
    plain!("relu", "Relu", &["re_lu", "rectifier"]),
    plain!("relu6", "Relu6", &[]),
    layer(
        "leaky_relu",
        1,
        &[param("negative_slope", Default::Float(0.01), &["slope", "alpha"])],
        build::leaky_relu,
        &["lrelu", "leakyrelu"],
    ),
    layer("prelu", 0, &[param("per_channel", Default::Bool(false), &[])], build::prelu, &["p_relu"]),
    layer("elu", 1, &[param("alpha", Default::Float(1.0), &[])], build::elu, &[]),
    layer("celu", 1, &[param("alpha", Default::Float(1.0), &[])], build::celu, &[]),
    plain!("selu", "Selu", &[]),
    layer("gelu", 0, &[param("approximate", Default::Word("none"), &[])], build::gelu, &[]),
    plain!("silu", "Silu", &["swish"]),
    plain!("mish", "Mish", &[]),
    plain!("sigmoid", "Sigmoid", &["logistic"]),
    plain!("tanh", "Tanh", &[]),
    plain!("softplus", "Softplus", &[]),
    plain!("softsign", "Softsign", &[]),
    layer(
        "threshold",
        2,
        &[param("threshold", Default::Required, &["t"]), param("value", Default::Required, &["v"])],
        build::threshold,
        &["thresholded_relu"],
    ),
    layer(
        "hardtanh",
        2,
        &[param("min_val", Default::Float(-1.0), &["min"]), param("max_val", Default::Float(1.0), &["max"])],
        build::hardtanh,
        &["clip", "clamp", "hard_tanh"],
    ),
    plain!("hardsigmoid", "Hardsigmoid", &["hard_sigmoid", "h_sigmoid"]),
    plain!("hardswish", "Hardswish", &["hard_swish", "h_swish"]),
    plain!("softmax", "Softmax", &[]),
    layer(
        "custom",
        0,
        &[
            param("kernel", Default::Int(1), KERNEL.aka),
            STRIDE,
            PADDING,
            DILATION,
            param("channels", Default::Int(0), CHANNELS.aka),
            param("global", Default::Bool(false), &[]),
            param("params", Default::Int(0), &["parameters"]),
        ],
        build::custom,
        &["layer"],
    ),
    layer(
        "opaque",
        1,
        &[
            param("operator", Default::Required, &["op", "name"]),
            param("channels", Default::Required, CHANNELS.aka),
            param("extent", Default::Required, &["extents", "size", "output"]),
            param("global", Default::Bool(false), &[]),
        ],
        build::opaque,
        &["unknown"],
    ),
];
