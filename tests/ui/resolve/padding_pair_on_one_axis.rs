receptive_field::network! {
    N { input: [3, 32]; a: conv(8, 3, padding = (1, 0)); }
}

fn main() {}
