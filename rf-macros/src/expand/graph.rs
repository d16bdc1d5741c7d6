//! The graph as a const.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::number::index;
use super::{Expander, op};
use crate::model::{Group, Node, Op, Source, What};
use crate::parse::spelled;

/// Most nodes that are written as one array.
const CHUNK: usize = 512;

impl Expander {
    pub(super) fn graph(&self) -> TokenStream {
        if self.model.inlines {
            return self.spliced();
        }
        let model = &self.model;
        if !self.is_generic() && model.nodes.len() > CHUNK {
            return self.chunked();
        }
        let mut ops = Ops::default();
        let nodes: Vec<_> = model.nodes.iter().map(|node| ops.node(node, model.rank)).collect();
        let (ops, groups) = (&ops.lets, model.groups.iter().map(group));
        let (count, stages) = (index(model.nodes.len()), index(model.groups.len()));
        if self.is_generic() {
            return self.graph_const(&quote!(#(#ops)*), &quote!(&[#(#nodes),*]), &quote!(&[#(#groups),*]));
        }
        // A const's own nodes would be checked again with every const that refers to it; a static's are not.
        let statics = quote! {
            static __RF_NODES: [__p::Node<'static>; #count] = { #(#ops)* [#(#nodes),*] };
            static __RF_GROUPS: [__p::Group<'static>; #stages] = [#(#groups),*];
        };
        self.graph_const(&statics, &quote!(&__RF_NODES), &quote!(&__RF_GROUPS))
    }

    /// The same in pieces: rustc's time for one array of nodes grows with the square of its length, since it takes
    /// each `&[input]` out of the array's one basic block.
    fn chunked(&self) -> TokenStream {
        let model = &self.model;
        let chunks = model.nodes.chunks(CHUNK).map(|chunk| {
            let mut ops = Ops::default();
            let nodes: Vec<_> = chunk.iter().map(|node| ops.node(node, model.rank)).collect();
            let (ops, count) = (&ops.lets, index(nodes.len()));
            quote!({ const __RF_PIECE: &[__p::Node<'static>; #count] = &{ #(#ops)* [#(#nodes),*] }; __RF_PIECE })
        });
        let groups = model.groups.iter().map(group);
        let (count, stages) = (index(model.nodes.len()), index(model.groups.len()));
        let statics = quote! {
            static __RF_NODES: [__p::Node<'static>; #count] = __p::join(&[#(#chunks),*]);
            static __RF_GROUPS: [__p::Group<'static>; #stages] = [#(#groups),*];
        };
        self.graph_const(&statics, &quote!(&__RF_NODES), &quote!(&__RF_GROUPS))
    }

    /// `pub const GRAPH: Graph = ..;`.
    pub(super) fn graph_const(
        &self,
        before: &TokenStream,
        nodes: &TokenStream,
        groups: &TokenStream,
    ) -> TokenStream {
        let (library, model) = (&self.library, &self.model);
        let (name, rank) = (spelled(&model.header.name), index(model.rank));
        let init = Ident::new(model.init, Span::call_site());
        quote! {
            /// The network as a graph.
            pub const GRAPH: #library::Graph<'static> = {
                use #library as __p;
                #before
                __p::Graph { name: #name, rank: #rank, nodes: #nodes, groups: #groups, init: __p::Init::#init }
            };
        }
    }
}

/// The operations that have arguments, each written once: a repeated block is a few operations and many
/// nodes, and it is the operations that rustc takes its time for.
#[derive(Default)]
pub(super) struct Ops {
    known: HashMap<String, Ident>,
    pub(super) lets: Vec<TokenStream>,
}

impl Ops {
    fn node(&mut self, node: &Node, rank: usize) -> TokenStream {
        let name = &node.name;
        let op = match &node.what {
            What::Layer(op) => self.op(op, rank),
            What::Network(_) => quote!(__p::Op::Identity),
        };
        let inputs = node.inputs.iter().map(source);
        quote!(__p::Node { name: #name, op: #op, inputs: &[#(#inputs),*] })
    }

    pub(super) fn op(&mut self, op: &Op, rank: usize) -> TokenStream {
        if matches!(op, Op::Flatten | Op::Dropout | Op::Identity | Op::Merge(_)) {
            return op::op(op, rank);
        }
        let next = Ident::new(&format!("__rf_op{}", self.lets.len()), Span::mixed_site());
        let known = self.known.entry(format!("{op:?}")).or_insert_with(|| {
            let op = op::op(op, rank);
            self.lets.push(quote!(let #next = #op;));
            next
        });
        known.to_token_stream()
    }
}

fn group(group: &Group) -> TokenStream {
    let Group { name, stage, .. } = group;
    let (first, end, output) = (index(group.first), index(group.end), source(&group.output));
    quote!(__p::Group { name: #name, first: #first, end: #end, output: #output, stage: #stage })
}

fn source(source: &Source) -> proc_macro2::Literal {
    match source {
        Source::Node(node) | Source::Inner(node, _) => index(*node),
    }
}
