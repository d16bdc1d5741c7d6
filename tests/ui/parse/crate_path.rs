receptive_field::network! {
    crate = 3; N { input: [3, 32, 32]; }
}

fn main() {}
