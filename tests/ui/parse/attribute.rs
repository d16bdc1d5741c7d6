receptive_field::network! {
    N { input: [3, 32, 32]; #[inline] a: relu; #[= 3] b: relu; }
}

fn main() {}
