receptive_field::network! {
    N { input: [1, _]; a: for d in [1, 2, 4] { conv(4, 3, dilation = d, padding = same) }; b: conv(4, 5, padding = 2); assert halo(b) <= 8; }
}

fn main() {}
