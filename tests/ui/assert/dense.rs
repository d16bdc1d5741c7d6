receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, dilation = 2) * 3; assert dense(a); }
}

fn main() {}
