receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: conv(8, 3, padding = (1, 1, 1));
        b: conv(8, 3, padding = ((1, 1, 1), 1));
        c: pad(same);
    }
}

fn main() {}
