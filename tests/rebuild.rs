//! A network from a file is built anew when the file changes, and only then; its weights stay out of the program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A crate with one program, whose network is in a file beside the manifest.
struct Program {
    folder: PathBuf,
}

impl Program {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild");
        let _ = fs::remove_dir_all(folder.join("src"));
        fs::create_dir_all(folder.join("src/bin")).expect("a folder for the crate");
        let manifest = format!(
            "[package]\nname = \"rebuild\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             receptive-field = {{ path = '{}', features = [\"onnx\"] }}\n",
            root.display()
        );
        fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest");
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
        let program = "receptive_field::network! { Net = \"models/net.onnx\" {} }\n\
                       fn main() { print!(\"{}\", Net::TABLE.row(\"conv4-1\").rf().max()); }\n";
        fs::write(folder.join("src/bin/rebuild.rs"), program).expect("the program");
        fs::create_dir_all(folder.join("models")).expect("a folder for the model");
        Self { folder }
    }

    /// Puts a model in place; the file is newer than what was built of the last one.
    fn model(&self, name: &str) {
        let to = self.folder.join("models/net.onnx");
        fs::copy(format!("ui/onnx/models/{name}.onnx"), &to).expect("the model");
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
        fs::File::options().write(true).open(&to).and_then(|file| file.set_modified(later)).expect("a date");
    }

    /// Builds and runs it: what it prints, and whether it was compiled.
    fn run(&self) -> (String, bool) {
        let cargo = Command::new(env!("CARGO"))
            .args(["run", "--verbose", "--offline"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&cargo.stderr).into_owned();
        assert!(cargo.status.success(), "{said}");
        (String::from_utf8_lossy(&cargo.stdout).into_owned(), !said.contains("Fresh rebuild v"))
    }
}

#[test]
fn a_changed_file_builds_anew() {
    let program = Program::new();
    program.model("detector");
    assert_eq!(program.run().0, "11");
    assert_eq!(program.run(), ("11".into(), false), "nothing has changed");
    program.model("wider");
    assert_eq!(program.run(), ("19".into(), true));
    let binary = fs::read(program.folder.join("target/debug/rebuild")).expect("the program");
    let weights = fs::read("ui/onnx/models/wider.onnx").expect("the model");
    let sample = &weights[weights.len() - 4096..weights.len() - 4032];
    assert!(!binary.windows(sample.len()).any(|window| window == sample), "the weights are in the program");
}
