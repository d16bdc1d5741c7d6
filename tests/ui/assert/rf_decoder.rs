receptive_field::network! {
    N {
        input: [1, 64, 64];
        block double(c) { (conv(c, 3, padding = 1) -> relu) * 2 }
        enc: double(8);
        bottom: max_pool(2) -> double(16);
        dec: [conv_transpose(8, 2, stride = 2), enc] -> double(8);
        assert rf(dec) <= 16;
        assert aligned(dec);
    }
}

fn main() {}
