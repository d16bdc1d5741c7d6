receptive_field::network! {
    pub Detector {
        input: [3, _, _];
        conv1: conv(8, 3, stride = 2, padding = 1);
        body: conv(8, 3, padding = 2, dilation = 2);
        skip: conv1 + body;
        boxes: conv(4, 1);
        same_as "models/detector.onnx";
    }
}

fn main() {}
