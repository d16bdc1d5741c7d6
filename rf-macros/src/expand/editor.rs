//! The user's tokens once more, where rustc and an editor resolve them to what they name. Nothing calls this.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expander;
use crate::model::{Editor, Mentions};

impl Expander<'_> {
    /// `fn __editor() { let _ = Self::layer4; .. }`.
    pub(super) fn editor(&self) -> Option<TokenStream> {
        let Editor { labels, blocks } = &self.model.editor;
        if labels.is_empty() && blocks.names.is_empty() && blocks.inner.is_empty() {
            return None;
        }
        let blocks = scope(blocks);
        Some(quote! {
            #[doc(hidden)]
            fn __editor() {
                #(let _ = Self::#labels;)*
                #blocks
            }
        })
    }
}

/// Consts shadow whatever else has their name; a `let` would be compared with a const of the user's.
fn scope(Mentions { names, uses, inner }: &Mentions) -> TokenStream {
    let inner = inner.iter().map(scope);
    quote!({ #(const #names: () = ();)* #(let _ = #uses;)* #(#inner)* })
}
