receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3); assert params() <= 200; assert params(a) == 216; assert macs() < 800_000; }
}

fn main() {}
