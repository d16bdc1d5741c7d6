receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, padding = 1) + (pad(((1, 0), (1, 0))) -> conv(8, 2)); b: relu; assert aligned(b); }
}

fn main() {}
