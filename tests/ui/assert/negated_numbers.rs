receptive_field::network! {
    N {
        input: [3, 64, 32];
        a: conv(8, (3, 5), stride = (2, 1));
        assert !rf(a) == (3, 5);
        assert !rf(a, w) > 4;
        assert !jump(a) <= 2;
        assert !shape(a) == [8, _, 28];
        assert !params() < 1_000;
    }
}

fn main() {}
