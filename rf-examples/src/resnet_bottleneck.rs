//! Residual networks of bottleneck blocks: ResNet-50, ResNet-101 and ResNet-152.
//!
//! He et al. 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385, table 1, in torchvision's
//! layout (`torchvision.models.resnet`), which puts a block's stride into its 3×3 convolution. Where the stride
//! stands matters: see [`resnet_placement`](crate::resnet_placement).

use receptive_field::network;

network! {
    /// ResNet-50: of the three convolutions of a block only one looks at neighbours, so it sees less than
    /// [`ResNet34`](crate::resnet::ResNet34).
    pub ResNet50 {
        input: [3, 224, 224];

        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        block reduce(c, s = 2) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
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

        assert rf(conv1) == 7;
        assert rf(maxpool) == 11;
        assert rf(layer1) == 35;
        assert rf(layer2) == 91;
        assert rf(layer3) == 267;
        assert rf(layer4) == 427;

        assert jump(maxpool) == 4;
        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(maxpool) == 5;
        assert padding(layer1) == 17;
        assert padding(layer2) == 45;
        assert padding(layer3) == 133;
        assert padding(layer4) == 213;

        assert shape(layer1) == [256, 56, 56];
        assert shape(layer4) == [2048, 7, 7];
        assert params() == 25_557_032;
        assert aligned(layer4);
        assert global(fc);
    }
}

network! {
    /// ResNet-101: all that it has more than [`ResNet50`] is in `layer3`.
    pub ResNet101 {
        input: [3, 224, 224];

        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        block reduce(c, s = 2) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + downsample: (conv(4 * c, 1, stride = s, bias = false) -> batch_norm)) -> relu
        }

        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu:    relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  reduce(64, s = 1) -> bottleneck(64) * 2;
        layer2:  reduce(128) -> bottleneck(128) * 3;
        layer3:  reduce(256) -> bottleneck(256) * 22;
        layer4:  reduce(512) -> bottleneck(512) * 2;
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert rf(conv1) == 7;
        assert rf(maxpool) == 11;
        assert rf(layer1) == 35;
        assert rf(layer2) == 91;
        assert rf(layer3) == 811;
        assert rf(layer4) == 971;

        assert jump(maxpool) == 4;
        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(maxpool) == 5;
        assert padding(layer1) == 17;
        assert padding(layer2) == 45;
        assert padding(layer3) == 405;
        assert padding(layer4) == 485;

        assert shape(layer1) == [256, 56, 56];
        assert shape(layer4) == [2048, 7, 7];
        assert params() == 44_549_160;
        assert aligned(layer4);
        assert global(fc);
    }
}

network! {
    /// ResNet-152: 512 layers.
    pub ResNet152 {
        input: [3, 224, 224];

        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        block reduce(c, s = 2) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + downsample: (conv(4 * c, 1, stride = s, bias = false) -> batch_norm)) -> relu
        }

        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu:    relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  reduce(64, s = 1) -> bottleneck(64) * 2;
        layer2:  reduce(128) -> bottleneck(128) * 7;
        layer3:  reduce(256) -> bottleneck(256) * 35;
        layer4:  reduce(512) -> bottleneck(512) * 2;
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert rf(conv1) == 7;
        assert rf(maxpool) == 11;
        assert rf(layer1) == 35;
        assert rf(layer2) == 155;
        assert rf(layer3) == 1291;
        assert rf(layer4) == 1451;

        assert jump(maxpool) == 4;
        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(maxpool) == 5;
        assert padding(layer1) == 17;
        assert padding(layer2) == 77;
        assert padding(layer3) == 645;
        assert padding(layer4) == 725;

        assert shape(layer1) == [256, 56, 56];
        assert shape(layer4) == [2048, 7, 7];
        assert params() == 60_192_808;
        assert aligned(layer4);
        assert global(fc);
    }
}
