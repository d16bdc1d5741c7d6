//! Residual networks of two-layer blocks: ResNet-18 and ResNet-34.
//!
//! He et al. 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385, table 1, in torchvision's
//! layout (`torchvision.models.resnet`).

use receptive_field::network;

network! {
    /// ResNet-18.
    pub ResNet18 {
        input: [3, 224, 224];

        block basic(c) {
            (conv1: conv(c, 3, padding = 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm
                + identity) -> relu
        }
        block reduce(c) {
            (conv1: conv(c, 3, stride = 2, padding = 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm
                + downsample: (conv(c, 1, stride = 2, bias = false) -> batch_norm)) -> relu
        }

        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu:    relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  basic(64) * 2;
        layer2:  reduce(128) -> basic(128);
        layer3:  reduce(256) -> basic(256);
        layer4:  reduce(512) -> basic(512);
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert rf(conv1) == 7;
        assert rf(maxpool) == 11;
        assert rf(layer1) == 43;
        assert rf(layer2) == 99;
        assert rf(layer3) == 211;
        assert rf(layer4) == 435;

        assert jump(maxpool) == 4;
        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(maxpool) == 5;
        assert padding(layer1) == 21;
        assert padding(layer2) == 49;
        assert padding(layer3) == 105;
        assert padding(layer4) == 217;

        assert shape(layer1) == [64, 56, 56];
        assert shape(layer4) == [512, 7, 7];
        assert params() == 11_689_512;
        assert aligned(layer4);
        assert global(fc);
    }
}

network! {
    /// ResNet-34: at 899 pixels a unit of `layer4` sees four times the image that it is given.
    pub ResNet34 {
        input: [3, 224, 224];

        block basic(c) {
            (conv1: conv(c, 3, padding = 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm
                + identity) -> relu
        }
        block reduce(c) {
            (conv1: conv(c, 3, stride = 2, padding = 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm
                + downsample: (conv(c, 1, stride = 2, bias = false) -> batch_norm)) -> relu
        }

        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu:    relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  basic(64) * 3;
        layer2:  reduce(128) -> basic(128) * 3;
        layer3:  reduce(256) -> basic(256) * 5;
        layer4:  reduce(512) -> basic(512) * 2;
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert rf(conv1) == 7;
        assert rf(maxpool) == 11;
        assert rf(layer1) == 59;
        assert rf(layer2) == 179;
        assert rf(layer3) == 547;
        assert rf(layer4) == 899;

        assert jump(maxpool) == 4;
        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(maxpool) == 5;
        assert padding(layer1) == 29;
        assert padding(layer2) == 89;
        assert padding(layer3) == 273;
        assert padding(layer4) == 449;

        assert shape(layer1) == [64, 56, 56];
        assert shape(layer4) == [512, 7, 7];
        assert params() == 21_797_672;
        assert aligned(layer4);
        assert global(fc);
    }
}
