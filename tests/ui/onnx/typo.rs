receptive_field::network! {
    pub Detector = "models/detector.onnx" {
        assert local_rf("conv4_1") >= 3;
    }
}

fn main() {}
