receptive_field::network! {
    N { input: [3, 32, 32]; a: Backbone; b: a.layer3 -> relu; }
}

fn main() {}
