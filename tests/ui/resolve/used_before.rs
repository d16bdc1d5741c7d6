receptive_field::network! {
    N { input: [3, 32, 32]; a: b -> conv(8, 3); b: relu; }
}

fn main() {}
