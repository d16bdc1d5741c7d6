//! Every message as the compiler prints it: a case each, in folders by stage.
//!
//! `TRYBUILD=overwrite cargo test -p rf-tests --test ui` writes the expected texts anew; read them before they are
//! committed. They are the words of the compiler that `rust-toolchain.toml` pins.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    for stage in ["parse", "resolve", "inline", "layer", "assert"] {
        cases.compile_fail(format!("ui/{stage}/*.rs"));
    }
}
