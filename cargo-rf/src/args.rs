//! The command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::condition::Conditions;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER: &str = "Exit codes:
  0  all holds
  1  a check failed, or the models differ
  2  the command line or an input is wrong

Extents, jumps and starts are in input pixels. Layers are named as in the model's file: `cargo rf table FILE --all` lists
them.";

/// Receptive fields of ONNX models
#[derive(Parser)]
#[command(name = "cargo rf", bin_name = "cargo rf", version, styles = STYLES, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What each layer sees: extent, jump, start, shape
    #[command(after_help = "Examples:
  cargo rf table model.onnx
  cargo rf table model.onnx --all
  cargo rf table model.onnx --size 640x480      at another size, or where the file leaves it open
  cargo rf table model.onnx --json | jq '.layers[] | {name, rf}'")]
    Table(TableArgs),
    /// Check what must hold of a model, for CI
    ///
    /// Every query of the language is a flag. One that is a number takes LAYER=N: `--min-rf`, `--max-rf`, and `--rf` for
    /// exactly. N may be one number per axis, `7x5`. One that is true or false takes LAYER: `--aligned`, and
    /// `--not-aligned` for the contrary.
    #[command(after_help = "Examples:
  cargo rf check model.onnx --min-rf conv4-1=96 --aligned conv4-1
  cargo rf check model.onnx --jump head=8 --shape head=_x80x80 --not-global head
  cargo rf check model.onnx --max-params 5000000")]
    Check(CheckArgs),
    /// Write the model as `network!` source
    #[command(after_help = "Examples:
  cargo rf emit model.onnx
  cargo rf emit model.onnx --output src/model.rs")]
    Emit(EmitArgs),
    /// What changed from one model to another, layer by layer, in spatial meaning
    #[command(after_help = "Examples:
  cargo rf diff old.onnx new.onnx
  cargo rf diff old.onnx new.onnx --all         what follows from the changes too")]
    Diff(DiffArgs),
    /// Sample the effective receptive field of a layer, with the model's own weights
    #[command(after_help = "Examples:
  cargo rf erf model.onnx --at conv4-1 --samples 64
  cargo rf erf model.onnx --at conv4-1 --images photos --imagenet --png field.png
  cargo rf erf model.onnx --at conv4-1 --weights init    as if it were not trained")]
    Erf(ErfArgs),
    /// Exactly which pixels a unit depends on
    #[command(after_help = "Examples:
  cargo rf mask model.onnx --at conv4-1
  cargo rf mask model.onnx --at conv4-1 --unit 0,0 --real
  cargo rf mask model.onnx --at conv4-1 --of conv2 --png mask.png")]
    Mask(MaskArgs),
    /// Print completions for a shell
    #[command(after_help = "Examples:
  cargo rf completions bash > ~/.local/share/bash-completion/completions/cargo-rf")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A model's file.
#[derive(Args)]
pub(crate) struct Source {
    /// The ONNX file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The input that is meant, where there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) input: Option<String>,
    /// The input's extents, in place of the file's: 640x480, or one number for all axes
    #[arg(long, value_name = "EXTENTS", value_parser = extents)]
    pub(crate) size: Option<Extents>,
}

#[derive(Args)]
pub(crate) struct TableArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Every layer, also those that change nothing of what is seen
    #[arg(long)]
    pub(crate) all: bool,
    /// JSON, every layer
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) conditions: Conditions,
    /// Say nothing of what holds
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// JSON, an entry per condition
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct EmitArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// A file to write, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DiffArgs {
    /// The model before
    #[arg(value_name = "A")]
    pub(crate) before: PathBuf,
    /// The model after
    #[arg(value_name = "B")]
    pub(crate) after: PathBuf,
    /// The inputs' extents, in place of the files'
    #[arg(long, value_name = "EXTENTS", value_parser = extents)]
    pub(crate) size: Option<Extents>,
    /// Also what follows from the changes in later layers
    #[arg(long)]
    pub(crate) all: bool,
    /// JSON, an entry per layer
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where sampled weights come from.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightSource {
    /// The model's own
    Trained,
    /// Drawn anew for each sample, He normal
    Init,
}

#[derive(Args)]
pub(crate) struct ErfArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The layer
    #[arg(long, value_name = "LAYER")]
    pub(crate) at: String,
    /// The unit, one index per axis; by default the one nearest the centre
    #[arg(long, value_name = "INDEX,..", value_parser = unit)]
    pub(crate) unit: Option<Unit>,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) samples: u64,
    /// The seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The model's weights, or random ones
    #[arg(long, value_enum, default_value_t = WeightSource::Trained)]
    pub(crate) weights: WeightSource,
    /// A folder of PNG and JPEG files to feed, instead of normal noise
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// Subtracted from each channel of an image, whose values are between 0 and 1
    #[arg(
        long,
        value_name = "R,G,B",
        value_delimiter = ',',
        requires = "images",
        allow_negative_numbers = true
    )]
    pub(crate) mean: Vec<f32>,
    /// By which each channel is divided then
    #[arg(long, value_name = "R,G,B", value_delimiter = ',', requires = "images")]
    pub(crate) std: Vec<f32>,
    #[arg(long, help = "The mean and deviation of ImageNet, as in torchvision", requires = "images", conflicts_with_all = ["mean", "std"])]
    pub(crate) imagenet: bool,
    /// A picture to write
    #[arg(long, value_name = "OUT")]
    pub(crate) png: Option<PathBuf>,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct MaskArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The layer
    #[arg(long, value_name = "LAYER")]
    pub(crate) at: String,
    /// The unit, one index per axis; by default the one nearest the centre
    #[arg(long, value_name = "INDEX,..", value_parser = unit)]
    pub(crate) unit: Option<Unit>,
    /// An earlier layer whose units are meant, instead of the input's pixels
    #[arg(long, value_name = "LAYER")]
    pub(crate) of: Option<String>,
    /// Within the real borders, where padding carries nothing
    #[arg(long)]
    pub(crate) real: bool,
    /// A picture to write
    #[arg(long, value_name = "OUT")]
    pub(crate) png: Option<PathBuf>,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// One number for all axes, or one per axis.
#[derive(Clone, Debug)]
pub(crate) struct Extents(pub(crate) Vec<i64>);

/// A unit's index per axis.
#[derive(Clone, Debug)]
pub(crate) struct Unit(pub(crate) Vec<i64>);

fn extents(text: &str) -> Result<Extents, String> {
    let numbers = text.split(['x', '×']).map(|number| match number.trim().parse() {
        Ok(extent) if (1..=1 << 20).contains(&extent) => Ok(extent),
        _ => Err(format!("`{number}` is no extent: a number from 1 to {}", 1 << 20)),
    });
    numbers.collect::<Result<_, _>>().map(Extents)
}

fn unit(text: &str) -> Result<Unit, String> {
    let numbers =
        text.split(',').map(|number| number.trim().parse().map_err(|_| format!("`{number}` is no index")));
    numbers.collect::<Result<_, _>>().map(Unit)
}
