receptive_field::network! {
    N { input: [3, 32, 32]; a: relu; /** text */ }
}

fn main() {}
