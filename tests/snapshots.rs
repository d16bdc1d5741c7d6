//! Tables as text, reviewed by eye. `INSTA_UPDATE=always cargo test -p rf-tests --test snapshots` writes them anew.
#![allow(missing_docs)]

receptive_field::network! {
    Residual {
        input: [3, 32, 32];
        block basic(c) {
            ((conv1: conv(c, 3, padding = 1) -> bn1: batch_norm -> relu -> conv2: conv(c, 3, padding = 1)) + identity) -> relu
        }
        stem: conv(8, 3, stride = 2, padding = 1);
        relu;
        layer1: basic(8) * 2;
        gate: squeeze_excite(2);
        pool: global_avg_pool;
        fc: linear(10);
    }
}

receptive_field::network! {
    Decoder {
        input: [1, 24, _];
        down: conv(4, (3, 5), stride = 2, padding = (1, 2));
        up: conv_transpose(4, 3, stride = 2, padding = 1, output_padding = 1);
        skip: [up, "input"] -> conv(2, 1);
    }
}

#[test]
fn stages() {
    insta::assert_snapshot!(Residual::TABLE.to_string());
}

#[test]
fn layers() {
    insta::assert_snapshot!(format!("{:#}", Residual::TABLE));
}

#[test]
fn unequal_axes_and_phases() {
    insta::assert_snapshot!(Decoder::TABLE.to_string());
}
