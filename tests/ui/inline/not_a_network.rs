receptive_field::network! {
    N { input: [3, 32, 32]; a: std::string::String; }
}

fn main() {}
