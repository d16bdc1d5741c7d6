const WIDTH: f32 = 8.0;
const NAMES: [&str; 3] = ["a", "b", "c"];

receptive_field::network! {
    N { input: [3, 32, 32]; a: conv(WIDTH, 3); b: conv(8, NAMES.len() as f64); }
}

fn main() {}
