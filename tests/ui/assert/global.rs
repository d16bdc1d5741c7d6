receptive_field::network! {
    N { input: [3, 16, 16]; a: conv(8, 3); b: global_avg_pool; assert global(a); assert !global(b); }
}

fn main() {}
