receptive_field::network! { Tcn<const D: usize> { input: [1, _]; a: conv(1, 3, dilation = D); } }

receptive_field::network! { N<const D: usize> { input: [1, 32]; a: Tcn<D>; b: Tcn<4>; } }

fn main() {}
