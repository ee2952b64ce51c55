"""Two processes of one thread against one process of two: `python -m tests.bench.distributed`.

Both train the same model on the shipped haiku, by turns. Prints the largest difference of their
losses and the median rate of each.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TEXT = Path(__file__).parents[2] / "corpora" / "haiku.txt"
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SETTINGS = (
    *("--steps", "30", "--evaluations", "2", "--valid-tokens", "5000", "--device", "cpu"),
    *("--hidden-size", "256", "--num-layers", "2", "--batch-size", "16", "--threads", "2"),
    *("--precision", "fp32", "--no-novelty", "--overwrite", "--quiet"),
)
TURNS = 3


def main() -> None:
    for cell in ("lstm", "gru"):
        rates: dict[int, list[float]] = {1: [], 2: []}
        losses: dict[int, list[float]] = {}
        with tempfile.TemporaryDirectory() as home:
            for _ in range(TURNS):
                for processes in (1, 2):
                    steps = run(processes, Path(home), cell)
                    rates[processes] += [step["tokens_per_second"] for step in steps[1:]]
                    losses[processes] = [step["train_nats_per_token"] for step in steps]
        difference = max(abs(a - b) for a, b in zip(losses[1], losses[2], strict=True))
        one, two = (statistics.median(rates[processes]) for processes in (1, 2))
        print(
            f"{cell}  losses differ by {difference:.1e} nats at most; one process {one:,.0f} "
            f"tokens/s, two {two:,.0f} ({two / one:.2f})"
        )


def run(processes: int, home: Path, cell: str) -> list[dict[str, float]]:
    """The steps logged by a run."""
    launcher = TORCHRUN if processes > 1 else ()
    subprocess.run(
        [sys.executable, *launcher, "-m", "rnngen", "train", str(TEXT), "--cell", cell, *SETTINGS],
        env={**os.environ, "RNNGEN_HOME": str(home)},
        check=True,
        stderr=subprocess.DEVNULL,
    )
    lines = (home / "haiku" / "log.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == "step"]


if __name__ == "__main__":
    main()
