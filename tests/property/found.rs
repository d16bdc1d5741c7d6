//! The smallest cases of what the theory once had wrong, with the answers that follow from the definitions.

use rf_core::graph::{Merge, Op, Padding, Pool, Resample, Resize, Sides, UNKNOWN, Window};
use rf_core::theory::{Fault, Halo, Interval, Ratio, TableBuf, UNBOUNDED};
use rf_core::trace::{Bounds, unproductive, window as traced};
use rf_tests::oracle::Net;
use rf_tests::oracle::net::{ADD, GLOBAL_POOL, RELU, conv_of, padded, pool_of, up_conv_of, upsample, window};

use super::{Case, with_case};

/// A net of one axis.
fn row(extent: i64) -> Net {
    Net::new(1, 1, [extent, 1, 1])
}

fn sides(before: i64, after: i64) -> Op {
    Op::Pad { sides: Sides { before: [before, 0, 0], after: [after, 0, 0] } }
}

/// A pool in `ceil_mode` over a cropped end: 8 of 9 units are left, so windows start at 0, 2, 4, 6. One at 8 would
/// start behind what is left, and read nothing.
#[test]
fn no_window_starts_in_a_crop() {
    let mut net = row(9);
    let cropped = padded(1, 1, 2, Padding::Explicit { before: 0, after: -1 }, 1);
    net.then(pool_of(Pool::Max, cropped, true));
    with_case(&net, |case| assert_eq!(case.layer(1).shape().extents(), [4]));
}

/// The window of a layer back to one that another path goes around: layer 4 reads layer 3, which stands behind the
/// target 2 but reads the input past it.
#[test]
fn window_back_to_a_layer_that_a_path_goes_around() {
    let mut net = row(20);
    net.chain(0, &[RELU, RELU]);
    net.add(Op::AdaptivePool { pool: Pool::Max, output: [1; 3] }, &[0]);
    let wide = net.then(sides(9, 10));
    net.add(ADD, &[2, wide]);
    with_case(&net, |case| {
        let (layer, target) = (case.layer(5), case.layer(2));
        for (first, last) in (0..20).map(|unit| (unit, unit)).chain([(0, 19), (6, 10)]) {
            for bounds in [Bounds::Unbounded, Bounds::Real] {
                let set = traced(&layer, Interval { first, last }, &target, 0, bounds).expect("a set");
                assert_eq!(set.members(), (first..=last).collect::<Vec<_>>());
            }
        }
    });
}

/// Two global paths of which one leaves units out, over an input of any extent: what they reach together has no bounds,
/// and an extent all the same.
#[test]
fn two_reaches_without_bounds() {
    let mut net = row(UNKNOWN);
    let all = net.then(Op::SqueezeExcite { squeeze: 1 });
    let sparse = net.add(up_conv_of(1, window(1, 1, 2, 0, 1)), &[all]);
    let even = net.add(upsample(1, 2, Resize::Nearest), &[all]);
    let even = net.add(sides(0, -1), &[even]);
    net.add(ADD, &[sparse, even]);
    net.with(|graph| {
        let buffer = TableBuf::new(graph);
        let both = buffer.table().output();
        assert_eq!(both.fault(), None);
        assert!(both.is_live() && both.is_global());
        assert_eq!(both.rf().max(), UNBOUNDED);
    });
}

/// Odd units of a transposed convolution with kernel 1 and stride 2 read nothing, of a global layer's output neither.
#[test]
fn dead_units_behind_a_global_layer() {
    let mut net = row(4);
    net.then(Op::SqueezeExcite { squeeze: 1 });
    let up = net.then(up_conv_of(1, window(1, 1, 2, 0, 1)));
    with_case(&net, |case| {
        assert!(!case.layer(up).is_live());
        assert!(case.layer(up).field(0, 1).is_empty());
        assert_eq!(case.layer(up).covers(), Some(false));
    });
}

/// A patch embedding of 4×4 on 226 pixels leaves the last two unread: nothing behind it reaches them, a padded
/// convolution and a global pool included: a global layer
/// reaches what the union over all units really reaches.
#[test]
fn a_global_layer_reaches_no_unread_border() {
    let mut net = row(226);
    net.then(conv_of(1, window(1, 4, 4, 0, 1)));
    net.then(conv_of(1, window(1, 3, 1, 1, 1)));
    let pool = net.then(GLOBAL_POOL);
    with_case(&net, |case| {
        assert_eq!(case.layer(pool).rf().max(), 224);
        assert_eq!(case.layer(pool).covers(), Some(false));
    });
}

/// The path with the smaller extent at a merge need not be the shorter one further on, where the other's jump is
/// smaller: through the up-convolution the odd units see 3 pixels in the end, through the padding all see 4.
#[test]
fn shortest_path_with_unequal_jumps() {
    let mut net = row(4);
    let up = net.then(up_conv_of(1, window(1, 4, 2, 0, 1)));
    let pad = net.add(sides(3, 3), &[0]);
    net.add(ADD, &[up, pad]);
    let last = net.then(conv_of(1, window(1, 4, 1, 0, 1)));
    with_case(&net, |case| assert_eq!(case.layer(last).shortest(0), 3));
}

/// The same with one jump and phases: both paths see one pixel at least; three further on the identity sees 4, the
/// other path 5.
#[test]
fn shortest_path_with_phases() {
    let mut net = row(4);
    net.then(conv_of(1, window(1, 1, 2, 0, 1)));
    let up = net.then(up_conv_of(1, window(1, 3, 2, 0, 1)));
    let pad = net.add(sides(0, 1), &[0]);
    net.add(ADD, &[up, pad]);
    let last = net.then(conv_of(1, window(1, 2, 1, 0, 3)));
    with_case(&net, |case| assert_eq!(case.layer(last).shortest(0), 4));
}

/// The units that a stride keeps see nothing through one of two paths: that one is no shorter than the other.
#[test]
fn shortest_path_beside_one_that_leads_nowhere() {
    let mut net = row(4);
    let sparse = net.then(up_conv_of(1, window(1, 1, 2, 0, 1)));
    net.then(pool_of(Pool::Max, window(1, 1, 2, 0, 1), false));
    let up = net.then(up_conv_of(1, window(1, 2, 2, 0, 1)));
    let pad = net.add(sides(0, 1), &[sparse]);
    net.add(ADD, &[up, pad]);
    let odd = net.then(conv_of(1, window(1, 1, 2, 1, 1)));
    net.add(ADD, &[odd, odd]);
    let last = net.then(conv_of(1, window(1, 2, 1, 0, 1)));
    with_case(&net, |case| assert_eq!(case.layer(last).shortest(0), 2));
}

/// What brings no pixel has no jump: attention, of which nothing local is left, beside a path of another jump.
#[test]
fn jump_beside_attention() {
    let mut net = row(32);
    let near = net.then(sides(0, -16));
    net.add(conv_of(1, window(1, 1, 2, 0, 1)), &[0]);
    let far = net.then(Op::Attention { heads: 1, bias: false });
    for inputs in [[near, far], [far, near]] {
        let both = net.add(ADD, &inputs);
        with_case(&net, |case| {
            assert_eq!(case.layer(both).jump(0), Some(Ratio::new(1, 1)));
            assert_eq!(case.layer(both).centre(0), Some(Ratio::new(0, 1)));
        });
    }
}

/// The same beside a path whose units all fall on dead ones.
#[test]
fn jump_beside_a_path_that_leads_nowhere() {
    let mut net = row(6);
    let sparse = net.then(up_conv_of(1, window(1, 1, 4, 0, 1)));
    let odd = padded(1, 1, 4, Padding::Explicit { before: 1, after: 0 }, 1);
    net.then(conv_of(1, odd));
    let nowhere = net.then(sides(0, -5));
    let near = net.add(sides(0, -20), &[sparse]);
    for inputs in [[nowhere, near], [near, nowhere]] {
        let both = net.add(ADD, &inputs);
        with_case(&net, |case| assert_eq!(case.layer(both).jump(0), Some(Ratio::new(1, 4))));
    }
}

/// What reads no pixel has no hole, however far back dead units would have looked.
#[test]
fn no_hole_where_nothing_is_read() {
    let mut net = row(15);
    let whole = Op::AdaptivePool { pool: Pool::Max, output: [1, 1, 1] };
    net.then(whole);
    net.then(sides(30000, 30000));
    net.then(whole);
    net.then(sides(14, 0));
    net.then(up_conv_of(1, window(1, 1, 2, 1, 1)));
    let dead = net.then(conv_of(1, window(1, 2, 2, 0, 2)));
    with_case(&net, |case| {
        assert!(!case.layer(dead).is_live());
        assert_eq!(case.layer(dead).is_dense(), Some(true));
    });
}

/// Attention keeps the grid of what it reads: of paths that led somewhere, where there were any.
#[test]
fn jump_behind_attention() {
    let mut net = row(9);
    net.then(pool_of(Pool::Max, window(1, 2, 2, 0, 1), false));
    let attention = Op::Attention { heads: 1, bias: false };
    net.then(attention);
    let far = net.then(sides(0, 5));
    let both = net.add(ADD, &[far, 0]);
    let behind = net.then(attention);
    let again = net.add(ADD, &[behind, both]);
    let slow = net.add(ADD, &[behind, far]);
    with_case(&net, |case| {
        for layer in [both, behind, again] {
            assert_eq!(case.layer(layer).jump(0), Some(Ratio::new(1, 1)));
        }
        assert_eq!(case.layer(slow).jump(0), None, "two grids, neither with a path");
    });
}

/// Five jumps meet, of which some bring nothing: too many, and no word of phases, for which there is room.
#[test]
fn room_for_phases_where_paths_lead_nowhere() {
    let mut net = Net::new(2, 1, [7, 3, 1]);
    let plain = window(2, 1, 1, 0, 1);
    let sides = |before: [i64; 3], after: [i64; 3]| Op::Pad { sides: Sides { before, after } };
    let sparse = net.then(up_conv_of(1, plain.stride([2, 2, 1])));
    let cropped = Padding::Explicit { before: -2, after: 0 };
    net.then(conv_of(
        1,
        Window { kernel: [2, 2, 1], ..plain }.padding([cropped, Padding::ZERO, Padding::ZERO]),
    ));
    let near = net.then(sides([-3, 2, 0], [-2, 3, 0]));
    let slower = Resample { num: 3, den: 2, extent: 9, ..Resample::IDENTITY };
    let even = net.add(
        Op::Resize { axes: [Resample { extent: 5, ..Resample::IDENTITY }, slower, Resample::IDENTITY] },
        &[sparse],
    );
    let wide = Window { kernel: [1, 2, 1], ..plain.stride([1, 3, 1]).dilation([1, 2, 1]) };
    net.add(conv_of(1, wide), &[sparse]);
    let far = net.then(sides([-4, 4, 0], [-4, 4, 0]));
    let three = net.add(ADD, &[near, even, far]);
    let one = Padding::both(1);
    net.then(conv_of(1, plain.stride([2, 2, 1]).padding([Padding::ZERO, one, Padding::ZERO])));
    let half = net.then(sides([1, 1, 0], [1, 2, 0]));
    let all = net.add(ADD, &[half, three, three]);
    with_case(&net, |case| {
        let fault = case.layer(all).fault();
        assert!(matches!(fault, None | Some(Fault::TooManyJumps { .. })), "{fault:?}");
    });
}

/// A path that reads nothing along the height reads nothing: the width along which it would have read does not count.
#[test]
fn nothing_along_one_axis_is_nothing() {
    let mut net = Net::new(2, 1, [8, 16, 1]);
    let plain = window(2, 1, 1, 0, 1);
    let sparse = Op::ConvTranspose {
        channels: 1,
        window: plain.stride([2, 1, 1]),
        output_padding: [1, 0, 0],
        groups: 1,
        bias: true,
    };
    let odd = Window { kernel: [1, 9, 1], ..plain.stride([2, 1, 1]) };
    let sides = |before, after| Padding::Explicit { before, after };
    net.then(sparse);
    net.then(conv_of(1, odd.padding([sides(1, 0), sides(4, 4), Padding::ZERO])));
    let nowhere = net.then(Op::Pad { sides: Sides { before: [0; 3], after: [-1, 0, 0] } });
    let both = net.add(ADD, &[nowhere, 0]);
    with_case(&net, |case| {
        assert_eq!(case.layer(nowhere).rf().max(), 0);
        assert_eq!((case.layer(both).rf().min(), case.layer(both).rf().max()), (1, 1));
        assert_eq!(case.layer(both).halo(1).map(Halo::max), Some(0));
    });
}

/// What is broadcast brings no local path: the product has the identity's alone.
#[test]
fn aligned_beside_a_misaligned_gate() {
    let mut net = row(4);
    let wide = net.then(conv_of(1, window(1, 4, 4, 0, 1)));
    let other = net.add(conv_of(1, window(1, 1, 4, 0, 1)), &[0]);
    let gate = net.add(ADD, &[wide, other]);
    let product = net.add(Op::Merge(Merge::Mul), &[0, gate]);
    with_case(&net, |case| assert!(case.layer(product).is_aligned()));
}

/// Whether the middle of attention's grid counts must not depend on the order of a merge's inputs.
#[test]
fn alignment_with_attention_in_any_order() {
    let aligned = |first: bool| {
        let mut net = row(4);
        net.then(up_conv_of(1, window(1, 2, 1, 0, 1)));
        let attention = net.then(Op::Attention { heads: 1, bias: false });
        let pad = net.add(sides(0, 1), &[0]);
        let same = net.add(sides(0, 1), &[0]);
        let inputs = if first { [attention, pad, same] } else { [pad, same, attention] };
        let merge = net.add(ADD, &inputs);
        let mut answer = false;
        with_case(&net, |case: &Case<'_>| answer = case.layer(merge).is_aligned());
        answer
    };
    assert_eq!(aligned(true), aligned(false));
}

/// `torch.nn.MaxPool1d(k, s, p, ceil_mode=True)` lets its only window hang over, by less than a stride, and refuses
/// an output of less than one unit: `⌈(n + 2p − k) / s⌉ + 1`, less one where the last window would start behind the
/// input and its padding before.
#[test]
fn a_hanging_window_larger_than_its_input() {
    for (n, k, s, p, units) in [
        (2, 3, 2, 0, Some(1)),
        (1, 3, 2, 0, None),
        (1, 3, 3, 0, Some(1)),
        (1, 3, 2, 1, Some(1)),
        (1, 4, 2, 1, Some(1)),
        (1, 5, 2, 1, None),
        (3, 5, 3, 0, Some(1)),
        (2, 5, 3, 0, None),
        (3, 4, 1, 0, None),
    ] {
        let mut net = row(n);
        net.then(pool_of(Pool::Max, window(1, k, s, p, 1), true));
        net.with(|graph| {
            let buffer = rf_core::theory::TableBuf::new(graph);
            let layer = buffer.table().layer(1);
            let found = layer.fault().is_none().then(|| layer.shape().extents()[0]);
            assert_eq!(found, units, "{n} units, kernel {k}, stride {s}, padding {p}");
        });
    }
}

/// A U-Net's skip lines up with what comes up through a matched pool and up-convolution.
#[test]
fn a_decoder_lines_up() {
    for (up, aligned) in [
        (up_conv_of(1, window(1, 2, 2, 0, 1)), true),
        (up_conv_of(1, window(1, 4, 2, 1, 1)), true),
        (upsample(1, 2, Resize::Nearest), true),
        (upsample(1, 2, Resize::Linear), true),
        (up_conv_of(1, padded(1, 3, 2, Padding::Explicit { before: 1, after: 0 }, 1)), false),
    ] {
        let mut net = row(16);
        let skip = net.then(conv_of(1, window(1, 3, 1, 1, 1)));
        net.then(pool_of(Pool::Max, window(1, 2, 2, 0, 1), false));
        let top = net.then(up);
        let merge = net.add(ADD, &[top, skip]);
        with_case(&net, |case| assert_eq!(case.layer(merge).is_aligned(), aligned, "{up:?}"));
    }
}

/// Attention's grid is the first strand of the sum and carries nothing: what lies behind has phases all the same.
#[test]
fn phases_beside_attention() {
    let mut net = row(4);
    net.then(Op::Attention { heads: 1, bias: false });
    let up = net.add(upsample(1, 2, Resize::Nearest), &[0]);
    let pad = net.add(sides(2, 2), &[1]);
    net.add(ADD, &[pad, up]);
    let last = net.then(up_conv_of(1, window(1, 1, 1, 0, 1)));
    with_case(&net, |case| assert_eq!(case.layer(last).fault(), None));
}

/// Unit 1 sees pixel 1 and pixel 2, which touch; unit 2, whose two paths have moved by two pixels and by four, sees
/// pixel 2 and pixel 4, which do not.
#[test]
fn fields_that_drift_apart_leave_holes() {
    let mut net = row(3);
    net.then(conv_of(1, window(1, 1, 2, 0, 1)));
    let pad = net.then(sides(0, 1));
    net.add(ADD, &[pad, 0]);
    with_case(&net, |case| assert_eq!(case.layer(3).is_dense(), Some(false)));
}

/// A gate over a map that is nothing but padding: in truth it reads no pixel. Its units, continued beyond the border,
/// still see all that the gate before them saw.
#[test]
fn a_gate_over_padding_keeps_what_a_gate_before_it_saw() {
    let mut net = row(8);
    net.then(Op::SqueezeExcite { squeeze: 1 });
    net.then(conv_of(1, window(1, 3, 4, 1, 1)));
    net.then(sides(2, -2));
    let gate = net.then(Op::SqueezeExcite { squeeze: 1 });
    with_case(&net, |case| {
        assert_eq!(case.layer(gate).shape().extents(), [2]);
        assert_eq!(case.layer(gate).field(0, 0), Interval { first: -9, last: 7 });
        assert_eq!(case.layer(gate).covers(), Some(true));
    });
}

/// A deformable convolution reads anything, and leaves a map as its window does.
#[test]
fn a_global_custom_layer_keeps_its_map() {
    let mut net = row(9);
    net.then(conv_of(1, window(1, 3, 1, 1, 1)));
    let window = window(1, 3, 2, 1, 1);
    let custom = net.then(Op::Custom { channels: 1, window, global: true, params: 0 });
    with_case(&net, |case| {
        let layer = case.layer(custom);
        assert_eq!(layer.shape().extents(), [5]);
        assert!(layer.is_global());
        assert_eq!(layer.field(0, 4), Interval { first: 0, last: 8 });
    });
}

receptive_field::network! {
    /// The identity stands once before and once behind a layer that keeps half of the channels.
    Narrowed {
        input: [8, 4];
        before: identity;
        half: narrow(0, 4);
        behind: identity;
        assert shape(behind) == [4, 4];
    }
}

/// A layer repeats an earlier one where the shapes agree, which end behind the one pointwise layer that changes them.
#[test]
fn a_narrowed_map_has_a_shape_of_its_own() {
    assert_eq!(Narrowed::before.shape().channels, 8);
    assert_eq!(Narrowed::behind.shape().channels, 4);
}

receptive_field::network! {
    /// So many paths that may become the shortest that const evaluation has no room for all.
    ManyPaths {
        input: [6, 16];
        s0: [conv_transpose(4, 4, stride = 4, dilation = 2) -> pad(((-1, 0),)),
             max_pool(2, stride = 1, padding = ((0, 3),)) -> pad(((26, 22),)),
             upsample(2) -> pad(17)] -> conv_transpose(3, 2, stride = 2, padding = 2);
        s1: depthwise_conv(3, dilation = 2);
        s2: pad(((2, 3),))
            + (s0 -> depthwise_conv(3, padding = ((3, 0),))
                + [identity, s1] -> conv(3, 1) -> pad(((0, 5),))
                + conv(12, 3, padding = same) -> conv(3, 1) -> pad(((2, 3),)));
        s3: max_pool(2, stride = 3, ceil_mode = true) -> for i in 2..=4 { conv(3, 3, dilation = i, padding = i) }
            -> adaptive_max_pool(33);
        s4: pad(1) -> depthwise_conv(5, stride = 2) -> conv_transpose(1, 5, stride = 2);
    }
}

/// A bound is no answer: of 12 pixels on the shortest path const evaluation knows that they are at most 22.
#[test]
fn no_layer_is_unproductive_by_a_bound() {
    let last = ManyPaths::s4;
    assert!(last.shortest_is_bound() && last.shortest(0) > 16 && last.is_productive().is_none());
    assert_eq!(TableBuf::new(&ManyPaths::GRAPH).table().output().shortest(0), 12);
    assert_eq!(unproductive(&ManyPaths::TABLE, 16).count(), 0);
}
