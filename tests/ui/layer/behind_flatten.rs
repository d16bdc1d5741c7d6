receptive_field::network! {
    N { input: [3, 8, 8]; a: flatten -> conv(8, 3); }
}

fn main() {}
