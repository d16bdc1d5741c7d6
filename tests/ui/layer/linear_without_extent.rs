receptive_field::network! {
    N { input: [3, _, _]; a: linear(10); }
}

fn main() {}
