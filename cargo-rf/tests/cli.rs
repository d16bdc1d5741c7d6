//! The real binary: what it prints, what it writes, how it ends. `INSTA_UPDATE=always` writes the expected texts anew, to
//! be read before they are committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A model of the repository's tests.
fn model(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/ui/onnx/models")
        .join(name)
        .to_string_lossy()
        .into_owned()
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-rf"));
    // As cargo calls it.
    command.arg("rf").args(words).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(words: &[&str]) -> Output {
    command(words).output().expect("the binary runs")
}

/// Standard output, and the exit code.
fn printed(words: &[&str]) -> (String, Option<i32>) {
    let output = run(words);
    (String::from_utf8(output.stdout).expect("text"), output.status.code())
}

/// Standard error, without the folder of the models, and the exit code.
fn complaint(words: &[&str]) -> (String, Option<i32>) {
    let output = run(words);
    let text = String::from_utf8(output.stderr).expect("text");
    (text.replace(&model(""), "models/"), output.status.code())
}

/// A new folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn tables() {
    let detector = model("detector.onnx");
    let (stages, code) = printed(&["table", &detector]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("table", stages);
    insta::assert_snapshot!("table_all", printed(&["table", &detector, "--all"]).0);
    insta::assert_snapshot!("table_json", printed(&["table", &model("unknown.onnx"), "--json"]).0);
}

#[test]
fn open_extents_can_be_given() {
    let open = model("open.onnx");
    assert!(printed(&["table", &open]).0.contains("8×_×_"));
    assert!(printed(&["table", &open, "--size", "48x32"]).0.contains("8×24×16"));
    assert!(printed(&["table", &open, "--size", "48"]).0.contains("8×24×24"));
    assert_eq!(run(&["table", &open, "--size", "1x2x3"]).status.code(), Some(2));
    assert_eq!(run(&["table", &open, "--size", "big"]).status.code(), Some(2));
}

#[test]
fn checks_end_with_0_1_or_2() {
    let detector = model("detector.onnx");
    let words = ["check", &detector, "--min-rf", "conv4-1=12", "--aligned", "skip", "--max-params", "1000"];
    let (text, code) = printed(&words);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("check", text);
    assert_eq!(printed(&["check", &detector, "--rf", "conv4-1=11", "--quiet"]), (String::new(), Some(0)));
    insta::assert_snapshot!(
        "check_json",
        printed(&["check", &detector, "--rf", "skip=11", "--dense", "conv4-1", "--json"]).0
    );
    assert_eq!(run(&["check", &detector]).status.code(), Some(2));
    assert_eq!(run(&["check", &detector, "--min-rf", "conv4-1"]).status.code(), Some(2));
    assert_eq!(run(&["check", &detector, "--min-rf", "conv4-1=many"]).status.code(), Some(2));
    assert_eq!(run(&["check", &detector, "--min-fr", "conv4-1=3"]).status.code(), Some(2));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let (text, code) = complaint(&["check", &model("detector.onnx"), "--min-rf", "conv4_1=3"]);
    assert_eq!(text, "error: no layer `conv4_1` in `detector`\nhelp: the closest known name is `conv4-1`\n");
    assert_eq!(code, Some(2));
    let (text, code) = complaint(&["table", &model("nothing.onnx")]);
    assert!(text.starts_with("error: cannot read `models/nothing.onnx`: "), "{text}");
    assert_eq!(code, Some(2));
    let (text, code) = complaint(&["table", &model("truncated.onnx")]);
    assert!(text.starts_with("error: `truncated`: "), "{text}");
    assert_eq!(code, Some(2));
    let (text, code) = complaint(&["mask", &model("large_kernel.onnx"), "--at", "conv1"]);
    assert!(text.contains("node `conv1` (Conv): kernel extent 7 does not fit in padded input 4"), "{text}");
    assert_eq!(code, Some(2));
}

/// Every query, both ways: one value that holds, one that does not.
#[test]
fn every_query_is_a_flag() {
    let detector = model("detector.onnx");
    let cases = [
        ("--rf", "conv4-1=11x11", "conv4-1=12"),
        ("--min-rf", "conv4-1=11", "conv4-1=11x12"),
        ("--max-rf", "conv4-1=11", "conv4-1=10"),
        ("--local-rf", "skip=11", "skip=3"),
        ("--min-local-rf", "skip=11", "skip=12"),
        ("--max-local-rf", "skip=11", "skip=10"),
        ("--min-erf", "conv4-1=3", "conv4-1=12"),
        ("--max-erf", "conv4-1=11", "conv4-1=3"),
        ("--erf", "conv1=3", "conv1=2"),
        ("--jump", "skip=4/2", "skip=3"),
        ("--min-jump", "skip=2", "skip=5/2"),
        ("--max-jump", "skip=2", "skip=3/2"),
        ("--start", "conv4-1=-5", "conv4-1=5"),
        ("--min-start", "conv4-1=-5", "conv4-1=-4"),
        ("--max-start", "conv4-1=-5", "conv4-1=-6"),
        ("--padding", "conv4-1=5", "conv4-1=4"),
        ("--min-padding", "conv4-1=5", "conv4-1=6"),
        ("--max-padding", "conv4-1=5", "conv4-1=4"),
        ("--halo", "conv4-1=5", "conv4-1=4"),
        ("--min-halo", "conv4-1=5", "conv4-1=6"),
        ("--max-halo", "conv4-1=5", "conv4-1=4"),
        ("--params", "862", "861"),
        ("--min-params", "conv1=224", "conv1=225"),
        ("--max-params", "862", "861"),
        ("--macs", "860160", "1"),
        ("--min-macs", "conv1=221_184", "conv1=221_185"),
        ("--max-macs", "860160", "860159"),
        ("--shape", "box-head=_x32x32", "box-head=4x32x31"),
        ("--aligned", "skip", "none"),
        ("--not-aligned", "none", "skip"),
        ("--dense", "conv1", "conv4-1"),
        ("--not-dense", "conv4-1", "conv1"),
        ("--covers", "none", "skip"),
        ("--not-covers", "skip", "none"),
        ("--global", "none", "skip"),
        ("--not-global", "skip", "none"),
        ("--live", "skip", "none"),
        ("--not-live", "none", "skip"),
        ("--productive", "skip", "none"),
        ("--not-productive", "none", "skip"),
    ];
    for (flag, holds, fails) in cases {
        for (value, code) in [(holds, 0), (fails, 1)] {
            if value != "none" {
                let (text, found) = printed(&["check", &detector, flag, value]);
                assert_eq!(found, Some(code), "{flag} {value}: {text}");
            }
        }
    }
    let help = printed(&["check", "--help"]).0;
    let flags = help.split_once("Conditions:").expect("a heading").1;
    let flags = flags.split("Examples:").next().expect("flags").matches("      --").count();
    assert_eq!(flags, cases.len(), "all flags are tried");
}

#[test]
fn what_is_not_known_is_no_mistake_and_holds_nothing() {
    let words = ["check", &model("unknown.onnx"), "--rf", "conv1=3", "--min-rf", "conv2=1"];
    let output = run(&words);
    assert_eq!(output.status.code(), Some(1));
    let (text, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("ok      rf(\"conv1\") == 3\nFAILED  rf(\"conv2\") >= 1\n"), "{text}");
    assert!(text.contains("it depends on `odd`"), "{text}");
    let (text, code) = complaint(&["mask", &model("unknown.onnx"), "--at", "conv2"]);
    assert!(text.contains("error: receptive field of `conv2` is not known: it depends on `odd`"), "{text}");
    assert_eq!(code, Some(2));
    assert!(notes.starts_with("note: `odd` (com.example::Bilinear2): "), "{notes}");
}

#[test]
fn source_is_printed_or_written_whole() {
    let detector = model("detector.onnx");
    let (text, code) = printed(&["emit", &detector]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("emit", text);
    let folder = folder("emit");
    let file = folder.join("model.rs");
    assert_eq!(run(&["emit", &detector, "--output", &file.to_string_lossy()]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).expect("the file"), text);
    assert_eq!(names(&folder), ["model.rs"]);
    let nowhere = folder.join("no/such/folder.rs");
    let (text, code) = complaint(&["emit", &detector, "--output", &nowhere.to_string_lossy()]);
    assert!(text.starts_with("error: cannot write `"), "{text}");
    assert_eq!(code, Some(2));
    assert_eq!(names(&folder), ["model.rs"]);
}

#[test]
fn differences() {
    let (detector, wider) = (model("detector.onnx"), model("wider.onnx"));
    assert_eq!(printed(&["diff", &detector, &detector]), ("the same in spatial meaning\n".into(), Some(0)));
    let (text, code) = printed(&["diff", &detector, &wider]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("diff", text);
    insta::assert_snapshot!("diff_all", printed(&["diff", &detector, &wider, "--all"]).0);
    insta::assert_snapshot!("diff_json", printed(&["diff", &detector, &wider, "--json"]).0);
    assert_eq!(printed(&["diff", &detector, &model("open.onnx")]).1, Some(0));
    assert_eq!(printed(&["diff", &detector, &model("open.onnx"), "--size", "64"]).1, Some(0));
    let (text, code) = printed(&["diff", &detector, &model("unknown.onnx")]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("diff_other", text);
}

#[test]
fn masks() {
    let detector = model("detector.onnx");
    let (text, code) = printed(&["mask", &detector, "--at", "conv4-1"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("mask", text);
    insta::assert_snapshot!(
        "mask_json",
        printed(&["mask", &detector, "--at", "conv4-1", "--unit", "0,0", "--real", "--json"]).0
    );
    let of = printed(&["mask", &detector, "--at", "conv4-1", "--of", "conv1"]).0;
    assert!(
        of.starts_with("unit (16, 16) of `conv4-1` depends on 9 units of `conv1`, 36.0 % of 5×5"),
        "{of}"
    );
    let folder = folder("mask");
    let png = folder.join("mask.png");
    assert_eq!(
        run(&["mask", &detector, "--at", "skip", "--png", &png.to_string_lossy()]).status.code(),
        Some(0)
    );
    assert!(fs::read(&png).expect("a picture").starts_with(b"\x89PNG"));
    assert_eq!(names(&folder), ["mask.png"]);
    let (text, code) = complaint(&["mask", &detector, "--at", "conv4-1", "--unit", "40,0"]);
    assert_eq!((text.as_str(), code), ("error: unit [40, 0] is outside `conv4-1`\n", Some(2)));
    let (text, code) = complaint(&["mask", &model("open.onnx"), "--at", "conv4-1"]);
    assert!(text.contains("--size"), "{text}");
    assert_eq!(code, Some(2));
}

/// The numbers of a JSON field that is a list of them.
fn numbers(json: &str, field: &str) -> Vec<f64> {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let list = value[field].as_array().expect("a list");
    list.iter().map(|number| number.as_f64().expect("a number")).collect()
}

#[test]
fn effective_fields_of_given_weights() {
    let detector = model("detector.onnx");
    let words = ["erf", &detector, "--at", "conv4-1", "--samples", "16", "--json"];
    let (json, code) = printed(&words);
    assert_eq!(code, Some(0));
    assert_eq!(numbers(&json, "theoretical"), [11.0, 11.0]);
    let sigma = numbers(&json, "sigma");
    assert!(sigma.iter().all(|&sigma| sigma > 1.0 && sigma < 5.0), "{json}");
    assert_eq!(printed(&words).0, json, "the same seed gives the same numbers");
    let mut other = words.to_vec();
    other.extend(["--weights", "init"]);
    assert_ne!(numbers(&printed(&other).0, "sigma"), sigma, "random weights have another field");
    let folder = folder("erf");
    let png = folder.join("field.png");
    let output = run(&["erf", &detector, "--at", "skip", "--samples", "4", "--png", &png.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("effective field of `skip` from 4 samples"));
    assert!(output.stderr.is_empty(), "no progress bar in a pipe");
    assert!(fs::read(&png).expect("a picture").starts_with(b"\x89PNG"));
    assert_eq!(names(&folder), ["field.png"]);
}

#[test]
fn effective_fields_on_images() {
    let (detector, folder) = (model("detector.onnx"), folder("images"));
    let images = folder.to_string_lossy().into_owned();
    let (text, code) = complaint(&["erf", &detector, "--at", "skip", "--images", &images]);
    assert!(text.starts_with("error: no PNG or JPEG file in `"), "{text}");
    assert_eq!(code, Some(2));
    for number in 0..3_u8 {
        let image =
            image::RgbImage::from_fn(80, 48, |x, y| image::Rgb([(x * 3) as u8, (y * 5) as u8, number * 80]));
        image.save(folder.join(format!("{number}.png"))).expect("an image");
    }
    let words = ["erf", &detector, "--at", "skip", "--samples", "6", "--images", &images, "--json"];
    let (plain, code) = printed(&words);
    assert_eq!(code, Some(0));
    let mut normalised = words.to_vec();
    normalised.push("--imagenet");
    assert_ne!(numbers(&printed(&normalised).0, "sigma"), numbers(&plain, "sigma"), "what is fed matters");
    fs::write(folder.join("broken.jpg"), b"no image").expect("a file");
    let (text, code) = complaint(&words);
    assert!(text.contains("broken.jpg"), "{text}");
    assert_eq!(code, Some(2));
}

#[test]
fn colour_is_for_terminals() {
    let (detector, wider) = (model("detector.onnx"), model("wider.onnx"));
    let coloured = |name: &str, value: &str| {
        let output =
            command(&["diff", &detector, &wider]).env(name, value).output().expect("the binary runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured("TERM", "xterm"), "none in a pipe");
    assert!(coloured("CLICOLOR_FORCE", "1"));
    let both = command(&["diff", &detector, &wider]).env("NO_COLOR", "1").env("TERM", "xterm").output();
    assert!(!both.expect("the binary runs").stdout.contains(&0x1b));
}

#[test]
fn help_has_examples_and_exit_codes() {
    let (text, code) = printed(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("Exit codes:"), "{text}");
    for subcommand in ["table", "check", "emit", "diff", "erf", "mask", "completions"] {
        let text = printed(&[subcommand, "--help"]).0;
        assert!(text.contains(&format!("Examples:\n  cargo rf {subcommand} ")), "{text}");
    }
    let version = printed(&["--version"]).0;
    assert_eq!(version.trim_end(), format!("cargo rf {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_the_subcommands_and_flags() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (text, code) = printed(&["completions", shell]);
        assert_eq!(code, Some(0));
        assert!(text.contains("min-rf") && text.contains("emit"), "{shell}");
    }
}

/// `cargo rf table model.onnx | head -1`.
#[test]
fn a_closed_pipe_is_no_mistake() {
    let mut child = command(&["table", &model("detector.onnx"), "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}
