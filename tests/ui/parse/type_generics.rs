receptive_field::network! {
    N<T, 'a> { input: [3, 32, 32]; }
}

fn main() {}
