receptive_field::network! {
    N {
        input: [3, 32, 32];
        conv1: cnv(8, 3);
        conv2: conv(8, kernal = 3);
        conv3: conv(8, 3, stride = 2, stride = 2);
        assert rf(conv3) >= 3;
    }
}

fn main() {}
