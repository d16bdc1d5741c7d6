//! The one error of the engine and the sampler, and all of its wording.
use core::fmt;
use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;

use crate::graph::PerAxis;

/// Why an engine or a sampler cannot run. Every variant is found before work is spent, except for files that
/// turn unreadable or unwritable on the way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages below say what each field is")]
pub enum Error {
    /// No layer or group of that name.
    UnknownLayer { name: String, closest: Option<String> },
    /// The unit is not in the layer's map.
    UnitOutOfRange { layer: String, unit: Vec<i64>, extents: Vec<i64> },
    /// A unit needs one index for each axis of its layer.
    UnitRank { layer: String, given: usize, rank: usize },
    /// The layer does not depend on the target.
    Unrelated { layer: String, target: String },
    /// The unit depends on nothing (a hole of a transposed convolution).
    DeadUnit { layer: String },
    /// A number of samples of zero.
    NoSamples,
    /// A precision that is not a positive number.
    Precision { given: f64 },
    /// A setting that is not a finite number, or a negative one that must not be.
    Setting { what: &'static str, given: f64 },
    /// Images are given, but the canvas has no borders.
    Borders,
    /// A sample whose gradient is infinite or not a number.
    Overflow { sample: u64 },
    /// An extent must be known: the layer reads all of its input, or the real input is asked for.
    UnknownExtent { layer: String, why: &'static str },
    /// The theory finds a fault in the layer, or in one that it reads: its table says which.
    Faulty { layer: String },
    /// The layer has no values (`custom`), or the fast engine cannot run it.
    Unsupported { layer: String, what: &'static str },
    /// No such tensor among the given weights.
    MissingTensor { name: String, expected: Vec<usize>, closest: Option<String> },
    /// A given tensor of another shape.
    MisshapenTensor { name: String, expected: Vec<usize>, given: Vec<usize> },
    /// A given tensor with a value that is not finite.
    NotFinite { name: String, at: usize },
    /// A layer's own rule for weights that matches no layer with weights.
    UnusedWeights { name: String, closest: Option<String> },
    /// A given image of another shape.
    Image { index: usize, expected: Vec<usize>, given: Vec<usize> },
    /// No image was given.
    NoImages,
    /// A file could not be read or written.
    File { path: PathBuf, what: String },
    /// A file that is not what it should be.
    Format { path: PathBuf, what: String },
    /// A saved run of another graph or with other settings.
    Foreign { what: String },
    /// Every sample's gradient is zero everywhere.
    AllDead { samples: u64 },
    /// A custom progress callback stopped the run before the first sample.
    Stopped,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLayer { name, closest } => {
                write!(f, "unknown layer `{name}`")?;
                help(f, closest.as_deref())
            }
            Self::UnitOutOfRange { layer, unit, extents } => {
                write!(f, "unit {unit:?} is outside `{layer}`, whose map is {extents:?}")
            }
            Self::UnitRank { layer, given, rank } => {
                write!(f, "unit of `{layer}` given by {given} indices, but its map has {rank} axes")
            }
            Self::Unrelated { layer, target } => {
                write!(
                    f,
                    "`{layer}` does not depend on `{target}`\nhelp: the target must be an earlier layer"
                )
            }
            Self::DeadUnit { layer } => write!(f, "the unit of `{layer}` depends on nothing"),
            Self::NoSamples => write!(f, "zero samples asked for\nhelp: ask for at least 1"),
            Self::Precision { given } => {
                write!(f, "precision {given} is not a positive number\nhelp: 0.01 stops at one per cent")
            }
            Self::Setting { what, given } => write!(f, "{what} of {given} cannot be: give a finite number"),
            Self::Borders => write!(
                f,
                "images have borders, and the unbounded canvas has none\nhelp: choose `Canvas::Input`, or no canvas"
            ),
            Self::Overflow { sample } => write!(
                f,
                "the gradient of sample {sample} is not finite\nhelp: weights or inputs are too large, or a variance is negative"
            ),
            Self::UnknownExtent { layer, why } => {
                write!(f, "extent of `{layer}` is not known, {why}\nhelp: fix the input's extents")
            }
            Self::Faulty { layer } => {
                write!(f, "`{layer}` is at fault\nhelp: the network's table says how: print it")
            }
            Self::Unsupported { layer, what } => write!(f, "`{layer}` cannot be run: {what}"),
            Self::MissingTensor { name, expected, closest } => {
                write!(f, "no tensor `{name}` of shape {expected:?} among the given weights")?;
                help(f, closest.as_deref())
            }
            Self::MisshapenTensor { name, expected, given } => {
                write!(f, "tensor `{name}` has shape {given:?}, the layer needs {expected:?}")
            }
            Self::NotFinite { name, at } => write!(f, "tensor `{name}` is not finite at value {at}"),
            Self::UnusedWeights { name, closest } => {
                write!(f, "weights given for `{name}`, which has none")?;
                help(f, closest.as_deref())
            }
            Self::Image { index, expected, given } => {
                write!(f, "image {index} has shape {given:?}, the network's input is {expected:?}")
            }
            Self::NoImages => write!(f, "no images given"),
            Self::File { path, what } => write!(f, "cannot access `{}`: {what}", path.display()),
            Self::Format { path, what } => write!(f, "`{}` is {what}", path.display()),
            Self::Foreign { what } => write!(f, "saved run does not belong here: {what}"),
            Self::AllDead { samples: 1 } => {
                write!(f, "the only sample is dead: its gradient is zero everywhere\nhelp: draw more samples")
            }
            Self::AllDead { samples } => {
                write!(f, "all {samples} samples are dead: their gradients are zero everywhere")
            }
            Self::Stopped => write!(f, "stopped before the first sample"),
        }
    }
}

impl std::error::Error for Error {}

fn help(f: &mut fmt::Formatter<'_>, closest: Option<&str>) -> fmt::Result {
    closest.map_or(Ok(()), |name| write!(f, "\nhelp: `{name}` has a similar name"))
}

/// The known name with the smallest edit distance, if it is near enough to be meant.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (distance(name, k), k))
        .min()
        .filter(|&(d, _)| d <= name.len().div_ceil(3).max(2))
        .map(|(_, k)| k.into())
}

/// Levenshtein distance in bytes: names of layers are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let next = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = core::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// The first `rank` entries.
pub(crate) fn listed(per_axis: PerAxis, rank: usize) -> Vec<i64> {
    per_axis[..rank].to_vec()
}
