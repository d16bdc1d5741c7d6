//! Branches: residual, dense and inception networks, and paths that do not line up.

use rf_core::graph::{Op, Padding, Window};
use rf_tests::oracle::forward::{Map, run};
use rf_tests::oracle::measure::{at, extent, hull};
use rf_tests::oracle::net::{
    ADD, BATCH_NORM, CONCAT, GLOBAL_POOL, RELU, avg_pool, conv, conv_of, max_pool, max_pool_ceil, pad, padded,
};
use rf_tests::oracle::paths::{grid, paths};
use rf_tests::oracle::{Field, Net, Tracer, shapes};

use super::{hold, phases};

/// Where a bottleneck strides: in its first layer (He et al. 2015) or in the 3×3 (torchvision, Slim).
#[derive(Clone, Copy, PartialEq)]
enum Bottleneck {
    None,
    Original,
    Torchvision,
}

/// A convolution without bias and its batch norm.
fn conv_norm(net: &mut Net, from: usize, channels: i64, k: i64, s: i64, p: i64) -> usize {
    let Op::Conv { window, .. } = conv(channels, k, s, p) else { unreachable!() };
    net.chain(from, &[Op::Conv { channels, window, groups: 1, bias: false }, BATCH_NORM])
}

/// A residual network; gives the last layer of each stage.
fn resnet(extent: i64, width: i64, blocks: [usize; 4], kind: Bottleneck) -> (Net, Vec<usize>) {
    let mut net = Net::image(extent);
    conv_norm(&mut net, 0, width, 7, 2, 3);
    let mut at = net.then(RELU);
    let mut ends = vec![at];
    at = net.add(max_pool(3, 2, 1), &[at]);
    ends.push(at);
    let mut have = width;
    for (stage, &count) in blocks.iter().enumerate() {
        for block in 0..count {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let narrow = width << stage;
            let wide = if kind == Bottleneck::None { narrow } else { narrow * 4 };
            let body = residual(&mut net, at, narrow, wide, stride, kind);
            let skip =
                if stride != 1 || have != wide { conv_norm(&mut net, at, wide, 1, stride, 0) } else { at };
            (at, have) = (net.add(ADD, &[body, skip]), wide);
            at = net.add(RELU, &[at]);
        }
        ends.push(at);
    }
    (net, ends)
}

fn residual(net: &mut Net, from: usize, narrow: i64, wide: i64, stride: i64, kind: Bottleneck) -> usize {
    let (first, second) = if kind == Bottleneck::Original { (stride, 1) } else { (1, stride) };
    if kind == Bottleneck::None {
        let one = conv_norm(net, from, narrow, 3, stride, 1);
        let one = net.add(RELU, &[one]);
        return conv_norm(net, one, narrow, 3, 1, 1);
    }
    let one = conv_norm(net, from, narrow, 1, first, 0);
    let one = net.add(RELU, &[one]);
    let two = conv_norm(net, one, narrow, 3, second, 1);
    let two = net.add(RELU, &[two]);
    conv_norm(net, two, wide, 1, 1, 0)
}

#[test]
fn resnet_18_and_34() {
    let (net, e) = resnet(224, 1, [2, 2, 2, 2], Bottleneck::None);
    let rows =
        [(e[0], 7, 2, 3), (e[1], 11, 4, 5), (e[2], 43, 4, 21), (e[3], 99, 8, 49), (e[4], 211, 16, 105)];
    hold(&net, 0, &rows);
    hold(&net, 0, &[(e[5], 435, 32, 217)]);
    let (net, e) = resnet(224, 1, [3, 4, 6, 3], Bottleneck::None);
    hold(&net, 0, &[(e[2], 59, 4, 29), (e[3], 179, 8, 89), (e[4], 547, 16, 273), (e[5], 899, 32, 449)]);
}

#[test]
fn resnet_50() {
    let (net, e) = resnet(224, 1, [3, 4, 6, 3], Bottleneck::Torchvision);
    hold(&net, 0, &[(e[2], 35, 4, 17), (e[3], 91, 8, 45), (e[4], 267, 16, 133), (e[5], 427, 32, 213)]);
    let (net, e) = resnet(224, 1, [3, 4, 6, 3], Bottleneck::Original);
    let (_, extents): (Vec<_>, Vec<_>) = e[2..].iter().map(|&node| extent_of(&net, node)).unzip();
    assert_eq!(extents, [35, 99, 291, 483]);
}

fn extent_of(net: &Net, node: usize) -> (i64, i64) {
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let mut tracer = Tracer::of_axis(graph, &shapes, 0);
        let hull = hull(&tracer.support(Field::Local, node, at(0, 1)), 0).expect("a field");
        (hull.left, hull.extent())
    })
}

/// The parameters are those of the network on an image of one pixel: every window still fits into the padding.
#[test]
fn parameters() {
    for (blocks, kind, params) in
        [([2, 2, 2, 2], Bottleneck::None, 11_689_512), ([3, 4, 6, 3], Bottleneck::Torchvision, 25_557_032)]
    {
        let (mut net, _) = resnet(1, 64, blocks, kind);
        net.then(GLOBAL_POOL);
        net.then(Op::Linear { features: 1000, bias: true });
        let counted = net.with(|graph| run(graph, &Map::filled(3, [1; 3], 1.0), 1));
        assert_eq!(counted.iter().map(|run| run.params).sum::<i64>(), params);
    }
}

/// TF-Slim strides in the last unit of a block, pads its strided convolutions evenly and its pool by `same`.
#[test]
fn resnet_50_slim() {
    for (extent, paddings) in [(224, [15, 47, 143, 239]), (321, [17, 49, 145, 241])] {
        let mut net = Net::image(extent);
        net.then(conv(1, 7, 2, 3));
        let mut at = net.then(rf_tests::oracle::net::pool_of(
            rf_core::graph::Pool::Max,
            padded(2, 3, 2, Padding::Same, 1),
            false,
        ));
        let mut rows = vec![];
        for (block, units) in [3, 4, 6, 3].into_iter().enumerate() {
            for unit in 1..=units {
                let stride = if unit == units && block < 3 { 2 } else { 1 };
                let body = net.chain(at, &[conv(1, 1, 1, 0), conv(1, 3, stride, 1), conv(1, 1, 1, 0)]);
                let skip = net.add(max_pool(1, stride, 0), &[at]);
                at = net.add(ADD, &[body, skip]);
            }
            let (extents, jumps) = ([35, 99, 291, 483], [8, 16, 32, 32]);
            rows.push((at, extents[block], jumps[block], paddings[block]));
        }
        hold(&net, 0, &rows);
    }
}

/// Branches from the newest layer, concatenated.
fn inception(net: &mut Net, branches: &[&[Op]]) -> usize {
    let from = net.last();
    let ends: Vec<usize> = branches.iter().map(|ops| net.chain(from, ops)).collect();
    net.add(CONCAT, &ends)
}

#[test]
fn googlenet() {
    let mut net = Net::image(224);
    let (one, three) = (conv(1, 1, 1, 0), conv(1, 3, 1, 1));
    let block = |net: &mut Net| {
        inception(net, &[&[one], &[one, three], &[one, three], &[max_pool_ceil(3, 1, 1), one]])
    };
    net.chain(0, &[conv(1, 7, 2, 3), max_pool_ceil(3, 2, 0), one, three, max_pool_ceil(3, 2, 0)]);
    let mut ends = vec![];
    for (count, pool) in [(2, max_pool_ceil(3, 2, 0)), (5, max_pool_ceil(2, 2, 0)), (2, Op::Identity)] {
        ends.extend((0..count).map(|_| block(&mut net)));
        net.then(pool);
    }
    let rows = [(ends[0], 43, 8, 15), (ends[1], 59, 8, 23), (ends[6], 235, 16, 103), (ends[8], 379, 32, 167)];
    hold(&net, 0, &rows);
}

#[test]
fn inception_v3() {
    let mut net = Net::image(299);
    let flat = |h: i64, w: i64| {
        let sides = [Padding::both(h / 2), Padding::both(w / 2), Padding::ZERO];
        conv_of(1, Window::new([h, w, 1]).padding(sides))
    };
    let (one, three, five) = (conv(1, 1, 1, 0), conv(1, 3, 1, 1), conv(1, 5, 1, 2));
    let (down, pool, mean) = (conv(1, 3, 2, 0), max_pool(3, 2, 0), avg_pool(3, 1, 1));
    let (row, column) = (flat(1, 7), flat(7, 1));
    net.chain(0, &[down, conv(1, 3, 1, 0), three, pool, one, conv(1, 3, 1, 0), pool]);
    let mut ends = vec![];
    for _ in 0..3 {
        ends.push(inception(&mut net, &[&[one], &[one, five], &[one, three, three], &[mean, one]]));
    }
    ends.push(inception(&mut net, &[&[down], &[one, three, down], &[pool]]));
    for _ in 0..4 {
        let long = [one, column, row, column, row];
        ends.push(inception(&mut net, &[&[one], &[one, row, column], &long, &[mean, one]]));
    }
    ends.push(inception(&mut net, &[&[one, down], &[one, row, column, down], &[pool]]));
    for _ in 0..2 {
        let (wide, tall) = (flat(1, 3), flat(3, 1));
        let branches: [&[Op]; 6] =
            [&[one], &[one, wide], &[one, tall], &[one, three, wide], &[one, three, tall], &[mean, one]];
        ends.push(inception(&mut net, &branches));
    }
    let answers = [(0, 63, 8, 18), (1, 95, 8, 34), (2, 127, 8, 50), (3, 159, 16, 58), (4, 351, 16, 154)];
    let more = [(7, 927, 16, 442), (8, 1055, 32, 490), (10, 1311, 32, 618)];
    for axis in 0..2 {
        let rows = answers.iter().chain(&more).map(|&(end, rf, s, p)| (ends[end], rf, s, p));
        hold(&net, axis, &rows.collect::<Vec<_>>());
    }
}

#[test]
fn densenet_121() {
    let mut net = Net::image(224);
    let mut at = net.chain(0, &[conv(1, 7, 2, 3), max_pool(3, 2, 1)]);
    let mut ends = vec![];
    for (stage, layers) in [6, 12, 24, 16].into_iter().enumerate() {
        if stage > 0 {
            at = net.chain(at, &[conv(1, 1, 1, 0), avg_pool(2, 2, 0)]);
        }
        let mut all = vec![at];
        for _ in 0..layers {
            let concat = net.add(CONCAT, &all);
            all.push(net.chain(concat, &[conv(1, 1, 1, 0), conv(1, 3, 1, 1)]));
        }
        at = net.add(CONCAT, &all);
        ends.push(at);
    }
    let rows =
        [(ends[0], 59, 4, 29), (ends[1], 255, 8, 125), (ends[2], 1031, 16, 509), (ends[3], 2071, 32, 1021)];
    hold(&net, 0, &rows);
}

#[test]
fn mobilenet_v2() {
    let mut net = Net::image(224);
    let mut at = net.then(conv(1, 3, 2, 1));
    let settings = [(16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)];
    let mut have = 32;
    for (channels, count, first) in settings {
        for block in 0..count {
            let stride = if block == 0 { first } else { 1 };
            let body = net.chain(at, &[conv(1, 1, 1, 0), conv(1, 3, stride, 1), conv(1, 1, 1, 0)]);
            at = if stride == 1 && have == channels { net.add(ADD, &[body, at]) } else { body };
            have = channels;
        }
    }
    hold(&net, 0, &[(at, 491, 32, 245)]);
}

/// Whether all paths to the last layer lay the same grid of units over the input.
fn aligned(net: &Net) -> bool {
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let all = paths(graph, &shapes, net.last(), 100).expect("few paths");
        (0..net.rank).all(|axis| {
            let grids: Vec<_> = all.iter().map(|path| grid(graph, &shapes, path, axis)).collect();
            grids.iter().all(|grid| *grid == grids[0])
        })
    })
}

/// The sum of two paths on a square image.
fn sum(extent: i64, paths: [&[Op]; 2]) -> Net {
    let mut net = Net::image(extent);
    let ends = paths.map(|ops| net.chain(0, ops));
    net.add(ADD, &ends);
    net
}

/// The test networks of google-research/receptive_field.
#[test]
fn google_research() {
    let (jump_4, jump_2) = (conv(1, 1, 4, 0), conv(1, 1, 2, 0));
    let first = sum(32, [&[jump_4], &[pad(1, 0), conv(1, 3, 2, 0), jump_2]]);
    hold(&first, 0, &[(first.last(), 3, 4, 1)]);
    assert!(aligned(&first));

    let second = sum(8, [&[pad(2, 1), conv(1, 5, 2, 0)], &[conv(1, 3, 1, 0), conv(1, 3, 1, 0)]]);
    assert_eq!(phases(&second, 5).0, [7, 6, 5, 6, 7]);
    assert!(!aligned(&second));

    let same = conv_of(1, padded(2, 3, 2, Padding::Same, 1));
    let third = |extent| sum(extent, [&[jump_4], &[same, jump_2]]);
    hold(&third(9), 0, &[(third(9).last(), 3, 4, 1)]);
    assert!(aligned(&third(9)) && !aligned(&third(8)));
    assert_eq!(phases(&third(8), 3).0, [3; 3]);
}

/// Parallel dilations (ASPP): 37 px per axis, of which 7 are used, on a star of 1 + 3 · 8 pixels.
#[test]
fn atrous_pyramid() {
    let mut net = Net::image(48);
    let rates = [6, 12, 18].map(|d| conv_of(1, rf_tests::oracle::net::window(2, 3, 1, d, d)));
    inception(&mut net, &[&[conv(1, 1, 1, 0)], &[rates[0]], &[rates[1]], &[rates[2]]]);
    assert_eq!(phases(&net, 1), (vec![37], vec![7]));
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let pixels = Tracer::new(graph, &shapes).support(Field::Local, net.last(), [20, 20, 0]);
        assert_eq!((extent(&pixels, 0), extent(&pixels, 1), pixels.len()), (37, 37, 25));
    });
}

/// Parallel 1×7 and 7×1: a cross of 13 pixels in a square of 49.
#[test]
fn cross() {
    let mut net = Net::image(16);
    let flat = |h: i64, w: i64| {
        let sides = [Padding::both(h / 2), Padding::both(w / 2), Padding::ZERO];
        conv_of(1, Window::new([h, w, 1]).padding(sides))
    };
    inception(&mut net, &[&[flat(1, 7)], &[flat(7, 1)]]);
    net.with(|graph| {
        let shapes = shapes(graph).expect("a valid net");
        let pixels = Tracer::new(graph, &shapes).support(Field::Local, net.last(), [8, 8, 0]);
        assert_eq!((extent(&pixels, 0), extent(&pixels, 1), pixels.len()), (7, 7, 13));
        assert!(rf_tests::oracle::measure::dense_per_axis(&pixels, 2));
        assert!(!rf_tests::oracle::measure::dense(&pixels, 2));
    });
}
