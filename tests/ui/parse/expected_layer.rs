receptive_field::network! {
    N { input: [3, 32, 32]; a: relu -> ; b: relu + 3; c: relu => relu; d: -> relu; e: while; }
}

fn main() {}
