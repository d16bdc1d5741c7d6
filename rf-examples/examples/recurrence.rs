//! The recurrence behind every table, step by step on three 3×3 layers: 3, 5, 7. Then with strides, where the
//! textbook's formula and the right one part: the jump that counts is the one of the layer's *input*.

use receptive_field::{Table, network};

network! {
    /// Three 3×3 convolutions.
    Plain {
        input: [1, 64, 64];
        conv1: conv(1, 3, padding = 1);
        conv2: conv(1, 3, padding = 1);
        conv3: conv(1, 3, padding = 1);

        assert rf(conv1) == 3;
        assert rf(conv2) == 5;
        assert rf(conv3) == 7;
    }
}

network! {
    /// Three 3×3 convolutions of stride 2.
    Strided {
        input: [1, 64, 64];
        conv1: conv(1, 3, stride = 2, padding = 1);
        conv2: conv(1, 3, stride = 2, padding = 1);
        conv3: conv(1, 3, stride = 2, padding = 1);

        assert rf(conv1) == 3;
        assert rf(conv2) == 7;
        assert rf(conv3) == 15;
    }
}

fn main() {
    println!(
        "One layer more lets a unit see `kernel - 1` more units of the layer's input, each `jump` pixels apart:"
    );
    println!();
    println!("    field(l) = field(l-1) + (kernel(l) - 1) * jump(l-1)        field(0) = 1");
    println!("    jump(l)  = jump(l-1) * stride(l)                           jump(0)  = 1");
    println!("\nThree 3×3 layers:\n");
    let (field, _) = steps(&Plain::TABLE, 1);
    println!("\n    1 + L (k - 1) = 1 + 3 * 2 = {field}: two pixels a layer, while the jump stays 1.");

    println!("\nThe same with stride 2 in every layer:\n");
    let (field, wrong) = steps(&Strided::TABLE, 2);
    println!(
        "\nMany texts write (k - 1) times the product of the strides s1 .. sl, the layer's own among them. That"
    );
    println!(
        "would give 5 for the very first layer, whose kernel has three taps on the image itself, and {wrong} for the"
    );
    println!(
        "last. A layer's own stride moves its units apart; it does not spread its taps. The taps stand on units of"
    );
    println!("the input, so the product stops at s(l-1), and the answer is {field}.");

    println!(
        "\nWhere a layer stands and what padding does are a third recurrence, on the first pixel of unit 0:"
    );
    println!("\n    start(l) = start(l-1) - padding(l) * jump(l-1)             start(0) = 0\n");
    for layer in Strided::TABLE.layers().skip(1) {
        let (zero, one) = (layer.field(0, 0), layer.field(0, 1));
        println!(
            "    {}   unit 0: {:3} ..= {:2}   unit 1: {:3} ..= {:2}",
            layer.name(),
            zero.first,
            zero.last,
            one.first,
            one.last
        );
    }
    println!("\nPadding moves a field. It never makes it larger.");
}

/// Prints the recurrence layer by layer; gives the last field, and what the loose formula would say.
fn steps(table: &Table<'_>, stride: i64) -> (i64, i64) {
    let (mut field, mut jump, mut wrong) = (1, 1, 1);
    for layer in table.layers().skip(1) {
        let before = field;
        field = before + (3 - 1) * jump;
        wrong += (3 - 1) * jump * stride;
        // The library must agree with the arithmetic on this page.
        assert_eq!(layer.rf().min(), field);
        println!(
            "    {}   {before:2} + (3 - 1) * {jump} = {field:2}     jump {jump} * {stride} = {}",
            layer.name(),
            jump * stride
        );
        jump *= stride;
    }
    (field, wrong)
}
