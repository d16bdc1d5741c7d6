//! Chains: classics, dilation, one and three axes.

use rf_core::graph::{Op, Padding, Pool, Window};
use rf_tests::oracle::Net;
use rf_tests::oracle::net::{conv, conv_of, max_pool, max_pool_ceil, padded, pool_of, window};

use super::{Row, hold, phases};

#[test]
fn alexnet() {
    let mut net = Net::image(224);
    let rows: Vec<Row> = [
        (conv(1, 11, 4, 2), 11, 4, 2),
        (max_pool(3, 2, 0), 19, 8, 2),
        (conv(1, 5, 1, 2), 51, 8, 18),
        (max_pool(3, 2, 0), 67, 16, 18),
        (conv(1, 3, 1, 1), 99, 16, 34),
        (conv(1, 3, 1, 1), 131, 16, 50),
        (conv(1, 3, 1, 1), 163, 16, 66),
        (max_pool(3, 2, 0), 195, 32, 66),
    ]
    .map(|(op, extent, jump, padding)| (net.then(op), extent, jump, padding))
    .to_vec();
    hold(&net, 0, &rows);
}

/// Layers of a VGG: how many convolutions each stage has. The last layer of every stage is given.
fn vgg(stages: [usize; 5]) -> (Net, Vec<usize>) {
    let mut net = Net::image(224);
    let mut all = vec![];
    for stage in stages {
        for _ in 0..stage {
            all.push(net.then(conv(1, 3, 1, 1)));
        }
        all.push(net.then(max_pool(2, 2, 0)));
    }
    (net, all)
}

#[test]
fn vgg_16() {
    let (net, at) = vgg([2, 2, 3, 3, 3]);
    let rows = [
        (at[0], 3, 1, 1),
        (at[1], 5, 1, 2),
        (at[2], 6, 2, 2),
        (at[3], 10, 2, 4),
        (at[4], 14, 2, 6),
        (at[5], 16, 4, 6),
        (at[6], 24, 4, 10),
        (at[8], 40, 4, 18),
        (at[9], 44, 8, 18),
        (at[10], 60, 8, 26),
        (at[12], 92, 8, 42),
        (at[13], 100, 16, 42),
        (at[14], 132, 16, 58),
        (at[16], 196, 16, 90),
        (at[17], 212, 32, 90),
    ];
    hold(&net, 0, &rows);
}

#[test]
fn other_vggs() {
    for (stages, extent, padding) in
        [([1, 1, 2, 2, 2], 150, 59), ([2, 2, 2, 2, 2], 156, 62), ([2, 2, 4, 4, 4], 268, 118)]
    {
        let (net, _) = vgg(stages);
        hold(&net, 1, &[(net.last(), extent, 32, padding)]);
    }
}

#[test]
fn mobilenet_v1() {
    for (extent, padding) in [(224, 126), (321, 157)] {
        let mut net = Net::image(extent);
        let same = |k, s| padded(2, k, s, Padding::Same, 1);
        let mut rows = vec![net.then(conv_of(1, same(3, 2)))];
        for stride in [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1] {
            rows.push(net.then(Op::DepthwiseConv { multiplier: 1, window: same(3, stride), bias: false }));
            net.then(conv_of(1, same(1, 1)));
        }
        hold(&net, 0, &[(net.last(), 315, 32, padding)]);
        if extent == 224 {
            hold(&net, 0, &[(rows[0], 3, 2, 0), (rows[1], 7, 2, 2), (rows[2], 11, 4, 2)]);
        }
    }
}

/// A chain on one axis of stride-1 convolutions with these kernels and dilations.
fn dilated(layers: &[(i64, i64)]) -> Net {
    let mut net = Net::new(1, 1, [4096, 1, 1]);
    for &(k, d) in layers {
        net.then(conv_of(1, window(1, k, 1, 0, d)));
    }
    net
}

#[test]
fn one_axis() {
    let wavenet: Vec<_> = (0..10).map(|power| (2, 1 << power)).collect();
    assert_eq!(phases(&dilated(&wavenet), 1).0, [1024]);
    let tcn: Vec<_> = (0..6).flat_map(|power| [(3, 1 << power); 2]).collect();
    assert_eq!(phases(&dilated(&tcn), 1).0, [253]);
    let module = [1, 1, 2, 4, 8, 16, 1].map(|d| (3, d));
    for (layers, extent) in [3, 5, 9, 17, 33, 65, 67].into_iter().enumerate() {
        assert_eq!(phases(&dilated(&module[..=layers]), 1).0, [extent]);
    }
}

#[test]
fn holes() {
    for (dilations, extent, used) in [([2, 2, 2], 13, 7), ([1, 2, 5], 17, 17), ([3, 4, 5], 25, 21)] {
        assert_eq!(phases(&dilated(&dilations.map(|d| (3, d))), 1), (vec![extent], vec![used]));
    }
    let strided = |layers: [(i64, i64, i64); 2]| {
        let mut net = Net::new(1, 1, [64, 1, 1]);
        for (k, s, d) in layers {
            net.then(conv_of(1, window(1, k, s, 0, d)));
        }
        phases(&net, 2)
    };
    assert_eq!(strided([(3, 2, 1), (3, 1, 2)]), (vec![11; 2], vec![9; 2]));
    assert_eq!(strided([(1, 3, 1), (3, 1, 1)]), (vec![7; 2], vec![3; 2]));
}

#[test]
fn c3d() {
    let mut net = Net::new(3, 3, [32, 112, 112]);
    let plain = |net: &mut Net, convs: usize| {
        for _ in 0..convs {
            net.then(conv_of(1, window(3, 3, 1, 1, 1)));
        }
    };
    plain(&mut net, 1);
    let flat = Window::new([1, 2, 2]).stride([1, 2, 2]);
    let mut pools = vec![net.then(pool_of(Pool::Max, flat, false))];
    for convs in [1, 2, 2, 2] {
        plain(&mut net, convs);
        pools.push(net.then(pool_of(Pool::Max, window(3, 2, 2, 0, 1), false)));
    }
    let (time, space) = ([3, 6, 16, 36, 76], [4, 10, 30, 70, 150]);
    for (stage, &node) in pools.iter().enumerate() {
        let (jump, padding) = ([1, 2, 4, 8, 16][stage], [1, 2, 6, 14, 30][stage]);
        hold(&net, 0, &[(node, time[stage], jump, padding)]);
        let (jump, padding) = ([2, 4, 8, 16, 32][stage], [1, 3, 11, 27, 59][stage]);
        hold(&net, 1, &[(node, space[stage], jump, padding)]);
        hold(&net, 2, &[(node, space[stage], jump, padding)]);
    }
}

#[test]
fn unequal_axes() {
    let mut net = Net::image(32);
    net.then(conv_of(1, Window::new([3, 5, 1]).stride([2, 2, 1])));
    net.then(conv_of(1, Window::new([3, 1, 1]).stride([2, 2, 1])));
    hold(&net, 0, &[(2, 7, 4, 0)]);
    hold(&net, 1, &[(2, 5, 4, 0)]);
}

#[test]
fn squeezenet() {
    let mut net = Net::image(224);
    net.then(conv(1, 3, 2, 0));
    for fires in [2, 2, 4] {
        let mut at = net.then(max_pool_ceil(3, 2, 0));
        for _ in 0..fires {
            let squeeze = net.add(conv(1, 1, 1, 0), &[at]);
            let (one, three) = (net.add(conv(1, 1, 1, 0), &[squeeze]), net.add(conv(1, 3, 1, 1), &[squeeze]));
            at = net.add(rf_tests::oracle::net::CONCAT, &[one, three]);
        }
    }
    hold(&net, 0, &[(net.last(), 207, 16, 88)]);
}

/// Windows of 31 units into 7 are 5 or 6 long: `⌊i·31/7⌋ .. ⌈(i+1)·31/7⌉`. The macro makes room for such phases although
/// nothing is upsampled.
#[test]
fn an_adaptive_pool_alone_has_phases_in_const_context() {
    receptive_field::network! {
        Pooled { input: [1, 31]; pool: adaptive_avg_pool(7); assert rf(pool) >= 5; assert rf(pool) <= 6; }
    }
    for unit in 0..7_i64 {
        let field = Pooled::pool.field(0, unit);
        assert_eq!((field.first, field.last), (unit * 31 / 7, ((unit + 1) * 31 + 6) / 7 - 1), "unit {unit}");
    }
}
