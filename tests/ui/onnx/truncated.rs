receptive_field::network! {
    pub Detector = "models/truncated.onnx" {}
}

fn main() {}
