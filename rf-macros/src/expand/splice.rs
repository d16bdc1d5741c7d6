//! A network with other networks in it: its parts, and the graph that the library makes of them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Expander;
use super::graph::Ops;
use super::number::index;
use crate::model::{Group, Inner, Node, Source, What};

impl Expander<'_> {
    /// The parts and their places, then `GRAPH`.
    pub(super) fn spliced(&self) -> TokenStream {
        let (parts, count) = (self.parts(), index(self.model.nodes.len()));
        let (groups, stages) = (self.model.groups.iter().map(group), index(self.model.groups.len()));
        let (library, inlined, splice) = (&self.library, self.inlined(), self.splice_const());
        let own = self.model.nodes.iter().filter(|node| matches!(node.what, What::Layer(_)));
        let edges = index(own.clone().map(|node| node.inputs.len()).sum());
        let (own, usize) = (index(own.count()), quote!(::core::primitive::usize));
        let text_len = quote!({ #library::text_len(#inlined) });
        let edge_count = quote!({ #library::edge_count(#edges, #inlined) });
        let node_count = quote!({ #library::node_count(#own, #inlined) });
        let group_count = quote!({ #library::group_count(#stages, #inlined) });
        let mut kept = Kept::new(self);
        let parts = kept.keep("__RF_PARTS", &quote!([__p::Part<'static>; #count]), &parts);
        let groups =
            kept.keep("__RF_OWN", &quote!([__p::PartGroup<'static>; #stages]), &quote!([#(#groups),*]));
        let offsets = kept.keep("__RF_OFFSETS", &quote!([#usize; #count]), &quote!(__p::offsets(#parts)));
        let made = quote!(__p::Splice { parts: #parts, groups: #groups, offsets: #offsets });
        let splice_items = kept.finish(|before| {
            quote! {
                #[doc(hidden)]
                const __SPLICE: #library::Splice<'static> = { use #library as __p; #before #made };
            }
        });
        let mut kept = Kept::new(self);
        let text =
            kept.keep("__RF_TEXT", &quote!([::core::primitive::u8; #text_len]), &quote!(__p::text(#inlined)));
        let edges = kept.keep("__RF_EDGES", &quote!([#usize; #edge_count]), &quote!(#splice.edges()));
        let nodes = quote!(#splice.nodes(#text, #edges));
        let nodes = kept.keep("__RF_NODES", &quote!([__p::Node<'static>; #node_count]), &nodes);
        let groups = quote!(#splice.groups(#text));
        let groups = kept.keep("__RF_GROUPS", &quote!([__p::Group<'static>; #group_count]), &groups);
        let graph = kept.finish(|before| {
            if self.is_generic() {
                self.graph_const(&nodes, &groups)
            } else {
                self.graph_fn(&before, &nodes, &groups)
            }
        });
        quote!(#splice_items #graph)
    }

    /// `<Net>::__SPLICE`, or with `Self` where there are generics.
    pub(super) fn splice_const(&self) -> TokenStream {
        let name = &self.model.header.name;
        if self.is_generic() { quote!(Self::__SPLICE) } else { quote!(<#name>::__SPLICE) }
    }

    /// How many nodes there are.
    pub(super) fn spliced_layers(&self) -> TokenStream {
        let (library, inlined) = (&self.library, self.inlined());
        let own = self.model.nodes.iter().filter(|node| matches!(node.what, What::Layer(_))).count();
        let own = index(own);
        quote!({ #library::node_count(#own, #inlined) })
    }

    /// The networks that stand in this one. A length cannot depend on generics, so this names nothing of
    /// `Self`.
    fn inlined(&self) -> TokenStream {
        let library = &self.library;
        let networks = self.model.nodes.iter().filter_map(|node| match &node.what {
            What::Network(tokens) => {
                let (name, graph) = (&node.name, graph_of(tokens));
                Some(quote!(#library::Inlined { name: #name, graph: &#graph }))
            }
            What::Layer(_) => None,
        });
        quote!(&[#(#networks),*])
    }

    fn parts(&self) -> TokenStream {
        let mut ops = Ops::default();
        let parts: Vec<_> =
            self.model.nodes.iter().map(|node| part(node, &mut ops, self.model.rank)).collect();
        let ops = ops.array();
        quote!({ let __rf_ops = #ops; [#(#parts),*] })
    }

    /// `check_path(&<Backbone>::GRAPH, "layer3")`, at the path.
    pub(super) fn inner_checks(&self) -> Vec<TokenStream> {
        let check = |Inner { node, name, place }: &Inner| match &self.model.nodes.get(*node)?.what {
            What::Network(tokens) => Some(self.call("check_path", *place, {
                let graph = graph_of(tokens);
                quote!(&#graph, #name)
            })),
            What::Layer(_) => None,
        };
        self.model.inner.iter().filter_map(check).collect()
    }
}

/// `<Backbone>::GRAPH`, where the type ends: a type without one is no network, and that is told there.
fn graph_of(tokens: &TokenStream) -> TokenStream {
    let last = tokens.clone().into_iter().last().map_or_else(Span::call_site, |token| token.span());
    quote_spanned!(last=> <#tokens>::GRAPH)
}

/// Values that others refer to: statics within the const that uses them, or, where there are generics, which
/// a static cannot use, hidden consts beside it.
struct Kept<'e> {
    expander: &'e Expander<'e>,
    statics: TokenStream,
    consts: TokenStream,
}

impl<'e> Kept<'e> {
    fn new(expander: &'e Expander<'e>) -> Self {
        Self { expander, statics: TokenStream::new(), consts: TokenStream::new() }
    }

    /// Keeps a value and answers a reference to it.
    fn keep(&mut self, name: &str, ty: &TokenStream, value: &TokenStream) -> TokenStream {
        let name = Ident::new(name, Span::call_site());
        if !self.expander.is_generic() {
            self.statics.extend(quote!(static #name: #ty = #value;));
            return quote!(&#name);
        }
        let library = &self.expander.library;
        let ty = renamed(ty.clone(), library);
        self.consts.extend(quote! {
            #[doc(hidden)]
            const #name: #ty = { use #library as __p; #value };
        });
        quote!(&Self::#name)
    }

    /// The const that uses what was kept, and what it needs beside it.
    fn finish(self, user: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
        let (consts, user) = (self.consts, user(self.statics));
        quote!(#consts #user)
    }
}

/// A type for a place where `__p` is not in scope.
fn renamed(ty: TokenStream, library: &TokenStream) -> TokenStream {
    use proc_macro2::{Group, TokenTree};
    ty.into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "__p" => library.clone(),
            TokenTree::Group(group) => {
                let inner = renamed(group.stream(), library);
                TokenTree::Group(Group::new(group.delimiter(), inner)).into()
            }
            other => other.into(),
        })
        .collect()
}

fn part(node: &Node, ops: &mut Ops, rank: usize) -> TokenStream {
    let (name, mut inputs) = (&node.name, node.inputs.iter().map(source));
    match &node.what {
        What::Layer(op) => {
            let op = ops.index_of(op, rank);
            quote!(__p::Part::Layer { name: #name, op: __rf_ops[#op], inputs: &[#(#inputs),*] })
        }
        What::Network(tokens) => {
            let (input, graph) = (inputs.next(), graph_of(tokens));
            quote!(__p::Part::Network {
                inlined: __p::Inlined { name: #name, graph: &#graph },
                input: #input
            })
        }
    }
}

fn group(group: &Group) -> TokenStream {
    let Group { name, stage, .. } = group;
    let (first, end, output) = (index(group.first), index(group.end), source(&group.output));
    quote!(__p::PartGroup { name: #name, first: #first, end: #end, output: #output, stage: #stage })
}

fn source(source: &Source) -> TokenStream {
    match source {
        Source::Node(slot) => {
            let slot = index(*slot);
            quote!(__p::Ref::Slot(#slot))
        }
        Source::Inner(slot, name) => {
            let slot = index(*slot);
            quote!(__p::Ref::Inner(#slot, #name))
        }
    }
}
