receptive_field::network! {
    pub Detector = "weights/final.onnx" {}
}

fn main() {}
