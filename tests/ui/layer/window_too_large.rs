receptive_field::network! {
    N { input: [3, 5, 9]; a: conv(8, 7); }
}

fn main() {}
