//! Layers as calls of the language: what is a default stays away.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::graph::{
    Activation, Merge, Norm, Op, Padding, PerAxis, Pool, Resample, Resize, Sides, UNKNOWN, Window,
};

/// `input: [3, 224, _];`.
pub(super) fn input(op: &Op, rank: usize) -> String {
    let Op::Input { channels, extents } = op else { return String::new() };
    let numbers: Vec<String> =
        core::iter::once(channels).chain(&extents[..rank]).copied().map(extent).collect();
    format!("input: [{}];", numbers.join(", "))
}

/// A number, or `_` where it is not fixed.
fn extent(number: i64) -> String {
    if number == UNKNOWN { "_".into() } else { number.to_string() }
}

/// `"a" + "b"`, `["a", "b"]`, `mul ["a", "b"]`.
pub(super) fn merge(merge: Merge, paths: &[String]) -> String {
    let list = paths.join(", ");
    match (merge, paths) {
        (Merge::Add, [one]) => format!("{one} -> identity"),
        (Merge::Add, _) => paths.join(" + "),
        (Merge::Concat, _) => format!("[{list}]"),
        (Merge::Mul, _) => format!("mul [{list}]"),
        (Merge::Max, _) => format!("max [{list}]"),
    }
}

/// A layer as a call of the language, `conv(64, 3, padding = 1)`; a merge or an input as `identity`.
#[must_use]
pub fn layer(op: &Op, rank: usize) -> String {
    let writer = Writer { rank };
    let (name, args) = match *op {
        Op::Conv { channels, window, groups, bias } => {
            let first = vec![channels.to_string(), writer.axes(window.kernel)];
            ("conv", writer.window(first, &window, [1; 3]).or("groups", groups, 1).or("bias", bias, true).0)
        }
        Op::DepthwiseConv { multiplier, window, bias } => {
            let args = writer.window(vec![writer.axes(window.kernel)], &window, [1; 3]);
            ("depthwise_conv", args.or("multiplier", multiplier, 1).or("bias", bias, true).0)
        }
        Op::ConvTranspose { channels, window, output_padding, groups, bias } => {
            let first = vec![channels.to_string(), writer.axes(window.kernel)];
            let mut args = writer.window(first, &window, [1; 3]);
            if output_padding[..rank] != [0; 3][..rank] {
                args.0.push(format!("output_padding = {}", writer.axes(output_padding)));
            }
            ("conv_transpose", args.or("groups", groups, 1).or("bias", bias, true).0)
        }
        Op::Pool { pool, window, ceil_mode, count_include_pad } => {
            let args = writer.window(vec![writer.axes(window.kernel)], &window, window.kernel);
            let args = args.or("ceil_mode", ceil_mode, false);
            match pool {
                Pool::Max => ("max_pool", args.0),
                Pool::Avg => ("avg_pool", args.or("count_include_pad", count_include_pad, true).0),
            }
        }
        Op::AdaptivePool { pool: Pool::Max, output } => ("adaptive_max_pool", vec![writer.axes(output)]),
        Op::AdaptivePool { pool: Pool::Avg, output } => ("adaptive_avg_pool", vec![writer.axes(output)]),
        Op::GlobalPool { pool: Pool::Max } => ("global_max_pool", vec![]),
        Op::GlobalPool { pool: Pool::Avg } => ("global_avg_pool", vec![]),
        Op::Upsample { factor, mode: Resize::Nearest } => ("upsample", vec![writer.axes(factor)]),
        Op::Upsample { factor, mode: Resize::Linear } => {
            ("upsample", vec![writer.axes(factor), "mode = bilinear".into()])
        }
        Op::Resize { axes } => ("resample", writer.resample(&axes)),
        Op::ChannelShuffle { groups } => ("channel_shuffle", vec![groups.to_string()]),
        Op::Narrow { first, channels } => ("narrow", vec![first.to_string(), channels.to_string()]),
        Op::PixelShuffle { factor } => ("pixel_shuffle", vec![writer.axes(factor)]),
        Op::PixelUnshuffle { factor } => ("pixel_unshuffle", vec![writer.axes(factor)]),
        Op::Pad { sides } => ("pad", vec![writer.sides(sides)]),
        Op::Linear { features, bias } => {
            ("linear", Args(vec![features.to_string()]).or("bias", bias, true).0)
        }
        Op::Flatten => ("flatten", vec![]),
        Op::Norm { norm, affine } => norm_call(norm, affine),
        Op::SqueezeExcite { squeeze } => ("squeeze_excite", vec![squeeze.to_string()]),
        Op::Attention { heads, bias } => {
            ("attention", Args(vec![heads.to_string()]).or("bias", bias, true).0)
        }
        Op::Activation(activation) => activation_call(activation),
        Op::Dropout => ("dropout", vec![]),
        // An input and a merge are no calls, and have their own functions.
        Op::Identity | Op::Input { .. } | Op::Merge(_) => ("identity", vec![]),
        Op::Custom { channels, window, global, params } => {
            let args =
                writer.window(vec![format!("kernel = {}", writer.axes(window.kernel))], &window, [1; 3]);
            ("custom", args.or("channels", channels, 0).or("global", global, false).or("params", params, 0).0)
        }
        Op::Opaque { operator, channels, extents, global } => {
            let args = vec![
                format!("{operator:?}"),
                format!("channels = {}", extent(channels)),
                format!("extent = {}", writer.extents(extents)),
            ];
            ("opaque", Args(args).or("global", global, false).0)
        }
    };
    if args.is_empty() { name.into() } else { format!("{name}({})", args.join(", ")) }
}

/// Arguments so far.
struct Args(Vec<String>);

impl Args {
    /// Adds an argument unless it is what it is anyway.
    fn or<T: PartialEq + ToString + Copy>(mut self, name: &str, value: T, default: T) -> Self {
        if value != default {
            self.0.push(format!("{name} = {}", value.to_string()));
        }
        self
    }
}

fn norm_call(norm: Norm, affine: bool) -> (&'static str, Vec<String>) {
    let (name, first, default) = match norm {
        Norm::Batch => ("batch_norm", None, true),
        Norm::LayerChannels => ("layer_norm", None, true),
        Norm::Layer => ("layer_norm", Some("spatial = true".to_string()), true),
        Norm::Group { groups } => ("group_norm", Some(groups.to_string()), true),
        Norm::Instance => ("instance_norm", None, false),
        // It has no scale of its own.
        Norm::LocalResponse { size } => return ("local_response_norm", vec![size.to_string()]),
    };
    (name, Args(first.into_iter().collect()).or("affine", affine, default).0)
}

fn activation_call(activation: Activation) -> (&'static str, Vec<String>) {
    let (name, args): (_, &[f64]) = match activation {
        Activation::Relu => ("relu", &[]),
        Activation::Relu6 => ("relu6", &[]),
        Activation::LeakyRelu { negative_slope } => ("leaky_relu", &[negative_slope]),
        Activation::Prelu => ("prelu", &[]),
        Activation::PreluPerChannel => return ("prelu", vec!["per_channel = true".into()]),
        Activation::Elu { alpha } => ("elu", &[alpha]),
        Activation::Celu { alpha } => ("celu", &[alpha]),
        Activation::Selu => ("selu", &[]),
        Activation::Gelu => ("gelu", &[]),
        Activation::GeluTanh => return ("gelu", vec!["approximate = tanh".into()]),
        Activation::Silu => ("silu", &[]),
        Activation::Mish => ("mish", &[]),
        Activation::Sigmoid => ("sigmoid", &[]),
        Activation::Tanh => ("tanh", &[]),
        Activation::Softplus => ("softplus", &[]),
        Activation::Softsign => ("softsign", &[]),
        Activation::Threshold { threshold, value } => ("threshold", &[threshold, value]),
        Activation::Hardtanh { min_val, max_val } => ("hardtanh", &[min_val, max_val]),
        Activation::Hardsigmoid => ("hardsigmoid", &[]),
        Activation::Hardswish => ("hardswish", &[]),
        Activation::Softmax => ("softmax", &[]),
    };
    (name, args.iter().map(|&number| float(number)).collect())
}

/// A number as Rust writes it.
fn float(number: f64) -> String {
    if number.is_finite() {
        format!("{number:?}")
    } else if number.is_nan() {
        "f64::NAN".into()
    } else {
        format!("{}f64::INFINITY", if number < 0.0 { "-" } else { "" })
    }
}

/// What depends on the number of axes.
struct Writer {
    rank: usize,
}

impl Writer {
    /// Stride, padding and dilation, after what comes first.
    fn window(&self, first: Vec<String>, window: &Window, stride: PerAxis) -> Args {
        let mut args = first;
        if window.stride[..self.rank] != stride[..self.rank] {
            args.push(format!("stride = {}", self.axes(window.stride)));
        }
        if window.padding[..self.rank].iter().any(|&padding| padding != Padding::ZERO) {
            args.push(format!("padding = {}", self.padding(&window.padding)));
        }
        if window.dilation[..self.rank].iter().any(|&dilation| dilation != 1) {
            args.push(format!("dilation = {}", self.axes(window.dilation)));
        }
        Args(args)
    }

    /// The output's extents, and where they lie.
    fn resample(&self, axes: &[Resample]) -> Vec<String> {
        let each = |part: fn(&Resample) -> i64| -> PerAxis { core::array::from_fn(|axis| part(&axes[axis])) };
        let mut args = vec![self.extents(each(|axis| axis.extent))];
        let parts = [
            ("num", each(|axis| axis.num), 1),
            ("offset", each(|axis| axis.offset), 0),
            ("den", each(|axis| axis.den), 1),
            ("taps", each(|axis| axis.taps), 1),
        ];
        for (name, part, default) in parts {
            if part[..self.rank].iter().any(|&number| number != default) {
                args.push(format!("{name} = {}", self.axes(part)));
            }
        }
        args
    }

    fn extents(&self, extents: PerAxis) -> String {
        let each: Vec<String> = extents[..self.rank].iter().copied().map(extent).collect();
        joined(&each)
    }

    /// One number where all axes agree.
    fn axes(&self, axes: PerAxis) -> String {
        let numbers: Vec<String> = axes[..self.rank].iter().map(ToString::to_string).collect();
        joined(&numbers)
    }

    fn padding(&self, padding: &[Padding]) -> String {
        let each: Vec<String> = padding[..self.rank].iter().map(one_padding).collect();
        joined(&each)
    }

    fn sides(&self, Sides { before, after }: Sides) -> String {
        let padding: [Padding; 3] =
            core::array::from_fn(|axis| Padding::Explicit { before: before[axis], after: after[axis] });
        self.padding(&padding)
    }
}

/// Once where all axes agree, unless it is a pair: a pair by itself would be two axes.
fn joined(each: &[String]) -> String {
    match each {
        [first, rest @ ..] if rest.iter().all(|other| other == first) && !first.starts_with('(') => {
            first.clone()
        }
        [only] => format!("({only},)"),
        _ => format!("({})", each.join(", ")),
    }
}

fn one_padding(padding: &Padding) -> String {
    match *padding {
        Padding::Explicit { before, after } if before == after => before.to_string(),
        Padding::Explicit { before, after } => format!("({before}, {after})"),
        Padding::Same => "same".into(),
        Padding::SameLower => "same_lower".into(),
        Padding::Causal => "causal".into(),
    }
}
