receptive_field::network! {
    N { input: [3, _, _]; a: conv(8, 3) -> global_avg_pool; assert rf(a) <= 64; }
}

fn main() {}
