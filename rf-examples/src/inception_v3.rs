//! Inception v3: factorised kernels, 1×7 and 7×1.

use receptive_field::network;

network! {
    /// Inception v3 (Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision",
    /// arXiv:1512.00567), in torchvision's layout (`torchvision.models.inception_v3`, without the auxiliary
    /// classifier).
    ///
    /// Inside a module the two axes see differently much: after a 1×7 convolution a unit is wide and low. The
    /// 7×1 that follows makes it square again.
    pub InceptionV3 {
        input: [3, 299, 299];

        block basic(c, k, s = 1, p = 0) {
            conv: conv(c, k, stride = s, padding = p, bias = false) -> bn: batch_norm -> relu
        }
        block inception_a(pool) {
            [branch1x1: basic(64, 1),
             branch5x5_1: basic(48, 1) -> branch5x5_2: basic(64, 5, p = 2),
             branch3x3dbl_1: basic(64, 1) -> branch3x3dbl_2: basic(96, 3, p = 1)
                 -> branch3x3dbl_3: basic(96, 3, p = 1),
             avg_pool(3, stride = 1, padding = 1) -> branch_pool: basic(pool, 1)]
        }
        block inception_b() {
            [branch3x3: basic(384, 3, s = 2),
             branch3x3dbl_1: basic(64, 1) -> branch3x3dbl_2: basic(96, 3, p = 1)
                 -> branch3x3dbl_3: basic(96, 3, s = 2),
             max_pool(3, stride = 2)]
        }
        block inception_c(c) {
            [branch1x1: basic(192, 1),
             branch7x7_1: basic(c, 1) -> branch7x7_2: basic(c, (1, 7), p = (0, 3))
                 -> branch7x7_3: basic(192, (7, 1), p = (3, 0)),
             branch7x7dbl_1: basic(c, 1) -> branch7x7dbl_2: basic(c, (7, 1), p = (3, 0))
                 -> branch7x7dbl_3: basic(c, (1, 7), p = (0, 3))
                 -> branch7x7dbl_4: basic(c, (7, 1), p = (3, 0))
                 -> branch7x7dbl_5: basic(192, (1, 7), p = (0, 3)),
             avg_pool(3, stride = 1, padding = 1) -> branch_pool: basic(192, 1)]
        }
        block inception_d() {
            [branch3x3_1: basic(192, 1) -> branch3x3_2: basic(320, 3, s = 2),
             branch7x7x3_1: basic(192, 1) -> branch7x7x3_2: basic(192, (1, 7), p = (0, 3))
                 -> branch7x7x3_3: basic(192, (7, 1), p = (3, 0)) -> branch7x7x3_4: basic(192, 3, s = 2),
             max_pool(3, stride = 2)]
        }
        block inception_e() {
            [branch1x1: basic(320, 1),
             branch3x3_1: basic(384, 1)
                 -> [branch3x3_2a: basic(384, (1, 3), p = (0, 1)),
                     branch3x3_2b: basic(384, (3, 1), p = (1, 0))],
             branch3x3dbl_1: basic(448, 1) -> branch3x3dbl_2: basic(384, 3, p = 1)
                 -> [branch3x3dbl_3a: basic(384, (1, 3), p = (0, 1)),
                     branch3x3dbl_3b: basic(384, (3, 1), p = (1, 0))],
             avg_pool(3, stride = 1, padding = 1) -> branch_pool: basic(192, 1)]
        }

        Conv2d_1a_3x3: basic(32, 3, s = 2);
        Conv2d_2a_3x3: basic(32, 3);
        Conv2d_2b_3x3: basic(64, 3, p = 1);
        maxpool1:      max_pool(3, stride = 2);
        Conv2d_3b_1x1: basic(80, 1);
        Conv2d_4a_3x3: basic(192, 3);
        maxpool2:      max_pool(3, stride = 2);
        Mixed_5b:      inception_a(32);
        Mixed_5c:      inception_a(64);
        Mixed_5d:      inception_a(64);
        Mixed_6a:      inception_b();
        Mixed_6b:      inception_c(128);
        Mixed_6c:      inception_c(160);
        Mixed_6d:      inception_c(160);
        Mixed_6e:      inception_c(192);
        Mixed_7a:      inception_d();
        Mixed_7b:      inception_e();
        Mixed_7c:      inception_e();
        avgpool:       global_avg_pool;
        dropout;
        fc:            linear(1000);

        assert rf(Mixed_5b) == 63;
        assert rf(Mixed_5c) == 95;
        assert rf(Mixed_5d) == 127;
        assert rf(Mixed_6a) == 159;
        assert rf(Mixed_6b) == 351;
        assert rf(Mixed_6c) == 543;
        assert rf(Mixed_6d) == 735;
        assert rf(Mixed_6e) == 927;
        assert rf(Mixed_7a) == 1055;
        assert rf(Mixed_7b) == 1183;
        assert rf(Mixed_7c) == 1311;
        // Wide and low, then square again.
        assert rf(Mixed_6b.branch7x7_2) == (159, 255);
        assert rf(Mixed_6b.branch7x7_3) == 255;

        assert jump(Mixed_5d) == 8;
        assert jump(Mixed_6e) == 16;
        assert jump(Mixed_7c) == 32;

        assert padding(Mixed_5b) == 18;
        assert padding(Mixed_5c) == 34;
        assert padding(Mixed_5d) == 50;
        assert padding(Mixed_6a) == 58;
        assert padding(Mixed_6b) == 154;
        assert padding(Mixed_6e) == 442;
        assert padding(Mixed_7a) == 490;
        assert padding(Mixed_7c) == 618;

        assert shape(Mixed_5d) == [288, 35, 35];
        assert shape(Mixed_6e) == [768, 17, 17];
        assert shape(Mixed_7c) == [2048, 8, 8];
        assert params() == 23_834_568;
        assert aligned(Mixed_7c);
        assert global(fc);
    }
}
