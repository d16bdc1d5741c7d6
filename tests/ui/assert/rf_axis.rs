receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, (1, 7)) -> conv(8, (3, 1)); assert rf(a, h) > 3; assert rf(a) == 7; }
}

fn main() {}
