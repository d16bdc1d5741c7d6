receptive_field::network! {
    N { input: [3, 16, 16]; a: conv(8, 17, padding = 8); assert covers(a); }
}

fn main() {}
