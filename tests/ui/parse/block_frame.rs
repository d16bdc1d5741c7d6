receptive_field::network! {
    N {
        input: [3, 32, 32];
        block a { relu }
        block b() relu;
        block c() {}
        block d(x: i64) { relu }
        block e(3) { relu }
    }
}

fn main() {}
