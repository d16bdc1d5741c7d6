receptive_field::network! {
    pub Odd = "models/unknown.onnx" {
        assert rf("conv1") == 3;
        assert rf("conv2") >= 3;
    }
}

fn main() {}
