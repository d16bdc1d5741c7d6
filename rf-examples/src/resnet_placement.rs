//! ResNet-50 three ways: the same layers, the strides elsewhere, another receptive field.
//!
//! | strides | `layer4` |
//! |---|---|
//! | in the 3×3 of a stage's first block (torchvision, [`ResNet50`](crate::resnet_bottleneck::ResNet50)) | 427 |
//! | in the 1×1 before it ([`ResNet50Original`]) | 483 |
//! | in the last block of a stage ([`ResNet50Slim`]) | 483, but 8 pixels a unit after the first stage |
//!
//! A stride before the 3×3 doubles the jump under it, so the 3×3 spans twice as many pixels.

use receptive_field::network;

network! {
    /// ResNet-50 as published: stride in the first 1×1 convolution of a stage (He et al. 2015,
    /// arXiv:1512.03385, section 4.1, and the authors' Caffe model), with torchvision's names.
    ///
    /// The 1×1 convolution with stride 2 leaves three quarters of its feature map unread.
    pub ResNet50Original {
        input: [3, 224, 224];

        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        block reduce(c, s = 2) {
            (conv1: conv(c, 1, stride = s, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
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

        assert rf(layer1) == 35;
        assert rf(layer2) == 99;
        assert rf(layer3) == 291;
        assert rf(layer4) == 483;

        assert jump(layer1) == 4;
        assert jump(layer2) == 8;
        assert jump(layer3) == 16;
        assert jump(layer4) == 32;

        assert padding(layer1) == 17;
        assert padding(layer2) == 49;
        assert padding(layer3) == 145;
        assert padding(layer4) == 241;

        assert shape(layer4) == [2048, 7, 7];
        assert params() == 25_557_032;
        assert aligned(layer4);
    }
}

network! {
    /// ResNet-50 of TF-Slim: stride in the last unit of a block, `same` padding in the first pool
    /// (`slim.nets.resnet_v1`; numbers of google-research/receptive_field, `resnet_v1_50`).
    ///
    /// Slim's `conv2d_same` pads a strided convolution by the same amount on both sides, whatever the input's
    /// extent; the pool's `same` does not, so the effective padding depends on the input: 239 here,
    /// 241 in [`ResNet50Slim321`].
    pub ResNet50Slim {
        input: [3, 224, 224];

        block unit(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        // The first unit changes the number of channels ...
        block widen(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + shortcut: (conv(4 * c, 1, bias = false) -> batch_norm)) -> relu
        }
        // ... and the last one the resolution: its shortcut only picks every second unit.
        block reduce(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = 2, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + shortcut: max_pool(1, stride = 2)) -> relu
        }

        conv1:  conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:    batch_norm;
        relu:   relu;
        pool1:  max_pool(3, stride = 2, padding = same);
        block1: widen(64) -> unit(64) -> reduce(64);
        block2: widen(128) -> unit(128) * 2 -> reduce(128);
        block3: widen(256) -> unit(256) * 4 -> reduce(256);
        block4: widen(512) -> unit(512) * 2;
        pool5:  global_avg_pool;
        logits: linear(1000);

        assert rf(block1) == 35;
        assert rf(block2) == 99;
        assert rf(block3) == 291;
        assert rf(block4) == 483;

        assert jump(block1) == 8;
        assert jump(block2) == 16;
        assert jump(block3) == 32;
        assert jump(block4) == 32;

        assert padding(block1) == 15;
        assert padding(block2) == 47;
        assert padding(block3) == 143;
        assert padding(block4) == 239;

        assert shape(block4) == [2048, 7, 7];
        assert params() == 25_557_032;
        assert aligned(block4);
    }
}

network! {
    /// [`ResNet50Slim`] at 321×321, the size that google-research/receptive_field reports for: the same layers
    /// inlined by their type, another effective padding.
    pub ResNet50Slim321 {
        input: [3, 321, 321];

        resnet: ResNet50Slim;

        assert rf(resnet.block4) == 483;
        assert padding(resnet.block1) == 17;
        assert padding(resnet.block2) == 49;
        assert padding(resnet.block3) == 145;
        assert padding(resnet.block4) == 241;
        assert shape(resnet.block4) == [2048, 11, 11];
    }
}
