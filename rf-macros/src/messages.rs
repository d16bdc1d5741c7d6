//! The text of every error, together so that wording is reviewed in one place.
//!
//! What is wrong first, in lower case and without a final stop; names in backticks; `help:` after, on a line
//! of its own. Functions stand in the order in which their stages meet the mistakes.

use crate::place::Place;
use crate::resolve::Role;

// The frame.

pub(crate) fn more_errors(more: usize) -> String {
    format!("\n(and {more} more errors in this network)")
}

pub(crate) fn not_a_crate_path() -> String {
    "expected the path of the library\nhelp: `crate = ::receptive_field;`".to_owned()
}

pub(crate) fn expected_name() -> String {
    "expected the network's name\nhelp: `pub Name { input: [3, 224, 224]; .. }`".to_owned()
}

pub(crate) fn bad_attribute() -> String {
    "attribute not understood\nhelp: `#[name]`, `#[name(..)]` or `/// text`".to_owned()
}

pub(crate) fn bad_visibility() -> String {
    "visibility not understood\nhelp: `pub`, `pub(crate)` or `pub(in path)`".to_owned()
}

pub(crate) fn bad_generics() -> String {
    "generics not understood\nhelp: `Name<const D: usize>`".to_owned()
}

pub(crate) fn only_const_generics() -> String {
    "a network has const generics only\nhelp: `Name<const D: usize>`".to_owned()
}

pub(crate) fn expected_file(after: &str) -> String {
    format!("expected a file name in quotes after {after}")
}

pub(crate) fn same_as_is_an_item() -> String {
    "`same_as` is no query\nhelp: it is an item of its own: `same_as \"model.onnx\";`".to_owned()
}

pub(crate) fn expected_body() -> String {
    "expected the network's items in braces\nhelp: `Name { input: [3, 224, 224]; conv1: conv(64, 3); }`"
        .to_owned()
}

pub(crate) fn unexpected_before_body() -> String {
    "unexpected between the network's name and its `{`".to_owned()
}

pub(crate) fn one_network() -> String {
    "unexpected after the network\nhelp: one `network!` describes one network".to_owned()
}

pub(crate) fn too_deep(limit: usize) -> String {
    format!("nested deeper than {limit} levels\nhelp: name the inner part as a stage or a block")
}

// Items.

pub(crate) fn docs_of_nothing() -> String {
    "nothing follows this attribute".to_owned()
}

pub(crate) fn only_docs() -> String {
    "a stage takes doc comments and no other attribute".to_owned()
}

pub(crate) fn expected_semicolon(after: &str) -> String {
    format!("expected `;` after {after}")
}

pub(crate) fn unknown_item(found: &str, keyword: &str) -> String {
    format!("unknown item `{found}`\nhelp: `{keyword}` has a similar name")
}

pub(crate) fn expected_colon(label: &str) -> String {
    format!("expected `:` after the label `{label}`")
}

pub(crate) fn expected_input() -> String {
    "expected the input's channels and extents in brackets\nhelp: `input: [3, 224, 224];`".to_owned()
}

pub(crate) fn expected_init() -> String {
    "expected the name of an initialisation\nhelp: `init: he_fan_out;`".to_owned()
}

pub(crate) fn expected_params(block: &str) -> String {
    format!("expected the parameters of block `{block}` in parentheses\nhelp: `block {block}() {{ .. }}`")
}

pub(crate) fn expected_block_body(block: &str) -> String {
    format!("expected the body of block `{block}` in braces")
}

pub(crate) fn empty_block(block: &str) -> String {
    format!("block `{block}` is empty\nhelp: a block that does nothing is `identity`")
}

pub(crate) fn expected_param() -> String {
    "expected the name of a parameter".to_owned()
}

pub(crate) fn untyped_param() -> String {
    "a block's parameters have no types\nhelp: leave out `:` and the type".to_owned()
}

pub(crate) fn keyword(word: &str) -> String {
    if matches!(word, "_" | "self" | "Self" | "super" | "crate") {
        return format!("`{word}` cannot be a name");
    }
    format!("`{word}` is a keyword of Rust\nhelp: `r#{word}` is a name")
}

pub(crate) fn empty_label() -> String {
    "a label needs at least one letter".to_owned()
}

// Files.

#[cfg(not(feature = "onnx"))]
pub(crate) fn needs_onnx(path: &str) -> String {
    format!(
        "`{path}` can be read with the feature `onnx` alone\n\
         help: `receptive-field = {{ .., features = [\"onnx\"] }}` in Cargo.toml"
    )
}

#[cfg(feature = "onnx")]
pub(crate) fn no_file(path: &str, close: Option<&str>) -> String {
    let help = match close {
        Some(close) => format!("`{close}` is there"),
        None => "paths begin at the folder of this source file, or at that of Cargo.toml".to_owned(),
    };
    format!("no file `{path}`\nhelp: {help}")
}

#[cfg(feature = "onnx")]
pub(crate) fn layers_of_file(path: &str) -> String {
    format!(
        "the layers of this network are those of `{path}`\n\
         help: between the braces stand assertions and the input's extents; another network can inline this one"
    )
}

#[cfg(feature = "onnx")]
pub(crate) fn input_of_file() -> String {
    "the input of a file is given in numbers\nhelp: `input: [_, 640, 640];` closes the extents that the file leaves open".to_owned()
}

#[cfg(feature = "onnx")]
pub(crate) fn other_input(path: &str, found: &[i64]) -> String {
    let number = |number: &i64| if *number < 0 { "_".to_owned() } else { number.to_string() };
    let found: Vec<String> = found.iter().map(number).collect();
    format!(
        "the input of `{path}` is [{}]\nhelp: only extents that the file leaves open can be given",
        found.join(", ")
    )
}

#[cfg(feature = "onnx")]
pub(crate) fn generic_file(name: &str) -> String {
    format!("a network from a file has no use for a generic `{name}`")
}

// Expressions.

pub(crate) fn expected_layer(found: &str) -> String {
    format!("expected a layer, found {found}")
}

pub(crate) fn expected_arrow(found: &str) -> String {
    format!("expected `->`, `+` or `;`, found {found}")
}

pub(crate) fn parentheses_group() -> String {
    "layers are grouped by parentheses, not braces\nhelp: `( .. )`".to_owned()
}

pub(crate) fn unexpected_in_group(found: &str) -> String {
    format!("unexpected {found} in this group")
}

pub(crate) fn one_expression(found: &str) -> String {
    format!("unexpected {found}: a body is one expression\nhelp: join layers with `->`, leave out `;`")
}

pub(crate) fn empty_merge() -> String {
    "nothing to merge\nhelp: `[conv(64, 1), conv(64, 3)]`".to_owned()
}

pub(crate) fn unknown_merge(word: &str) -> String {
    let help = match word {
        "add" | "sum" => "a sum is written with `+`",
        "concat" | "cat" => "a concatenation has brackets alone: `[.., ..]`",
        _ => "merges are `+`, `[..]`, `mul [..]` and `max [..]`",
    };
    format!("unknown merge `{word}`\nhelp: {help}")
}

pub(crate) fn bad_for() -> String {
    "loop not understood\nhelp: `for d in [1, 2, 4] { conv(64, 3, dilation = d) }`".to_owned()
}

pub(crate) fn empty_for() -> String {
    "the loop's body is empty".to_owned()
}

pub(crate) fn bad_range() -> String {
    "expected a range or a list\nhelp: `0..4`, `0..=3` or `[1, 2, 4]`".to_owned()
}

pub(crate) fn bad_type() -> String {
    "expected another network's type".to_owned()
}

pub(crate) fn expected_path() -> String {
    "expected a label\nhelp: `layer1`, `layer1.0.conv2` or `\"layer1.0.conv2\"`".to_owned()
}

pub(crate) fn bad_path_piece(path: &str) -> String {
    format!("expected a label or a position after `{path}.`")
}

// Values.

pub(crate) fn expected_value() -> String {
    "expected a value".to_owned()
}

pub(crate) fn expected_comma(after: &str) -> String {
    format!("expected `,` after this {after}")
}

pub(crate) fn not_a_value(found: &str) -> String {
    format!("expected a value, found {found}")
}

pub(crate) fn int_too_large() -> String {
    "this integer does not fit in 64 bits".to_owned()
}

pub(crate) fn expression_too_long(limit: usize) -> String {
    format!("this expression has more than {limit} tokens\nhelp: give it a name: `const WIDTH: usize = ..;`")
}

pub(crate) fn not_an_expression(reason: &str) -> String {
    let braces = "anything that the macro cannot read may stand in braces: `{ .. }`";
    if reason.contains("features") {
        return format!("expected a const expression\nhelp: {braces}");
    }
    format!("expected a const expression: {reason}\nhelp: {braces}")
}

// Assertions, read.

pub(crate) fn expected_query() -> String {
    "expected a query\nhelp: an assertion takes no parentheses: `assert rf(layer4) >= 400;`".to_owned()
}

pub(crate) fn expected_query_args(query: &str) -> String {
    format!("expected what `{query}` asks about in parentheses\nhelp: `{query}(layer4)`")
}

pub(crate) fn single_equals() -> String {
    "`=` does not compare\nhelp: `==`".to_owned()
}

pub(crate) fn reversed_comparison([equals, mark]: [char; 2]) -> String {
    format!("`{equals}{mark}` does not compare\nhelp: `{mark}{equals}`")
}

// Names.

pub(crate) fn missing_input() -> String {
    "the network has no input\nhelp: `input: [3, 224, 224];`, with `_` for an extent that is not fixed"
        .to_owned()
}

pub(crate) fn second_input(first: Place) -> String {
    format!("a network has one input{}", on_line(first))
}

pub(crate) fn wrong_input_rank(entries: usize) -> String {
    let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    format!("the input has {entries}\nhelp: channels and 1 to 3 extents: `[3, 224, 224]`")
}

pub(crate) fn unknown_init(word: &str, close: Option<&str>, known: &[&str]) -> String {
    format!("unknown initialisation `{word}`{}", similar_or_list(close, known))
}

pub(crate) fn duplicate(what: &str, name: &str, first: Place) -> String {
    format!("{what} `{name}` is given twice{}", on_line(first))
}

pub(crate) fn name_taken(name: &str) -> String {
    format!(
        "`{name}` is the name of an earlier layer\nhelp: a label in quotes is a whole name; give it another"
    )
}

pub(crate) fn reserved_label(name: &str) -> String {
    let why = if name.starts_with("__") {
        "names that begin with `__` belong to the expansion"
    } else {
        "it is a const of every network"
    };
    format!("`{name}` cannot be the label of a stage: {why}")
}

pub(crate) fn block_named_as_layer(name: &str) -> String {
    format!("block `{name}` has the name of a layer\nhelp: `{name}_block`")
}

pub(crate) fn unknown_layer(name: &str, may_be_label: bool, close: Option<&str>) -> String {
    let what = if may_be_label { "layer or label" } else { "layer" };
    match close {
        Some(close) => format!("unknown {what} `{name}`\nhelp: `{close}` has a similar name"),
        None => format!(
            "unknown {what} `{name}`\nhelp: a layer that the language lacks is `custom(kernel = .., stride = ..)`"
        ),
    }
}

pub(crate) fn foreign_layer(name: &str, known: &str) -> String {
    format!("unknown layer `{name}`\nhelp: it is called `{known}` here")
}

pub(crate) fn label_with_arguments(name: &str) -> String {
    format!("`{name}` is a label, which takes no arguments")
}

pub(crate) fn block_without_parentheses(params: &[String], name: &str) -> String {
    format!("block `{name}` is called with parentheses\nhelp: `{name}({})`", params.join(", "))
}

pub(crate) fn recursive_block(names: &[String]) -> String {
    format!("block calls itself: {}", names.join(" -> "))
}

pub(crate) fn path_not_at_head(path: &str) -> String {
    format!(
        "`{path}` is an earlier output, which can only begin a chain\nhelp: to merge it with what comes before: `[.., {path}]` or `.. + {path}`"
    )
}

pub(crate) fn repeated_path(path: &str) -> String {
    format!("`{path}` is an output, which cannot be repeated")
}

pub(crate) fn unknown_label(path: &str, close: Option<&str>) -> String {
    match close {
        Some(close) => format!("unknown label `{path}`\nhelp: `{close}` has a similar name"),
        None => format!("unknown label `{path}`"),
    }
}

pub(crate) fn used_too_early(path: &str) -> String {
    format!("`{path}` is used before it is complete\nhelp: a chain can begin at an earlier stage only")
}

pub(crate) fn inlines_itself() -> String {
    "the network contains itself".to_owned()
}

pub(crate) fn inlined_generic(name: &str) -> String {
    format!(
        "an inlined network cannot depend on `{name}`, a generic of this one\n\
         help: how many layers there are must be known without it: give a number"
    )
}

// Arguments.

pub(crate) fn unknown_arg(layer: &str, name: &str, close: Option<&str>, known: &[&str]) -> String {
    if known.is_empty() {
        return format!("`{layer}` takes no argument `{name}`: it takes none");
    }
    format!("`{layer}` takes no argument `{name}`{}", similar_or_list(close, known))
}

pub(crate) fn doubled_arg(name: &str) -> String {
    format!("argument `{name}` is given twice")
}

pub(crate) fn missing_args(layer: &str, missing: &[&str], usage: &str) -> String {
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    format!("`{layer}` needs {}\nhelp: `{usage}`", names.join(" and "))
}

pub(crate) fn position_after_name() -> String {
    "an argument by position after one by name\nhelp: give it its name, or put it first".to_owned()
}

pub(crate) fn too_many_args(layer: &str, positional: usize, next: Option<&str>) -> String {
    let takes = match positional {
        0 => "no argument by position".to_owned(),
        1 => "1 argument by position".to_owned(),
        count => format!("{count} arguments by position"),
    };
    match next {
        Some(next) => format!("`{layer}` takes {takes}\nhelp: name it: `{next} = ..`"),
        None => format!("`{layer}` takes {takes}"),
    }
}

pub(crate) fn expected_int(role: Role, found: &str) -> String {
    format!("{role} must be an integer, not {found}")
}

pub(crate) fn expected_bool(role: Role, found: &str) -> String {
    format!("{role} must be `true` or `false`, not {found}")
}

pub(crate) fn expected_float(role: Role, found: &str) -> String {
    format!("{role} must be a number, not {found}")
}

pub(crate) fn expected_text(role: Role) -> String {
    format!("{role} must be a text in quotes")
}

pub(crate) fn expected_word(role: Role, word: &str, close: Option<&str>, known: &[&str]) -> String {
    let list = similar_or_list(close, known);
    if word.is_empty() {
        return format!("{role} must be a word{list}");
    }
    format!("{role} cannot be `{word}`{list}")
}

pub(crate) fn wrong_rank(role: Role, given: usize, rank: usize) -> String {
    let axes = axes(rank);
    format!(
        "{role} has {given} numbers, the input has {axes}\nhelp: one number for all axes, or one per axis"
    )
}

pub(crate) fn wrong_padding_rank(role: Role, given: usize, rank: usize) -> String {
    let axes = axes(rank);
    let pairs = vec!["(before, after)"; rank].join(", ");
    let comma = if rank == 1 { "," } else { "" };
    format!(
        "{role} has {given} entries, the input has {axes}\nhelp: one entry per axis; both sides of each: `({pairs}{comma})`"
    )
}

pub(crate) fn expected_pair(role: Role, given: usize) -> String {
    format!("{role} has {given} numbers for one axis\nhelp: `(before, after)`")
}

pub(crate) fn sides_are_numbers(layer: &str) -> String {
    format!("`{layer}` needs numbers\nhelp: `{layer}(1)`, `{layer}((1, 2))` or `{layer}(((0, 1), (0, 1)))`")
}

pub(crate) fn expected_literal(role: Role) -> String {
    format!("{role} must be an integer literal\nhelp: the macro must know how many layers there are")
}

pub(crate) fn expression_grows() -> String {
    "this expression cannot be made of what its parameters stand for, or grows too long\nhelp: give parts of it a name: `const WIDTH: usize = ..;`".to_owned()
}

// Size.

pub(crate) fn no_repeats(count: i64) -> String {
    format!("{count} repeats\nhelp: at least 1")
}

pub(crate) fn no_rounds() -> String {
    "the loop runs over nothing".to_owned()
}

pub(crate) fn too_many_layers(limit: u64) -> String {
    format!("more than {} layers", thousands(limit))
}

pub(crate) fn blocks_too_deep(limit: usize) -> String {
    format!("blocks and groups nest deeper than {limit} levels")
}

pub(crate) fn names_too_long() -> String {
    "the names of all layers together are too long\nhelp: shorter labels".to_owned()
}

// Assertions, understood.

pub(crate) fn unknown_query(name: &str, close: Option<&str>, known: &[&str]) -> String {
    format!("unknown query `{name}`{}", similar_or_list(close, known))
}

pub(crate) fn query_needs_layer(name: &str) -> String {
    format!("`{name}` asks about a layer\nhelp: `{name}(layer4)`")
}

pub(crate) fn unknown_query_arg(query: &str, name: &str) -> String {
    format!("`{query}` takes no argument `{name}`")
}

pub(crate) fn no_axis(query: &str) -> String {
    format!("`{query}` asks about no single axis")
}

pub(crate) fn unknown_axis(word: &str, known: &[&str]) -> String {
    let found = if word.is_empty() { "this".to_owned() } else { format!("`{word}`") };
    format!("{found} is no axis{}", similar_or_list(None, known))
}

pub(crate) fn needs_comparison(query: &str) -> String {
    format!("`{query}` is a number\nhelp: compare it: `{query}(..) >= ..`")
}

pub(crate) fn takes_no_comparison(query: &str) -> String {
    format!("`{query}` holds or does not\nhelp: `assert {query}(..);` or `assert !{query}(..);`")
}

pub(crate) fn shapes_have_no_order() -> String {
    "shapes are equal or not\nhelp: `==` or `!=`".to_owned()
}

pub(crate) fn expected_shape() -> String {
    "a shape is compared with a list\nhelp: `[channels, height, width]`, with `_` for what does not matter"
        .to_owned()
}

pub(crate) fn ratio_over_zero() -> String {
    "a ratio over 0".to_owned()
}

pub(crate) fn expected_fraction() -> String {
    "a jump is compared with a whole number or a fraction, `a / b`, which is exact".to_owned()
}

pub(crate) fn hidden_fraction() -> String {
    "a jump is compared with one fraction, `a / b`: Rust would divide integers here, and drop what is left over\n\
     help: bring it to one division, or compute what is whole in a `const`"
        .to_owned()
}

// Pieces.

/// The line of the first of two, where a compiler tells it.
fn on_line(first: Place) -> String {
    first.line().map_or_else(String::new, |line| format!("\nhelp: the first is on line {line}"))
}

fn similar_or_list(close: Option<&str>, known: &[&str]) -> String {
    match close {
        Some(close) => format!("\nhelp: `{close}` has a similar name"),
        None => format!("\nhelp: {}", list(known)),
    }
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn axes(rank: usize) -> String {
    if rank == 1 { "1 axis".to_owned() } else { format!("{rank} axes") }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
