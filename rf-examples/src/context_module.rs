//! The context module: dilation instead of stride.

use receptive_field::network;

/// Classes of Pascal VOC with the background, the paper's `C`.
const CLASSES: usize = 21;

network! {
    /// The basic context module (Yu and Koltun 2015, "Multi-Scale Context Aggregation by Dilated Convolutions",
    /// arXiv:1511.07122, table 1): the field grows exponentially, the parameters linearly, and the resolution
    /// stays.
    ///
    /// The paper's table gives 3, 5, 9, 17, 33, 65, 67 and 67; its section 3 the parameters, 64 C² (and biases).
    pub ContextModule {
        input: [CLASSES, 64, 64];

        layer1: conv(CLASSES, 3, padding = same) -> relu;
        layer2: conv(CLASSES, 3, padding = same) -> relu;
        layer3: conv(CLASSES, 3, padding = same, dilation = 2) -> relu;
        layer4: conv(CLASSES, 3, padding = same, dilation = 4) -> relu;
        layer5: conv(CLASSES, 3, padding = same, dilation = 8) -> relu;
        layer6: conv(CLASSES, 3, padding = same, dilation = 16) -> relu;
        layer7: conv(CLASSES, 3, padding = same) -> relu;
        layer8: conv(CLASSES, 1);

        assert rf(layer1) == 3;
        assert rf(layer2) == 5;
        assert rf(layer3) == 9;
        assert rf(layer4) == 17;
        assert rf(layer5) == 33;
        assert rf(layer6) == 65;
        assert rf(layer7) == 67;
        assert rf(layer8) == 67;
        assert jump(layer8) == 1;
        assert padding(layer8) == 33;
        assert dense(layer8);
        assert shape(layer8) == [CLASSES, 64, 64];
        assert params() == 64 * CLASSES * CLASSES + 8 * CLASSES;
    }
}

network! {
    /// The large context module: the same windows, more channels where the field is wider.
    pub ContextModuleLarge {
        input: [CLASSES, 64, 64];

        layer1: conv(2 * CLASSES, 3, padding = same) -> relu;
        layer2: conv(2 * CLASSES, 3, padding = same) -> relu;
        layer3: conv(4 * CLASSES, 3, padding = same, dilation = 2) -> relu;
        layer4: conv(8 * CLASSES, 3, padding = same, dilation = 4) -> relu;
        layer5: conv(16 * CLASSES, 3, padding = same, dilation = 8) -> relu;
        layer6: conv(32 * CLASSES, 3, padding = same, dilation = 16) -> relu;
        layer7: conv(32 * CLASSES, 3, padding = same) -> relu;
        layer8: conv(CLASSES, 1);

        assert rf(layer6) == 65;
        assert rf(layer8) == 67;
        assert dense(layer8);
        assert params() == 6_803_139;
    }
}
