receptive_field::network! {
    N { input: [3, 32, 32]; conv1: conv(8, 2.5); }
}

fn main() {}
