receptive_field::network! {
    N { input: [3, 32, 32]; TABLE: conv(8, 3); }
}

fn main() {}
