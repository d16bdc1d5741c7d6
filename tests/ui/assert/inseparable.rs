receptive_field::network! {
    N {
        input: [4, 8, 16];
        a: conv(4, (1, 9), stride = (2, 1), padding = (0, 4))
            -> conv_transpose(4, 1, stride = (2, 1), output_padding = (1, 0))
            + identity;
        assert rf(a, w) >= 9;
        assert rf(a, w) <= 9;
        assert live(a);
    }
}

fn main() {}
