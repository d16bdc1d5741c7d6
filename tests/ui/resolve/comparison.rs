receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: relu;
        assert rf(a);
        assert aligned(a) == 1;
        assert shape(a) >= [3];
        assert shape(a) == 3;
        assert jump(a) == 1 / 0;
        assert rf(a) >= "3";
    }
}

fn main() {}
