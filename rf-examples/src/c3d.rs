//! C3D: three axes, time first.

use receptive_field::network;

network! {
    /// C3D (Tran et al. 2014, "Learning Spatiotemporal Features with 3D Convolutional Networks",
    /// arXiv:1412.0767, figure 3), 16 frames of 112×112, 487 classes of Sports-1M; the last pool pads space, as
    /// in the PyTorch ports.
    ///
    /// The first pool keeps time, so time and space grow apart: 76 frames, 150 pixels.
    pub C3d {
        input: [3, 16, 112, 112];

        block conv3(c) { conv(c, 3, padding = 1) }

        conv1:  conv3(64);
        relu1:  relu;
        pool1:  max_pool((1, 2, 2));
        conv2:  conv3(128);
        relu2:  relu;
        pool2:  max_pool(2);
        conv3a: conv3(256);
        relu3a: relu;
        conv3b: conv3(256);
        relu3b: relu;
        pool3:  max_pool(2);
        conv4a: conv3(512);
        relu4a: relu;
        conv4b: conv3(512);
        relu4b: relu;
        pool4:  max_pool(2);
        conv5a: conv3(512);
        relu5a: relu;
        conv5b: conv3(512);
        relu5b: relu;
        pool5:  max_pool(2, padding = (0, 1, 1));
        fc6:    linear(4096);
        relu6:  relu;
        fc7:    linear(4096);
        relu7:  relu;
        fc8:    linear(487);

        assert rf(pool1) == (3, 4, 4);
        assert rf(pool2) == (6, 10, 10);
        assert rf(pool3) == (16, 30, 30);
        assert rf(pool4) == (36, 70, 70);
        assert rf(pool5) == (76, 150, 150);

        assert jump(pool1) == (1, 2, 2);
        assert jump(pool5) == (16, 32, 32);
        assert padding(pool5) == (30, 75, 75);

        assert shape(pool4) == [512, 2, 7, 7];
        assert shape(pool5) == [512, 1, 4, 4];
        assert params() == 79_991_015;
        assert global(fc6);
    }
}
