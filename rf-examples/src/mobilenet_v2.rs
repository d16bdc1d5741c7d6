//! MobileNet v2: residual blocks that are narrow at both ends.

use receptive_field::network;

network! {
    /// MobileNet v2 (Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    /// arXiv:1801.04381, table 2), in torchvision's layout (`torchvision.models.mobilenet_v2`).
    pub MobileNetV2 {
        input: [3, 224, 224];

        // Convolution, batch norm, activation: torchvision's `Conv2dNormActivation`.
        block pointwise(c) { conv(c, 1, bias = false) -> batch_norm -> relu6 }
        block depthwise(s) {
            depthwise_conv(3, stride = s, padding = 1, bias = false) -> batch_norm -> relu6
        }
        // A block cannot ask how many channels come in, so the widened number is an argument.
        block first(c)            { conv: (depthwise(1) -> conv(c, 1, bias = false) -> batch_norm) }
        block inverted(wide, c, s = 1) {
            conv: (pointwise(wide) -> depthwise(s) -> conv(c, 1, bias = false) -> batch_norm)
        }
        block residual(wide, c)   {
            conv: (pointwise(wide) -> depthwise(1) -> conv(c, 1, bias = false) -> batch_norm) + identity
        }
        block stem(c)             { conv(c, 3, stride = 2, padding = 1, bias = false) -> batch_norm -> relu6 }

        features: stem(32) -> first(16)
               -> inverted(96, 24, s = 2)  -> residual(144, 24)
               -> inverted(144, 32, s = 2) -> residual(192, 32) * 2
               -> inverted(192, 64, s = 2) -> residual(384, 64) * 3
               -> inverted(384, 96)        -> residual(576, 96) * 2
               -> inverted(576, 160, s = 2) -> residual(960, 160) * 2
               -> inverted(960, 320)
               -> pointwise(1280);
        global_avg_pool;
        classifier: dropout -> linear(1000);

        assert rf(features.0) == 3;
        assert rf(features.1) == 7;
        assert rf(features.3) == 19;
        assert rf(features.6) == 59;
        assert rf(features.10) == 171;
        assert rf(features.13) == 267;
        assert rf(features.17) == 491;
        assert rf(features) == 491;

        assert jump(features) == 32;
        assert padding(features) == 245;
        assert shape(features) == [1280, 7, 7];
        assert params() == 3_504_872;
        assert aligned(features);
        assert global(classifier);
    }
}
