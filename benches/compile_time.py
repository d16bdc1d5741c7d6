#!/usr/bin/env python3
"""What a network costs a build: `cargo check` of crates with and without one.

    python3 benches/compile_time.py                 all cases, 5 rounds
    python3 benches/compile_time.py --rounds 9 --only empty,resnet152
    python3 benches/compile_time.py --clean         also the clean build of a crate that only asserts

Each case is a crate of its own in a temporary workspace that depends on this one by path. Dependencies are built
first and not timed. Every round checks every case once, in another order, after touching its source, so that a
busy minute falls on all alike. What is printed is the median over rounds, and what a case costs more than the
`empty` one: a crate with the same dependency and no network. CPU seconds are those of cargo and of all that it
starts; on a machine that does other work they say more than wall time. Incremental compilation is off.
"""

import argparse
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

RESNET_BLOCKS = """
        block bottleneck(c) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(c * 4, 1, bias = false) -> bn3: batch_norm
                + identity) -> relu
        }
        block project(c, s) {
            (conv1: conv(c, 1, bias = false) -> bn1: batch_norm -> relu
                -> conv2: conv(c, 3, stride = s, padding = 1, bias = false) -> bn2: batch_norm -> relu
                -> conv3: conv(c * 4, 1, bias = false) -> bn3: batch_norm
                + downsample: (conv(c * 4, 1, stride = s, bias = false) -> batch_norm)) -> relu
        }
"""


def network(body: str) -> str:
    return "receptive_field::network! {\n    pub Net {\n" + body + "    }\n}\n"


def empty(_: int) -> str:
    return "pub struct Net;\n"


def resnet152(_: int) -> str:
    """512 layers and 50 additions, as torchvision has it; 60,192,808 parameters."""
    return network(
        "        input: [3, 224, 224];\n"
        + RESNET_BLOCKS
        + """
        conv1:   conv(64, 7, stride = 2, padding = 3, bias = false);
        bn1:     batch_norm;
        relu;
        maxpool: max_pool(3, stride = 2, padding = 1);
        layer1:  project(64, 1) -> bottleneck(64) * 2;
        layer2:  project(128, 2) -> bottleneck(128) * 7;
        layer3:  project(256, 2) -> bottleneck(256) * 35;
        layer4:  project(512, 2) -> bottleneck(512) * 2;
        avgpool: global_avg_pool;
        fc:      linear(1000);

        assert rf(layer4) >= 224;
        assert jump(layer4) == 32;
        assert aligned(layer4);
        assert params() == 60_192_808;
"""
    )


def chain(layers: int) -> str:
    """3×3 convolutions by repetition: a short source, a long network."""
    return network(
        f"        input: [3, _, _];\n        body: conv(8, 3, padding = 1) * {layers};\n"
        f"        assert rf(body) == {2 * layers + 1};\n"
    )


def written(layers: int) -> str:
    """The same chain, each layer a line and a label of its own."""
    lines = "".join(f"        c{i}: conv(8, 3, padding = 1);\n" for i in range(layers))
    return network(f"        input: [3, _, _];\n{lines}        assert rf(c{layers - 1}) == {2 * layers + 1};\n")


def asserts(_: int) -> str:
    """What the clean build is measured on: one small network that is asserted."""
    return network(
        "        input: [3, 224, 224];\n        conv1: conv(64, 7, stride = 2, padding = 3);\n"
        "        pool1: max_pool(3, stride = 2, padding = 1);\n        assert rf(pool1) == 11;\n"
    )


SIZES = [10, 50, 500, 5_000, 50_000]
CASES = {"empty": (empty, 0), "resnet152": (resnet152, 0)}
CASES |= {f"chain-{n}": (chain, n) for n in SIZES}
CASES |= {f"written-{n}": (written, n) for n in SIZES[:-1]}


def manifest(name: str, features: str = "") -> str:
    return (
        f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n\n'
        f'[dependencies]\nreceptive-field = {{ path = "{ROOT}"{features} }}\n'
    )


def lay_out(folder: pathlib.Path, cases: dict) -> None:
    """A workspace with one crate per case, on this workspace's toolchain and versions."""
    for name, (source, layers) in cases.items():
        crate = folder / name
        (crate / "src").mkdir(parents=True)
        (crate / "Cargo.toml").write_text(manifest(name))
        (crate / "src" / "lib.rs").write_text(source(layers))
    members = ", ".join(f'"{name}"' for name in cases)
    (folder / "Cargo.toml").write_text(f'[workspace]\nmembers = [{members}]\nresolver = "3"\n')
    for shared in ["Cargo.lock", "rust-toolchain.toml"]:
        shutil.copy(ROOT / shared, folder / shared)


def environment(target: pathlib.Path) -> dict:
    return os.environ | {"CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(target), "CARGO_TERM_COLOR": "never"}


class Failed(Exception):
    """A command failed; its words."""


def timed(command: list, folder: pathlib.Path, target: pathlib.Path) -> tuple:
    """Wall and CPU seconds of one command, which must succeed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment(target), capture_output=True, text=True)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def check(name: str, folder: pathlib.Path, target: pathlib.Path) -> tuple:
    (folder / name / "src" / "lib.rs").touch()
    return timed(["cargo", "check", "--quiet", "--package", name], folder, target)


def measure(cases: dict, rounds: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="rf-compile-time-") as temporary:
        folder = pathlib.Path(temporary)
        target = folder / "target"
        lay_out(folder, cases)
        timed(["cargo", "check", "--quiet", "--package", "empty"], folder, target)
        figures = {name: [] for name in cases}
        order = random.Random(0)
        for turn in range(rounds):
            for name in order.sample(list(cases), len(cases)):
                if figures[name] is None:
                    continue
                try:
                    figures[name].append(check(name, folder, target))
                except Failed as failure:
                    # The other cases still have something to say.
                    print(failure, file=sys.stderr)
                    figures[name] = None
            print(f"round {turn + 1} of {rounds} done", file=sys.stderr)
    return {name: runs and [statistics.median(column) for column in zip(*runs)] for name, runs in figures.items()}


def report(figures: dict) -> None:
    empty_wall, empty_cpu = figures["empty"]
    print("| case | wall s | CPU s | wall over `empty` | CPU over `empty` |")
    print("|---|---:|---:|---:|---:|")
    for name, medians in figures.items():
        if medians is None:
            print(f"| {name} | does not compile | | | |")
            continue
        wall, cpu = medians
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wall - empty_wall:+.3f} | {cpu - empty_cpu:+.3f} |")
    for kind in ["chain", "written"]:
        for large, small in zip(SIZES[1:], SIZES):
            pair = [figures.get(f"{kind}-{n}") for n in (large, small)]
            if all(pair) and pair[1][1] > empty_cpu:
                ratio = (pair[0][1] - empty_cpu) / (pair[1][1] - empty_cpu)
                print(f"{kind}: {large} layers cost {ratio:.1f} times what {small} do (CPU over `empty`)")


def clean_builds(rounds: int) -> None:
    """The whole build, dependencies included, of a crate that only asserts."""
    for label, features in [("default features", ""), ("no features", ", default-features = false")]:
        runs = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="rf-clean-build-") as temporary:
                folder = pathlib.Path(temporary)
                lay_out(folder, {"asserts": (asserts, 0)})
                (folder / "asserts" / "Cargo.toml").write_text(manifest("asserts", features))
                # Fetching and locking are not part of a build.
                timed(["cargo", "fetch", "--quiet"], folder, folder / "target")
                runs.append(timed(["cargo", "build", "--quiet"], folder, folder / "target"))
        wall, cpu = (statistics.median(column) for column in zip(*runs))
        print(f"clean `cargo build`, {label}: {cpu:.1f} CPU s, {wall:.1f} s wall")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="checks of each case (default 5)")
    parser.add_argument("--only", help="cases, separated by commas; `empty` is always among them")
    parser.add_argument("--clean", action="store_true", help="also clean builds of a crate that only asserts")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(CASES)
    unknown = [name for name in wanted if name not in CASES]
    if unknown:
        parser.error(f"unknown case {unknown[0]}; known: {', '.join(CASES)}")
    cases = {name: case for name, case in CASES.items() if name == "empty" or name in wanted}
    try:
        figures = measure(cases, options.rounds)
        report(figures)
        if options.clean:
            clean_builds(min(options.rounds, 3))
    except Failed as failure:
        sys.exit(str(failure))
    if None in figures.values():
        sys.exit("some cases do not compile")


if __name__ == "__main__":
    main()
