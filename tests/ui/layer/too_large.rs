receptive_field::network! {
    N { input: [3, 32, 32]; a: conv(8, 3, dilation = 4_000_000_000); }
}

fn main() {}
