//! Support of the tests: see the `[[test]]` targets.
#![allow(clippy::missing_panics_doc, reason = "a test that panics has said what it had to say")]

pub mod oracle;
