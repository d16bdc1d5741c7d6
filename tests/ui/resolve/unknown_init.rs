receptive_field::network! {
    N { input: [3, 32, 32]; init: he_fan_inn; a: relu; }
}

fn main() {}
