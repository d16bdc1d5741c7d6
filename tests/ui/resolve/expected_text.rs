receptive_field::network! {
    N { input: [3, 32, 32]; a: opaque(NonMaxSuppression, channels = 4, extent = _); }
}

fn main() {}
