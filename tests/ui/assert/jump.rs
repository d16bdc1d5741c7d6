receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, stride = 3) -> upsample(2); assert jump(a) == 2; assert aligned(a); }
}

fn main() {}
