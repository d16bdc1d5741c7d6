//! The expansion names nothing that the user could mean otherwise, and takes no name from the user.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "networks stand in private modules, and being accepted is the test"
)]

/// What a user's scope may call as the expansion calls its own.
mod shadowed {
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Result;
    pub struct String;
    pub struct Vec;
    #[allow(non_camel_case_types)]
    pub struct str;
    #[allow(non_camel_case_types)]
    pub struct u8;
    #[allow(non_camel_case_types)]
    pub struct u32;
    #[allow(non_camel_case_types)]
    pub struct usize;
    #[allow(non_camel_case_types)]
    pub struct i64;
    #[allow(non_camel_case_types)]
    pub struct i128;
    #[allow(non_camel_case_types)]
    pub struct bool;
    pub mod core {}
    pub mod std {}
    pub mod receptive_field {}
    pub mod rf_core {}
    pub mod __private {}
    pub struct Node;
    pub struct Graph;
    pub struct Layer;
    pub struct Table;
    pub struct Op;
    /// A const parameter is a value where a type has its name.
    pub struct D;

    ::receptive_field::network! {
        pub Generic<const D: ::core::primitive::usize> { input: [3, 32, 32]; a: conv(8, D); assert rf(a) == D; }
    }

    ::receptive_field::network! {
        pub Net {
            input: [3, 32, _];
            a: conv(8, 3, padding = ((0, 1), causal)) -> upsample(2);
            b: Inner;
            c: b.x -> relu;
            assert rf(a) >= 3;
            assert rf(a, h) >= 3;
            assert shape(a) == [8, _, _];
            assert jump(a) == 1 / 2;
            assert params() > 3;
        }
    }

    ::receptive_field::network! {
        pub Inner { input: [8, _, _]; x: conv(WIDTH, 3); }
    }

    const WIDTH: ::core::primitive::u16 = 4;
}

mod no_prelude {
    #![no_implicit_prelude]

    ::receptive_field::network! {
        /// Docs.
        pub Net<const D: usize> {
            input: [3, 32, 32];
            a: conv(D, 3);
            block shadows(D, a) { conv(D, a) }
            b: for d in [1, D] { conv(4, 3, dilation = d, bias = true) } -> for D in 1..2 { shadows(4, D) };
            assert rf(b) >= 3;
        }
    }

    ::receptive_field::network! {
        Fixed { input: [3, 32, 32]; a: conv_transpose(8, 2, stride = 2); assert rf(a) == 1; }
    }
}

/// Consts of the user's with names that a macro might give to its helpers.
#[allow(non_upper_case_globals, reason = "as the macro would write them")]
mod named_alike {
    const __v: usize = 3;
    const __a: usize = 3;
    const __p: usize = 3;
    const __op0: usize = 8;
    const __NODES: usize = 8;
    const __GROUPS: usize = 8;
    const __ROWS: usize = 8;
    const __PARTS: usize = 8;
    const NODES: usize = 8;
    const conv: usize = 3;
    const same: usize = 1;
    const value: usize = 1;
    const table: usize = 1;
    const node: usize = 1;

    receptive_field::network! {
        pub Net {
            input: [3, 32, 32];
            a: conv(__op0 + 0, __v, dilation = __a);
            block wide(__v) { conv(__v * 2, conv) -> relu }
            wide(4);
            b: conv(__NODES, __p + 0) -> conv(__GROUPS + __ROWS, 1) -> conv(__PARTS, NODES);
            assert rf(a) == __v + 4;
        }
    }
}

mod raw_identifiers {
    receptive_field::network! {
        #[allow(non_camel_case_types)]
        pub r#struct {
            input: [3, 32, 32];
            block r#fn(r#in, r#let = 3) { r#match: conv(r#in, r#let) -> relu }
            r#type: r#fn(8);
            r#loop: r#type -> for r#for in [1, 2] { conv(4, 3, dilation = r#for) };
            assert rf(r#type) == 3;
            assert rf(r#type.r#match) == 3;
            assert rf("type.match") == 3;
        }
    }
}

/// The same library under another name, as a renamed dependency is.
extern crate receptive_field as another_name;

mod renamed {
    use receptive_field as fields;

    another_name::network! {
        crate = ::another_name;
        pub Dependency { input: [3, 8, 8]; a: conv(4, 3); assert rf(a) == 3; }
    }

    mod deeper {
        pub use receptive_field as other;
    }

    receptive_field::network! {
        crate = fields;
        pub Relative { input: [3, 8, 8]; a: conv(WIDTH, 3); assert rf(a) == 3; }
    }

    receptive_field::network! {
        crate = self::deeper::other;
        pub Nested { input: [3, 8, 8]; a: Relative -> upsample(2); assert rf(a) >= 3; }
    }

    receptive_field::network! {
        crate = crate::renamed::fields;
        pub Absolute<const D: usize> { input: [3, 8, 8]; a: conv(D, 3); b: conv(7, 1) -> Relative_; }
    }

    receptive_field::network! {
        crate = ::receptive_field;
        pub Relative_ { input: [7, 8, 8]; a: conv(2, 3); }
    }

    const WIDTH: u8 = 4;
}

/// Networks made by another macro: idents, literals, expressions and types of its arguments.
mod from_macros {
    macro_rules! stack {
        ($vis:vis $name:ident, $label:ident, $width:expr, $depth:literal, $kernel:tt, $ty:ty) => {
            receptive_field::network! {
                $vis $name {
                    input: [3, 64, 64];
                    $label: conv($width, $kernel) * $depth -> conv($width + 1, 1);
                    other: conv(8, 1) -> $ty;
                    assert rf($label) >= $depth;
                    assert shape($label) == [$width + 1, 60, _];
                }
            }
        };
    }

    pub const BASE: i32 = 4;

    stack!(pub(crate) Stacked, stem, BASE * 2, 2, 3, crate::shadowed::Inner);
}

/// A crate that is strict with itself is not made to be less so: nothing in the expansion warns.
pub mod strict {
    #![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery, missing_docs, unreachable_pub)]
    #![deny(missing_debug_implementations, missing_copy_implementations, unused_qualifications)]
    #![deny(
        unused_results,
        trivial_casts,
        trivial_numeric_casts,
        single_use_lifetimes,
        variant_size_differences
    )]

    receptive_field::network! {
        /// A network.
        pub Net {
            input: [3, 64, 64];
            block residual(c, k = 3) { (x: conv(c, k, padding = k / 2) -> batch_norm -> relu) + identity }
            stem: conv(8, 7, stride = 2, padding = 3);
            body: residual(8) * 2 -> for d in [1, 2] { conv(8, 3, dilation = d, padding = d) };
            up: [conv_transpose(4, 2, stride = 2), body -> upsample(2, mode = bilinear)] -> Other;
            assert rf(body) >= 20;
            assert live(up);
        }
    }

    receptive_field::network! {
        /// Another, with a parameter.
        pub Generic<const D: usize> { input: [3, _]; a: conv(8, 3, dilation = D); assert rf(a) >= 3; }
    }

    receptive_field::network! {
        pub(crate) Other { input: [12, _, _]; a: conv(3, 3); }
    }
}

mod of_another_crates_macro {
    rf_tests::framed!(Framed { a: conv(WIDTH, 3) -> relu; b: a; assert rf(a) == 3; assert shape(b) == [WIDTH, _, _]; });
    rf_tests::framed!(Wrapping { a: Framed -> upsample(2); b: a.0.a -> relu; assert rf(a) >= 3; });

    const WIDTH: usize = 5;
}

mod across {
    pub(crate) mod deep {
        receptive_field::network! {
            pub(in crate::across) Hidden { input: [3, 64, 64]; a: conv(3, 3) -> relu; b: conv(3, 3); }
        }
    }

    receptive_field::network! {
        pub Uses {
            input: [3, 64, 64];
            one: deep::Hidden;
            two: one.a -> super::across::deep::Hidden -> crate::across::deep::Hidden;
            three: self::deep::Hidden * 2;
            assert rf(two) == 11;
            assert rf("three.1.b") >= 3;
        }
    }

    mod alias {
        receptive_field::network! { pub(in crate::across) Any { input: [1, _, _]; a: conv(1, 3) -> relu; } }
    }

    impl deep::Hidden {
        pub const EXTRA: i64 = 3;
    }

    use alias::Any;

    receptive_field::network! { Again { input: [1, 9, 9]; a: Any -> Any; assert rf(a) == 5; } }
}

#[test]
fn inside_a_function() {
    const WIDTH: usize = 8;
    receptive_field::network! {
        /// A local network.
        Local {
            input: [3, 32, 32];
            conv1: conv(WIDTH, 3);
            out: Other -> relu;
            assert rf(conv1) == 3;
        }
    }
    receptive_field::network! {
        Other { input: [WIDTH, _, _]; a: conv(WIDTH * 2, 3) -> conv_transpose(3, 2, stride = 2); }
    }
    assert_eq!(Local::conv1.rf().min(), 3);
    assert_eq!(Local::TABLE.row("out.0.a.0").rf().min(), 5);
    assert_eq!(Local::TABLE.row("out.0.a").index(), Local::TABLE.row("out.0.a.1").index());
}

#[test]
fn names_lead_to_the_same_layers() {
    assert_eq!(raw_identifiers::r#struct::r#type.name(), "type");
    assert_eq!(raw_identifiers::r#struct::GRAPH.name, "struct");
    assert_eq!(from_macros::Stacked::stem.rf().min(), 5);
    assert_eq!(no_prelude::Net::<5>::b.rf().min(), 15);
    assert_eq!(renamed::Absolute::<7>::b.rf().min(), 5);
    assert_eq!(across::Uses::two.rf().max(), 11);
    const { assert!(shadowed::Generic::<5>::a.rf().min() == 5) };
}

#[test]
fn a_network_of_another_crate() {
    receptive_field::network! {
        Tail {
            input: [3, 224, 224];
            backbone: rf_examples::resnet::ResNet18;
            head: backbone.layer3 -> conv(7, 1);
            assert rf(backbone.layer4) == 435;
            assert rf(head) == 211;
        }
    }
    assert_eq!(Tail::head.rf().min(), rf_examples::resnet::ResNet18::layer3.rf().min());
    assert_eq!(Tail::TABLE.row("backbone.layer1.0.conv1").params(), 36_864);
}
