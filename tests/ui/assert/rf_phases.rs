receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, stride = 2, padding = 1) -> conv_transpose(8, 3, stride = 2, padding = 1, output_padding = 1); assert rf(a) == 3; }
}

fn main() {}
