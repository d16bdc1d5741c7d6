//! Reading with the feature `onnx`.

use std::path::{Path, PathBuf};

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use rf_core::emit;
use rf_core::graph::{Op, UNKNOWN};
use rf_onnx::{Model, Options};

use crate::ast::{File, Header, Input, Kind, Network};
use crate::errors::Errors;
use crate::messages;
use crate::nearest::nearest;
use crate::parse;
use crate::resolve::count::place as expr_place;

/// Reads every file that the network names.
pub(crate) fn read(errors: &mut Errors, network: &mut Network) {
    if let Some(file) = network.header.as_ref().and_then(|header| header.file.clone()) {
        own(errors, network, &file);
    }
    for mut same in std::mem::take(&mut network.same_as) {
        let mut other = Network::of_file(&same.file, network.library.clone());
        if let Some(path) =
            fill(errors, &mut other, &same.file, &network.inputs.first().map(numbers).unwrap_or_default())
        {
            network.tracked.push(path);
            take_extents(&mut other, network);
            same.network = Some(Box::new(other));
            network.same_as.push(same);
        }
    }
}

/// A network whose layers are a file's.
fn own(errors: &mut Errors, network: &mut Network, file: &File) {
    for generic in network.header.iter().flat_map(|header| &header.generics) {
        errors.at(generic.name.span(), messages::generic_file(&generic.name.to_string()));
    }
    let stages = network
        .stages
        .drain(..)
        .map(|stage| stage.label.map_or(expr_place(&stage.expr), |label| label.place));
    let blocks = network.blocks.drain(..).map(|block| block.name.span().into());
    if let Some(place) = blocks.chain(stages).next() {
        errors.at(place, messages::layers_of_file(&file.path));
    }
    let inputs = std::mem::take(&mut network.inputs);
    for input in &inputs {
        if input.entries.iter().any(|entry| !matches!(entry.kind, Kind::Int(_) | Kind::Free | Kind::Broken)) {
            errors.at(input.place, messages::input_of_file());
        }
    }
    match fill(errors, network, file, &inputs.first().map(numbers).unwrap_or_default()) {
        Some(path) => network.tracked.push(path),
        None => return network.give_up(),
    }
    let found = network.inputs.first().map(numbers).unwrap_or_default();
    for input in &inputs {
        let given = numbers(input);
        let fits = |(given, found): (&i64, &i64)| *given == UNKNOWN || given == found;
        if given.len() != found.len() || !given.iter().zip(&found).all(fits) {
            errors.at(input.place, messages::other_input(&file.path, &found));
        }
    }
}

/// The entries of an input as far as they are numbers.
fn numbers(input: &Input) -> Vec<i64> {
    let number =
        |entry: &crate::ast::Value| if let Kind::Int(number) = entry.kind { number } else { UNKNOWN };
    input.entries.iter().map(number).collect()
}

/// Adds the items of a file, its input's open extents being those of `input`, if any; the file's whole path, unless there is none,
/// which is said.
fn fill(errors: &mut Errors, network: &mut Network, file: &File, input: &[i64]) -> Option<String> {
    let path = match find(file) {
        Ok(path) => path,
        Err(close) => {
            errors.at(file.place, messages::no_file(&file.path, close.as_deref()));
            return None;
        }
    };
    let model = match sized(&path, input) {
        Ok(model) => model,
        Err(error) => {
            errors.at(file.place, error.to_string());
            return None;
        }
    };
    let outputs: Vec<(&str, usize)> =
        model.outputs().iter().map(|output| (output.name.as_str(), output.node)).collect();
    let source = emit::items(&model.lend().graph(), &outputs).join("\n");
    let tokens: TokenStream = source.parse().unwrap_or_default();
    parse::items(errors, located(tokens, file.place.first), network);
    Some(path.to_string_lossy().into_owned())
}

/// The model in a file. Where it leaves extents of its input open, they are those of `input`, channels first.
fn sized(path: &Path, input: &[i64]) -> Result<Model, rf_onnx::Error> {
    let model = Model::read(path)?;
    let lent = model.lend();
    let graph = lent.graph();
    let (Some(Op::Input { extents, .. }), Some((_, given))) =
        (graph.nodes.first().map(|node| node.op), input.split_first())
    else {
        return Ok(model);
    };
    if given.len() != graph.rank || !extents.contains(&UNKNOWN) {
        return Ok(model);
    }
    let closed = extents.iter().zip(given).map(|(&own, &given)| if own == UNKNOWN { given } else { own });
    Model::read_with(path, &Options { extents: Some(closed.collect()), ..Options::default() })
}

/// The file beside the source file that names it, else beside the manifest; or what has a similar name there.
fn find(file: &File) -> Result<PathBuf, Option<String>> {
    let source = proc_macro::is_available().then(|| file.place.first.unwrap().local_file()).flatten();
    let beside = source.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folders: Vec<PathBuf> = beside.into_iter().chain(manifest).collect();
    let found = folders.iter().map(|folder| folder.join(&file.path)).find(|path| path.is_file());
    match found.and_then(|path| std::path::absolute(path).ok()) {
        Some(path) => Ok(path),
        None => Err(folders.iter().find_map(|folder| similar(folder, &file.path))),
    }
}

/// A file of a similar name in the same folder.
fn similar(folder: &Path, path: &str) -> Option<String> {
    let wanted = Path::new(path);
    let entries = std::fs::read_dir(folder.join(wanted).parent()?).ok()?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let close = nearest(wanted.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(wanted.with_file_name(close).to_string_lossy().into_owned())
}

/// The tokens as if they stood at `span`.
fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let locate = |token: TokenTree| {
        let mut token = match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), located(group.stream(), span)))
            }
            other => other,
        };
        token.set_span(span);
        token
    };
    tokens.into_iter().map(locate).collect()
}

/// Where a file leaves an extent open, the network that is held to it may know it.
fn take_extents(other: &mut Network, network: &Network) {
    let generic = network.header.as_ref().is_some_and(|header| !header.generics.is_empty());
    let (Some(theirs), Some(ours)) = (other.inputs.first_mut(), network.inputs.first()) else { return };
    if generic || theirs.entries.len() != ours.entries.len() {
        return;
    }
    let Input { entries, .. } = theirs;
    for (open, known) in entries.iter_mut().zip(&ours.entries) {
        if matches!(open.kind, Kind::Free) {
            open.kind = known.kind.clone();
        }
    }
}

impl Network {
    /// A network for what is in a file, under a name that nobody sees.
    fn of_file(file: &File, library: Option<TokenStream>) -> Self {
        let header = Header {
            attributes: TokenStream::new(),
            visibility: TokenStream::new(),
            name: Ident::new("__RfFile", Span::call_site()),
            generics: Vec::new(),
            file: Some(file.clone()),
        };
        Self { library, header: Some(header), body: true, ..Self::default() }
    }
}
