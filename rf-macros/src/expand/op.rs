//! Operations as `__p::Op` expressions: one function per kind that has something to say.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::number::{axes, bool, float, int, pads, sides};
use crate::ast::MergeKind;
use crate::model::{Axes, Bool, Float, Int, Norm, Op, Pad, Pads, Window};

/// `__p::Op::Conv { .. }`.
pub(super) fn op(op: &Op, rank: usize) -> TokenStream {
    match op {
        Op::Input { channels, extents } => input(channels, extents),
        Op::Conv { channels, window, groups, bias } => conv(channels, window, groups, bias, rank),
        Op::DepthwiseConv { multiplier, window, bias } => depthwise_conv(multiplier, window, bias, rank),
        Op::ConvTranspose { channels, window, output_padding, groups, bias } => {
            conv_transpose((channels, groups), window, output_padding, bias, rank)
        }
        Op::Pool { pool, window, ceil_mode, count_include_pad } => {
            windowed_pool(pool, window, ceil_mode, count_include_pad, rank)
        }
        Op::AdaptivePool { pool, output } => adaptive_pool(pool, output, rank),
        Op::GlobalPool { pool } => global_pool(pool),
        Op::Upsample { factor, mode } => upsample(factor, mode, rank),
        Op::Resample { num, offset, den, taps, extent } => resample([num, offset, den, taps, extent], rank),
        Op::ChannelShuffle { groups } => channel_shuffle(groups),
        Op::Narrow { first, channels } => narrow(first, channels),
        Op::PixelShuffle { factor } => shuffle("PixelShuffle", factor, rank),
        Op::PixelUnshuffle { factor } => shuffle("PixelUnshuffle", factor, rank),
        Op::Pad { sides, crop } => pad(sides, *crop, rank),
        Op::Linear { features, bias } => linear(features, bias),
        Op::Norm { norm, affine } => normalised(norm, affine),
        Op::SqueezeExcite { squeeze } => squeeze_excite(squeeze),
        Op::Attention { heads, bias } => attention(heads, bias),
        Op::Prelu { per_channel } => prelu(per_channel),
        Op::Activation { name, fields } => activation(name, fields),
        Op::Flatten => quote!(__p::Op::Flatten),
        Op::Dropout => quote!(__p::Op::Dropout),
        Op::Identity => quote!(__p::Op::Identity),
        Op::Merge(kind) => merge(*kind),
        Op::Custom { channels, window, global, params } => custom((channels, params), window, global, rank),
        Op::Opaque { operator, channels, extents, global } => {
            opaque(operator, channels, extents, global, rank)
        }
    }
}

fn ident(word: &str) -> Ident {
    Ident::new(word, Span::call_site())
}

fn input(channels: &Int, extents: &[Int]) -> TokenStream {
    let channels = int(channels);
    let rest = (extents.len()..3).map(|_| quote!(1));
    let extents = extents.iter().map(int).chain(rest);
    quote!(__p::Op::Input { channels: #channels, extents: [#(#extents),*] })
}

/// `Window::new(kernel)`, and what is not as it is there.
fn window(Window { kernel, stride, padding, dilation }: &Window, rank: usize) -> TokenStream {
    let kernel = axes(kernel, rank, 1);
    let ones = |axes: &Axes| matches!(axes, Axes::All(Int::Lit(1)));
    let stride = (!ones(stride)).then(|| {
        let stride = axes(stride, rank, 1);
        quote!(.stride(#stride))
    });
    let padding = (!matches!(padding, Pads::All(Pad::Both(Int::Lit(0))))).then(|| {
        let padding = pads(padding, rank);
        quote!(.padding(#padding))
    });
    let dilation = (!ones(dilation)).then(|| {
        let dilation = axes(dilation, rank, 1);
        quote!(.dilation(#dilation))
    });
    quote!(__p::Window::new(#kernel) #stride #padding #dilation)
}

fn conv(channels: &Int, window: &Window, groups: &Int, bias: &Bool, rank: usize) -> TokenStream {
    let (channels, window) = (int(channels), self::window(window, rank));
    let (groups, bias) = (int(groups), bool(bias));
    quote!(__p::Op::Conv { channels: #channels, window: #window, groups: #groups, bias: #bias })
}

fn depthwise_conv(multiplier: &Int, window: &Window, bias: &Bool, rank: usize) -> TokenStream {
    let (multiplier, window, bias) = (int(multiplier), self::window(window, rank), bool(bias));
    quote!(__p::Op::DepthwiseConv { multiplier: #multiplier, window: #window, bias: #bias })
}

fn conv_transpose(
    (channels, groups): (&Int, &Int),
    window: &Window,
    output_padding: &Axes,
    bias: &Bool,
    rank: usize,
) -> TokenStream {
    let (channels, window, groups) = (int(channels), self::window(window, rank), int(groups));
    let (output_padding, bias) = (axes(output_padding, rank, 0), bool(bias));
    quote!(__p::Op::ConvTranspose {
        channels: #channels,
        window: #window,
        output_padding: #output_padding,
        groups: #groups,
        bias: #bias
    })
}

fn windowed_pool(pool: &str, window: &Window, ceil_mode: &Bool, count: &Bool, rank: usize) -> TokenStream {
    let (pool, window) = (ident(pool), self::window(window, rank));
    let (ceil_mode, count) = (bool(ceil_mode), bool(count));
    quote!(__p::Op::Pool {
        pool: __p::Pool::#pool,
        window: #window,
        ceil_mode: #ceil_mode,
        count_include_pad: #count
    })
}

fn adaptive_pool(pool: &str, output: &Axes, rank: usize) -> TokenStream {
    let (pool, output) = (ident(pool), axes(output, rank, 1));
    quote!(__p::Op::AdaptivePool { pool: __p::Pool::#pool, output: #output })
}

fn global_pool(pool: &str) -> TokenStream {
    let pool = ident(pool);
    quote!(__p::Op::GlobalPool { pool: __p::Pool::#pool })
}

fn upsample(factor: &Axes, mode: &str, rank: usize) -> TokenStream {
    let (factor, mode) = (axes(factor, rank, 1), ident(mode));
    quote!(__p::Op::Upsample { factor: #factor, mode: __p::Resize::#mode })
}

fn resample([num, offset, den, taps, extent]: [&Axes; 5], rank: usize) -> TokenStream {
    let (num, offset, den) = (axes(num, rank, 1), axes(offset, rank, 0), axes(den, rank, 1));
    let (taps, extent) = (axes(taps, rank, 1), axes(extent, rank, 1));
    quote!(__p::Op::Resize { axes: __p::resample(#num, #offset, #den, #taps, #extent) })
}

fn channel_shuffle(groups: &Int) -> TokenStream {
    let groups = int(groups);
    quote!(__p::Op::ChannelShuffle { groups: #groups })
}

fn narrow(first: &Int, channels: &Int) -> TokenStream {
    let (first, channels) = (int(first), int(channels));
    quote!(__p::Op::Narrow { first: #first, channels: #channels })
}

fn prelu(per_channel: &Bool) -> TokenStream {
    match per_channel {
        Bool::Lit(false) => activation("Prelu", &[]),
        Bool::Lit(true) => activation("PreluPerChannel", &[]),
        Bool::Expr(each) => {
            let (one, all) = (activation("Prelu", &[]), activation("PreluPerChannel", &[]));
            quote!(if #each { #all } else { #one })
        }
    }
}

fn opaque(operator: &str, channels: &Int, extents: &Axes, global: &Bool, rank: usize) -> TokenStream {
    let (channels, extents, global) = (int(channels), axes(extents, rank, 1), bool(global));
    quote!(__p::Op::Opaque { operator: #operator, channels: #channels, extents: #extents, global: #global })
}

fn shuffle(name: &str, factor: &Axes, rank: usize) -> TokenStream {
    let (name, factor) = (ident(name), axes(factor, rank, 1));
    quote!(__p::Op::#name { factor: #factor })
}

/// A crop removes what a pad would add.
fn pad(sides: &Pads, crop: bool, rank: usize) -> TokenStream {
    let (before, after) = self::sides(sides, rank);
    let sides = if crop {
        quote!(__p::crop(#before, #after))
    } else {
        quote!(__p::Sides { before: #before, after: #after })
    };
    quote!(__p::Op::Pad { sides: #sides })
}

fn linear(features: &Int, bias: &Bool) -> TokenStream {
    let (features, bias) = (int(features), bool(bias));
    quote!(__p::Op::Linear { features: #features, bias: #bias })
}

fn normalised(norm: &Norm, affine: &Bool) -> TokenStream {
    let (norm, affine) = (self::norm(norm), bool(affine));
    quote!(__p::Op::Norm { norm: #norm, affine: #affine })
}

fn norm(norm: &Norm) -> TokenStream {
    match norm {
        Norm::Batch => quote!(__p::Norm::Batch),
        Norm::Layer { spatial: Bool::Lit(false) } => quote!(__p::Norm::LayerChannels),
        Norm::Layer { spatial: Bool::Lit(true) } => quote!(__p::Norm::Layer),
        Norm::Layer { spatial } => {
            let spatial = bool(spatial);
            quote!(if #spatial { __p::Norm::Layer } else { __p::Norm::LayerChannels })
        }
        Norm::Group { groups } => {
            let groups = int(groups);
            quote!(__p::Norm::Group { groups: #groups })
        }
        Norm::Instance => quote!(__p::Norm::Instance),
        Norm::LocalResponse { size } => {
            let size = int(size);
            quote!(__p::Norm::LocalResponse { size: #size })
        }
    }
}

fn squeeze_excite(squeeze: &Int) -> TokenStream {
    let squeeze = int(squeeze);
    quote!(__p::Op::SqueezeExcite { squeeze: #squeeze })
}

fn attention(heads: &Int, bias: &Bool) -> TokenStream {
    let (heads, bias) = (int(heads), bool(bias));
    quote!(__p::Op::Attention { heads: #heads, bias: #bias })
}

fn activation(name: &str, fields: &[(&str, Float)]) -> TokenStream {
    let name = ident(name);
    if fields.is_empty() {
        return quote!(__p::Op::Activation(__p::Activation::#name));
    }
    let fields = fields.iter().map(|(field, value)| {
        let (field, value) = (ident(field), float(value));
        quote!(#field: #value)
    });
    quote!(__p::Op::Activation(__p::Activation::#name { #(#fields),* }))
}

fn merge(kind: MergeKind) -> TokenStream {
    let kind = ident(match kind {
        MergeKind::Add => "Add",
        MergeKind::Concat => "Concat",
        MergeKind::Mul => "Mul",
        MergeKind::Max => "Max",
    });
    quote!(__p::Op::Merge(__p::Merge::#kind))
}

fn custom((channels, params): (&Int, &Int), window: &Window, global: &Bool, rank: usize) -> TokenStream {
    let (channels, window) = (int(channels), self::window(window, rank));
    let (global, params) = (bool(global), int(params));
    quote!(__p::Op::Custom { channels: #channels, window: #window, global: #global, params: #params })
}
