//! [`model`](crate::model) to Rust. Every decision was made before.

mod assertion;
mod editor;
mod file;
mod graph;
mod number;
mod op;
mod splice;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use crate::model::{Check, Label, Model};
use crate::parse::spelled;
use crate::place::Place;
use crate::table;

/// Phases that a generic network has room for at least, and per layer: the length of its table cannot be
/// computed.
const GENERIC_PHASES: (usize, usize) = (1024, 64);

/// At most about so many consts check layers: one for each tells all independent faults at once, but costs
/// the compiler more than what is in it. In a larger network neighbours share one.
const CHECKS: usize = 200;

/// The struct, its consts, and what is checked.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let expander = Expander { library: library(model), rows: table::table(model), model };
    let (network, files) = (expander.network(), expander.files());
    quote! { #network #files }
}

/// The path of the library's private part.
fn library(model: &Model) -> TokenStream {
    let path = model.library.clone().unwrap_or_else(|| quote!(::receptive_field));
    quote!(#path::__private)
}

/// Docs that show a text as it is.
fn verbatim(text: &str) -> TokenStream {
    let text = format!("\n```text\n{text}\n```");
    quote!(#[doc = #text])
}

struct Expander<'m> {
    library: TokenStream,
    /// The network's table, where it can be known here: for docs alone.
    rows: Option<String>,
    model: &'m Model,
}

impl Expander<'_> {
    fn network(&self) -> TokenStream {
        let (item, consts, checks) = (self.item(), self.consts(), self.checks());
        quote! { #item #consts #checks }
    }

    /// `pub struct ResNet18;`, first, so that the user's name is met with the user's span.
    fn item(&self) -> TokenStream {
        let header = &self.model.header;
        let (attributes, visibility, name) = (&header.attributes, &header.visibility, &header.name);
        let params = header.generics.iter().map(|generic| {
            let (name, ty) = (&generic.name, &generic.ty);
            let default = generic.default.as_ref().map(|default| quote!(= #default));
            quote!(const #name: #ty #default)
        });
        let generics = self.is_generic().then(|| quote!(<#(#params),*>));
        let table = self.rows.as_deref().map(verbatim);
        quote! { #attributes #table #[allow(dead_code)] #visibility struct #name #generics; }
    }

    fn is_generic(&self) -> bool {
        !self.model.header.generics.is_empty()
    }

    /// `impl<..> ResNet18<..> { GRAPH, TABLE, labels }`.
    fn consts(&self) -> TokenStream {
        let header = &self.model.header;
        let name = &header.name;
        let params = header.generics.iter().map(|generic| {
            let (name, ty) = (&generic.name, &generic.ty);
            quote!(const #name: #ty)
        });
        // In braces a name is a value, whatever types there are of that name.
        let names = header.generics.iter().map(|generic| {
            let name = &generic.name;
            quote!({ #name })
        });
        let generics = self.is_generic().then(|| (quote!(<#(#params),*>), quote!(<#(#names),*>)));
        let (params, args) = generics.unzip();
        let (graph, table, editor) = (self.graph(), self.table(), self.editor());
        let labels = self.model.labels.iter().map(|label| self.label(label));
        quote! {
            #[allow(
                dead_code, long_running_const_eval, non_upper_case_globals, unreachable_pub, unused_parens,
                clippy::all, clippy::pedantic, clippy::nursery
            )]
            impl #params #name #args {
                #graph
                #table
                #(#labels)*
                #editor
            }
        }
    }

    /// The rows stand by themselves: labels and assertions share them.
    fn table(&self) -> TokenStream {
        let library = &self.library;
        let (layers, (count, phases)) = (self.layers(), self.phases());
        let evaluated = quote!(#library::Evaluated<#layers, #phases> = #library::evaluate(&Self::GRAPH));
        let docs = quote!(#[doc = "Every layer's receptive field, jump, start and shape."]);
        if self.is_generic() {
            let table = quote!(#library::Table::new(Self::GRAPH, &Self::__EVALUATED));
            let checked = self.checked(&quote!(&#table));
            let asserted = self.asserted();
            return quote! {
                #[doc(hidden)]
                const __ASSERTED: #library::Asserted<'static> = { use #library as __p; #asserted };
                #[doc(hidden)]
                const __EVALUATED: #evaluated;
                #checked
                #docs
                pub const TABLE: #library::Table<'static> = { let () = Self::__CHECKED; #table };
            };
        }
        // All that a const refers to is validated anew with every const that uses it, what a static refers to is not.
        // So the checks reach the table through a function.
        let (name, which) = (&self.model.header.name, self.which());
        let (check, assert) = (self.check_one(), self.assert_one());
        quote! {
            #count
            #[doc(hidden)]
            const fn __table() -> &'static #library::Table<'static> {
                static __RF_ROWS: #library::Evaluated<#layers, #phases> =
                    #library::evaluate_repeats(<#name>::__graph(), #which);
                static __RF_TABLE: #library::Table<'static> =
                    #library::Table::new(*<#name>::__graph(), &__RF_ROWS);
                &__RF_TABLE
            }
            #docs
            pub const TABLE: #library::Table<'static> = *Self::__table();
            #check
            #assert
        }
    }

    /// The function that checks the layers which one place of the source became, by the number of the place. Which
    /// layers these are stands in a text, that is read where some layer is at fault.
    fn check_one(&self) -> Option<TokenStream> {
        if self.model.inlines {
            return None;
        }
        let library = &self.library;
        let lists = self.model.checks.iter().map(|check| {
            let nodes: Vec<_> = check.nodes.iter().map(usize::to_string).collect();
            nodes.join(" ") + ";"
        });
        let lists: String = lists.collect();
        Some(quote! {
            #[doc(hidden)]
            #[track_caller]
            const fn __check(place: ::core::primitive::usize) {
                #library::check_place(Self::__table(), #lists, place);
            }
        })
    }

    /// The function that checks an assertion, by its number.
    fn assert_one(&self) -> Option<TokenStream> {
        if self.model.assertions.is_empty() {
            return None;
        }
        let (library, asserted) = (&self.library, self.asserted());
        Some(quote! {
            #[doc(hidden)]
            #[track_caller]
            const fn __assert(number: ::core::primitive::usize) {
                use #library as __p;
                static __RF_ASSERTED: __p::Asserted<'static> = #asserted;
                __p::assert_one(Self::__table(), &__RF_ASSERTED, number);
            }
        })
    }

    /// A number per node, the same where the operations are; nothing where nodes are numbered by the library.
    fn which(&self) -> TokenStream {
        let name = &self.model.header.name;
        if self.model.inlines || self.is_generic() { quote!(&[]) } else { quote!(<#name>::__WHICH) }
    }

    /// How many nodes the graph has, as an expression without generics.
    fn layers(&self) -> TokenStream {
        if self.model.inlines {
            return self.spliced_layers();
        }
        number::index(self.model.nodes.len()).into_token_stream()
    }

    /// The const that counts phases, and how many the table has room for.
    fn phases(&self) -> (Option<TokenStream>, TokenStream) {
        let layers = self.layers();
        let (library, (least, each)) = (&self.library, GENERIC_PHASES);
        let (least, each) = (number::index(least), number::index(each));
        if !self.model.phases {
            return (None, quote!(0));
        }
        if self.is_generic() {
            let count = quote!({ let room = #each * #layers; if room > #least { room } else { #least } });
            return (None, count);
        }
        let count = quote! {
            #[doc(hidden)]
            const __PHASES: ::core::primitive::usize = #library::phase_count::<#layers>(Self::__graph());
        };
        let name = &self.model.header.name;
        (Some(count), quote!({ <#name>::__PHASES }))
    }

    /// `pub const layer4: Layer = ..;`.
    fn label(&self, Label { ident, docs, group }: &Label) -> TokenStream {
        let library = &self.library;
        let name = spelled(ident);
        let about = format!("Stage `{name}`.");
        let row = self.rows.as_deref().and_then(|table| table::row(table, &name));
        let row = row.as_deref().map(verbatim);
        quote! {
            #docs
            #[doc = #about]
            #row
            pub const #ident: #library::Layer<'static> = Self::TABLE.group(#group);
        }
    }

    /// What a network without generics must hold, as free consts: rustc evaluates those always.
    fn checks(&self) -> TokenStream {
        let mut checks = TokenStream::new();
        if self.is_generic() {
            return checks;
        }
        let name = &self.model.header.name;
        let layers = self.model.checks.iter().enumerate().map(|(number, check)| {
            if self.model.inlines {
                self.check(check, &quote!(<#name>::__table()))
            } else {
                self.call_own("__check", check.place, number)
            }
        });
        let layers: Vec<_> = layers.collect();
        for check in self.inner_checks() {
            checks.extend(quote! { const _: () = #check; });
        }
        let together = layers.len().div_ceil(CHECKS).max(1);
        for check in layers.chunks(together) {
            checks.extend(quote! { const _: () = { #(#check;)* }; });
        }
        for same in self.same_as(&quote!(<#name>::__table())) {
            checks.extend(quote! { #[allow(long_running_const_eval)] const _: () = #same; });
        }
        for (number, assertion) in self.model.assertions.iter().enumerate() {
            let assertion = self.call_own("__assert", assertion.place, number);
            checks.extend(quote! { #[allow(long_running_const_eval)] const _: () = #assertion; });
        }
        checks
    }

    /// The same for a network with generics, evaluated where it is instantiated.
    fn checked(&self, table: &TokenStream) -> TokenStream {
        let layers = self.model.checks.iter().map(|check| self.check(check, table));
        let assertions = self.assertions(table, &quote!(&Self::__ASSERTED));
        let checks = layers.chain(self.inner_checks()).chain(self.same_as(table)).chain(assertions);
        quote! {
            #[doc(hidden)]
            const __CHECKED: () = { #(#checks;)* };
        }
    }

    /// `check_layers(&TABLE, &[1, 5])`, from the first token of the layer to its last.
    fn check(&self, Check { place, nodes, .. }: &Check, table: &TokenStream) -> TokenStream {
        let nodes = nodes.iter().map(|&node| number::index(node));
        if self.model.inlines {
            let splice = self.splice_const();
            return self.call("check_parts", *place, quote!(#table, &#splice, &[#(#nodes),*]));
        }
        self.call("check_layers", *place, quote!(#table, &[#(#nodes),*]))
    }

    /// `(<Net>::__check)(3)`, from the first to the last token of `place`: the parentheses say where it is. Names have
    /// other spans, lest an editor takes the user's first token for them.
    fn call_own(&self, function: &str, place: Place, number: usize) -> TokenStream {
        let (name, number) = (&self.model.header.name, number::index(number));
        let function = Ident::new(function, Span::call_site());
        let mut callee = Group::new(Delimiter::Parenthesis, quote!(<#name>::#function));
        callee.set_span(place.first);
        let mut args = Group::new(Delimiter::Parenthesis, number.into_token_stream());
        args.set_span(place.last);
        quote!(#callee #args)
    }

    /// A call of the library that rustc underlines from the first to the last token of `place`:
    ///
    /// ```text
    /// 30 |         assert rf(layer4) >= 448;
    ///    |                ^^^^^^^^^^^^^^^^^
    /// ```
    fn call(&self, function: &str, place: Place, args: TokenStream) -> TokenStream {
        self.call_with(function, &TokenStream::new(), place, args)
    }

    /// The same with generics, `::<3, 5>`.
    fn call_with(
        &self,
        function: &str,
        generics: &TokenStream,
        place: Place,
        args: TokenStream,
    ) -> TokenStream {
        let (library, function) = (&self.library, Ident::new(function, place.first));
        let mut args = Group::new(Delimiter::Parenthesis, args);
        args.set_span(place.last);
        let dollar_crate = |token: TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "$crate");
        if library.clone().into_iter().any(dollar_crate) {
            // A `$crate` means what it does by its span, so it stands aside.
            let call = quote_spanned!(place.first=> __p::#function #generics #args);
            return quote!({ use #library as __p; #call });
        }
        let library = library.clone().into_iter().map(|mut token| {
            token.set_span(place.first);
            token
        });
        let library: TokenStream = library.collect();
        quote_spanned!(place.first=> #library::#function #generics #args)
    }
}
