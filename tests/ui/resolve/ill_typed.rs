receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: conv("8", [3]);
        b: conv(8, 2.5);
        c: conv(8, 3, bias = 1);
        d: leaky_relu(true);
    }
}

fn main() {}
