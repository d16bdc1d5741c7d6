receptive_field::network! {
    N { input: [3, 32, 32]; a: relu; assert (rf(a) >= 3); assert rf; assert rf(3) >= 3; }
}

fn main() {}
