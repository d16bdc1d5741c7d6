//! The graph as a const.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::number::index;
use super::{Expander, op};
use crate::model::{Group, Op, Source, What};
use crate::parse::spelled;

impl Expander {
    pub(super) fn graph(&self) -> TokenStream {
        if self.model.inlines {
            return self.spliced();
        }
        let mut ops = Ops::default();
        let which = self.model.nodes.iter().filter_map(|node| match &node.what {
            What::Layer(op) => Some(ops.index_of(op, self.model.rank)),
            What::Network(_) => None,
        });
        let which = quote!(&[#(#which),*]);
        if self.is_generic() {
            let count = index(self.model.nodes.len());
            let chained = quote!(&const { __p::chained::<#count>() });
            let (nodes, groups) = (self.nodes(&ops, &which, &chained), self.groups());
            return self.graph_const(&quote!(&#nodes), &quote!(&#groups));
        }
        let name = &self.model.header.name;
        let (nodes, groups) =
            (self.nodes(&ops, &quote!(<#name>::__WHICH), &quote!(&__RF_CHAINED)), self.groups());
        let (count, stages) = (index(self.model.nodes.len()), index(self.model.groups.len()));
        let statics = quote! {
            static __RF_CHAINED: [[::core::primitive::usize; 1]; #count] = __p::chained();
            static __RF_NODES: [__p::Node<'static>; #count] = #nodes;
            static __RF_GROUPS: [__p::Group<'static>; #stages] = #groups;
        };
        let graph = self.graph_fn(&statics, &quote!(&__RF_NODES), &quote!(&__RF_GROUPS));
        quote! {
            #[doc(hidden)]
            const __WHICH: &'static [::core::primitive::usize; #count] = #which;
            #graph
        }
    }

    /// `__p::nodes(ops, which, names, chained, others)`: as literals of `Node` they would take rustc several times as
    /// long.
    fn nodes(&self, ops: &Ops, which: &TokenStream, chained: &TokenStream) -> TokenStream {
        let nodes = &self.model.nodes;
        let (ops, names) = (ops.array(), nodes.iter().map(|node| &node.name));
        let others = nodes.iter().enumerate().filter_map(|(at, node)| {
            let before = matches!(node.inputs.as_slice(), [Source::Node(input)] if input + 1 == at);
            let (at, inputs) = (index(at), node.inputs.iter().map(source));
            (!before).then(|| quote!((#at, &[#(#inputs),*])))
        });
        quote!(__p::nodes(&#ops, #which, &[#(#names),*], #chained, &[#(#others),*]))
    }

    fn groups(&self) -> TokenStream {
        let lines = self.model.groups.iter().map(|group| {
            let Group { name, stage, .. } = group;
            let (first, end, output) = (index(group.first), index(group.end), source(&group.output));
            quote!((#name, #first, #end, #output, #stage))
        });
        quote!(__p::groups(&[#(#lines),*]))
    }

    /// `pub const GRAPH: Graph = ..;`.
    pub(super) fn graph_const(&self, nodes: &TokenStream, groups: &TokenStream) -> TokenStream {
        let (library, graph) = (&self.library, self.graph_value(nodes, groups));
        quote! {
            /// The network as a graph.
            pub const GRAPH: #library::Graph<'static> = {
                use #library as __p;
                #graph
            };
        }
    }

    /// The same with a function beside it that lends the graph: what a const refers to is validated anew with every
    /// const that uses it.
    pub(super) fn graph_fn(
        &self,
        before: &TokenStream,
        nodes: &TokenStream,
        groups: &TokenStream,
    ) -> TokenStream {
        let (library, graph) = (&self.library, self.graph_value(nodes, groups));
        quote! {
            #[doc(hidden)]
            const fn __graph() -> &'static #library::Graph<'static> {
                use #library as __p;
                #before
                static __RF_GRAPH: __p::Graph<'static> = #graph;
                &__RF_GRAPH
            }
            /// The network as a graph.
            pub const GRAPH: #library::Graph<'static> = *Self::__graph();
        }
    }

    fn graph_value(&self, nodes: &TokenStream, groups: &TokenStream) -> TokenStream {
        let (name, rank) = (spelled(&self.model.header.name), index(self.model.rank));
        let init = Ident::new(self.model.init, Span::call_site());
        quote!(__p::Graph { name: #name, rank: #rank, nodes: #nodes, groups: #groups, init: __p::Init::#init })
    }
}

/// The operations, each written once: a repeated block is a few operations and many nodes.
#[derive(Default)]
pub(super) struct Ops {
    known: HashMap<String, usize>,
    /// The same for those that copies of a layer share.
    shared: BTreeMap<*const Op, usize>,
    written: Vec<TokenStream>,
}

impl Ops {
    /// Where in the array the operation of a node stands.
    pub(super) fn index_of(&mut self, op: &Rc<Op>, rank: usize) -> Literal {
        if let Some(&at) = self.shared.get(&Rc::as_ptr(op)) {
            return index(at);
        }
        let next = self.written.len();
        let at = *self.known.entry(format!("{op:?}")).or_insert(next);
        if at == next {
            self.written.push(op::op(op, rank));
        }
        self.shared.insert(Rc::as_ptr(op), at);
        index(at)
    }

    pub(super) fn array(&self) -> TokenStream {
        let ops = &self.written;
        quote!([#(#ops),*])
    }
}

fn source(source: &Source) -> Literal {
    match source {
        Source::Node(node) | Source::Inner(node, _) => index(*node),
    }
}
