receptive_field::network! {
    N { input: [3, 32, 32]; block b(c d) { relu } a: conv(8 3, stride = ); b: max_pool((2 2)); }
}

fn main() {}
