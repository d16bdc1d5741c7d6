#![doc = include_str!("../README.md")]
#![no_std]

pub use rf_core::compare;
pub use rf_core::effective;
#[cfg(feature = "alloc")]
pub use rf_core::emit;
#[cfg(feature = "engine")]
pub use rf_core::engine;
pub use rf_core::graph;
#[cfg(feature = "pictures")]
pub use rf_core::picture;
pub use rf_core::theory;
pub use rf_core::theory::{Layer, Table};
#[cfg(feature = "alloc")]
pub use rf_core::trace;

/// A network, checked by the compiler. The [crate's front page](crate) has the grammar of the language.
///
/// # What it makes
///
/// `network! { pub Net { .. } }` becomes a unit struct `Net` with
/// - `Net::GRAPH`, the [`Graph`](graph::Graph): layers in topological order, named as in a `state_dict`;
/// - `Net::TABLE`, the [`Table`]: what each layer sees, a row a layer;
/// - a const per label, `Net::layer4`, the [`Layer`] at the end of that stage;
/// - one hidden const per assertion, which does not compile where the assertion does not hold.
///
/// ```
/// use receptive_field::network;
///
/// network! {
///     Stem {
///         input: [3, 224, 224];
///         conv1: conv(64, 7, stride = 2, padding = 3) -> batch_norm -> relu;
///         pool1: max_pool(3, stride = 2, padding = 1);
///         assert rf(pool1) == 11;
///     }
/// }
///
/// const CONV: receptive_field::Layer<'static> = Stem::TABLE.row("conv1.0");
/// assert_eq!(CONV.rf().min(), 7);
/// assert_eq!(Stem::conv1.node().name, "conv1.2"); // a stage of several layers ends in its last
/// assert_eq!(Stem::pool1.padding(0), Some(5));
/// ```
///
/// # Names
///
/// - A stage of exactly one layer is that layer: `conv1: conv(64, 3);` is `conv1`, an unlabelled one is its position
///   among the stages.
/// - Otherwise the stage is a scope and what is in it is numbered: `conv1.0`, `conv1.1`. A labelled atom takes its
///   number too, and is named by its label.
/// - A stage that is one block has the block's names under its own: `layer1.conv1`. `block(64) * 2` has a number
///   between: `layer1.0.conv1`, `layer1.1.conv1`.
/// - Merges take no number: `layer1.0.add`, then `layer1.0.add_1`.
/// - A path is looked up in the innermost scope first, then outward; it must name something earlier. A label that
///   collides with a layer's name is reached as a string: `"relu"`.
///
/// - A label in quotes is a whole name, which no identifier need spell: `"features/0": conv(64, 3);`. It becomes no const,
///   and dots in it divide no scopes.
///
/// ```
/// use receptive_field::network;
///
/// network! {
///     Exported {
///         input: [3, 32, 32];
///         "features/0": conv(8, 3);
///         out: "features/0" -> relu;
///         assert rf("features/0") == 3;
///     }
/// }
///
/// assert_eq!(Exported::out.rf().max(), 3);
/// ```
///
/// # Files
///
/// With the feature `onnx`, `network! { pub Net = "model.onnx" { .. } }` has the layers of an ONNX file, under the names of
/// its nodes. The path begins at the folder of the source file, or at that of the package's manifest. Each output of the
/// model is a label, and so a const: `Net::boxes`, with `_` for what no identifier has. Between the braces stand
/// assertions, and an `input` in numbers for the extents that the file leaves open. The file is watched: a change builds
/// anew. Its weights are not read.
///
/// `same_as "model.onnx";` in a written network compares it with a file: layer by layer in spatial meaning, as
/// [`compare`] says, and in const context, so that arguments may be any const expression. The first layer that differs
/// is the error.
///
/// # Arguments
///
/// Names and defaults are PyTorch's. Arguments are const expressions; a number means all axes, a tuple one number per
/// axis, outermost first. `padding` also takes a pair per axis, `((before, after), (before, after))`, and the words
/// `same` (TensorFlow's: it depends on the input's extent where the stride is not 1), `same_lower`, `valid` and
/// `causal`; negative padding crops. A block's parameters are replaced in its body by what a call gives.
///
/// What `jump` is compared with may be a fraction, `a / b`, or one per axis. There `/` is exact, and not Rust's division of
/// integers:
///
/// ```
/// use receptive_field::network;
///
/// const S: i64 = 3;
///
/// network! {
///     Rational {
///         input: [3, 96, 96];
///         down: conv(8, 3, stride = (S, 1), padding = 1);
///         up: upsample(2);
///         assert jump(up) == (3 / 2, 1 / 2);
///         assert jump(up, h) == S / 2;
///     }
/// }
/// ```
///
/// All layers and their arguments: [`layers`].
///
/// # Const generics
///
/// A network may have const generics, and use them in arguments. Its assertions then hold or fail for each
/// instance, where `TABLE` or a label is used:
///
/// ```
/// use receptive_field::network;
///
/// network! {
///     Dilated<const D: i64> {
///         input: [8, _];
///         conv1: conv(8, 3, dilation = D, padding = causal);
///         assert rf(conv1) >= 5;
///     }
/// }
///
/// assert_eq!(Dilated::<4>::conv1.rf().max(), 9);
/// ```
///
/// `Dilated::<1>::conv1` would not build. Where it is used in a function's body only, `cargo check` does not see it,
/// since it evaluates no function's consts; `const _: () = { let _ = Dilated::<1>::TABLE; };` makes it look.
///
/// # Errors
///
/// All of them are shown at [`errors`]. A failing assertion names up to three single changes of the
/// source that make it true and leave the network's other assertions as they are:
/// `conv1 at 8:16: kernel 3 -> 5, padding 1 -> 2   gives 11 px`, with the layer, the line and column of its call, and what is
/// asked about after the change. One layer of a block stands for all layers that it became.
///
/// # A renamed library
///
/// The expansion names `::receptive_field`. Where the dependency has another name, the network begins with its path:
/// `network! { crate = ::fields; pub Net { .. } }`.
#[doc(inline)]
pub use rf_macros::network;

#[doc = include_str!("layers.md")]
///
/// `global_avg_pool` sees all of its input. An `adaptive_avg_pool` has windows of its own, which follow from both extents,
/// and is a local layer even where one unit is left. `resample` reads around `(num · i + offset) / den` for unit `i`:
/// any ratio and alignment of corners, `taps = 4` where the interpolation is cubic. `custom` is a window that is missing
/// here, `opaque` what nobody knows.
#[cfg(doc)]
pub mod layers {}

#[doc = include_str!("errors.md")]
#[cfg(doc)]
pub mod errors {}

/// What the expansion of [`network!`] names. No part of it is stable.
#[doc(hidden)]
pub mod __private {
    pub use rf_core::__private::*;
}
