"""How fast texts of growing size are cut into tokens and trained on, and in how much memory.

    python -m tests.bench.memory FILE [MEGABYTES ...]

FILE is repeated to 1, 10, 100 and 1,000 MB (or to the sizes named), in a temporary folder that
takes about three times the largest. Each command runs as a process of its own, as a user runs it.

Memory is what the process holds by itself (anonymous pages), at its peak, and with all that is
resident, also the pages of files mapped into it, which the system takes back when it needs them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SIZES = (1, 10, 100, 1000)  # megabytes
STEPS = 200
MODEL = ("--hidden-size", "128", "--num-layers", "1", "--batch-size", "32", "--seq-len", "64")
SECONDS = 0.02  # between two looks at the memory


@dataclass(frozen=True)
class Taken:
    """What a command took."""

    seconds: float
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
    start = time.perf_counter()
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
    return Taken(time.perf_counter() - start, own / 1e6, resident / 1e6)


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
    steps = ("--steps", str(STEPS), "--evaluations", "1", "--valid-tokens", "20000")
    trained = taken(home, "train", str(text), *options, *MODEL, *steps)
    events = map(json.loads, (home / "text" / "log.jsonl").read_text().splitlines())
    speeds = sorted(e["tokens_per_second"] for e in events if e["event"] == "step")
    size = sum(file.stat().st_size for file in (home / ".tokens").rglob("*") if file.is_file())
    return {
        "megabytes": megabytes,
        "tokenize_seconds": cut.seconds,
        "tokenize_own": cut.own,
        "tokenize_resident": cut.resident,
        "disk": size / 1e6,
        "train_seconds": trained.seconds,
        "tokens_per_second": speeds[len(speeds) // 2],
        "train_own": trained.own,
        "train_resident": trained.resident,
    }


def main() -> None:
    if len(sys.argv) < 2 or not sys.platform.startswith("linux"):
        sys.exit("usage: python -m tests.bench.memory FILE [MEGABYTES ...]   (on Linux)")
    source, sizes = Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or SIZES
    print("tokens   text MB   tokenize: s   MB/s   MB own   resident   disk MB", end="   ")
    print(f"train {STEPS} steps: s   tokens/s   MB own   resident")
    for tokenizer in ("char", "subword"):
        for megabytes in sizes:
            with tempfile.TemporaryDirectory() as folder:
                m = measure(source, megabytes, tokenizer, Path(folder))
            print(
                f"{tokenizer:8} {megabytes:7,}  {m['tokenize_seconds']:12.1f}"
                f"  {megabytes / m['tokenize_seconds']:5.1f}  {m['tokenize_own']:7.0f}"
                f"  {m['tokenize_resident']:9.0f}  {m['disk']:8.0f}"
                f"  {m['train_seconds']:18.1f}  {m['tokens_per_second']:9,.0f}"
                f"  {m['train_own']:7.0f}  {m['train_resident']:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
