receptive_field::network! {
    N { input: [3, 16, 16]; a: conv(8, 9, padding = 4) * 3; assert productive(a); }
}

fn main() {}
