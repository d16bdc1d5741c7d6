receptive_field::network! {
    N { input: [3, _, _]; a: conv(8, 3, stride = 2, padding = same); }
}

fn main() {}
