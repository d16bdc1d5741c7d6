receptive_field::network! {
    A = net { input: [3, 32, 32]; }
}

fn main() {}
