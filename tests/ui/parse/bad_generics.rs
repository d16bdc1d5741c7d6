receptive_field::network! {
    N<const D> { input: [3, 32, 32]; }
}

fn main() {}
