receptive_field::network! {
    N { input: [3]; }
}

fn main() {}
