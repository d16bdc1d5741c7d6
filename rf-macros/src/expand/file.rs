//! What stands in files: a network beside this one, and the files themselves for the compiler to watch.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expander;
use super::number::index;
use crate::model::SameAs;

impl Expander<'_> {
    /// `const _: &[u8] = include_bytes!("/../model.onnx");`: a changed file builds this anew. Nothing uses the bytes, so
    /// none are compiled in.
    pub(super) fn files(&self) -> TokenStream {
        let paths = &self.model.tracked;
        quote! { #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#paths);)* }
    }

    /// The file's network as a hidden type, and the comparison with it.
    pub(super) fn same_as(&self, table: &TokenStream) -> Vec<TokenStream> {
        let call = |SameAs { place, path, model }: &SameAs| {
            let hidden = Expander { library: self.library.clone(), rows: None, model };
            let (network, name) = (hidden.network(), &model.header.name);
            let (ours, theirs) = (self.layers(), index(model.nodes.len()));
            let args = quote!(#table, <#name>::__table(), #path);
            let call = self.call_with("check_same", &quote!(::<#ours, #theirs>), *place, args);
            quote!({ #network #call })
        };
        self.model.same_as.iter().map(call).collect()
    }
}
