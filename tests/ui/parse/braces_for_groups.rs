receptive_field::network! {
    N { input: [3, 32, 32]; a: { conv(8, 3) }; }
}

fn main() {}
