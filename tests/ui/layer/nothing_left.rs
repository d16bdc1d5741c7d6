receptive_field::network! {
    N { input: [3, 4, 4]; a: crop(2); }
}

fn main() {}
