//! MobileNet v1: depthwise convolutions, and TensorFlow's `SAME` padding.

use receptive_field::network;

network! {
    /// MobileNet v1 (Howard et al. 2017, "MobileNets", arXiv:1704.04861, table 1), in TF-Slim's layout and names
    /// (`slim.nets.mobilenet_v1`).
    ///
    /// `same` pads as much as the extent at each level asks for, and puts an odd pixel after: at 224 the first
    /// convolution pads nothing before. Effective padding is therefore a property of network *and* input: 126
    /// here, 157 in [`MobileNetV1At321`].
    pub MobileNetV1 {
        input: [3, 224, 224];

        block depthwise(s = 1) {
            depthwise_conv(3, stride = s, padding = same, bias = false) -> batch_norm -> relu6
        }
        block pointwise(c) { conv(c, 1, bias = false) -> batch_norm -> relu6 }

        Conv2d_0:            conv(32, 3, stride = 2, padding = same, bias = false) -> batch_norm -> relu6;
        Conv2d_1_depthwise:  depthwise();
        Conv2d_1_pointwise:  pointwise(64);
        Conv2d_2_depthwise:  depthwise(s = 2);
        Conv2d_2_pointwise:  pointwise(128);
        Conv2d_3_depthwise:  depthwise();
        Conv2d_3_pointwise:  pointwise(128);
        Conv2d_4_depthwise:  depthwise(s = 2);
        Conv2d_4_pointwise:  pointwise(256);
        Conv2d_5_depthwise:  depthwise();
        Conv2d_5_pointwise:  pointwise(256);
        Conv2d_6_depthwise:  depthwise(s = 2);
        Conv2d_6_pointwise:  pointwise(512);
        Conv2d_7_depthwise:  depthwise();
        Conv2d_7_pointwise:  pointwise(512);
        Conv2d_8_depthwise:  depthwise();
        Conv2d_8_pointwise:  pointwise(512);
        Conv2d_9_depthwise:  depthwise();
        Conv2d_9_pointwise:  pointwise(512);
        Conv2d_10_depthwise: depthwise();
        Conv2d_10_pointwise: pointwise(512);
        Conv2d_11_depthwise: depthwise();
        Conv2d_11_pointwise: pointwise(512);
        Conv2d_12_depthwise: depthwise(s = 2);
        Conv2d_12_pointwise: pointwise(1024);
        Conv2d_13_depthwise: depthwise();
        Conv2d_13_pointwise: pointwise(1024);
        pool:                global_avg_pool;
        dropout;
        logits:              linear(1000);

        assert rf(Conv2d_0) == 3;
        assert rf(Conv2d_1_pointwise) == 7;
        assert rf(Conv2d_2_pointwise) == 11;
        assert rf(Conv2d_5_pointwise) == 43;
        assert rf(Conv2d_11_pointwise) == 219;
        assert rf(Conv2d_13_pointwise) == 315;

        assert jump(Conv2d_0) == 2;
        assert jump(Conv2d_2_pointwise) == 4;
        assert jump(Conv2d_13_pointwise) == 32;

        assert padding(Conv2d_0) == 0;
        assert padding(Conv2d_1_pointwise) == 2;
        assert padding(Conv2d_2_pointwise) == 2;
        assert padding(Conv2d_11_pointwise) == 94;
        assert padding(Conv2d_13_pointwise) == 126;

        assert shape(Conv2d_13_pointwise) == [1024, 7, 7];
        assert params() == 4_231_976;
    }
}

network! {
    /// [`MobileNetV1`] at 321×321, where every level has an odd extent and `same` pads evenly.
    pub MobileNetV1At321 {
        input: [3, 321, 321];

        mobilenet: MobileNetV1;

        assert rf(mobilenet.Conv2d_13_pointwise) == 315;
        assert jump(mobilenet.Conv2d_13_pointwise) == 32;
        assert padding(mobilenet.Conv2d_0) == 1;
        assert padding(mobilenet.Conv2d_2_pointwise) == 5;
        assert padding(mobilenet.Conv2d_11_pointwise) == 109;
        assert padding(mobilenet.Conv2d_13_pointwise) == 157;
        assert shape(mobilenet.Conv2d_13_pointwise) == [1024, 11, 11];
    }
}
