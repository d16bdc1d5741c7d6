receptive_field::network! {
    N { input: [3, 32, 32]; a: (relu; relu); b: [relu; relu]; block c() { relu; relu } }
}

fn main() {}
