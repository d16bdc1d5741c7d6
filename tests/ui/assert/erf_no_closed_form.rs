receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3, padding = 1) -> squeeze_excite(2); assert erf(a) >= 9; }
}

fn main() {}
