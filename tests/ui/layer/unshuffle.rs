receptive_field::network! {
    N { input: [3, 9, 9]; a: pixel_unshuffle(2); }
}

fn main() {}
