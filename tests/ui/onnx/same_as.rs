receptive_field::network! {
    pub Detector {
        input: [3, 64, 64];
        conv1: conv(8, 3, stride = 2, padding = 1);
        body: conv(8, 3, padding = 2, dilation = 2) -> batch_norm -> relu;
        skip: conv1 + body;
        boxes: conv(4, 1);
        scores: skip -> conv(2, 1);
        same_as "models/wider.onnx";
    }
}

fn main() {}
