//! SE-ResNet-50: residual blocks with a gate that sees everything.

use receptive_field::network;

network! {
    /// SE-ResNet-50 (Hu et al. 2017, "Squeeze-and-Excitation Networks", arXiv:1709.01507, reduction 16), on
    /// torchvision's ResNet-50.
    ///
    /// The gate of a block weighs each channel by a mean over the whole feature map: from `layer1.0` on every
    /// unit depends on the whole image, and the receptive field is global. What a unit sees of its own place,
    /// around the gates, is kept beside it: `local_rf` is ResNet-50's.
    pub SeResNet50 {
        input: [3, 224, 224];

        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                -> se: squeeze_excite(c / 4)
                + identity) -> relu
        }
        block reduce(c, s = 2) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                -> se: squeeze_excite(c / 4)
                + downsample: (conv(4 * c, 1, stride = s, bias = false) -> batch_norm)) -> relu
        }

        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu:    relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  reduce(64, s = 1) -> bottleneck(64) * 2;
        layer2:  reduce(128) -> bottleneck(128) * 3;
        layer3:  reduce(256) -> bottleneck(256) * 5;
        layer4:  reduce(512) -> bottleneck(512) * 2;
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert !global(maxpool);
        assert global(layer1);
        assert local_rf(layer1) == 35;
        assert local_rf(layer2) == 91;
        assert local_rf(layer3) == 267;
        assert local_rf(layer4) == 427;
        assert jump(layer4) == 32;
        assert padding(layer4) == 213;
        // With gates the whole image is seen long before the windows reach so far.
        assert rf(layer1) == 224;
        assert params() == 28_088_024;
    }
}
