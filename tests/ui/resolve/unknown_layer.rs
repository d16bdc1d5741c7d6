receptive_field::network! {
    N { input: [3, 32, 32]; a: convolution(8, 3); b: batchnorm; }
}

fn main() {}
