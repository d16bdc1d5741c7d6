#!/usr/bin/env python3
"""Time per sample of the effective field: ours and PyTorch's in turns, in one run.

    python3 benches/erf.py                              all parts, about half an hour on one core
    python3 benches/erf.py speed --only chain:40:32     one part, cases whose name starts so
    python3 benches/erf.py speed --torch-script PATH    another PyTorch program than the one below
    python3 benches/erf.py --python PATH                the interpreter that has PyTorch

Parts: `speed`, `accuracy`, `reference`, `memory`, `closed`. PyTorch's share needs torch, torchvision and numpy
(`pip install torch torchvision numpy`); where they are missing, that is said and ours are printed alone.

speed      Milliseconds a sample on one thread. Both programs draw weights and an input anew for each sample, run the
           network, and run the gradient of a random combination of one unit's channels back to the input. Ours is
           processor time of the whole process, start, drawing and sums included, over the number of samples. PyTorch's
           is the median over samples of the processor time of the forward and backward run alone; the drawing of its
           weights, listed beside it, is left out of the ratio that the aims are set on. Each round runs one
           and then the other; printed are medians over rounds and the median of the rounds' ratios.
           PyTorch is at its best: one thread, weights without gradients, chains on an input of just the unit's field
           without padding (`valid`), networks on the real input (`same`).
accuracy   Time to equal accuracy. A map's error is the total variation to the map of a long run of another seed, both
           normalised: half the sum of the absolute differences. It falls as one over the root of the samples; so the
           time to a given error is error² · samples · time per sample, with error² the mean over several runs. PyTorch
           averages its samples as they are; ours averages over the symmetries that the network has, too.
reference  One sample of ResNet-50 at 512 by the reference engine, over one by the fast engine.
memory     Peak resident memory of the process that samples ResNet-50 at 512, on one thread and on two.
closed     The closed map of ResNet-50 at 512 and of VGG-16.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHAINS = [f"chain:{l}:{c}:{a}" for a in ("linear", "relu") for c in (8, 32) for l in (5, 10, 20, 40)]
NETS = ["resnet50:512", "resnet50:1024", "vgg16:512"]
PARTS = ("speed", "accuracy", "reference", "memory", "closed")


def aim(case):
    """How many times faster than PyTorch a sample should be."""
    if case.startswith("chain"):
        return 4.0 if case.endswith("linear") else 2.0
    return {"resnet50:512": 2.5, "resnet50:1024": 8.0, "vgg16:512": 7.0}[case]


# ------------------------------------------------------------------------------------------------------ PyTorch's side


def torch_net(case):
    """The network of a case, its input's extent, and what draws its weights."""
    import torch.nn as nn

    kind, *rest = case.split(":")
    if kind == "chain":
        layers, channels, relu = int(rest[0]), int(rest[1]), rest[2] == "relu"
        modules = []
        for i in range(layers):
            modules.append(nn.Conv2d(channels if i else 3, channels, 3, bias=False))
            modules += [nn.ReLU()] if relu else []
        net, extent, rule = nn.Sequential(*modules), 2 * layers + 1, ("fan_in", "relu" if relu else "linear")
    else:
        import torchvision

        extent, rule = int(rest[0]), ("fan_out", "relu")
        if kind == "vgg16":
            net = torchvision.models.vgg16(weights=None).features
        else:
            r = torchvision.models.resnet50(weights=None)
            net = nn.Sequential(r.conv1, r.bn1, r.relu, r.maxpool, r.layer1, r.layer2, r.layer3, r.layer4)

    def draw():
        for m in net.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode=rule[0], nonlinearity=rule[1])
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    for p in net.parameters():
        p.requires_grad_(False)
    return net.eval(), extent, draw


def torch_worker():
    """Reads requests, one a line, and answers each with a line of JSON."""
    import time

    import numpy
    import torch

    kept = {}
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        if request["case"] not in kept:
            kept = {request["case"]: torch_net(request["case"])}
        net, extent, draw = kept[request["case"]]
        run, drawing, energy = [], [], numpy.zeros((extent, extent))
        for sample in range(-request["warmup"], request["samples"]):
            torch.manual_seed(1_000_003 * request["seed"] + sample + 1000)
            t0 = time.process_time()
            draw()
            t1 = time.process_time()
            x = torch.randn(1, 3, extent, extent, requires_grad=True)
            t2 = time.process_time()
            y = net(x)
            u = y[:, :, y.shape[2] // 2, y.shape[3] // 2]
            (g,) = torch.autograd.grad((u * torch.randn(u.shape[1])).sum(), x)
            t3 = time.process_time()
            if sample >= 0:
                run.append(t3 - t2)
                drawing.append(t1 - t0)
                energy += (g[0].double() ** 2).sum(0).numpy()
        if request["map"]:
            energy.astype("<f8").tofile(request["map"])
        answer = {"ms": 1e3 * statistics.median(run), "drawing_ms": 1e3 * statistics.median(drawing), "extent": extent}
        print(json.dumps(answer), flush=True)


class Torch:
    """A PyTorch process that waits for requests."""

    def __init__(self, python, script):
        self.python, self.script, self.worker = python, script, None
        need = "import torch, torchvision, numpy; print(torch.__version__)"
        found = subprocess.run([python, "-c", need], capture_output=True, text=True)
        self.version = found.stdout.strip() if found.returncode == 0 else None

    def samples(self, case, samples, warmup=1, threads=1, seed=0, map=None):
        if self.script:
            return self.by_script(case, samples, warmup, threads)
        if self.worker is None:
            command = [self.python, os.path.abspath(__file__), "--torch-worker"]
            self.worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        request = {"case": case, "samples": samples, "warmup": warmup, "threads": threads, "seed": seed, "map": map}
        self.worker.stdin.write(json.dumps(request) + "\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())

    def by_script(self, case, samples, warmup, threads):
        """A program that takes `--case NAME --seeds N --threads N` and prints one line of JSON."""
        name = f"{case}:valid" if case.startswith("chain") else f"{case}:relu:same"
        command = [self.python, self.script, "--case", name, "--seeds", str(samples), "--warmup", str(warmup)]
        command += ["--threads", str(threads), "--seed-vec", "randn"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        return {"ms": found["cpu_ms_median"], "drawing_ms": found["init_ms_median"]}

    def close(self):
        if self.worker:
            self.worker.stdin.close()
            self.worker.wait()


# ------------------------------------------------------------------------------------------------------------ our side


def build():
    """Builds the program and returns its path."""
    command = ["cargo", "bench", "-p", "rf-core", "--features", "sampler", "--bench", "erf", "--no-run"]
    command += ["--message-format", "json"]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in out.splitlines()]
    paths = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "erf"]
    return paths[-1]


def ours(program, case, samples, threads=1, *options):
    """One run: what it printed, and its processor time a sample in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, case, str(samples), str(threads), *options]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(out.splitlines()[-1]), 1e3 * cpu / samples


def enough(case):
    """Samples of ours that take about a second, and of PyTorch's."""
    if not case.startswith("chain"):
        return 3, 2
    _, layers, channels, _ = case.split(":")
    return max(50, 2_000_000 // (int(layers) ** 2 * int(channels))), max(20, 40_000 // int(layers) ** 2)


# ----------------------------------------------------------------------------------------------------------- the parts


def speed(a, program, torch, cases):
    print("\nspeed, one thread: milliseconds of processor time a sample, medians of", a.rounds, "rounds in turns")
    print(f"{'case':22} {'ours':>9} {'PyTorch':>9} {'ratio':>6} {'aim':>5} {'drawing':>9} {'ratio with it':>14}")
    times = {}
    for case in cases:
        n, m = enough(case)
        mine, theirs, drawing = [], [], []
        for _ in range(a.rounds):
            mine.append(ours(program, case, n)[1])
            if torch.version:
                found = torch.samples(case, m)
                theirs.append(found["ms"])
                drawing.append(found["drawing_ms"])
        o = statistics.median(mine)
        if not torch.version:
            print(f"{case:22} {o:9.3f}   PyTorch is missing", flush=True)
            continue
        ratio = statistics.median(t / o for t, o in zip(theirs, mine))
        whole = statistics.median((t + d) / o for t, d, o in zip(theirs, drawing, mine))
        t, d = statistics.median(theirs), statistics.median(drawing)
        missed = "" if ratio >= aim(case) else "  missed"
        print(f"{case:22} {o:9.3f} {t:9.3f} {ratio:6.2f} {aim(case):5.1f} {d:9.3f} {whole:14.2f}{missed}", flush=True)
        times[case] = (o, t)
    return times


def read_map(path, count):
    import array

    values = array.array("d")
    with open(path, "rb") as f:
        values.frombytes(f.read())
    if sys.byteorder == "big":
        values.byteswap()
    assert len(values) == count, (path, len(values), count)
    return values


def total_variation(p, q):
    a, b = sum(p), sum(q)
    return 0.5 * sum(abs(x / a - y / b) for x, y in zip(p, q))


def cropped(values, extent, origin, extents):
    """The field's box of PyTorch's map of the whole input."""
    rows = range(origin[0], origin[0] + extents[0])
    return [values[i * extent + j] for i in rows for j in range(origin[1], origin[1] + extents[1])]


def accuracy(a, program, torch, cases, times):
    print("\naccuracy: squared total variation to a long run, times the samples; time to equal accuracy")
    head = f"{'case':22} {'ours':>9} {'PyTorch':>9} {'symmetries':>11} {'time ratio':>11} {'aim':>5}"
    print(head if torch.version else "PyTorch is missing: no comparison")
    if not torch.version or torch.script:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "map")
        for case in cases:
            short, runs = (16, 4) if case.startswith("chain") else (8, 2)
            long = (60 if case.startswith("chain") else 12) * short
            found, _ = ours(program, case, long, 1, "seed=1", f"map={path}")
            origin, extents = found["origin"], found["extents"]
            count = extents[0] * extents[1] * extents[2]
            truth = read_map(path, count)
            mine, theirs = [], []
            for seed in range(2, 2 + runs):
                ours(program, case, short, 1, f"seed={seed}", f"map={path}")
                mine.append(short * total_variation(read_map(path, count), truth) ** 2)
                extent = torch.samples(case, short, warmup=0, seed=seed, map=path)["extent"]
                values = read_map(path, extent * extent)
                values = cropped(values, extent, [0, 0] if case.startswith("chain") else origin, extents)
                theirs.append(short * total_variation(values, truth) ** 2)
            o, t = statistics.mean(mine), statistics.mean(theirs)
            if case not in times:
                n, m = enough(case)
                times[case] = (ours(program, case, n)[1], torch.samples(case, m)["ms"])
            ratio = t * times[case][1] / (o * times[case][0])
            missed = "" if ratio >= 10 else "  missed"
            print(f"{case:22} {o:9.4f} {t:9.4f} {found['symmetries']:11} {ratio:11.1f}  10.0{missed}", flush=True)


def reference(program):
    _, slow = ours(program, "resnet50:512", 1, 1, "reference")
    _, fast = ours(program, "resnet50:512", 4)
    print(f"\nreference engine, ResNet-50 at 512: {slow / 1e3:.1f} s a sample, fast {fast:.0f} ms: {slow / fast:.0f} times (aim 50)")


def memory(program):
    one, two = (ours(program, "resnet50:512", 6, threads)[0]["peak_mib"] for threads in (1, 2))
    print(f"\nmemory, ResNet-50 at 512: {one} MiB on one thread (aim 250), {two} MiB on two")


def closed(program):
    for case in ("resnet50:512", "vgg16:512"):
        found, _ = ours(program, case, 200, 1, "closed")
        print(f"\nclosed map, {case}: {found['closed_ms_median']} ms (aim 3)", end="")
    print()


def conditions(torch):
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    model = next((l.split(":")[1].strip() for l in lines if l.startswith("model name")), platform.processor())
    vectors = next((w for w in ("avx512f", "avx2") if any(w in l for l in lines)), "no AVX")
    load = ", ".join(f"{l:.1f}" for l in os.getloadavg())
    rustc = subprocess.run(["rustc", "--version"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    print(f"{model}, {vectors}, {os.cpu_count()} cores, load {load}; {rustc}")
    print(f"PyTorch {torch.version}" if torch.version else
          "PyTorch is MISSING: ours alone, no comparison (pip install torch torchvision numpy)")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    p.add_argument("--only", default="", help="cases whose names start so")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--program", help="the built bench program; built if not given")
    p.add_argument("--python", default=sys.executable, help="the interpreter that has PyTorch")
    p.add_argument("--torch-script", default=os.environ.get("TORCH_ERF"), help="another PyTorch program, for `speed`")
    p.add_argument("--torch-worker", action="store_true", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch_worker:
        return torch_worker()
    unknown = [part for part in a.parts if part not in PARTS]
    if unknown:
        p.error(f"unknown part {unknown[0]}")
    parts = a.parts or PARTS
    program, torch = a.program or build(), Torch(a.python, a.torch_script)
    cases = [c for c in CHAINS + NETS if c.startswith(a.only)]
    conditions(torch)
    times = speed(a, program, torch, cases) if "speed" in parts else {}
    if "accuracy" in parts:
        accuracy(a, program, torch, cases, times)
    if "reference" in parts:
        reference(program)
    if "memory" in parts:
        memory(program)
    if "closed" in parts:
        closed(program)
    torch.close()


if __name__ == "__main__":
    main()
