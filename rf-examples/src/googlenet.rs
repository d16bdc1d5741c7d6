//! GoogLeNet: four branches side by side, concatenated.

use receptive_field::network;

network! {
    /// GoogLeNet (Szegedy et al. 2014, "Going Deeper with Convolutions", arXiv:1409.4842), in torchvision's
    /// layout (`torchvision.models.googlenet`, without the auxiliary classifiers).
    ///
    /// torchvision's third branch is called 5×5 in the paper and is a 3×3 convolution there, as in the original
    /// TensorFlow port: with the paper's 5×5 every inception module would add twice as much.
    pub GoogLeNet {
        input: [3, 224, 224];

        block basic(c, k, s = 1, p = 0) {
            conv: conv(c, k, stride = s, padding = p, bias = false) -> bn: batch_norm -> relu
        }
        block inception(c1, r3, c3, r5, c5, pool) {
            [branch1: basic(c1, 1),
             branch2: (basic(r3, 1) -> basic(c3, 3, p = 1)),
             branch3: (basic(r5, 1) -> basic(c5, 3, p = 1)),
             branch4: (max_pool(3, stride = 1, padding = 1, ceil_mode = true) -> basic(pool, 1))]
        }

        conv1:       basic(64, 7, s = 2, p = 3);
        maxpool1:    max_pool(3, stride = 2, ceil_mode = true);
        conv2:       basic(64, 1);
        conv3:       basic(192, 3, p = 1);
        maxpool2:    max_pool(3, stride = 2, ceil_mode = true);
        inception3a: inception(64, 96, 128, 16, 32, 32);
        inception3b: inception(128, 128, 192, 32, 96, 64);
        maxpool3:    max_pool(3, stride = 2, ceil_mode = true);
        inception4a: inception(192, 96, 208, 16, 48, 64);
        inception4b: inception(160, 112, 224, 24, 64, 64);
        inception4c: inception(128, 128, 256, 24, 64, 64);
        inception4d: inception(112, 144, 288, 32, 64, 64);
        inception4e: inception(256, 160, 320, 32, 128, 128);
        maxpool4:    max_pool(2, stride = 2, ceil_mode = true);
        inception5a: inception(256, 160, 320, 32, 128, 128);
        inception5b: inception(384, 192, 384, 48, 128, 128);
        avgpool:     global_avg_pool;
        dropout;
        fc:          linear(1000);

        assert rf(inception3a) == 43;
        assert rf(inception3b) == 59;
        assert rf(inception4a) == 107;
        assert rf(inception4e) == 235;
        assert rf(inception5a) == 315;
        assert rf(inception5b) == 379;
        // The 1×1 branch adds nothing: it still sees what the module's input saw.
        assert rf(inception3a.branch1) == 27;

        assert jump(inception3b) == 8;
        assert jump(inception4e) == 16;
        assert jump(inception5b) == 32;

        assert padding(inception3a) == 15;
        assert padding(inception3b) == 23;
        assert padding(inception4e) == 103;
        assert padding(inception5b) == 167;

        assert shape(inception3b) == [480, 28, 28];
        assert shape(inception4e) == [832, 14, 14];
        assert shape(inception5b) == [1024, 7, 7];
        assert params() == 6_624_904;
        assert aligned(inception5b);
        assert global(fc);
    }
}
