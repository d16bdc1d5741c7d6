receptive_field::network! {
    N { input: [3, 9, 9]; a: conv(8, 3, stride = 2, padding = 1) + conv(8, 5); assert aligned(a); }
}

fn main() {}
