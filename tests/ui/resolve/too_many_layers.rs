receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: relu * 60_000;
        b: relu * 60_000;
        c: for i in 0..1_000_000_000_000 { relu };
    }
}

fn main() {}
