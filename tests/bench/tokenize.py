"""How fast a text becomes a token store of characters, and in how much memory.

    python -m tests.bench.tokenize FILE

Reads FILE twice, as training does: once for its vocabulary, once to encode and write it. The
baseline is what a notebook does: a set, a dict and a list comprehension over the first megabytes.
Each runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BASELINE_BYTES = 8_000_000
WAYS = ("store", "baseline")


def measure(path: Path) -> dict[str, dict[str, float]]:
    """For each of `WAYS`: megabytes of UTF-8 a second, also of CPU, and of memory at peak."""
    return {way: _in_subprocess(way, path) for way in WAYS}


def _in_subprocess(way: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", __spec__.name, way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def store(path: Path) -> int:
    """Tokenize all of `path` as rnngen does; the bytes done."""
    from rnngen.corpus import open_corpus
    from rnngen.dataset.store import build_store
    from rnngen.tokenizers import train

    corpus = open_corpus([str(path)], documents="none")
    with tempfile.TemporaryDirectory() as folder:
        return build_store(corpus, train("char", corpus), Path(folder, "store")).num_bytes


def baseline(path: Path) -> int:
    """Tokenize the beginning of `path` in plain Python; the bytes done."""
    import numpy as np

    with path.open("rb") as file:
        data = file.read(BASELINE_BYTES)
    text = data.decode("utf-8", "ignore")
    ids = {character: i for i, character in enumerate(sorted(set(text)))}
    with tempfile.TemporaryFile() as out:
        out.write(np.array([ids[character] for character in text], np.uint16).tobytes())
    return len(data)


def run(way: str, path: Path) -> None:
    """Do it once, and print what it took as JSON."""
    import resource  # not on Windows

    start = time.perf_counter()
    num_bytes = {"store": store, "baseline": baseline}[way](path)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_kilobytes = sys.platform != "darwin"
    result = {
        "megabytes": num_bytes / 1e6,
        "megabytes_per_second": num_bytes / 1e6 / seconds,
        "megabytes_per_cpu_second": num_bytes / 1e6 / cpu_seconds,  # what a busy machine hides
        "peak_megabytes": peak * 1024 / 1e6 if in_kilobytes else peak / 1e6,
    }
    print(json.dumps(result))


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] in WAYS:
        run(sys.argv[1], Path(sys.argv[2]))
        return
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bench.tokenize FILE")
    results = measure(Path(sys.argv[1]))
    for way, result in results.items():
        print(
            f"{way:9}{result['megabytes']:7.1f} MB{result['megabytes_per_second']:7.1f} MB/s"
            f"{result['megabytes_per_cpu_second']:7.1f} MB/s of CPU"
            f"{result['peak_megabytes']:6.0f} MB resident"
        )
    speeds = [results[way]["megabytes_per_second"] for way in WAYS]
    print(f"the store is {speeds[0] / speeds[1]:.1f} times as fast as the baseline")


if __name__ == "__main__":
    main()
