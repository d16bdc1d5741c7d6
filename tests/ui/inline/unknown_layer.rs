receptive_field::network! {
    Backbone { input: [3, _, _]; stem: conv(8, 3); layer1: conv(8, 3) -> relu; }
}

receptive_field::network! {
    N { input: [3, 32, 32]; a: Backbone; b: a.layer2 -> relu; assert rf(a.stemm) >= 3; assert rf(a.layer1) >= 9; }
}

fn main() {}
