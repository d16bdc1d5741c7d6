receptive_field::network! {
    N { input: [3, 32, 32]; enc: relu; c: "enc" * 2; }
}

fn main() {}
