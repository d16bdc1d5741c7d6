receptive_field::network! {
    pub Detector = "models/detecter.onnx" { assert aligned("skip"); }
}

fn main() {}
