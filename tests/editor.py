#!/usr/bin/env python3
"""What rust-analyzer makes of a network: definitions, renames and hovers, asked through a language-server session.

    python3 tests/editor.py            rust-analyzer must be installed: rustup component add rust-analyzer

A crate with one network is laid out in a temporary folder, the server is started on it, and each question below must
have its answer. Takes half a minute, most of it the server's own start; not a step of `.ci/run`, since the component
is not part of the pinned toolchain there.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

SOURCE = """receptive_field::network! {
    /// A small network.
    pub Net {
        input: [3, 64, 64];
        block double(c, k = 3) { conv(c, k, padding = same) -> relu }
        enc1: double(8);
        /// The middle.
        enc2: max_pool(2) -> double(16, k = 5);
        dec1: [upsample(2), enc1] -> double(8);
        assert rf(enc1) >= 3;
        assert aligned(dec1);
    }
}

pub const ROW: receptive_field::Layer<'static> = Net::enc2;
"""

# What stands where, which occurrence of it is asked about, and where its definition is (occurrence of the same word).
DEFINITIONS = [
    ("enc1", 2, 0, "assertion to label"),
    ("enc1", 1, 0, "skip to label"),
    ("dec1", 1, 0, "assertion to label"),
    ("double", 1, 0, "call to block"),
    ("double", 3, 0, "call to block"),
    ("enc2", 1, 0, "path in Rust to label"),
    ("Net", 1, 0, "type in Rust to its name"),
]
# A word, the occurrence that is renamed, and all that must change with it.
RENAMES = [
    ("enc1", 0, [0, 1, 2]),
    ("enc1", 2, [0, 1, 2]),
    ("dec1", 1, [0, 1]),
    ("enc2", 1, [0, 1]),
    ("double", 0, [0, 1, 2, 3]),
]
# A word, its occurrence, and what its hover must contain.
HOVERS = [
    ("enc2", 0, ["The middle.", "Layer", "16×32×32"]),
    ("enc2", 1, ["The middle."]),
    ("Net", 0, ["A small network.", "parameters", "dec1"]),
    ("Net", 1, ["A small network."]),
]


class Server:
    def __init__(self, folder: pathlib.Path):
        binary = subprocess.run(["rustup", "which", "rust-analyzer"], capture_output=True, text=True, cwd=ROOT)
        program = binary.stdout.strip() or "rust-analyzer"
        self.process = subprocess.Popen(
            [program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.next = 0
        self.busy = set()
        self.quiet = False

    def send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self) -> dict:
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, value = line.split(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            sys.exit("rust-analyzer ended")
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "experimental/serverStatus":
            self.quiet = message["params"].get("quiescent", False)
        if "method" in message and "id" in message:
            self.send({"id": message["id"], "result": None})
        return message

    def ask(self, method: str, params: dict):
        self.next += 1
        number = self.next
        self.send({"id": number, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == number and "method" not in message:
                return message.get("result")

    def tell(self, method: str, params: dict) -> None:
        self.send({"method": method, "params": params})


def position(word: str, occurrence: int) -> dict:
    """Line and character within the `occurrence`th whole word."""
    found = -1
    for line, text in enumerate(SOURCE.splitlines()):
        start = 0
        while (at := text.find(word, start)) >= 0:
            around = (text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]).replace("_", "a")
            if not any(letter.isalnum() for letter in around):
                found += 1
                if found == occurrence:
                    return {"line": line, "character": at}
            start = at + len(word)
    sys.exit(f"no occurrence {occurrence} of {word}")


def main() -> None:
    failures = 0
    with tempfile.TemporaryDirectory(prefix="rf-editor-") as temporary:
        folder = pathlib.Path(temporary)
        (folder / "src").mkdir()
        manifest = f'[package]\nname = "editor"\nedition = "2024"\n\n[dependencies]\nreceptive-field = {{ path = "{ROOT}" }}\n'
        (folder / "Cargo.toml").write_text(manifest + "\n[workspace]\n")
        file = folder / "src" / "lib.rs"
        file.write_text(SOURCE)
        for shared in ["Cargo.lock", "rust-toolchain.toml"]:
            shutil.copy(ROOT / shared, folder / shared)
        server, uri = Server(folder), file.as_uri()
        capabilities = {
            "experimental": {"serverStatusNotification": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}},
        }
        server.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
        server.tell("initialized", {})
        document = {"uri": uri, "languageId": "rust", "version": 1, "text": SOURCE}
        server.tell("textDocument/didOpen", {"textDocument": document})
        deadline = time.monotonic() + 180
        while not server.quiet and time.monotonic() < deadline:
            server.receive()
        at = lambda place: {"textDocument": {"uri": uri}, "position": place}
        for word, occurrence, target, what in DEFINITIONS:
            answer = server.ask("textDocument/definition", at(position(word, occurrence))) or []
            answer = answer if isinstance(answer, list) else [answer]
            wanted = position(word, target)
            starts = [(one.get("range") or one["targetSelectionRange"])["start"] for one in answer]
            good = wanted in starts
            failures += not good
            print("ok  " if good else "FAIL", f"definition of {word}, {what}:", starts if not good else wanted)
        for word, occurrence, targets in RENAMES:
            edit = server.ask("textDocument/rename", at(position(word, occurrence)) | {"newName": "renamed"}) or {}
            edits = [one for of_file in edit.get("changes", {}).values() for one in of_file]
            edits += [one for change in edit.get("documentChanges", []) for one in change["edits"]]
            found = sorted((one["range"]["start"]["line"], one["range"]["start"]["character"]) for one in edits)
            wanted = [position(word, target) for target in targets]
            good = found == [(place["line"], place["character"]) for place in wanted]
            failures += not good
            print("ok  " if good else "FAIL", f"rename of {word} ({occurrence}):", found)
        for word, occurrence, parts in HOVERS:
            answer = server.ask("textDocument/hover", at(position(word, occurrence))) or {}
            text = json.dumps(answer.get("contents", ""), ensure_ascii=False)
            good = all(part in text for part in parts)
            failures += not good
            print("ok  " if good else "FAIL", f"hover of {word} ({occurrence}):", text[:400])
        server.ask("shutdown", {})
        server.tell("exit", {})
        server.process.wait(timeout=20)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
