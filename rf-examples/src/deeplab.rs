//! DeepLab: a dilated backbone and atrous spatial pyramid pooling.

use receptive_field::network;

network! {
    /// DeepLabv3 on ResNet-50 (Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image
    /// Segmentation", arXiv:1706.05587, section 3), output stride 8, 21 classes, in torchvision's layout and
    /// names (`torchvision.models.segmentation.deeplabv3_resnet50`, without the auxiliary head).
    ///
    /// Dilations 2 and 4 take the place of the last two strides, so the backbone sees what the plain one sees,
    /// 427 pixels, at a jump of 8. The branches with dilations 12, 24 and 36 span 1003, and the image-level
    /// branch sees everything.
    pub DeepLabV3 {
        input: [3, 224, 224];

        block bottleneck(c, d = 1) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = d, dilation = d, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        // The first block of a stage still has the dilation of the stage before it.
        block reduce(c, s = 1, d = 1) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = d, dilation = d, bias = false)
                -> bn2: batch_norm -> relu
                -> conv3: conv(4 * c, 1, bias = false) -> bn3: batch_norm
                + downsample: (conv(4 * c, 1, stride = s, bias = false) -> batch_norm)) -> relu
        }
        block atrous(d) { conv(256, 3, padding = d, dilation = d, bias = false) -> batch_norm -> relu }
        block pointwise() { conv(256, 1, bias = false) -> batch_norm -> relu }
        block image_level() { global_avg_pool -> conv(256, 1, bias = false) -> batch_norm -> relu -> upsample(28) }
        block aspp() {
            convs: ([pointwise(), atrous(12), atrous(24), atrous(36), image_level()])
                -> project: (conv(256, 1, bias = false) -> batch_norm -> relu -> dropout)
        }

        backbone: conv1: conv(64, 7, stride = 2, padding = 3, bias = false) -> bn1: batch_norm -> relu
               -> maxpool: max_pool(3, stride = 2, padding = 1)
               -> layer1: (reduce(64) -> bottleneck(64) * 2)
               -> layer2: (reduce(128, s = 2) -> bottleneck(128) * 3)
               -> layer3: (reduce(256) -> bottleneck(256, d = 2) * 5)
               -> layer4: (reduce(512, d = 2) -> bottleneck(512, d = 4) * 2);
        classifier: aspp() -> conv(256, 3, padding = 1, bias = false) -> batch_norm -> relu -> conv(21, 1);
        out: upsample(8, mode = bilinear);

        assert rf(backbone.layer2) == 91;
        assert rf(backbone.layer3) == 267;
        assert rf(backbone.layer4) == 427;
        assert jump(backbone.layer4) == 8;
        assert padding(backbone.layer4) == 213;

        assert local_rf(classifier.0) == 1003;
        assert local_rf(classifier) == 1019;
        assert local_rf(out) == 1027;
        assert global(classifier);
        assert jump(out) == 1;
        assert shape(classifier.0.convs) == [1280, 28, 28];
        assert shape(out) == [21, 224, 224];
        assert params() == 39_638_869;
    }
}

network! {
    /// The pyramid alone, with the rates for output stride 16: four branches that read 7 places along an axis and
    /// span 37. Seen from the image the backbone's own field fills the gaps.
    pub AtrousPyramid {
        input: [2048, _, _];

        block atrous(d) { conv(256, 3, padding = d, dilation = d, bias = false) -> batch_norm -> relu }

        aspp: [conv(256, 1, bias = false) -> batch_norm -> relu, atrous(6), atrous(12), atrous(18)]
           -> project: conv(256, 1, bias = false);

        assert rf(aspp) == 37;
        assert aligned(aspp);
        assert !dense(aspp);
        assert shape(aspp) == [256, _, _];
    }
}
