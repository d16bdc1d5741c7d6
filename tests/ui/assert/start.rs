receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, padding = 1); assert start(a) == 0; assert padding(a) >= 2; }
}

fn main() {}
