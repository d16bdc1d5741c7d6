const NARROW: i64 = -1;

receptive_field::network! {
    N { input: [3, -1, NARROW]; a: conv(8, 3); assert shape(a) == [8, _, -1]; }
}

fn main() {}
