//! A crate of networks that prints their tables.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Compiles the networks, each of the type of its place, and gives what `shown` says of each there.
pub(crate) fn tables(name: &str, sources: &[String], types: &[String]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emit").join(name);
    fs::create_dir_all(folder.join("src")).expect("a folder for the crate");
    let manifest = format!(
        "[package]\nname = \"emit-{name}\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         receptive-field = {{ path = '{}' }}\nrf-core = {{ path = '{}' }}\n",
        root.display(),
        root.join("rf-core").display()
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
    fs::copy("emit/shown.rs", folder.join("src/shown.rs")).expect("what prints");
    fs::write(folder.join("src/main.rs"), program(sources, types)).expect("the program");
    let cargo = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.parent().expect("its folder").join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .expect("cargo runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let text = String::from_utf8(cargo.stdout).expect("text");
    text.split_terminator('\u{1e}').map(str::to_owned).collect()
}

fn program(sources: &[String], types: &[String]) -> String {
    let mut program = "mod shown;\n".to_owned();
    for (number, source) in sources.iter().enumerate() {
        writeln!(program, "mod n{number} {{ use receptive_field::network; {source} }}")
            .expect("a string takes all");
    }
    program.push_str("fn main() {\n");
    for (number, name) in types.iter().enumerate() {
        let network = format!("n{number}::{name}");
        writeln!(
            program,
            "    print!(\"{{}}\\u{{1e}}\", shown::shown(&{network}::GRAPH, {network}::TABLE));"
        )
        .expect("a string takes all");
    }
    program.push_str("}\n");
    program
}

/// All files of a folder and the folders in it that end so, by name.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
