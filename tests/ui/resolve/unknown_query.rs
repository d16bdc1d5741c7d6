receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: relu;
        assert rff(a) >= 3;
        assert rf() >= 3;
        assert rf(a, x) >= 3;
        assert rf(a, energy = 3) >= 3;
        assert params(a, h) > 3;
    }
}

fn main() {}
