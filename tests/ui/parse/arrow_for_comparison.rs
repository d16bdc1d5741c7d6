receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3); assert rf(a) => 3; assert rf(a) =< 3; b: relu; }
}

const _: receptive_field::Layer<'static> = N::b;

fn main() {}
