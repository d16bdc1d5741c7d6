//! DenseNet-121: every layer reads all earlier ones.

use receptive_field::network;

network! {
    /// DenseNet-121 (Huang et al. 2016, "Densely Connected Convolutional Networks", arXiv:1608.06993, growth
    /// rate 32), in torchvision's layout (`torchvision.models.densenet121`).
    ///
    /// Concatenation keeps every path: beside the 2071 pixels of the longest a unit still reads what the stem
    /// gave it. The 2×2 pools between the blocks have no padding, so no unit is centred on its own cell.
    pub DenseNet121 {
        input: [3, 224, 224];

        block dense() {
            [identity,
             norm1: batch_norm -> relu1: relu -> conv1: conv(128, 1, bias = false)
                 -> norm2: batch_norm -> relu2: relu -> conv2: conv(32, 3, padding = 1, bias = false)]
        }
        block transition(c) {
            norm: batch_norm -> relu: relu -> conv: conv(c, 1, bias = false) -> pool: avg_pool(2)
        }

        features: conv0: conv(64, 7, stride = 2, padding = 3, bias = false)
            -> norm0: batch_norm -> relu0: relu -> pool0: max_pool(3, stride = 2, padding = 1)
            -> denseblock1: (
                denselayer1: dense() -> denselayer2: dense() -> denselayer3: dense()
                -> denselayer4: dense() -> denselayer5: dense() -> denselayer6: dense())
            -> transition1: transition(128)
            -> denseblock2: (
                denselayer1: dense() -> denselayer2: dense() -> denselayer3: dense()
                -> denselayer4: dense() -> denselayer5: dense() -> denselayer6: dense()
                -> denselayer7: dense() -> denselayer8: dense() -> denselayer9: dense()
                -> denselayer10: dense() -> denselayer11: dense() -> denselayer12: dense())
            -> transition2: transition(256)
            -> denseblock3: (
                denselayer1: dense() -> denselayer2: dense() -> denselayer3: dense()
                -> denselayer4: dense() -> denselayer5: dense() -> denselayer6: dense()
                -> denselayer7: dense() -> denselayer8: dense() -> denselayer9: dense()
                -> denselayer10: dense() -> denselayer11: dense() -> denselayer12: dense()
                -> denselayer13: dense() -> denselayer14: dense() -> denselayer15: dense()
                -> denselayer16: dense() -> denselayer17: dense() -> denselayer18: dense()
                -> denselayer19: dense() -> denselayer20: dense() -> denselayer21: dense()
                -> denselayer22: dense() -> denselayer23: dense() -> denselayer24: dense())
            -> transition3: transition(512)
            -> denseblock4: (
                denselayer1: dense() -> denselayer2: dense() -> denselayer3: dense()
                -> denselayer4: dense() -> denselayer5: dense() -> denselayer6: dense()
                -> denselayer7: dense() -> denselayer8: dense() -> denselayer9: dense()
                -> denselayer10: dense() -> denselayer11: dense() -> denselayer12: dense()
                -> denselayer13: dense() -> denselayer14: dense() -> denselayer15: dense()
                -> denselayer16: dense())
            -> norm5: batch_norm;
        relu;
        global_avg_pool;
        classifier: linear(1000);

        assert rf(features.denseblock1) == 59;
        assert rf(features.denseblock2) == 255;
        assert rf(features.denseblock3) == 1031;
        assert rf(features.denseblock4) == 2071;
        assert rf(features.transition1) == 63;
        assert rf(features.transition2) == 263;
        assert rf(features.transition3) == 1047;

        assert jump(features.denseblock1) == 4;
        assert jump(features.denseblock2) == 8;
        assert jump(features.denseblock3) == 16;
        assert jump(features.denseblock4) == 32;

        assert padding(features.denseblock1) == 29;
        assert padding(features.denseblock2) == 125;
        assert padding(features.denseblock3) == 509;
        assert padding(features.denseblock4) == 1021;

        assert shape(features.denseblock1) == [256, 56, 56];
        assert shape(features.denseblock2) == [512, 28, 28];
        assert shape(features.denseblock3) == [1024, 14, 14];
        assert shape(features) == [1024, 7, 7];
        assert params() == 7_978_856;
        assert aligned(features);
        assert global(classifier);
    }
}
