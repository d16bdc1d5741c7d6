receptive_field::network! {
    N {
        input: [3, 32, 32];
        "a.1": relu;
        a: relu -> tanh;
        "a.0": relu;
    }
}

fn main() {}
