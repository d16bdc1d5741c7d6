//! The graph as a const.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::number::index;
use super::{Expander, op};
use crate::model::{Group, Node, Op, Source, What};
use crate::parse::spelled;

impl Expander {
    pub(super) fn graph(&self) -> TokenStream {
        let (library, model) = (&self.library, &self.model);
        let name = spelled(&model.header.name);
        let init = Ident::new(model.init, Span::call_site());
        let rank = index(model.rank);
        let mut ops = Ops::default();
        let nodes: Vec<_> = model.nodes.iter().map(|node| ops.node(node, model.rank)).collect();
        let (count, ops) = (nodes.len(), &ops.lets);
        let groups = model.groups.iter().map(group);
        // A const's own nodes would be checked again with every const that refers to it; a static's are not.
        let (before, nodes) = if self.is_generic() {
            (quote!(#(#ops)*), quote!(&[#(#nodes),*]))
        } else {
            let nodes = quote!(static NODES: [__p::Node<'static>; #count] = { #(#ops)* [#(#nodes),*] };);
            (nodes, quote!(&NODES))
        };
        quote! {
            /// The network as a graph.
            pub const GRAPH: #library::Graph<'static> = {
                use #library as __p;
                #before
                __p::Graph {
                    name: #name,
                    rank: #rank,
                    nodes: #nodes,
                    groups: &[#(#groups),*],
                    init: __p::Init::#init,
                }
            };
        }
    }
}

/// The operations that have arguments, each written once: a repeated block is a few operations and many nodes,
/// and it is the operations that rustc takes its time for.
#[derive(Default)]
struct Ops {
    known: HashMap<String, Ident>,
    lets: Vec<TokenStream>,
}

impl Ops {
    fn node(&mut self, node: &Node, rank: usize) -> TokenStream {
        let name = &node.name;
        let op = match &node.what {
            What::Layer(op) => self.op(op, rank),
            What::Network { .. } => quote!(__p::Op::Identity),
        };
        let inputs = node.inputs.iter().map(source);
        quote!(__p::Node { name: #name, op: #op, inputs: &[#(#inputs),*] })
    }

    fn op(&mut self, op: &Op, rank: usize) -> TokenStream {
        if matches!(op, Op::Flatten | Op::Dropout | Op::Identity | Op::Merge(_)) {
            return op::op(op, rank);
        }
        let next = Ident::new(&format!("__op{}", self.lets.len()), Span::mixed_site());
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
