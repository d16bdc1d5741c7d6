//! Every message as the compiler prints it: a case each, in folders by stage.
//!
//! `TRYBUILD=overwrite cargo test -p rf-tests --test ui` writes the expected texts anew; read them before they are
//! committed. They are the words of the compiler that `rust-toolchain.toml` pins.

const STAGES: [&str; 5] = ["parse", "resolve", "inline", "layer", "assert"];

/// Folders whose cases need a feature, or that it is off.
const FILES: [&str; 2] = ["onnx", "without_onnx"];

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    for stage in STAGES {
        cases.compile_fail(format!("ui/{stage}/*.rs"));
    }
}

/// Of networks in files: with the feature `onnx`, and without.
#[test]
fn messages_about_files() {
    let folder = if cfg!(feature = "onnx") { "onnx" } else { "without_onnx" };
    trybuild::TestCases::new().compile_fail(format!("ui/{folder}/*.rs"));
}

/// What no message may contain: words of the machinery, and places inside these crates.
#[test]
fn words_of_the_machinery() {
    let refused = [
        "overflow",
        "index out of bounds",
        "unwrap",
        "long_running_const_eval",
        "rf-core/",
        "rf-macros/",
        "src/theory",
        "proc-macro panicked",
        "$RUST",
    ];
    let files = STAGES.into_iter().chain(FILES).flat_map(|stage| {
        let folder = std::fs::read_dir(format!("ui/{stage}")).expect("each stage has a folder");
        folder.map(|entry| entry.expect("it can be read").path())
    });
    let mut seen = 0;
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "stderr")) {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        for word in refused {
            assert!(!text.contains(word), "{} says `{word}`:\n{text}", file.display());
        }
        seen += 1;
    }
    assert!(seen > 100, "{seen} cases");
}

/// The page of errors in the docs is what the ui cases print. `TRYBUILD=overwrite` writes it anew.
#[test]
fn errors_page() {
    let page = errors_as_page();
    let file = "../src/errors.md";
    if std::env::var("TRYBUILD").is_ok_and(|mode| mode == "overwrite") {
        std::fs::write(file, &page).expect("the page can be written");
    }
    let shown = std::fs::read_to_string(file).unwrap_or_default();
    assert!(shown == page, "src/errors.md is not what the ui cases print: bless it with TRYBUILD=overwrite");
}

fn errors_as_page() -> String {
    let mut page = "Every error, as the compiler prints it.\n\nThis page is made of the cases in `tests/ui`, which are held \
        to the compiler that `rust-toolchain.toml` pins; other compilers draw the lines around a message in their own \
        way.\n"
        .to_owned();
    let stages = [
        ("assert", "An assertion does not hold"),
        ("layer", "A layer cannot be"),
        ("inline", "A network within a network"),
        ("resolve", "Names and arguments"),
        ("parse", "Grammar"),
        ("onnx", "Networks from files"),
        ("without_onnx", "Networks from files, without the feature `onnx`"),
    ];
    for (stage, title) in stages {
        page.extend(["\n# ", title, "\n"]);
        let folder = std::fs::read_dir(format!("ui/{stage}")).expect("each stage has a folder");
        let mut files: Vec<_> = folder.map(|entry| entry.expect("it can be read").path()).collect();
        files.sort();
        for file in
            files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "stderr"))
        {
            let name = file.file_stem().map(|name| name.to_string_lossy().replace('_', " "));
            let text = std::fs::read_to_string(file).expect("it can be read").replace("ui/", "src/");
            page.extend(["\n## ", &name.unwrap_or_default(), "\n\n```text\n", text.trim_end(), "\n```\n"]);
        }
    }
    page
}
