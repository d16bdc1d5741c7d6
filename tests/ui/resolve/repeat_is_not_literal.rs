const DEPTH: usize = 3;

receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: relu * DEPTH;
        b: for i in 0..DEPTH { relu };
        c: relu * 0;
        d: for i in 3..3 { relu };
        e: for i in [] { relu };
    }
}

fn main() {}
