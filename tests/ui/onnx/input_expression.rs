const SIZE: usize = 64;

receptive_field::network! {
    pub Detector = "models/open.onnx" { input: [3, SIZE, SIZE]; }
}

fn main() {}
