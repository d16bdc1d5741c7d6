receptive_field::network! {
    N { input: [3, 32, 32]; input: [3, 32, 32]; init: xavier; init: lecun; a: relu; }
}

fn main() {}
