receptive_field::network! {
    N { input: [3.5, "a", 32]; }
}

fn main() {}
