receptive_field::network! {
    N { input: [3, 32, 32]; a: conv(8 +, 3); b: conv(if true { 1 } else { 2 }, 3); c: conv(*, fn); }
}

fn main() {}
