receptive_field::network! {
    pub Detector<const D: usize> = "models/detector.onnx" {}
}

fn main() {}
