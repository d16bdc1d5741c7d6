receptive_field::network! {
    N { input: [3, 64, 64]; a: max_pool(2, stride = 2) + conv(3, 1, stride = 2); assert aligned(a); }
}

fn main() {}
