//! Decoders: phases, rational jumps, dead units, halos.

use rf_core::graph::{Op, Resize};
use rf_tests::oracle::measure::{at, hull, overhang};
use rf_tests::oracle::net::{CONCAT, conv, conv_of, max_pool, padded, up_conv, up_conv_of, upsample, window};
use rf_tests::oracle::{Field, Net, Tracer, shapes};

use super::phases;

/// A U-Net: two 3×3 convolutions a level, pool 2, and `up` on the way back.
fn unet(depth: usize, up: Op) -> Net {
    let mut net = Net::image(64);
    let double = |net: &mut Net| net.chain(net.last(), &[conv(1, 3, 1, 1), conv(1, 3, 1, 1)]);
    let mut skips = vec![];
    for _ in 0..depth {
        skips.push(double(&mut net));
        net.then(max_pool(2, 2, 0));
    }
    double(&mut net);
    while let Some(skip) = skips.pop() {
        let up = net.then(up);
        net.add(CONCAT, &[up, skip]);
        double(&mut net);
    }
    net
}

/// The largest overhang of tiles that start and end at multiples of `step`.
fn halo(net: &Net, step: i64) -> i64 {
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let mut tracer = Tracer::of_axis(graph, &shapes, 0);
        let mut halo = 0;
        for from in (0..32).step_by(usize::try_from(step).expect("a step")) {
            for to in (from + step..=32).step_by(usize::try_from(step).expect("a step")) {
                let (before, after) =
                    overhang(&mut tracer, net.last(), 0, (from, to), (1, 1)).expect("a field");
                halo = halo.max(before).max(after);
            }
        }
        halo
    })
}

#[test]
fn unet_of_depth_3() {
    let net = unet(3, up_conv(1, 2, 2, 0));
    let found = net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let mut tracer = Tracer::of_axis(graph, &shapes, 0);
        (0..16)
            .map(|unit| {
                let hull = hull(&tracer.support(Field::Local, net.last(), at(0, unit)), 0).expect("a field");
                (hull.extent(), unit - hull.left, hull.right - unit)
            })
            .collect::<Vec<_>>()
    });
    let once = [
        (92, 46, 45),
        (92, 47, 44),
        (100, 48, 51),
        (100, 49, 50),
        (100, 50, 49),
        (100, 51, 48),
        (92, 44, 47),
        (92, 45, 46),
    ];
    assert_eq!(found, [once, once].concat());
    assert_eq!((halo(&net, 8), halo(&net, 1)), (46, 51));
}

#[test]
fn unets_of_depth_4() {
    let learned = |k, p, more| {
        let Op::ConvTranspose { channels, window, groups, bias, .. } = up_conv(1, k, 2, p) else {
            unreachable!()
        };
        Op::ConvTranspose { channels, window, output_padding: [more, more, 0], groups, bias }
    };
    let kinds = [
        (learned(2, 0, 0), 188, 204),
        (upsample(2, 2, Resize::Nearest), 188, 204),
        (upsample(2, 2, Resize::Linear), 220, 236),
        (learned(4, 1, 0), 220, 236),
        (learned(3, 1, 1), 204, 220),
    ];
    for (up, least, most) in kinds {
        let (extents, _) = phases(&unet(4, up), 16);
        let found = (extents.iter().copied().min(), extents.iter().copied().max());
        assert_eq!(found, (Some(least), Some(most)), "{up:?}");
        assert!(extents.iter().all(|&extent| extent == least || extent == most), "{up:?}");
    }
    let net = unet(4, up_conv(1, 2, 2, 0));
    assert_eq!(phases(&net, 16).0.iter().filter(|&&extent| extent == 188).count(), 4);
    assert_eq!((halo(&net, 16), halo(&net, 1)), (94, 107));
}

#[test]
fn transposed_alone() {
    let alone = |k, s, p, phase_extents: &[i64]| {
        let mut net = Net::new(1, 1, [16, 1, 1]);
        net.then(up_conv_of(1, window(1, k, s, p, 1)));
        let found = phases(&net, 12).0;
        assert_eq!(found, phase_extents.repeat(12 / phase_extents.len()), "k{k} s{s} p{p}");
    };
    alone(2, 2, 0, &[1, 1]);
    alone(3, 2, 1, &[1, 2]);
    alone(4, 2, 1, &[2, 2]);
    alone(4, 4, 0, &[1, 1, 1, 1]);
    alone(2, 3, 0, &[1, 1, 0]);
    alone(1, 2, 0, &[1, 0]);
}

#[test]
fn down_and_up() {
    let mut net = Net::new(1, 1, [33, 1, 1]);
    net.then(conv_of(1, window(1, 3, 2, 1, 1)));
    net.then(up_conv_of(1, window(1, 3, 2, 1, 1)));
    assert_eq!(phases(&net, 6).0, [3, 5, 3, 5, 3, 5]);

    let mut net = Net::new(1, 1, [33, 1, 1]);
    net.then(conv_of(1, window(1, 3, 4, 0, 1)));
    net.then(up_conv_of(1, window(1, 3, 2, 1, 1)));
    net.then(up_conv_of(1, window(1, 3, 2, 1, 1)));
    assert_eq!(phases(&net, 8), ([3, 7, 7, 7].repeat(2), [3, 6, 6, 6].repeat(2)));
}

#[test]
fn rational_jump() {
    let mut net = Net::new(1, 1, [33, 1, 1]);
    net.then(conv_of(1, window(1, 3, 3, 0, 1)));
    net.then(upsample(1, 2, Resize::Nearest));
    assert_eq!(phases(&net, 4).0, [3; 4]);
    let lefts = net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let mut tracer = Tracer::of_axis(graph, &shapes, 0);
        let mut left = |unit| hull(&tracer.support(Field::Local, 2, at(0, unit)), 0).expect("a field").left;
        [left(0), left(1), left(2), left(3)]
    });
    assert_eq!(lefts, [0, 0, 3, 3]);
    net.then(conv_of(1, padded(1, 3, 1, rf_core::graph::Padding::Same, 1)));
    assert_eq!(phases(&net, 4).0, [6; 4]);
}
