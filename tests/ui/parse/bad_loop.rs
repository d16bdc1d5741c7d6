receptive_field::network! {
    N { input: [3, 32, 32]; a: for d of [1, 2] { relu }; b: for d in 3 { relu }; c: for d in 0..2 {}; }
}

fn main() {}
