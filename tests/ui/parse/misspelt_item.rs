receptive_field::network! {
    N {
        input: [3, 32, 32];
        blok double(c) { conv(c, 3) -> relu }
        a: double(3);
        b relu;
        asert rf(b) >= 3;
    }
}

const _: receptive_field::Layer<'static> = N::b;

fn main() {}
