//! A tour of ResNet-50: what each stage sees, then each layer, then single rows, in a program and in a `const`.
//!
//! The numbers were computed by the compiler: this program only prints them.

use receptive_field::Layer;
use rf_examples::resnet_bottleneck::ResNet50;

/// A row in const context: a wrong number here would not compile.
const FIRST: Layer<'static> = ResNet50::TABLE.row("layer1.0.conv2");
const _: () = assert!(FIRST.rf().min() == 19);

fn main() {
    println!(
        "ResNet-50 by stage. `field` is what one unit sees, `jump` how far its neighbour's field is moved,"
    );
    println!("both in pixels of the 224×224 image.\n");
    println!("{}\n", ResNet50::TABLE);

    println!("The same by layer, down to the first block of layer1:\n");
    for line in format!("{:#}", ResNet50::TABLE).lines().take(18) {
        println!("{line}");
    }
    println!("  ...\n");

    println!("Three rows by name:\n");
    describe(&ResNet50::maxpool);
    describe(&FIRST);
    describe(&ResNet50::layer4);

    if let Some(cause) = ResNet50::fc.global_cause() {
        println!("`fc` sees the whole image, through `{}`.", cause.name());
    }
}

fn describe(layer: &Layer<'_>) {
    let (first, next) = (layer.field(0, 0), layer.field(0, 1));
    println!("  {:15} unit 0 sees rows {:4} to {:3}", layer.name(), first.first, first.last);
    println!(
        "  {:15} unit 1 sees rows {:4} to {:3}, {} further",
        "",
        next.first,
        next.last,
        next.first - first.first
    );
    println!("  {:15} {} px high, {} parameters\n", "", first.extent(), layer.params());
}
