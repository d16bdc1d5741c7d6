receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, (1, 7)); assert rf(a) == (1, 5); }
}

fn main() {}
