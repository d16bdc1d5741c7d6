receptive_field::network! {
    N { input: [3, 32, 32]; enc: relu; b: enc(3); c: enc * 2 -> relu; }
}

fn main() {}
