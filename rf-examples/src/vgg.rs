//! VGG: nothing but 3×3 convolutions and 2×2 pools.
//!
//! Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
//! arXiv:1409.1556, table 1, in torchvision's layout (`torchvision.models.vgg`).

use receptive_field::network;

network! {
    /// VGG-11: configuration A of the paper.
    pub Vgg11 {
        input: [3, 224, 224];

        // One 3×3 convolution: a block of one layer is that layer, so it keeps the layer's plain number.
        block conv3(c) { conv(c, 3, padding = 1) }

        features: conv3(64) -> relu -> max_pool(2)
               -> conv3(128) -> relu -> max_pool(2)
               -> conv3(256) -> relu -> conv3(256) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2);
        avgpool: adaptive_avg_pool(7);
        classifier: linear(4096) -> relu -> dropout
                 -> linear(4096) -> relu -> dropout
                 -> linear(1000);

        assert rf(features.2) == 4;
        assert rf(features.5) == 10;
        assert rf(features.10) == 30;
        assert rf(features.15) == 70;
        assert rf(features.20) == 150;

        assert jump(features) == 32;
        assert padding(features) == 59;
        assert shape(features) == [512, 7, 7];
        assert params() == 132_863_336;
        assert aligned(features);
        assert global(classifier);
    }
}

network! {
    /// VGG-13: configuration B of the paper.
    pub Vgg13 {
        input: [3, 224, 224];

        block conv3(c) { conv(c, 3, padding = 1) }

        features: conv3(64) -> relu -> conv3(64) -> relu -> max_pool(2)
               -> conv3(128) -> relu -> conv3(128) -> relu -> max_pool(2)
               -> conv3(256) -> relu -> conv3(256) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2);
        avgpool: adaptive_avg_pool(7);
        classifier: linear(4096) -> relu -> dropout
                 -> linear(4096) -> relu -> dropout
                 -> linear(1000);

        assert rf(features.4) == 6;
        assert rf(features.9) == 16;
        assert rf(features.14) == 36;
        assert rf(features.19) == 76;
        assert rf(features.24) == 156;

        assert jump(features) == 32;
        assert padding(features) == 62;
        assert shape(features) == [512, 7, 7];
        assert params() == 133_047_848;
        assert aligned(features);
        assert global(classifier);
    }
}

network! {
    /// VGG-16: configuration D of the paper.
    pub Vgg16 {
        input: [3, 224, 224];

        block conv3(c) { conv(c, 3, padding = 1) }

        features: conv3(64) -> relu -> conv3(64) -> relu -> max_pool(2)
               -> conv3(128) -> relu -> conv3(128) -> relu -> max_pool(2)
               -> conv3(256) -> relu -> conv3(256) -> relu -> conv3(256) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2);
        avgpool: adaptive_avg_pool(7);
        classifier: linear(4096) -> relu -> dropout
                 -> linear(4096) -> relu -> dropout
                 -> linear(1000);

        assert rf(features.0) == 3;
        assert rf(features.2) == 5;
        assert rf(features.5) == 10;
        assert rf(features.7) == 14;
        assert rf(features.10) == 24;
        assert rf(features.14) == 40;
        assert rf(features.17) == 60;
        assert rf(features.21) == 92;
        assert rf(features.24) == 132;
        assert rf(features.28) == 196;
        assert rf(features.4) == 6;
        assert rf(features.9) == 16;
        assert rf(features.16) == 44;
        assert rf(features.23) == 100;
        assert rf(features.30) == 212;

        assert jump(features) == 32;
        assert padding(features) == 90;
        assert shape(features) == [512, 7, 7];
        assert params() == 138_357_544;
        assert aligned(features);
        assert global(classifier);
    }
}

network! {
    /// VGG-19: configuration E of the paper.
    pub Vgg19 {
        input: [3, 224, 224];

        block conv3(c) { conv(c, 3, padding = 1) }

        features: conv3(64) -> relu -> conv3(64) -> relu -> max_pool(2)
               -> conv3(128) -> relu -> conv3(128) -> relu -> max_pool(2)
               -> conv3(256) -> relu -> conv3(256) -> relu -> conv3(256) -> relu -> conv3(256) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2)
               -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> conv3(512) -> relu -> max_pool(2);
        avgpool: adaptive_avg_pool(7);
        classifier: linear(4096) -> relu -> dropout
                 -> linear(4096) -> relu -> dropout
                 -> linear(1000);

        assert rf(features.4) == 6;
        assert rf(features.9) == 16;
        assert rf(features.18) == 52;
        assert rf(features.27) == 124;
        assert rf(features.36) == 268;

        assert jump(features) == 32;
        assert padding(features) == 118;
        assert shape(features) == [512, 7, 7];
        assert params() == 143_667_240;
        assert aligned(features);
        assert global(classifier);
    }
}
