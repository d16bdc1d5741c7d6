#!/usr/bin/env python3
"""What a network costs a build: `cargo check` of crates with and without one.

    python3 benches/compile_time.py                 all cases, 5 rounds
    python3 benches/compile_time.py --rounds 9 --only empty,resnet152
    python3 benches/compile_time.py --clean         also the clean build of a crate that only asserts
    python3 benches/compile_time.py --burn          also the same layers as a module of Burn (downloads and builds it)

Each case is a crate of its own in a temporary workspace that depends on this one by path. Dependencies are built
first and not timed. Every round checks every case once, in another order, after touching its source, so that a
busy minute falls on all alike. What is printed is the median over rounds, and what a case costs more than the
`empty` one: a crate with the same dependency and no network. CPU seconds are those of cargo and of all that it
starts; on a machine that does other work they say more than wall time. Incremental compilation is off.

`macro` is the time of the compiler up to the end of expansion, over the empty crate's: parsing the source, the macro,
parsing what it wrote. The rest of a case's cost is the type check and the evaluation of what was written.

What a user would do without: `build-rs` computes the table of ResNet-152's chain in a build script and includes it;
it is checked after a touch of the script, since that is where the network stands. `burn` declares the layers of the same
network as a Burn module by `derive(Module)`, which computes no receptive field.
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


def concats(layers: int) -> str:
    """DenseNet: each layer of a block reads all before it; so many layers have half their square of edges."""
    stages, names = "", ["stem"]
    for i in range(layers):
        inputs = f"[{', '.join(names)}]" if len(names) > 1 else "stem"
        stages += f"        l{i}: {inputs} -> conv(8, 3, padding = 1);\n"
        names.append(f"l{i}")
    return network(
        "        input: [3, 64, 64];\n        stem: conv(8, 3, padding = 1);\n"
        + stages
        + f"        assert rf(l{layers - 1}) == {2 * layers + 3};\n"
    )


def branches(merges: int) -> str:
    """Merges of 20 branches each, of 1x1 to 39x39 kernels."""
    paths = " + ".join(f"conv(8, {2 * k + 1}, padding = {k})" for k in range(20))
    stages = "".join(f"        m{i}: {paths};\n" for i in range(merges))
    return network(
        f"        input: [8, 64, 64];\n{stages}        assert rf(m{merges - 1}) == {38 * merges + 1};\n"
    )


def decoder(levels: int) -> str:
    """A U-Net of so many levels: fields repeat after 2^levels units."""
    down = "".join(
        f"        enc{i}: {'' if i == 0 else 'max_pool(2) -> '}double({8 << min(i, 4)});\n" for i in range(levels + 1)
    )
    up = "".join(
        f"        dec{i}: [conv_transpose({8 << min(i, 4)}, 2, stride = 2), enc{i}] -> double({8 << min(i, 4)});\n"
        for i in reversed(range(levels))
    )
    return network(
        "        input: [3, 512, 512];\n"
        "        block double(c) { conv(c, 3, padding = 1) -> relu -> conv(c, 3, padding = 1) -> relu }\n"
        + down
        + up
        + "        assert aligned(dec0);\n"
    )


def hundred(_: int) -> str:
    """A hundred networks of ten layers in one crate."""
    return "".join(chain(10).replace("pub Net", f"pub Net{i}") for i in range(100))


BUILD_RS = """// ResNet-152's chain of windows, by hand: kernel, stride, padding; the table of what each layer sees.
fn main() {
    let mut layers = vec![("conv1".to_string(), 7, 2, 3), ("maxpool".to_string(), 3, 2, 1)];
    for (stage, (blocks, stride)) in [(3, 1), (8, 2), (36, 2), (3, 2)].into_iter().enumerate() {
        for block in 0..blocks {
            let name = |layer: &str| format!("layer{}.{block}.{layer}", stage + 1);
            layers.push((name("conv1"), 1, 1, 0));
            layers.push((name("conv2"), 3, if block == 0 { stride } else { 1 }, 1));
            layers.push((name("conv3"), 1, 1, 0));
        }
    }
    let (mut extent, mut jump, mut start, mut rows) = (1i64, 1i64, 0i64, String::new());
    for (name, kernel, stride, padding) in layers {
        extent += (kernel - 1) * jump;
        start -= padding * jump;
        jump *= stride;
        rows += &format!("({name:?}, {extent}, {jump}, {start}),\\n");
    }
    assert_eq!(extent, 1451);
    let out = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("table.rs");
    std::fs::write(out, format!("pub const TABLE: &[(&str, i64, i64, i64)] = &[{rows}];")).unwrap();
    println!("cargo::rerun-if-changed=build.rs");
}
"""

BUILD_LIB = """include!(concat!(env!("OUT_DIR"), "/table.rs"));
const _: () = assert!(TABLE[TABLE.len() - 1].1 >= 224);
"""


def build_rs(_: int) -> str:
    return BUILD_LIB


def burn(_: int) -> str:
    """The modules of ResNet-152, as one writes them for Burn: declarations alone."""
    return """use burn::module::Module;
use burn::nn::{BatchNorm, Linear, Relu, conv::Conv2d, pool::MaxPool2d};
use burn::tensor::backend::Backend;

#[derive(Module, Debug)]
pub struct Downsample<B: Backend> { conv: Conv2d<B>, bn: BatchNorm<B, 2> }

#[derive(Module, Debug)]
pub struct Bottleneck<B: Backend> {
    conv1: Conv2d<B>, bn1: BatchNorm<B, 2>, conv2: Conv2d<B>, bn2: BatchNorm<B, 2>,
    conv3: Conv2d<B>, bn3: BatchNorm<B, 2>, relu: Relu, downsample: Option<Downsample<B>>,
}

#[derive(Module, Debug)]
pub struct Net<B: Backend> {
    conv1: Conv2d<B>, bn1: BatchNorm<B, 2>, relu: Relu, maxpool: MaxPool2d,
    layer1: Vec<Bottleneck<B>>, layer2: Vec<Bottleneck<B>>, layer3: Vec<Bottleneck<B>>, layer4: Vec<Bottleneck<B>>,
    fc: Linear<B>,
}
"""


SIZES = [10, 50, 500, 5_000, 50_000]
CASES = {"empty": (empty, 0), "resnet152": (resnet152, 0)}
CASES |= {"concats-100": (concats, 100), "branches-10": (branches, 10), "decoder-256": (decoder, 8)}
CASES |= {"hundred": (hundred, 0), "build-rs": (build_rs, 0), "burn": (burn, 0)}
CASES |= {f"chain-{n}": (chain, n) for n in SIZES}
CASES |= {f"written-{n}": (written, n) for n in SIZES[:-1]}


def manifest(name: str, features: str = "") -> str:
    if name == "burn":
        head = '[package]\nname = "burn-module"\nversion = "0.0.0"\nedition = "2024"\n\n'
        return head + '[dependencies]\nburn = { version = "0.18", default-features = false, features = ["std"] }\n'
    if name == "build-rs":
        return f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\nbuild = "build.rs"\n'
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
        if name == "build-rs":
            (crate / "build.rs").write_text(BUILD_RS)
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
    (folder / name / ("build.rs" if name == "build-rs" else "src/lib.rs")).touch()
    package = "burn-module" if name == "burn" else name
    return timed(["cargo", "check", "--quiet", "--package", package], folder, target)


def expansion(name: str, folder: pathlib.Path, target: pathlib.Path) -> float:
    """CPU seconds of the compiler up to the end of expansion, without cargo. The option is not stable; the compiler is
    the same one."""
    deps = target / "debug" / "deps"
    library = next(deps.glob("libreceptive_field-*.rmeta"))
    command = ["rustc", "--edition", "2024", "--crate-type", "lib", "-Zunpretty=expanded", "-o", os.devnull]
    command += ["-L", f"dependency={deps}", "--extern", f"receptive_field={library}", f"{name}/src/lib.rs"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=environment(target) | {"RUSTC_BOOTSTRAP": "1"}, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(cases: dict, rounds: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="rf-compile-time-") as temporary:
        folder = pathlib.Path(temporary)
        target = folder / "target"
        lay_out(folder, cases)
        for name in {"empty", "burn", "build-rs"} & set(cases):
            check(name, folder, target)
        figures = {name: [] for name in cases}
        order = random.Random(0)
        for turn in range(rounds):
            for name in order.sample(list(cases), len(cases)):
                if figures[name] is None:
                    continue
                try:
                    expanded = 0.0 if name in ("burn", "build-rs") else expansion(name, folder, target)
                    figures[name].append((*check(name, folder, target), expanded))
                except Failed as failure:
                    # The other cases still have something to say.
                    print(failure, file=sys.stderr)
                    figures[name] = None
            print(f"round {turn + 1} of {rounds} done", file=sys.stderr)
    return {name: runs and [statistics.median(column) for column in zip(*runs)] for name, runs in figures.items()}


def report(figures: dict) -> None:
    empty_wall, empty_cpu, empty_macro = figures["empty"]
    print("| case | wall s | CPU s | wall over `empty` | CPU over `empty` | of it macro |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, medians in figures.items():
        if medians is None:
            print(f"| {name} | does not compile | | | | |")
            continue
        wall, cpu, expanded = medians
        part = f"{expanded - empty_macro:+.3f}" if expanded else ""
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wall - empty_wall:+.3f} | {cpu - empty_cpu:+.3f} | {part} |")
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
    parser.add_argument("--burn", action="store_true", help="also a module of Burn, which is downloaded and built")
    parser.add_argument("--clean", action="store_true", help="also clean builds of a crate that only asserts")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [name for name in CASES if name != "burn" or options.burn]
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
