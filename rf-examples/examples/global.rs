//! Global average pooling sees everything, with a reservation: everything that the layers before it see. Strides
//! and pools that do not divide the image leave pixels out at the far border, and no later layer brings them back.

use receptive_field::{Layer, network};

network! {
    /// Two pools and a global one, on an image whose side is a multiple of 4.
    Even {
        input: [3, 32, 32];
        pool1: max_pool(2);
        pool2: max_pool(2);
        all:   global_avg_pool;

        assert global(all);
        assert covers(all);
        assert rf(all) == 32;
    }
}

network! {
    /// The same layers on 35×35: PyTorch's pools round down, 35 → 17 → 8, and 8 units of 4 pixels are 32.
    Odd {
        input: [3, 35, 35];
        pool1: max_pool(2);
        pool2: max_pool(2);
        all:   global_avg_pool;

        assert global(all);
        assert !covers(all);
        assert rf(all) == 32;
    }
}

network! {
    /// With `ceil_mode` the last window may hang over the border, and nothing is left out.
    Ceil {
        input: [3, 35, 35];
        pool1: max_pool(2, ceil_mode = true);
        pool2: max_pool(2, ceil_mode = true);
        all:   global_avg_pool;

        assert covers(all);
        assert rf(all) == 35;
    }
}

fn main() {
    println!(
        "A global layer's field is no sum of kernels: it is what all units of the layer's input see together.\n"
    );
    show("32×32", &Even::all);
    show("35×35", &Odd::all);
    show("35×35, ceil_mode", &Ceil::all);
    println!(
        "\nSo `global` says that some path sees all units, and `covers` whether those units see all pixels."
    );
    println!(
        "With an image of unknown size (`_`) a global field has no bound: `>=` holds for it, `<=` fails."
    );
    println!(
        "\nThe field around the global path is kept beside it: without the pool a unit sees {}.",
        Odd::pool2.rf().max()
    );
}

fn show(case: &str, layer: &Layer<'_>) {
    let image = layer.table().input_extent(0);
    let field = layer.clipped_field(0, 0);
    let left_out = image - field.extent();
    println!(
        "    {case:18} `{}` sees pixels {} to {} of 0 to {}: {}",
        layer.name(),
        field.first,
        field.last,
        image - 1,
        if left_out == 0 { "all of them".to_owned() } else { format!("the last {left_out} are never read") }
    );
}
