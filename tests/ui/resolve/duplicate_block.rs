receptive_field::network! {
    N { input: [3, 32, 32]; block b() { relu } block b() { tanh } block conv(c, c) { relu } }
}

fn main() {}
