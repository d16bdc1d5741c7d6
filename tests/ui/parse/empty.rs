receptive_field::network! {
}

fn main() {}
