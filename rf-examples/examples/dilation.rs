//! Dilation: three taps, two apart, span five pixels. A dilated kernel is as wide as a larger dense one and
//! reads as few pixels as a small one.

use receptive_field::{Layer, network};

network! {
    /// A 3×3 kernel at dilation 2 beside the 5×5 kernel that spans as much.
    Kernels {
        input: [1, 32, 32];
        small:   conv(1, 3, bias = false);
        dilated: "input" -> conv(1, 3, dilation = 2, bias = false);
        large:   "input" -> conv(1, 5, bias = false);

        assert rf(small) == 3;
        assert rf(dilated) == 5;
        assert rf(large) == 5;
        assert !dense(dilated);
        assert params(dilated) == 9;
        assert params(large) == 25;
    }
}

fn main() {
    println!("A kernel of k taps, d apart, spans k_eff = k + (k - 1)(d - 1) pixels: k = 3, d = 2 is 5.\n");
    for (layer, kernel, dilation) in
        [(Kernels::small, 3, 1), (Kernels::dilated, 3, 2), (Kernels::large, 5, 1)]
    {
        show(&layer, kernel, dilation);
    }
    println!(
        "\nWherever a rule speaks of the kernel, k_eff takes its place: the field of a stack, the extent of the"
    );
    println!(
        "output, the padding that keeps it ((k_eff - 1) / 2 a side). Only the weights are those of k: the dilated"
    );
    println!("kernel spans what 5×5 does with 9 weights instead of 25, and looks at 9 of the 25 pixels.");
}

fn show(layer: &Layer<'_>, kernel: usize, dilation: usize) {
    let extent = kernel + (kernel - 1) * (dilation - 1);
    let taps: String = (0..extent).map(|pixel| if pixel % dilation == 0 { " x" } else { " ." }).collect();
    println!("    {:8} {taps:11}  sees {} px, {} weights", layer.name(), layer.rf().max(), layer.params());
}
