receptive_field::network! {
    N { input: [3, 16, 16]; a: conv(8, 3, padding = 1) * 3; assert covers(a); }
}

fn main() {}
