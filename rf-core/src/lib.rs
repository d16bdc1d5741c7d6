//! Graph, theory, engine and sampler of the `receptive-field` crate.
//!
//! Data flows one way: [`graph`] says what a network is, [`theory`] computes what each of its units can see.
//! Both are `no_std`, free of dependencies and `const`: the compiler runs them, and so does a program.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "engine", feature = "pictures"))]
extern crate std;

pub mod compare;
pub mod effective;
#[cfg(feature = "alloc")]
pub mod emit;
#[cfg(feature = "engine")]
pub mod engine;
pub mod graph;
#[cfg(feature = "pictures")]
pub mod picture;
pub mod theory;
#[cfg(feature = "alloc")]
pub mod trace;
#[cfg(any(feature = "sampler", feature = "pictures"))]
mod whole;

#[doc(hidden)]
pub mod __private;
