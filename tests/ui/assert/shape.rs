receptive_field::network! {
    N { input: [3, 64, 48]; a: conv(8, 3); assert shape(a) == [8, _, 48]; }
}

fn main() {}
