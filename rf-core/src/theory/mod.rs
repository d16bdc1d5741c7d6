//! What each unit of a network can see.
mod map;
pub use map::{AxisMap, Taps};
