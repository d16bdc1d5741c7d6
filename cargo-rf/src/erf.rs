//! `cargo rf erf`: the effective field of a layer, sampled with the model's own weights.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
use rf_core::effective::Estimate;
use rf_core::effective::sampler::{Erf, IMAGENET, Input, Sampled};
use rf_core::engine::Weights;
use rf_core::graph::{Graph, Op, UNKNOWN};
use rf_onnx::Model;
use serde::Serialize;

use crate::args::{ErfArgs, WeightSource};
use crate::image::{self, Wanted};
use crate::model;
use crate::out::{Failure, Out};
use crate::picture;

/// The output for programs. Lists have an entry per axis; extents are in input pixels.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    layer: &'a str,
    samples: u64,
    /// Samples whose gradient was zero everywhere.
    dead: u64,
    theoretical: Vec<i64>,
    sigma: Vec<f64>,
    /// The standard error of sigma.
    sigma_error: Vec<f64>,
    /// The centred interval that holds this share of the energy.
    extent: Vec<Share>,
}

#[derive(Serialize)]
struct Share {
    energy: f64,
    extent: Vec<i64>,
}

/// Shares of the energy that are told.
const SHARES: [f64; 3] = [0.5, 0.9, 0.9545];

pub(crate) fn run(args: &ErfArgs, out: &mut Out) -> Result<bool, Failure> {
    let model = model::read(&args.source)?;
    let lent = model.lend();
    let graph = lent.graph();
    {
        // What is wrong with the layer is said as everywhere.
        let table = model::table(&graph);
        model::layer(&table.table(), &args.at)?;
    }
    let sampled = sample(args, &model, &graph)?;
    let map = sampled.energy();
    if let Some(path) = &args.png {
        picture::save(map, &format!("{} of {}", args.at, graph.name), path)?;
    }
    let rank = graph.rank;
    let (sigma, sigma_error) =
        (0..rank).map(|axis| sampled.sigma(axis)).map(|Estimate { value, error }| (value, error)).unzip();
    let extent = SHARES.map(|energy| Share { energy, extent: map.extent(energy)[..rank].to_vec() });
    let report = Report {
        schema: 1,
        layer: &args.at,
        samples: sampled.samples(),
        dead: sampled.dead(),
        theoretical: map.frame().theoretical.extents[..rank].to_vec(),
        sigma,
        sigma_error,
        extent: extent.into(),
    };
    if args.json {
        out.json(&report)?;
    } else {
        words(&report, out)?;
        picture::show(map, out)?;
    }
    Ok(true)
}

fn sample(args: &ErfArgs, model: &Model, graph: &Graph<'_>) -> Result<Sampled, Failure> {
    let bar = ProgressBar::new(args.samples);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} samples, {eta} left {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let shown = bar.clone();
    let mut erf =
        Erf::of(graph).at(args.at.as_str()).samples(args.samples).seed(args.seed).progress(move |progress| {
            shown.set_position(progress.done);
            if let Some(error) = progress.relative_error {
                shown.set_message(format!("(sigma to {:.1} %)", 100.0 * error));
            }
            ControlFlow::Continue(())
        });
    if let Some(unit) = &args.unit {
        erf = erf.unit(&unit.0);
    }
    if args.weights == WeightSource::Trained {
        erf = erf.weights(Weights::Given(model.weights().map_err(Failure::bad)?));
    }
    if let Some(folder) = &args.images {
        erf = erf.input(Input::Images(image::folder(folder, &wanted(args, graph)?)?));
    }
    let sampled = erf.run();
    bar.finish_and_clear();
    sampled.map_err(Failure::bad)
}

/// What the network's input wants of an image.
fn wanted(args: &ErfArgs, graph: &Graph<'_>) -> Result<Wanted, Failure> {
    let Op::Input { channels, extents } = graph.nodes[0].op else { return Err(Failure::bad("no input")) };
    let channels = match (channels, graph.rank) {
        (1, 2) => 1,
        (3, 2) => 3,
        (channels, rank) => {
            let text =
                format!("an image has 1 or 3 channels and 2 axes, the model's input {channels} and {rank}");
            return Err(Failure::Bad(text));
        }
    };
    let pixels = |axis: usize| match extents[axis] {
        UNKNOWN => Err(Failure::bad("the input's extents are open\nhelp: give them with --size")),
        extent => u32::try_from(extent).map_err(Failure::bad),
    };
    let per_channel = |given: &[f32], neutral: f32, name: &str| match given {
        [] => Ok(vec![neutral; channels]),
        [one] => Ok(vec![*one; channels]),
        each if each.len() == channels => Ok(each.to_vec()),
        each => {
            Err(Failure::Bad(format!("--{name} has {} numbers, the input {channels} channels", each.len())))
        }
    };
    let (mean, std) = if args.imagenet && channels == 3 {
        (IMAGENET.0.to_vec(), IMAGENET.1.to_vec())
    } else {
        (per_channel(&args.mean, 0.0, "mean")?, per_channel(&args.std, 1.0, "std")?)
    };
    if std.iter().any(|std| !(std.is_finite() && *std > 0.0)) {
        return Err(Failure::bad("--std must be above 0"));
    }
    Ok(Wanted { channels, height: pixels(0)?, width: pixels(1)?, mean, std })
}

fn words(report: &Report<'_>, out: &mut Out) -> Result<(), Failure> {
    let list = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join("×");
    let Report { layer, samples, dead, .. } = report;
    let dead = if *dead > 0 { format!(", {dead} of them dead") } else { String::new() };
    out.text(&format!("effective field of `{layer}` from {samples} samples{dead}, in input pixels\n"))?;
    out.text(&format!("  theoretical      {}\n", list(&report.theoretical)))?;
    for Share { energy, extent } in &report.extent {
        out.text(&format!("  {:<5} % of it in  {}\n", format!("{:.1}", 100.0 * energy), list(extent)))?;
    }
    let sigma: Vec<String> = report
        .sigma
        .iter()
        .zip(&report.sigma_error)
        .map(|(&value, &error)| Estimate { value, error }.to_string())
        .collect();
    out.text(&format!("  sigma            {}\n", sigma.join(" × ")))
}
