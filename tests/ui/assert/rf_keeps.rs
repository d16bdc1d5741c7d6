receptive_field::network! {
    N {
        input: [3, 64, 64];
        stem: conv(16, 7, stride = 2, padding = 3);
        pool: max_pool(2);
        body: conv(16, 3, padding = 1) * 3;
        head: depthwise_conv(3, padding = same) -> conv(4, 1);
        assert rf(head) >= 48;
        assert shape(head) == [4, 16, 16];
        assert params() < 12_000;
        assert jump(head) == 4;
    }
}

fn main() {}
