receptive_field::network! {
    pub Large = "models/large_kernel.onnx" {}
}

fn main() {}
