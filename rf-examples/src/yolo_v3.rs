//! YOLOv3: Darknet-53 and three heads.

use receptive_field::network;

network! {
    /// YOLOv3 at 416×416 (Redmon and Farhadi 2018, "YOLOv3: An Incremental Improvement", arXiv:1804.02767,
    /// table 1 and section 2.3; `yolov3.cfg` of Darknet), 80 classes, 3 anchors a scale.
    ///
    /// The largest anchor is 373×326 pixels: `large` sees 917. The smallest head's units see 949 or 981 pixels,
    /// by their place, since two nearest upsamplings stand between them and the deepest layers.
    pub YoloV3 {
        input: [3, 416, 416];

        block cbl(c, k, s = 1) {
            conv: conv(c, k, stride = s, padding = k / 2, bias = false) -> bn: batch_norm
                -> leaky_relu(negative_slope = 0.1)
        }
        block residual(c) { cbl(c / 2, 1) -> cbl(c, 3) + identity }
        block five(c) { cbl(c, 1) -> cbl(2 * c, 3) -> cbl(c, 1) -> cbl(2 * c, 3) -> cbl(c, 1) }

        stem:   cbl(32, 3);
        dark1:  cbl(64, 3, s = 2) -> residual(64);
        dark2:  cbl(128, 3, s = 2) -> residual(128) * 2;
        dark3:  cbl(256, 3, s = 2) -> residual(256) * 8;
        dark4:  cbl(512, 3, s = 2) -> residual(512) * 8;
        dark5:  cbl(1024, 3, s = 2) -> residual(1024) * 4;

        neck5:  five(512);
        large:  cbl(1024, 3) -> conv(255, 1);
        neck4:  [neck5 -> cbl(256, 1) -> upsample(2), dark4] -> five(256);
        medium: cbl(512, 3) -> conv(255, 1);
        neck3:  [neck4 -> cbl(128, 1) -> upsample(2), dark3] -> five(128);
        small:  cbl(256, 3) -> conv(255, 1);

        assert rf(dark1) == 9;
        assert rf(dark2) == 29;
        assert rf(dark3) == 165;
        assert rf(dark4) == 437;
        assert rf(dark5) == 725;
        assert padding(dark5) == 362;

        assert rf(large) == 917;
        assert rf(medium) == 949;
        assert rf(small) >= 949;
        assert rf(small) <= 981;
        assert jump(large) == 32;
        assert jump(medium) == 16;
        assert jump(small) == 8;

        assert shape(large) == [255, 13, 13];
        assert shape(medium) == [255, 26, 26];
        assert shape(small) == [255, 52, 52];
        assert params() == 61_949_149;
    }
}
