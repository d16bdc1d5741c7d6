receptive_field::network! {
    A where { input: [3, 32, 32]; }
}

fn main() {}
