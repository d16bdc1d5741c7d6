receptive_field::network! {
    A = "net.onnx" { input: [3, 32, 32]; }
}

fn main() {}
