//! A feature pyramid: the decoder of detectors.

use receptive_field::network;

use crate::resnet_bottleneck::ResNet50;

network! {
    /// ResNet-50 with a feature pyramid (Lin et al. 2016, "Feature Pyramid Networks for Object Detection",
    /// arXiv:1612.03144, section 3), 256 channels, nearest upsampling.
    ///
    /// The backbone is inlined by its type and tapped by path. It comes as it is, with the pool and classifier
    /// that a detector would leave out. Every level sees what the deepest one sees, in steps of its own; but
    /// nearest upsampling puts the deep path's centre up to half a deep step away from the lateral one, so no
    /// level below `p5` is `aligned`.
    pub ResNet50Fpn {
        input: [3, 224, 224];

        backbone: ResNet50;
        inner5: backbone.layer4 -> conv(256, 1);
        inner4: (backbone.layer3 -> conv(256, 1)) + (inner5 -> upsample(2));
        inner3: (backbone.layer2 -> conv(256, 1)) + (inner4 -> upsample(2));
        inner2: (backbone.layer1 -> conv(256, 1)) + (inner3 -> upsample(2));
        p5: inner5 -> conv(256, 3, padding = 1);
        p4: inner4 -> conv(256, 3, padding = 1);
        p3: inner3 -> conv(256, 3, padding = 1);
        p2: inner2 -> conv(256, 3, padding = 1);

        assert rf(backbone.layer4) == 427;
        assert rf(p5) == 491;
        assert rf(p4) == 459;
        assert rf(p3) >= 427;
        assert rf(p3) <= 459;
        assert rf(p2) >= 427;
        assert rf(p2) <= 459;

        assert jump(p5) == 32;
        assert jump(p4) == 16;
        assert jump(p3) == 8;
        assert jump(p2) == 4;

        assert aligned(p5);
        assert !aligned(p4);
        assert shape(p5) == [256, 7, 7];
        assert shape(p2) == [256, 56, 56];
        // The pyramid's own share: 26,852,416 with the backbone's features, and the classifier's 2,049,000.
        assert params() == 28_901_416;
    }
}
