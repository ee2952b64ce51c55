"""How near the recipe is to the best of its neighbours: `python -m tests.bench.sweep FILE [MINUTES]
[OPTION ...]`.

First FILE is trained on as the recipe chooses, then with one setting changed at a time. Every run
has one core and MINUTES of it; as many run side by side as there are cores. Prints held-out nats
per token and how far the recipe is above the best of all, which is partly chance: seeds differ too,
so the recipe is run with three of them, and the mean is what is compared.
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rnngen.machine import cores

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = ("0", "1", "2")


def main(file: str, minutes: str = "1", *options: str) -> None:
    free: queue.Queue[int] = queue.Queue()
    for core in sorted(os.sched_getaffinity(0))[: cores()]:
        free.put(core)

    def trained(change: tuple[str, ...]) -> dict[str, Any]:
        core = free.get()
        try:
            return train(core, file, "--minutes", minutes, *options, *change)
        finally:
            free.put(core)

    with ThreadPoolExecutor(free.qsize()) as pool:
        own = list(pool.map(trained, [("--seed", seed) for seed in SEEDS]))
        changes = list(neighbours(own[0]["training"] | own[0]))
        found = zip(changes, pool.map(trained, changes), strict=True)
        losses = [info["best_valid_nats_per_token"] for info in own]
        recipe = statistics.mean(losses)
        print(f"{recipe:.4f} the recipe, mean of {', '.join(f'{loss:.4f}' for loss in losses)}")
        best = recipe
        for change, info in found:
            loss = info["best_valid_nats_per_token"]
            best = min(best, loss)
            print(f"{loss:.4f} {' '.join(change)}", flush=True)
    print(f"the recipe is {recipe / best - 1:.1%} above the best")


def train(core: int, *options: str) -> dict[str, Any]:
    """What `rnngen info` says of a run on that core alone."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RNNGEN_HOME": home, "OMP_NUM_THREADS": "1"}
        for command in (["train", *options, "--name", "x", "--quiet"], ["info", "x", "--json"]):
            ran = subprocess.run(
                [sys.executable, "-m", "rnngen", *command],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )
    info: dict[str, Any] = json.loads(ran.stdout)
    return info


def neighbours(settings: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Options that change one setting of the recipe's choice."""
    hidden, rate, batch = (settings[n] for n in ("hidden_size", "learning_rate", "batch_size"))
    yield from (("--hidden-size", str(size)) for size in (hidden * 2 // 3, hidden * 3 // 2))
    yield from (("--learning-rate", f"{rate * factor:.2g}") for factor in (0.5, 2))
    yield from (("--batch-size", str(size)) for size in (max(1, batch // 2), batch * 2))
    dropout = settings["dropout"]
    shares = {max(0, round(dropout + step, 1)) for step in (-0.2, -0.1, 0.1, 0.2)} - {dropout}
    yield from (("--dropout", str(share)) for share in sorted(shares) if share < 1)
    yield from (("--num-layers", str(n)) for n in (1, 2, 3) if abs(n - settings["num_layers"]) == 1)
    yield from (("--ngrams", str(n)) for n in (1, 2, 3, 4) if n != settings["ngrams"])
    yield from (("--ngram-rate", f"{settings['ngram_rate'] * factor:g}") for factor in (0.3, 3))


if __name__ == "__main__":
    main(*sys.argv[1:])
