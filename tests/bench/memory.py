"""How fast texts of growing size are cut into tokens and trained on, and in how much memory.

    python -m tests.bench.memory FILE [MEGABYTES ...] [--tokenizer KIND]

FILE is repeated to 1, 10, 100 and 1,000 MB (or to the sizes named), in a temporary folder that
takes about three times the largest. Each command runs as a process of its own, as a user runs it.

Times are of CPU, of all processes together, which a busy machine changes little. Training is
measured twice, with few steps and with more: the difference is what the steps took.

Memory is what the processes hold by themselves (anonymous pages), at their peak, and all that is
resident, also the pages of files mapped into them, which the system takes back when it needs them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SIZES = (1, 10, 100, 1000)  # megabytes
STEPS = (2, 102)
BATCH_SIZE, SEQ_LEN = 32, 64
MODEL = ("--hidden-size", "128", "--num-layers", "1", "--evaluations", "1")
BATCH = ("--batch-size", str(BATCH_SIZE), "--seq-len", str(SEQ_LEN), "--valid-tokens", "5000")
SECONDS = 0.05  # between two looks at the memory


@dataclass(frozen=True)
class Taken:
    """What a command took."""

    cpu_seconds: float
    own: float
    """Megabytes of memory of its own at peak; of itself and the processes it started."""
    resident: float
    """The same with the pages of files."""


def repeated(source: Path, path: Path, megabytes: int) -> None:
    """Write `source` over and over until `path` has so many bytes, and end with a line's end."""
    left = megabytes * 1_000_000
    with path.open("wb") as out:
        while left:
            with source.open("rb") as text:
                while left and (block := text.read(min(left, 1 << 20))):
                    out.write(block)
                    left -= len(block)
    with path.open("r+b") as out:
        out.seek(-1, os.SEEK_END)
        out.write(b"\n")


def taken(home: Path, *arguments: str) -> Taken:
    """Run the program and watch it."""
    environment = {**os.environ, "RNNGEN_HOME": str(home)}
    start = _cpu_seconds()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnngen", *arguments], env=environment, stdout=subprocess.DEVNULL
    )
    own = resident = 0
    while process.poll() is None:
        sizes = [_sizes(each) for each in _with_children(process.pid)]
        own = max(own, sum(size[0] for size in sizes))
        resident = max(resident, sum(size[1] for size in sizes))
        time.sleep(SECONDS)
    if process.returncode:
        sys.exit(f"rnngen {' '.join(arguments)}: exit code {process.returncode}")
    return Taken(_cpu_seconds() - start, own / 1e6, resident / 1e6)


def _cpu_seconds() -> float:
    """Of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _with_children(process: int) -> list[int]:
    """Also the children of its children."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        found = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [process, *(each for child in found for each in _with_children(child))]


def _sizes(process: int) -> tuple[int, int]:
    """Bytes of memory of its own, and of all that is resident, now."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    facts = dict(line.split(":", 1) for line in lines if line.startswith("Rss") or "VmRSS" in line)
    own, resident = (int(facts.get(n, "0 kB").split()[0]) << 10 for n in ("RssAnon", "VmRSS"))
    return own, resident


def measure(source: Path, megabytes: int, tokenizer: str, folder: Path) -> dict[str, float]:
    """Tokenize and train once at one size."""
    text, home = folder / "text.txt", folder / "home"
    repeated(source, text, megabytes)
    options = ("--tokenizer", tokenizer, "--quiet")
    cut = taken(home, "tokenize", str(text), *options)
    few, more = (
        taken(home, "train", str(text), *options, *MODEL, *BATCH, "--steps", str(n), "--overwrite")
        for n in STEPS
    )
    tokens = (STEPS[1] - STEPS[0]) * BATCH_SIZE * SEQ_LEN
    size = sum(file.stat().st_size for file in (home / ".tokens").rglob("*") if file.is_file())
    return {
        "rate": megabytes / cut.cpu_seconds,
        "own": cut.own,
        "resident": cut.resident,
        "disk": size / 1e6,
        "start": few.cpu_seconds,
        "tokens": tokens / (more.cpu_seconds - few.cpu_seconds),
        "train_own": more.own,
        "train_resident": more.resident,
    }


def main() -> None:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").split("\n")[2].strip())
    parser.add_argument("file", type=Path)
    parser.add_argument("megabytes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--tokenizer", action="append", choices=("char", "byte", "subword"))
    asked = parser.parse_intermixed_args()
    print("MB/s and tokens/s are of one core; memory at peak: own, resident (MB)")
    print(
        "tokens   text MB |   MB/s     own  resident  disk MB | start s  tokens/s     own  resident"
    )
    for tokenizer in asked.tokenizer or ("char", "subword"):
        for megabytes in asked.megabytes:
            with tempfile.TemporaryDirectory() as folder:
                m = measure(asked.file, megabytes, tokenizer, Path(folder))
            print(
                f"{tokenizer:8} {megabytes:7,} | {m['rate']:6.1f} {m['own']:7.0f}"
                f" {m['resident']:9.0f} {m['disk']:8.0f} | {m['start']:7.1f} {m['tokens']:9,.0f}"
                f" {m['train_own']:7.0f} {m['train_resident']:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
