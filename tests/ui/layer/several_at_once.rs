receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: conv(8, 0);
        b: relu;
        c: "input" -> conv(8, 64);
        d: b -> conv(8, 3);
        assert rf(d) >= 100;
    }
}

fn main() {}
