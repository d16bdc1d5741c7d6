//! Receptive fields of convolutional networks, computed and checked by the compiler.
#![no_std]

pub use rf_core::effective;
pub use rf_core::graph;
#[cfg(feature = "pictures")]
pub use rf_core::picture;
pub use rf_core::theory;
pub use rf_core::theory::{Layer, Table};
#[cfg(feature = "alloc")]
pub use rf_core::trace;
pub use rf_macros::network;

/// What the expansion of [`network!`] names. No part of it is stable.
#[doc(hidden)]
pub mod __private {
    pub use rf_core::__private::*;
}
