//! AlexNet: large strides first.

use receptive_field::network;

network! {
    /// AlexNet, the single-tower version (Krizhevsky 2014, "One weird trick for parallelizing convolutional
    /// neural networks", arXiv:1404.5997), in torchvision's layout: `torchvision.models.alexnet`.
    ///
    /// After three layers a unit of `features.3` sees 51 pixels: most of the field comes from two strides.
    pub AlexNet {
        input: [3, 224, 224];

        features: conv(64, 11, stride = 4, padding = 2) -> relu -> max_pool(3, stride = 2)
               -> conv(192, 5, padding = 2) -> relu -> max_pool(3, stride = 2)
               -> conv(384, 3, padding = 1) -> relu
               -> conv(256, 3, padding = 1) -> relu
               -> conv(256, 3, padding = 1) -> relu -> max_pool(3, stride = 2);
        avgpool: adaptive_avg_pool(6);
        classifier: dropout -> linear(4096) -> relu
                 -> dropout -> linear(4096) -> relu
                 -> linear(1000);

        assert rf(features.0) == 11;
        assert rf(features.2) == 19;
        assert rf(features.3) == 51;
        assert rf(features.5) == 67;
        assert rf(features.6) == 99;
        assert rf(features.8) == 131;
        assert rf(features.10) == 163;
        assert rf(features.12) == 195;
        assert rf(features) == 195;

        assert jump(features.0) == 4;
        assert jump(features.2) == 8;
        assert jump(features.5) == 16;
        assert jump(features) == 32;

        assert padding(features.0) == 2;
        assert padding(features.3) == 18;
        assert padding(features.6) == 34;
        assert padding(features.8) == 50;
        assert padding(features) == 66;

        assert shape(features) == [256, 6, 6];
        assert params() == 61_100_840;
        assert aligned(features);
        assert global(classifier);
    }
}
