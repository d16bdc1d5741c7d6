//! Networks from files, and written networks held to them.

use receptive_field::network;

network! {
    /// Of the file beside this source file.
    pub Detector = "ui/onnx/models/detector.onnx" {
        assert local_rf("conv4-1") == 11;
        assert jump(boxes) == 2;
        assert shape("box-head") == [4, 32, 32];
        assert aligned(skip);
        assert !global("scores:0");
        assert params() == 8 * 27 + 8 + 8 * 72 + 8 + 4 * 8 + 4 + 2 * 8 + 2;
    }
}

/// Consts by the names of layers and outputs, in const context.
const _: () = assert!(Detector::conv1.rf().min() == 3);
const _: () = assert!(Detector::scores_0.rf().min() == 11);
const _: () = assert!(Detector::TABLE.row("conv4-1").rf().max() == 11);

#[test]
fn a_file_is_a_network() {
    let names: Vec<&str> = Detector::GRAPH.nodes.iter().map(|node| node.name).collect();
    let expected = ["input", "conv1", "relu1", "conv4-1", "relu4-1", "skip", "box-head", "score-head"];
    assert_eq!(names, expected);
    assert_eq!(Detector::boxes.node().name, "box-head");
    assert_eq!(Detector::scores_0.node().name, "score-head");
}

network! {
    /// The same, written: other names, an order of its own, a norm that the file has folded.
    pub Written {
        input: [3, 64, 64];
        stem: conv(8, 3, stride = 2, padding = 1, bias = false) -> batch_norm -> relu;
        body: (dilated: conv(8, WIDTH, padding = 2, dilation = 2) -> relu) + identity;
        scores: conv(2, 1);
        boxes: body -> conv(4, 1) -> dropout;
        same_as "ui/onnx/models/detector.onnx";
    }
}

const WIDTH: usize = 3;

network! {
    /// What the file leaves open is taken from here.
    pub Open {
        input: [3, 48, _];
        stem: conv(8, 3, stride = 2, padding = (same_lower, 1));
        body: conv(8, 3, padding = 2, dilation = 2) + stem;
        boxes: conv(4, 1);
        scores: body -> conv(2, 1);
        same_as "ui/onnx/models/open.onnx";
    }
}

network! {
    /// Held to the file where it is instantiated.
    pub Generic<const D: usize> {
        input: [3, 64, 64];
        stem: conv(8, 3, stride = 2, padding = 1);
        body: conv(8, 3, padding = D, dilation = D) + stem;
        boxes: conv(4, 1);
        scores: body -> conv(2, 1);
        same_as "ui/onnx/models/detector.onnx";
    }
}

network! {
    /// The file leaves its extents open.
    Sized = "ui/onnx/models/open.onnx" {
        input: [_, 48, 32];
        assert shape(skip) == [8, 24, 16];
        assert macs() > 0;
    }
}

#[test]
fn held_to_a_file() {
    assert_eq!(Written::boxes.rf().min(), 11);
    assert_eq!(Generic::<2>::boxes.rf().min(), 11);
}

#[test]
fn within_a_function_and_within_another_network() {
    network! {
        crate = rf_tests::fields;
        Here = "ui/onnx/models/detector.onnx" {}
    }
    network! {
        Around {
            input: [8, 128, 128];
            down: max_pool(2) -> conv(3, 1);
            detector: Here;
            more: detector.boxes -> conv(4, 3);
            assert rf("detector.conv4-1") == 22;
        }
    }
    assert_eq!(
        Around::more.jump(0),
        Here::boxes.jump(0).map(|jump| receptive_field::theory::Ratio::new(jump.num * 2, 1))
    );
}
