receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3); assert !rf(a) >= 3; assert !aligned(a); }
}

fn main() {}
