receptive_field::network! {
    N { input: [3, _, _]; a: conv(8, 3); assert macs() < 800_000; }
}

fn main() {}
