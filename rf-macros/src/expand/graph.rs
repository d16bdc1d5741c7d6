//! The graph as a const.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::number::index;
use super::{Expander, op};
use crate::model::{Group, Node, Source, What};
use crate::parse::spelled;

impl Expander {
    pub(super) fn graph(&self) -> TokenStream {
        let (library, model) = (&self.library, &self.model);
        let name = spelled(&model.header.name);
        let init = Ident::new(model.init, Span::call_site());
        let rank = index(model.rank);
        let nodes = model.nodes.iter().map(|node| self.node(node));
        let groups = model.groups.iter().map(group);
        quote! {
            /// The network as a graph.
            pub const GRAPH: #library::Graph<'static> = {
                use #library as __p;
                __p::Graph {
                    name: #name,
                    rank: #rank,
                    nodes: &[#(#nodes),*],
                    groups: &[#(#groups),*],
                    init: __p::Init::#init,
                }
            };
        }
    }

    fn node(&self, node: &Node) -> TokenStream {
        let name = &node.name;
        let op = match &node.what {
            What::Layer(op) => op::op(op, self.model.rank),
            What::Network { .. } => quote!(__p::Op::Identity),
        };
        let inputs = node.inputs.iter().map(source);
        quote!(__p::Node { name: #name, op: #op, inputs: &[#(#inputs),*] })
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
