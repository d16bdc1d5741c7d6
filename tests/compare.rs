//! Networks compared in spatial meaning, on random graphs: the same however they are written, and different by any change
//! of what a layer reads. What is changed is known by how it was made; nothing of the comparison is used to make it.

use std::panic::catch_unwind;

use proptest::prelude::*;
use rf_core::compare::{Diff, check_same, diff};
use rf_core::graph::{Activation, Norm, Op, Padding, Pool};
use rf_core::theory::{Table, TableBuf};
use rf_onnx::Model;
use rf_tests::oracle::net::Layer;
use rf_tests::oracle::strategy::{check, net};
use rf_tests::oracle::{Net, shapes};

/// Most layers of a graph here.
const MOST: usize = 256;

/// The alignment at run time and the check of const context, which must agree.
fn compared(a: &Net, b: &Net) -> Diff {
    let (a, b) = (a.clone(), b.clone());
    a.with(|a| {
        b.with(|b| {
            let (a, b) = (TableBuf::new(a), TableBuf::new(b));
            let (a, b) = (a.table(), b.table());
            let diff = diff(&a, &b);
            let checked = catch_unwind(|| check_same::<MOST, MOST>(&a, &b, "other"));
            assert_eq!(checked.is_ok(), diff.is_same(), "{diff:#?}");
            diff
        })
    })
}

fn sound(net: &Net) -> bool {
    net.layers.len() < MOST / 2
        && net.with(|graph| TableBuf::new(graph).table().layers().all(|layer| layer.fault().is_none()))
}

/// The same network under other names, in another order, with layers between that mean nothing in space.
fn rewritten(net: &Net, order: &[u32], between: &[u8]) -> Net {
    let mut made = Net { rank: net.rank, layers: Vec::new() };
    // Where each layer's output is in what is made.
    let mut place: Vec<Option<usize>> = vec![None; net.layers.len()];
    while let Some(next) = (0..net.layers.len())
        .filter(|&at| {
            place[at].is_none() && net.layers[at].inputs.iter().all(|&input| place[input].is_some())
        })
        .min_by_key(|&at| order[at % order.len()].rotate_left(u32::try_from(at % 31).unwrap_or(0)))
    {
        let layer = &net.layers[next];
        let inputs = layer.inputs.iter().map(|&input| place[input].expect("it is made")).collect();
        let mut at = made.layers.len();
        made.layers.push(Layer { name: format!("other{at}"), op: layer.op, inputs });
        let flat = matches!(layer.op, Op::Flatten | Op::Linear { .. });
        let nothing = match between[next % between.len()] % 6 {
            0 => Some(Op::Identity),
            1 => Some(Op::Dropout),
            2 if !flat => Some(Op::Norm { norm: Norm::Batch, affine: true }),
            3 => Some(Op::Activation(Activation::Relu)),
            _ => None,
        };
        if let Some(op) = nothing {
            made.layers.push(Layer { name: format!("nothing{at}"), op, inputs: vec![at] });
            at += 1;
        }
        place[next] = Some(at);
    }
    made
}

#[test]
fn the_same_however_it_is_written() {
    let drawn =
        (net(), prop::collection::vec(any::<u32>(), 1..40), prop::collection::vec(any::<u8>(), 1..40));
    check(300, drawn, |(net, order, between)| {
        if sound(net) {
            let other = rewritten(net, order, between);
            let diff = compared(net, &other);
            assert!(diff.is_same(), "{net:?}\nand\n{other:?}\nare said to differ: {diff:#?}");
        }
    });
}

/// One layer with another window or another kind, its output as large as before where that can be.
fn changed(op: Op, how: u8) -> Option<Op> {
    let wider = |padding: Padding| match padding {
        Padding::Explicit { before, after } => Padding::Explicit { before: before + 1, after: after + 1 },
        other => other,
    };
    match (op, how % 3) {
        (Op::Conv { channels, mut window, groups, bias }, 0) => {
            (window.kernel[0], window.padding[0]) = (window.kernel[0] + 2, wider(window.padding[0]));
            Some(Op::Conv { channels, window, groups, bias })
        }
        (Op::Conv { channels, mut window, groups, bias }, 1) if window.kernel[0] > 1 => {
            window.dilation[0] += 1;
            Some(Op::Conv { channels, window, groups, bias })
        }
        (Op::Conv { channels, window, groups, bias }, 2) => {
            Some(Op::Conv { channels: channels * 2, window, groups, bias })
        }
        (Op::Pool { pool, window, ceil_mode, count_include_pad }, _) => {
            let pool = if pool == Pool::Max { Pool::Avg } else { Pool::Max };
            Some(Op::Pool { pool, window, ceil_mode, count_include_pad })
        }
        (Op::Upsample { factor, mode }, _) if factor[0] > 1 => {
            let other = [rf_core::graph::Resize::Nearest, rf_core::graph::Resize::Linear];
            Some(Op::Upsample { factor, mode: if mode == other[0] { other[1] } else { other[0] } })
        }
        (Op::SqueezeExcite { .. }, _) => Some(Op::Identity),
        _ => None,
    }
}

#[test]
fn any_change_is_found_and_told_at_its_layer() {
    let found = std::cell::Cell::new(0_u32);
    let drawn = (net(), any::<prop::sample::Index>(), any::<u8>());
    check(600, drawn, |(net, at, how)| {
        let at = at.index(net.layers.len());
        let Some(op) = changed(net.layers[at].op, *how) else { return };
        let mut other = net.clone();
        other.layers[at].op = op;
        let possible = other.with(|graph| shapes(graph).is_ok());
        // A pool of a single unit is none.
        let pool =
            matches!(op, Op::Pool { .. }) && other.with(shapes).is_ok_and(|shapes| shapes[at].units() == 1);
        if !sound(net) || !possible || !sound(&other) || pool {
            return;
        }
        found.set(found.get() + 1);
        let diff = compared(net, &other);
        let name = &net.layers[at].name;
        let told = diff.entries.iter().find(|entry| {
            entry.is_changed()
                && [&entry.before, &entry.after].into_iter().flatten().any(|side| side.node == at)
        });
        assert!(told.is_some(), "{net:?}\nwith {op:?} at {name}: {diff:#?}");
    });
    assert!(found.get() > 30, "only {} changes could be made", found.get());
}

/// Networks of the examples against files that other people made of the same architectures, with another framework.
#[test]
fn examples_are_the_models_that_others_made() {
    let same = [
        ("light_vgg19", rf_examples::vgg::Vgg19::TABLE),
        ("light_resnet50", rf_examples::resnet_bottleneck::ResNet50::TABLE),
        ("light_densenet121", rf_examples::densenet::DenseNet121::TABLE),
        ("light_squeezenet", rf_examples::squeezenet::SqueezeNet::TABLE),
    ];
    for (file, written) in same {
        against(file, &written, |diff| assert!(diff.is_same(), "{file}: {diff:#?}"));
    }
}

/// What torchvision's GoogLeNet has for the paper's 5x5 convolutions, and a pool that it has smaller.
#[test]
fn a_known_deviation_is_found_layer_by_layer() {
    against("light_inception_v1", &rf_examples::googlenet::GoogLeNet::TABLE, |diff| {
        let kernels = diff.entries.iter().filter_map(|entry| {
            let kernel = entry.changes.iter().find(|change| change.what == "kernel")?;
            Some((entry.before.as_ref()?.name.as_str(), kernel.before.as_str(), kernel.after.as_str()))
        });
        let blocks = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"];
        let mut expected: Vec<(String, &str, &str)> =
            blocks.iter().map(|block| (format!("inception{block}.branch3.1.conv"), "3", "5")).collect();
        expected.insert(7, ("maxpool4".into(), "2", "3"));
        let expected: Vec<_> = expected.iter().map(|(name, from, to)| (name.as_str(), *from, *to)).collect();
        assert_eq!(kernels.collect::<Vec<_>>(), expected);
    });
}

/// Compares a network with a fetched model, or says that it is not there.
fn against(file: &str, written: &Table<'_>, judge: impl FnOnce(&Diff)) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/models/onnx/backend/test/data/light");
    let Ok(model) = Model::read(format!("{folder}/{file}.onnx").as_ref()) else {
        println!("skipped: no `{file}` in `{folder}`; rf-onnx/tests/fetch_models.py fetches it");
        return;
    };
    let lent = model.lend();
    judge(&diff(written, &TableBuf::new(&lent.graph()).table()));
}
