receptive_field::network! {
    N { input: [3, 32, 32]; a: upsample(2, mode = bilinar); b: upsample(2, mode = 3); }
}

fn main() {}
