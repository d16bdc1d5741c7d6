receptive_field::network! {
    N { input: [3, 32, 32]; block b(k) { conv(8, k * 2) } a: b((1, 3)); }
}

fn main() {}
