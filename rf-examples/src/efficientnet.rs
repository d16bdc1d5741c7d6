//! EfficientNet-B0: inverted residuals with gates.

use receptive_field::network;

network! {
    /// EfficientNet-B0 (Tan and Le 2019, "EfficientNet", arXiv:1905.11946, table 1), in torchvision's layout
    /// (`torchvision.models.efficientnet_b0`).
    ///
    /// The squeeze-and-excitation gate is written out as torchvision builds it, so that its weights find their
    /// layers (`features.1.0.block.1.fc1`): a product of the feature map and a 1×1 map computed from its mean.
    /// The layer `squeeze_excite` says the same in one word: see [`SeResNet50`](crate::se_resnet::SeResNet50).
    pub EfficientNetB0 {
        input: [3, 224, 224];

        // Convolution, batch norm, activation: torchvision's `Conv2dNormActivation`.
        block stem(c)  { conv(c, 3, stride = 2, padding = 1, bias = false) -> batch_norm -> silu }
        block expand(c)        { conv(c, 1, bias = false) -> batch_norm -> silu }
        block depthwise(k, s)  { depthwise_conv(k, stride = s, padding = k / 2, bias = false) -> batch_norm -> silu }
        block project(c)       { conv(c, 1, bias = false) -> batch_norm }
        block gate(squeezed, c) {
            mul [identity,
                 avgpool: global_avg_pool -> fc1: conv(squeezed, 1) -> activation: silu
                     -> fc2: conv(c, 1) -> scale_activation: sigmoid]
        }
        // The gate squeezes to a quarter of the channels that came into the block, before they were widened.
        block first(c_in, c) {
            block: (depthwise(3, 1) -> gate(c_in / 4, c_in) -> project(c))
        }
        block inverted(c_in, c, k, s = 1) {
            block: (expand(6 * c_in) -> depthwise(k, s) -> gate(c_in / 4, 6 * c_in) -> project(c))
        }
        block residual(c, k) {
            block: (expand(6 * c) -> depthwise(k, 1) -> gate(c / 4, 6 * c) -> project(c)) + identity
        }
        // One block a stage, for the numbering: `features.2.0`, `features.2.1`.
        block stage1() { first(32, 16) }
        block stage2() { inverted(16, 24, 3, s = 2) -> residual(24, 3) }
        block stage3() { inverted(24, 40, 5, s = 2) -> residual(40, 5) }
        block stage4() { inverted(40, 80, 3, s = 2) -> residual(80, 3) * 2 }
        block stage5() { inverted(80, 112, 5) -> residual(112, 5) * 2 }
        block stage6() { inverted(112, 192, 5, s = 2) -> residual(192, 5) * 3 }
        block stage7() { inverted(192, 320, 3) }

        features: stem(32) -> stage1() -> stage2() -> stage3() -> stage4() -> stage5() -> stage6() -> stage7()
               -> expand(1280);
        avgpool:  global_avg_pool;
        classifier: dropout -> linear(1000);

        assert !global(features.0);
        assert global(features.1);
        assert local_rf(features.1) == 7;
        assert local_rf(features.2) == 19;
        assert local_rf(features.3) == 67;
        assert local_rf(features.4) == 147;
        assert local_rf(features.5) == 339;
        assert local_rf(features.6) == 787;
        assert local_rf(features.7) == 851;
        assert local_rf(features) == 851;

        assert jump(features) == 32;
        assert padding(features) == 425;
        assert shape(features) == [1280, 7, 7];
        assert params() == 5_288_548;
    }
}
