//! Which layers the source writes, where, and which of their arguments stand there as literals.
//!
//! The macro writes it as text, one entry for each layer of the source that can be changed: nothing but a failing
//! assertion reads it, and rustc checks one literal sooner than an array of numbers.
//!
//! ```text
//! 4:12 kdP 1 5 9;     line and column, arguments, the nodes that it became
//! 4:20 * 3 2 4;       a repeat: first node, nodes in a copy, copies
//! ```
//!
//! A small letter is a number for all axes (given or the default), a capital one a tuple of numbers; `f` says that
//! a pool's stride follows its kernel.

use crate::graph::{Graph, Op, Window};

/// An argument that a change may be made to.
#[derive(Clone, Copy)]
pub(crate) enum Arg {
    Dilation,
    Kernel,
    Padding,
    Stride,
    Channels,
    Repeat,
}

impl Arg {
    pub(crate) const fn letter(self) -> u8 {
        match self {
            Self::Dilation => b'd',
            Self::Kernel => b'k',
            Self::Padding => b'p',
            Self::Stride => b's',
            Self::Channels => b'c',
            Self::Repeat => b'*',
        }
    }
}

/// One layer of the source, or one repeat.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) first: usize,
    /// Layers that it became; of a repeat, the nodes of one copy.
    pub(crate) nodes: usize,
    /// Copies of a repeat.
    pub(crate) copies: usize,
    /// A bit for each letter of [`Arg`].
    letters: u128,
}

const NO_SOURCE: Source = Source { line: 0, column: 0, first: 0, nodes: 0, copies: 0, letters: 0 };

impl Source {
    const fn has(&self, letter: u8) -> bool {
        self.letters >> letter & 1 == 1
    }

    pub(crate) const fn is_repeat(&self) -> bool {
        self.has(b'*')
    }

    /// Whether the argument is one literal for all axes.
    pub(crate) const fn is_scalar(&self, arg: Arg) -> bool {
        self.has(arg.letter())
    }

    /// Whether the argument is a literal, or a tuple of literals.
    pub(crate) const fn is_literal(&self, arg: Arg) -> bool {
        self.has(arg.letter()) || self.has(arg.letter().to_ascii_uppercase())
    }

    /// Whether a pool's stride is its kernel.
    pub(crate) const fn stride_follows(&self) -> bool {
        self.has(b'f')
    }
}

/// All of them, and for each node the one that it came from.
pub(crate) struct Sources<const N: usize> {
    pub(crate) list: [Source; N],
    pub(crate) count: usize,
    pub(crate) owner: [usize; N],
}

/// No source.
pub(crate) const NOBODY: usize = usize::MAX;

impl<const N: usize> Sources<N> {
    /// Reads the macro's text; without one, every node is a layer of its own, with nothing but literals.
    pub(crate) const fn read(text: &str, graph: &Graph<'_>) -> Self {
        let mut sources = Self { list: [NO_SOURCE; N], count: 0, owner: [NOBODY; N] };
        if text.is_empty() {
            sources.of_graph(graph);
            return sources;
        }
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        while reader.at < reader.bytes.len() && sources.count < N {
            sources.entry(&mut reader);
        }
        sources
    }

    const fn of_graph(&mut self, graph: &Graph<'_>) {
        let mut node = 0;
        while node < graph.nodes.len() {
            if let Some(letters) = all_letters(&graph.nodes[node].op) {
                self.list[self.count] = Source { first: node, nodes: 1, letters, ..NO_SOURCE };
                self.owner[node] = self.count;
                self.count += 1;
            }
            node += 1;
        }
    }

    const fn entry(&mut self, reader: &mut Reader<'_>) {
        let line = reader.number();
        let column = reader.number();
        let letters = reader.letters();
        let mut source = Source { line, column, letters, ..NO_SOURCE };
        if source.is_repeat() {
            (source.first, source.nodes) = (reader.number(), reader.number());
            source.copies = reader.number();
        }
        while !reader.ends() {
            let node = reader.number();
            if node < N {
                self.owner[node] = self.count;
            }
            if source.nodes == 0 {
                source.first = node;
            }
            source.nodes += 1;
        }
        self.list[self.count] = source;
        self.count += 1;
    }
}

const fn all_letters(op: &Op) -> Option<u128> {
    let bits = 1 << b'k' | 1 << b's' | 1 << b'd' | 1 << b'p';
    match op {
        Op::Conv { .. } | Op::ConvTranspose { .. } => Some(bits | 1 << b'c'),
        Op::DepthwiseConv { .. } | Op::Pool { .. } => Some(bits),
        _ => None,
    }
}

/// The window of a layer that has one with arguments of its own.
pub(crate) const fn window(op: &Op) -> Option<Window> {
    match *op {
        Op::Conv { window, .. }
        | Op::DepthwiseConv { window, .. }
        | Op::ConvTranspose { window, .. }
        | Op::Pool { window, .. } => Some(window),
        _ => None,
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// A number and the one sign behind it, unless that ends the entry.
    const fn number(&mut self) -> usize {
        let mut number = 0;
        while self.at < self.bytes.len() && self.bytes[self.at].is_ascii_digit() {
            number = number * 10 + (self.bytes[self.at] - b'0') as usize;
            self.at += 1;
        }
        self.pass();
        number
    }

    const fn letters(&mut self) -> u128 {
        let mut letters = 0;
        while self.at < self.bytes.len() && self.bytes[self.at] > b' ' && self.bytes[self.at] != b';' {
            letters |= 1 << (self.bytes[self.at] & 127);
            self.at += 1;
        }
        self.pass();
        letters
    }

    const fn pass(&mut self) {
        if self.at < self.bytes.len() && self.bytes[self.at] != b';' {
            self.at += 1;
        }
    }

    /// Whether the entry ends here; its `;` is passed over then.
    const fn ends(&mut self) -> bool {
        if self.at < self.bytes.len() && self.bytes[self.at] != b';' {
            return false;
        }
        self.at += 1;
        true
    }
}
