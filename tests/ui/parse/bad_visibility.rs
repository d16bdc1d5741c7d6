receptive_field::network! {
    pub(everywhere) A { input: [3, 32, 32]; }
}

fn main() {}
