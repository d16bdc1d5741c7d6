receptive_field::network! {
    pub N
}

fn main() {}
