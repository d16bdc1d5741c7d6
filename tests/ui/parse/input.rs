receptive_field::network! {
    N { input: 3; init: 7; a: relu; }
}

fn main() {}
