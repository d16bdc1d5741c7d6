receptive_field::network! {
    N { input: [3, 32, 32]; layer1: conv(8, 3); assert rf(layer2) >= 3; }
}

fn main() {}
