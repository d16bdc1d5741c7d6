receptive_field::network! {
    N {
        input: [3, 32, 32];
        a: conv(8, 3) -> relu;
        b: [a.7, a] -> conv(8, 3);
        c: (a.norm -> relu) + (c.9 -> relu);
        d: b.9 -> relu -> relu;
    }
}

fn main() {}
