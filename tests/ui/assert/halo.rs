receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, padding = 1) * 2; assert halo(a) <= 1; }
}

fn main() {}
