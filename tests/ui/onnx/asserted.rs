receptive_field::network! {
    pub Detector = "models/detector.onnx" {
        assert local_rf("conv4-1") >= 64;
    }
}

fn main() {}
