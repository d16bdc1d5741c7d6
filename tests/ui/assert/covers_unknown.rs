receptive_field::network! {
    N { input: [3, _, _]; a: conv(8, 3, padding = 1); assert covers(a); }
}

fn main() {}
