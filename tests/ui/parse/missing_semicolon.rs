receptive_field::network! {
    N { input: [3, 32, 32]; conv1: conv(8, 3) conv2: conv(8, 3); }
}

fn main() {}
