receptive_field::network! {
    N {
        input: [3, 16, 16];
        a: conv(8, 3, stride = 3, padding = 1) -> upsample(2);
        assert jump(a) == 1 + 1 / 2;
        assert jump(a) == (3 / 2, 2);
        assert jump(a) == 1.5;
    }
}

fn main() {}
