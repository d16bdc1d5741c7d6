receptive_field::network! {
    N { input: [3, 32, 32]; "": relu; }
}

fn main() {}
