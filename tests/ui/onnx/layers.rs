receptive_field::network! {
    pub Detector = "models/detector.onnx" {
        neck: conv(8, 3);
        assert rf("conv1") == 3;
    }
}

fn main() {}
