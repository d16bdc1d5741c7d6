#!/usr/bin/env python3
"""Time per sample against PyTorch, in one run: the two programs take turns, medians over rounds.

    cargo bench -p rf-core --features sampler --bench erf --no-run      # prints the program's path
    python3 rf-core/benches/compare.py PROGRAM TORCH_SCRIPT [--threads 1] [--rounds 3] [CASE ..]

TORCH_SCRIPT is the PyTorch baseline (plain autograd, `--case NAME --seeds N --threads N`, one line of JSON); it needs
torch, torchvision and numpy (`pip install torch torchvision numpy`). Processor time is compared, so that other work
on the machine disturbs little; ours includes the drawing of weights, which is listed apart for PyTorch and left out
of the ratio.
"""
import argparse
import json
import statistics
import subprocess
import sys

CASES = [f"chain:{l}:{c}:{a}" for a in ("relu", "linear") for c in (8, 32) for l in (5, 10, 20, 40)]
CASES += ["resnet50:512", "resnet50:1024", "vgg16:512"]


def line(command):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def samples(case):
    """Enough for a clock that ticks in hundredths of a second."""
    if not case.startswith("chain"):
        return 4
    _, layers, channels, _ = case.split(":")
    return max(20, 400_000 // (int(layers) ** 2 * int(channels)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("torch_script")
    p.add_argument("cases", nargs="*", default=CASES)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--rounds", type=int, default=3)
    a = p.parse_args()
    missing = subprocess.run([sys.executable, "-c", "import torch, torchvision, numpy"], capture_output=True).returncode
    if missing:
        print("PyTorch is MISSING: our figures alone, no comparison. pip install torch torchvision numpy")
    print(f"{'case':22} {'ours ms':>9} {'torch ms':>9} {'+ init':>8} {'ratio':>6} {'MiB':>5}")
    for case in a.cases or CASES:
        ours, torch, init, peak = [], [], [], 0
        name = f"{case}:valid" if case.startswith("chain") else f"{case}:relu:same"
        for _ in range(a.rounds):
            found = line([a.program, case, str(samples(case)), str(a.threads)])
            ours.append(found["cpu_ms_mean"])
            peak = max(peak, found["peak_mib"])
            if not missing:
                seeds = "30" if case.startswith("chain") else "2"
                command = [sys.executable, a.torch_script, "--case", name, "--seeds", seeds]
                command += ["--threads", str(a.threads), "--seed-vec", "randn", "--warmup", "1"]
                found = line(command)
                torch.append(found["cpu_ms_median"])
                init.append(found["init_ms_median"])
        o = statistics.median(ours)
        t, i = (statistics.median(torch), statistics.median(init)) if torch else (float("nan"), float("nan"))
        print(f"{case:22} {o:9.3f} {t:9.3f} {i:8.3f} {t / o:6.2f} {peak:5}", flush=True)


if __name__ == "__main__":
    main()
