receptive_field::network! {
    N { input: [3, _]; a: upsample(400) -> upsample(400); }
}

fn main() {}
