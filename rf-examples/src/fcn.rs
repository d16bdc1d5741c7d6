//! Fully convolutional networks: a classifier slid over an image, and its answers brought back to pixels.
//!
//! Long, Shelhamer and Darrell 2014, "Fully Convolutional Networks for Semantic Segmentation", arXiv:1411.4038,
//! on VGG-16, with the layers, names, paddings and crops of the authors' Caffe models (`voc-fcn32s`,
//! `voc-fcn8s`). The padding of 100 gives small images a score at all; the crops' offsets (19; 5, 9, 31) undo
//! it so that scores and pixels lie on one another.

use receptive_field::network;

network! {
    /// FCN-32s: one transposed convolution of stride 32. A pixel reads two neighbouring scores, 404 pixels each
    /// and 32 apart: 436.
    pub Fcn32s {
        input: [3, 224, 224];

        conv1_1: conv(64, 3, padding = 100);
        relu1_1: relu;
        conv1_2: conv(64, 3, padding = 1);
        relu1_2: relu;
        pool1:   max_pool(2, ceil_mode = true);
        conv2_1: conv(128, 3, padding = 1);
        relu2_1: relu;
        conv2_2: conv(128, 3, padding = 1);
        relu2_2: relu;
        pool2:   max_pool(2, ceil_mode = true);
        conv3_1: conv(256, 3, padding = 1);
        relu3_1: relu;
        conv3_2: conv(256, 3, padding = 1);
        relu3_2: relu;
        conv3_3: conv(256, 3, padding = 1);
        relu3_3: relu;
        pool3:   max_pool(2, ceil_mode = true);
        conv4_1: conv(512, 3, padding = 1);
        relu4_1: relu;
        conv4_2: conv(512, 3, padding = 1);
        relu4_2: relu;
        conv4_3: conv(512, 3, padding = 1);
        relu4_3: relu;
        pool4:   max_pool(2, ceil_mode = true);
        conv5_1: conv(512, 3, padding = 1);
        relu5_1: relu;
        conv5_2: conv(512, 3, padding = 1);
        relu5_2: relu;
        conv5_3: conv(512, 3, padding = 1);
        relu5_3: relu;
        pool5:   max_pool(2, ceil_mode = true);
        fc6:     conv(4096, 7);
        relu6:   relu;
        drop6:   dropout;
        fc7:     conv(4096, 1);
        relu7:   relu;
        drop7:   dropout;
        score_fr: conv(21, 1);
        upscore: conv_transpose(21, 64, stride = 32, bias = false);
        // Caffe's crop to the image's size: 19 before, what is left after.
        score:   crop(((19, 45), (19, 45)));

        assert rf(pool3) == 44;
        assert rf(pool4) == 100;
        assert rf(fc7) == 404;
        assert jump(fc7) == 32;
        assert padding(fc7) == 189;
        assert rf(score) == 436;
        assert jump(score) == 1;
        assert live(score);
        assert shape(score_fr) == [21, 8, 8];
        assert shape(score) == [21, 224, 224];
        assert params() == 136_152_917;
    }
}

network! {
    /// FCN-8s: the scores of `pool4` and `pool3` are added on the way up. Every pixel still reads the deepest
    /// score twice over; 436 or 468 pixels.
    pub Fcn8s {
        input: [3, 224, 224];

        conv1_1: conv(64, 3, padding = 100);
        relu1_1: relu;
        conv1_2: conv(64, 3, padding = 1);
        relu1_2: relu;
        pool1:   max_pool(2, ceil_mode = true);
        conv2_1: conv(128, 3, padding = 1);
        relu2_1: relu;
        conv2_2: conv(128, 3, padding = 1);
        relu2_2: relu;
        pool2:   max_pool(2, ceil_mode = true);
        conv3_1: conv(256, 3, padding = 1);
        relu3_1: relu;
        conv3_2: conv(256, 3, padding = 1);
        relu3_2: relu;
        conv3_3: conv(256, 3, padding = 1);
        relu3_3: relu;
        pool3:   max_pool(2, ceil_mode = true);
        conv4_1: conv(512, 3, padding = 1);
        relu4_1: relu;
        conv4_2: conv(512, 3, padding = 1);
        relu4_2: relu;
        conv4_3: conv(512, 3, padding = 1);
        relu4_3: relu;
        pool4:   max_pool(2, ceil_mode = true);
        conv5_1: conv(512, 3, padding = 1);
        relu5_1: relu;
        conv5_2: conv(512, 3, padding = 1);
        relu5_2: relu;
        conv5_3: conv(512, 3, padding = 1);
        relu5_3: relu;
        pool5:   max_pool(2, ceil_mode = true);
        fc6:     conv(4096, 7);
        relu6:   relu;
        drop6:   dropout;
        fc7:     conv(4096, 1);
        relu7:   relu;
        drop7:   dropout;
        score_fr: conv(21, 1);
        upscore2: conv_transpose(21, 4, stride = 2, bias = false);
        fuse_pool4: upscore2 + (pool4 -> score_pool4: conv(21, 1) -> score_pool4c: crop(((5, 4), (5, 4))));
        upscore_pool4: conv_transpose(21, 4, stride = 2, bias = false);
        fuse_pool3: upscore_pool4 + (pool3 -> score_pool3: conv(21, 1) -> score_pool3c: crop(((9, 6), (9, 6))));
        upscore8: conv_transpose(21, 16, stride = 8, bias = false);
        score:   crop(((31, 57), (31, 57)));

        assert rf(fc7) == 404;
        assert rf(fuse_pool4) == 436;
        assert jump(fuse_pool4) == 16;
        assert jump(fuse_pool3) == 8;
        assert rf(fuse_pool3) >= 436;
        assert rf(fuse_pool3) <= 468;
        assert rf(score) >= 436;
        assert rf(score) <= 468;
        assert jump(score) == 1;
        assert shape(fuse_pool4) == [21, 18, 18];
        assert shape(fuse_pool3) == [21, 38, 38];
        assert shape(score) == [21, 224, 224];
        assert params() == 134_489_759;
    }
}
