"""How soon the program writes, and how fast: `python -m tests.bench.start [MODEL]`.

Whole processes, in turn, so that a machine that gets slower meanwhile slows all of them.
Without MODEL, a model of a million random weights stands in: the time is the same.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rnngen import checkpoint
from tests.models import small_model

ROUNDS = 7
MANY = 1000
BASE = ("-m", "rnngen", "sample", "base-en")


def seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(model: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if model is None:
            model = str(Path(folder) / "model.safetensors")
            sizes = {"embedding_dim": 256, "hidden_size": 256, "num_layers": 2}
            checkpoint.save_model(Path(model), small_model(**sizes))
        sample = ("-m", "rnngen", "sample", model, "--length", "200", "--seed", "1")
        commands = {
            "python -c pass": ("-c", "pass"),
            "rnngen --help": ("-m", "rnngen", "--help"),
            "rnngen sample, 200 tokens": sample,
            "rnngen sample haiku": ("-m", "rnngen", "sample", "haiku", "--seed", "1"),
            "base-en, 200 characters": (*BASE, "--no-preset", "--chars", "200", "--seed", "1"),
            "python -c 'import torch'": ("-c", "import torch"),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS + 1):
            for name, arguments in commands.items():
                times[name].append(seconds(*arguments))
        many = seconds("-m", "rnngen", "sample", model, "--length", "200", "-n", str(MANY))
    torch = statistics.median(times["python -c 'import torch'"][1:])
    for name, found in times.items():
        median = statistics.median(found[1:])  # the first round fills the disk cache
        least = min(found[1:])
        print(f"{name:<28} {median:.3f} s (least {least:.3f})  {median / torch:.3f} of torch")
    one = statistics.median(times["rnngen sample, 200 tokens"][1:])
    print(
        f"-n {MANY}: {MANY * 200 / many:,.0f} tokens/s, {MANY * one / many:.1f} times those of -n 1"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
