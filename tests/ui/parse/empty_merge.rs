receptive_field::network! {
    N { input: [3, 32, 32]; a: []; b: add [relu, relu]; c: cat [relu]; }
}

fn main() {}
