//! Assertions as calls of the library, under the user's own condition.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Expander;
use super::number::{axes, float, index, int};
use crate::ast::Compare;
use crate::model::{Assertion, At, Bound, Check, Query, Repeat};

impl Expander<'_> {
    /// `assert_one(&TABLE, &ASSERTED, 3)` for each assertion, from the first token of its condition to its last.
    pub(super) fn assertions(&self, table: &TokenStream, asserted: &TokenStream) -> Vec<TokenStream> {
        let calls = self.model.assertions.iter().enumerate().map(|(number, assertion)| {
            let number = index(number);
            self.call("assert_one", assertion.place, quote!(#table, #asserted, #number))
        });
        calls.collect()
    }

    /// All assertions as data: what would mend one must not break another.
    pub(super) fn asserted(&self) -> TokenStream {
        let assertions = self.model.assertions.iter().map(|assertion| self.assertion(assertion));
        let sources = self.sources();
        let ops = self.which();
        quote!(__p::Asserted { assertions: &[#(#assertions),*], sources: #sources, ops: #ops })
    }

    /// The layers and repeats that a change can be made to. Where networks are inlined, only the library knows the
    /// nodes' numbers.
    fn sources(&self) -> String {
        let layer = |Check { place, literals, nodes }: &Check| {
            let (line, column) = place.start();
            let nodes: Vec<_> = nodes.iter().map(usize::to_string).collect();
            (!literals.is_empty()).then(|| format!("{line}:{column} {literals} {};", nodes.join(" ")))
        };
        let repeat = |Repeat { place, first, nodes, copies }: &Repeat| {
            let (line, column) = place.start();
            format!("{line}:{column} * {first} {nodes} {copies};")
        };
        let layers = self.model.checks.iter().filter_map(layer);
        let text: String = layers.chain(self.model.repeats.iter().map(repeat)).collect();
        // An empty text would mean that every layer stands for itself.
        if self.model.header.file.is_some() {
            // No line of the source is any layer's.
            String::new()
        } else if self.model.inlines {
            "-".to_owned()
        } else if text.is_empty() {
            ";".to_owned()
        } else {
            text
        }
    }

    fn assertion(&self, assertion: &Assertion) -> TokenStream {
        let (query, at) = (query(&assertion.query), self.at(&assertion.at));
        let axis = option(assertion.axis.map(|axis| {
            let axis = index(axis);
            quote!(#axis)
        }));
        let negate = assertion.negate;
        let compare = option(assertion.compare.as_ref().map(|(compare, bound)| {
            let (compare, value) = (self::compare(*compare), self.bound(bound));
            quote!((__p::Compare::#compare, #value))
        }));
        quote! {
            __p::Assertion { query: #query, at: #at, axis: #axis, negate: #negate, compare: #compare }
        }
    }

    fn at(&self, at: &At) -> TokenStream {
        match at {
            // Where networks are inlined, a node's index is known to the library alone; groups keep theirs.
            At::Node(node) if self.model.inlines => {
                let name = self.model.nodes.get(*node).map_or("", |node| &node.name);
                quote!(__p::At::Name(#name))
            }
            At::Node(node) => {
                let node = index(*node);
                quote!(__p::At::Node(#node))
            }
            At::Group(group) => {
                let group = index(*group);
                quote!(__p::At::Group(#group))
            }
            At::Name(name) => quote!(__p::At::Name(#name)),
            At::Network => quote!(__p::At::Network),
        }
    }

    fn bound(&self, bound: &Bound) -> TokenStream {
        match bound {
            Bound::Int(value) => {
                let value = int(value);
                quote!(__p::Value::Int(#value))
            }
            Bound::Ratio(over, under) => {
                let (over, under) = (int(over), int(under));
                quote!(__p::Value::Ratio(#over, #under))
            }
            Bound::Ratios(ratios) => {
                let each = ratios.iter().map(|(over, under)| {
                    let (over, under) = (int(over), int(under));
                    quote!((#over, #under))
                });
                let rest = (self.model.rank..3).map(|_| quote!((0, 1)));
                quote!(__p::Value::Ratios([#(#each,)* #(#rest),*]))
            }
            Bound::PerAxis(each) => {
                let each = axes(each, self.model.rank, 0);
                quote!(__p::Value::PerAxis(#each))
            }
            Bound::Shape(entries) => {
                let entries = entries.iter().map(int);
                quote!(__p::Value::Shape(&[#(#entries),*]))
            }
        }
    }
}

fn query(query: &Query) -> TokenStream {
    match query {
        Query::Plain(name) => {
            let name = Ident::new(name, Span::call_site());
            quote!(__p::Query::#name)
        }
        Query::Erf(energy) => {
            let energy = float(energy);
            quote!(__p::Query::Erf { energy: #energy })
        }
    }
}

/// `Option` by its full path: the user's scope may have another.
fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn compare(compare: Compare) -> Ident {
    let name = match compare {
        Compare::Ge => "Ge",
        Compare::Gt => "Gt",
        Compare::Le => "Le",
        Compare::Lt => "Lt",
        Compare::Eq => "Eq",
        Compare::Ne => "Ne",
    };
    Ident::new(name, Span::call_site())
}
