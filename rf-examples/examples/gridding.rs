//! Gridding: which pixels a unit really reads. A field can span many pixels and read few of them, and need not be
//! a box at all.

use receptive_field::trace::{Bounds, mask};
use receptive_field::{Layer, network};
use rf_examples::hdc::{Hdc125, Hdc222};

network! {
    /// Two parallel paths, one wide and one high.
    Cross {
        input: [1, _, _];
        sum: conv(1, (1, 7), padding = (0, 3)) + conv(1, (7, 1), padding = (3, 0));

        assert rf(sum) == 7;
        // Along each axis every pixel is read somewhere ...
        assert dense(sum);
    }
}

fn main() {
    println!(
        "Three 3×3 convolutions of dilation 2, 2, 2. The image falls apart into four that never meet:\n"
    );
    draw(&Hdc222::group);
    println!("Dilations 1, 2, 5 (Wang et al. 2017) span more and leave nothing out:\n");
    draw(&Hdc125::group);
    println!(
        "A 1×7 and a 7×1 convolution side by side. No row and no column is without a pixel, and still the field"
    );
    println!("is a cross and not a square: the mask says what two numbers cannot:\n");
    draw(&Cross::sum);
}

/// Draws what unit (0, 0) reads.
fn draw(layer: &Layer<'_>) {
    let input = layer.table().layer(0);
    let mask = match mask(layer, &[0, 0], &input, Bounds::Unbounded) {
        Ok(mask) => mask,
        Err(error) => return println!("{error}"),
    };
    let [rows, columns] = mask.window() else { return };
    for y in rows.first..=rows.last {
        let line: String = (columns.first..=columns.last)
            .map(|x| if mask.contains(&[y, x]) { " #" } else { " ." })
            .collect();
        println!("   {line}");
    }
    println!(
        "\n    {} of {}×{} pixels, {:.0} %\n",
        mask.count(),
        rows.extent(),
        columns.extent(),
        100.0 * mask.coverage()
    );
}
