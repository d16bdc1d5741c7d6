receptive_field::network! {
    Backbone { input: [3, _, _]; stem: conv(8, 3); layer1: conv(8, 3) -> relu; }
}

receptive_field::network! { N { input: [3, 4, 4]; a: Backbone; } }

fn main() {}
