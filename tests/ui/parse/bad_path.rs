receptive_field::network! {
    N { input: [3, 32, 32]; a: relu; b: a.1e5 -> relu; c: a. -> relu; }
}

fn main() {}
