receptive_field::network! {
    N { input: [3, 32, 32]; a: pixel_shuffle(2); }
}

fn main() {}
