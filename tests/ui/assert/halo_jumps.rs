receptive_field::network! {
    N { input: [3, 10, 10]; a: [conv(8, 5, stride = 2), conv(8, 5) -> crop(((0, 3), (0, 3)))]; assert halo(a) <= 9; }
}

fn main() {}
