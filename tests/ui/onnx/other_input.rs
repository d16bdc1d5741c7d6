receptive_field::network! {
    pub Detector = "models/detector.onnx" { input: [3, 128, 128]; }
}

fn main() {}
