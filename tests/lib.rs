//! Support of the tests: see the `[[test]]` targets.
#![allow(clippy::missing_panics_doc, reason = "a test that panics has said what it had to say")]

pub mod oracle;

/// The library under another path, for [`framed`].
#[doc(hidden)]
pub use receptive_field as fields;

/// A network whose frame is this crate's and whose stages are the caller's: `$crate` must stay this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! framed {
    ($name:ident { $($items:tt)* }) => {
        $crate::fields::network! {
            crate = $crate::fields;
            pub $name { input: [3, 32, 32]; $($items)* }
        }
    };
}
