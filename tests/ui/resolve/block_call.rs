receptive_field::network! {
    N {
        input: [3, 32, 32];
        block b(c, k = 3) { conv(c, k) }
        a: b;
        c: b();
        d: b(8, 3, 4);
        e: b(8, kk = 3);
    }
}

fn main() {}
