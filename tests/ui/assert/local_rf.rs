receptive_field::network! {
    N { input: [3, 64, 64]; a: conv(8, 3) -> squeeze_excite(2); b: global_avg_pool; assert local_rf(a) >= 5; assert local_rf(b) >= 3; }
}

fn main() {}
