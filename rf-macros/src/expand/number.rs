//! Numbers: a literal as it is, a user's expression through the library's bound on integers.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use rf_core::graph::UNKNOWN;

use crate::model::{Axes, Bool, Float, Int, Pad, Pads};

/// An index.
pub(super) fn index(index: usize) -> Literal {
    Literal::usize_unsuffixed(index)
}

/// An `i64`.
///
/// The bound `Integer` stands between the user's type and the cast, so that a wrong type is told in words:
///
/// ```text
/// error[E0277]: `f32` is not an integer
///   |
/// 5 |     conv1: conv(WIDTH, 3);
///   |                 ^^^^^
/// ```
pub(super) fn int(int: &Int) -> TokenStream {
    match int {
        Int::Lit(UNKNOWN) => quote!(__p::UNKNOWN),
        Int::Lit(value) => Literal::i64_unsuffixed(*value).into_token_stream(),
        Int::Expr(tokens, place) => {
            let at = |span| Span::mixed_site().located_at(span);
            let (value, last) =
                (Ident::new("__rf_value", at(place.first)), Ident::new("__rf_value", at(place.last)));
            // A closure that nothing calls: a trait's method is not `const`, but its bound is checked all
            // the same.
            let bound = quote_spanned!(at(place.first)=> || __p::Integer::check(&#last));
            quote!(__p::clamp({ let #value = #tokens; let _ = #bound; #value as ::core::primitive::i128 }))
        }
    }
}

/// `[i64; 3]`, the entries beyond the rank being `neutral`.
pub(super) fn axes(axes: &Axes, rank: usize, neutral: i64) -> TokenStream {
    let rest = (rank..3).map(|_| Literal::i64_unsuffixed(neutral));
    match axes {
        Axes::All(expression @ Int::Expr(..)) => {
            let all = Ident::new("__rf_each", Span::mixed_site());
            let (value, each) = (int(expression), (0..rank).map(|_| &all));
            quote!({ let #all = #value; [#(#each,)* #(#rest),*] })
        }
        Axes::All(literal) => {
            let each = (0..rank).map(|_| int(literal));
            quote!([#(#each,)* #(#rest),*])
        }
        Axes::Each(ints) => {
            let each = ints.iter().map(int);
            quote!([#(#each,)* #(#rest),*])
        }
    }
}

/// `[Padding; 3]`.
pub(super) fn pads(pads: &Pads, rank: usize) -> TokenStream {
    match pads {
        Pads::All(one) => {
            let (one, rank) = (pad(one), index(rank));
            quote!(__p::all(#rank, #one))
        }
        Pads::Each(pads) => {
            let each = pads.iter().map(pad);
            let rest = (rank..3).map(|_| quote!(__p::Padding::ZERO));
            quote!([#(#each,)* #(#rest),*])
        }
    }
}

fn pad(pad: &Pad) -> TokenStream {
    match pad {
        Pad::Both(both) => {
            let both = int(both);
            quote!(__p::Padding::both(#both))
        }
        Pad::Sides(before, after) => {
            let (before, after) = (int(before), int(after));
            quote!(__p::Padding::Explicit { before: #before, after: #after })
        }
        Pad::Word(word) => {
            let word = Ident::new(word, Span::call_site());
            quote!(__p::Padding::#word)
        }
    }
}

/// The two sides of padding in numbers, as arrays.
pub(super) fn sides(pads: &Pads, rank: usize) -> (TokenStream, TokenStream) {
    let side = |pick: fn(&Pad) -> Int| {
        let picked = match pads {
            Pads::All(pad) => Axes::All(pick(pad)),
            Pads::Each(pads) => Axes::Each(pads.iter().map(pick).collect()),
        };
        axes(&picked, rank, 0)
    };
    (side(before), side(after))
}

fn before(pad: &Pad) -> Int {
    match pad {
        Pad::Both(int) | Pad::Sides(int, _) => int.clone(),
        Pad::Word(_) => Int::Lit(0),
    }
}

fn after(pad: &Pad) -> Int {
    match pad {
        Pad::Both(int) | Pad::Sides(_, int) => int.clone(),
        Pad::Word(_) => Int::Lit(0),
    }
}

pub(super) fn bool(bool: &Bool) -> TokenStream {
    match bool {
        Bool::Lit(value) => value.into_token_stream(),
        Bool::Expr(tokens) => tokens.clone(),
    }
}

pub(super) fn float(float: &Float) -> TokenStream {
    match float {
        Float::Lit(value) => {
            let size = TokenTree::Literal(Literal::f64_unsuffixed(value.abs()));
            if *value < 0.0 { quote!(-#size) } else { size.into() }
        }
        Float::Expr(tokens) => tokens.clone(),
    }
}
