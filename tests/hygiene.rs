//! The expansion means what it says wherever it stands.
#![allow(missing_docs, non_camel_case_types, dead_code, unreachable_pub, non_upper_case_globals)]

/// The same library under another name, as a renamed dependency is.
extern crate receptive_field as renamed;

/// Names of the prelude and of our own, taken by the user.
mod shadowed {
    pub struct Option;
    pub struct Result;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Vec;
    pub struct u32;
    pub struct usize;
    pub struct i64;
    pub struct bool;
    pub struct str;
    pub mod core {}
    pub mod std {}
    pub struct Graph;
    pub struct Table;
    pub struct Node;
    pub struct Op;
    pub const __p: i32 = 3;
    pub const conv: i32 = 3;
    pub const __v: i32 = 2;

    receptive_field::network! {
        pub Net {
            input: [__p, 16 * __v, 32];
            block wide(__v) { conv(__v * 2, conv) -> relu }
            a: conv(8, conv, padding = __v - 1);
            b: wide(4);
            assert rf(a) == conv;
            assert rf(b) == 5;
            assert params(b) == 584;
        }
    }
}

#[test]
fn shadowed_names() {
    assert_eq!(shadowed::Net::b.rf().min(), 5);
}

mod bare {
    #![no_implicit_prelude]

    ::receptive_field::network! {
        pub Net { input: [3, 32, 32]; a: conv(8, 3) -> relu; assert rf(a) == 3; assert live(a); }
    }
}

#[test]
fn without_prelude() {
    assert_eq!(bare::Net::a.rf().min(), 3);
}

#[test]
fn inside_a_function() {
    const WIDTH: usize = 8;
    receptive_field::network! {
        Local { input: [3, 32, 32]; a: conv(WIDTH, 3); assert shape(a) == [WIDTH, 30, 30]; }
    }
    assert_eq!(Local::a.shape().channels, 8);
}

receptive_field::network! {
    pub r#Loop { input: [3, 32, 32]; r#type: conv(8, 3); b: r#type -> relu; assert rf(r#type) == 3; assert rf("type") == 3; }
}

#[test]
fn raw_names() {
    assert_eq!(r#Loop::r#type.name(), "type");
}

renamed::network! {
    crate = ::renamed;
    pub Renamed { input: [3, 32, 32]; a: conv(8, 3); assert rf(a) == 3; }
}

#[test]
fn renamed_library() {
    assert_eq!(Renamed::TABLE.row("a").rf().min(), 3);
}

mod backbone {
    receptive_field::network! {
        /// To be inlined elsewhere.
        pub Backbone { input: [3, 64, 64]; stem: conv(8, 3, stride = 2, padding = 1); body: conv(8, 3, padding = 1) * 2; }
    }
}

receptive_field::network! {
    pub Detector {
        input: [3, 64, 64];
        backbone: backbone::Backbone;
        head: backbone.stem -> conv(4, 1);
        assert rf(head) == 3;
        assert rf(backbone) == 11;
        assert rf(backbone.body.0) == 7;
    }
}

#[test]
fn another_module() {
    assert_eq!(Detector::TABLE.row("backbone.body.1").rf().min(), 11);
}

receptive_field::network! {
    /// Fires on instantiation.
    pub Tcn<const D: usize> {
        input: [1, _];
        a: conv(4, 3, dilation = D, padding = causal);
        b: conv(4, 3, dilation = D * 2, padding = causal);
        assert rf(b) == 1 + 6 * D;
    }
}

#[test]
fn const_generics() {
    const { assert!(Tcn::<4>::b.rf().min() == 25) };
    assert_eq!(Tcn::<1>::TABLE.row("b").rf().max(), 7);
}
