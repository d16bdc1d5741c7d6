receptive_field::network! {
    Backbone { input: [3, _, _]; stem: conv(8, 3); layer1: conv(8, 3) -> relu; }
}

receptive_field::network! { N { input: [1, 32, 32]; a: conv(4, 3); b: Backbone; } }

fn main() {}
