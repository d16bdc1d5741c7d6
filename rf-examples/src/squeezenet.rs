//! SqueezeNet: few channels into the 3×3 convolutions.

use receptive_field::network;

network! {
    /// SqueezeNet 1.1 (Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters",
    /// arXiv:1602.07360, and the authors' model v1.1), in torchvision's layout
    /// (`torchvision.models.squeezenet1_1`).
    pub SqueezeNet {
        input: [3, 224, 224];

        block fire(squeezed, expanded) {
            squeeze: conv(squeezed, 1) -> squeeze_activation: relu
                -> [expand1x1: conv(expanded, 1) -> expand1x1_activation: relu,
                    expand3x3: conv(expanded, 3, padding = 1) -> expand3x3_activation: relu]
        }

        features: conv(64, 3, stride = 2) -> relu -> max_pool(3, stride = 2, ceil_mode = true)
               -> fire(16, 64) * 2 -> max_pool(3, stride = 2, ceil_mode = true)
               -> fire(32, 128) * 2 -> max_pool(3, stride = 2, ceil_mode = true)
               -> fire(48, 192) * 2 -> fire(64, 256) * 2;
        classifier: dropout -> conv(1000, 1) -> relu -> global_avg_pool;

        assert rf(features.0) == 3;
        assert rf(features.2) == 7;
        assert rf(features.4) == 23;
        assert rf(features.7) == 63;
        assert rf(features.12) == 207;
        // The 1×1 half of a fire module sees no more than the module's input.
        assert rf(features.12.expand1x1) == 175;

        assert jump(features) == 16;
        assert padding(features) == 88;
        assert shape(features) == [512, 13, 13];
        assert shape(classifier) == [1000, 1, 1];
        assert params() == 1_235_496;
        assert aligned(features);
        assert !global(classifier.1);
        assert global(classifier);
    }
}
