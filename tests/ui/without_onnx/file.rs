receptive_field::network! {
    A = "net.onnx" { assert rf("conv1") >= 3; }
}

fn main() {}
