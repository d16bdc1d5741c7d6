//! Several paths: a unit behind an addition sees what its paths see together. The field is the union of theirs,
//! from the smallest left end to the largest right end, and not the sum of the layers one after another.

use receptive_field::graph::{Merge, Op};
use receptive_field::{Layer, Table, network};

network! {
    /// A residual block: one pixel through the identity, five through two 3×3 convolutions.
    Block {
        input: [8, 32, 32];
        body: conv1: conv(8, 3, padding = 1) -> relu -> conv2: conv(8, 3, padding = 1) + identity;

        assert rf(body) == 5;
        assert aligned(body);
    }
}

network! {
    /// Two 3×3 convolutions, the one moved two pixels to the left and the other two to the right by their
    /// padding: equal fields, different centres, and a union wider than either.
    Shifted {
        input: [8, 32, 32];
        sum: left: conv(8, 3, padding = ((3, -1), (3, -1))) + right: conv(8, 3, padding = ((-1, 3), (-1, 3)));

        assert rf(sum.left) == 3;
        assert rf(sum.right) == 3;
        assert rf(sum) == 7;
        assert !aligned(sum);
    }
}

fn main() {
    println!("What unit 16 sees, pixels 9 to 23:\n");
    println!("A residual block");
    paths(&Block::TABLE);
    println!(
        "\nThe union of a centred path with a wider centred path is the wider one: 5 px. A tool that walks the"
    );
    println!(
        "branches in sequence would add the two and, over ResNet-50's sixteen blocks, answer 1963 instead of 427."
    );
    println!("The shortest path is kept beside the widest: {} px here.\n", Block::body.shortest(0));

    println!("Two paths with different centres");
    paths(&Shifted::TABLE);
    println!(
        "\nEach sees 3 px, together they span max(right) - min(left) + 1 = 7, with a pixel between that no path reads."
    );
    println!("`aligned` fails for such a sum: what is added describes different places.");
}

/// Draws the inputs of the network's merge, then the merge.
fn paths(table: &Table<'_>) {
    for layer in table.layers().filter(|layer| matches!(layer.node().op, Op::Merge(Merge::Add))) {
        for &input in layer.node().inputs {
            draw(&table.layer(input));
        }
        draw(&layer);
    }
}

fn draw(layer: &Layer<'_>) {
    let field = layer.field(1, 16);
    let cells: String =
        (9..=23).map(|pixel| if field.first <= pixel && pixel <= field.last { " #" } else { " ." }).collect();
    println!("    {:12}{cells}   {} px", layer.name(), field.extent());
}
