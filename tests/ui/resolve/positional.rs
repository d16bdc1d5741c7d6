receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: conv(8, 3, 2);
        b: conv(channels = 8, 3);
        c: relu(3);
        d: batch_norm(eps = 3);
    }
}

fn main() {}
