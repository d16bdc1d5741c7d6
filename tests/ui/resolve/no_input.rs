receptive_field::network! {
    N { a: conv(8, 3); }
}

fn main() {}
