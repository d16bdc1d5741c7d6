receptive_field::network! {
    N { input: [3, 32, 32]; a: conv(99999999999999999999, 3); }
}

fn main() {}
