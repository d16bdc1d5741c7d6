receptive_field::network! {
    N { input: [3, 16, 16]; a: conv_transpose(8, 2, stride = 3); assert live(a); }
}

fn main() {}
