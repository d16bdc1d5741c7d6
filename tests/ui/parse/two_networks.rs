receptive_field::network! {
    A { input: [3, 32, 32]; } B { input: [3, 32, 32]; }
}

fn main() {}
