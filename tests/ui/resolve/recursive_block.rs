receptive_field::network! {
    N { input: [3, 32, 32]; block a(c) { b(c) } block b(c) { conv(c, 3) -> a(c) } x: a(8); }
}

fn main() {}
