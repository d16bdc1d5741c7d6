//! Real architectures.
