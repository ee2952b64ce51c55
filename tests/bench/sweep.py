"""How near the recipe is to the best of its neighbours: `python -m tests.bench.sweep FILE [MINUTES]
[SEEDS] [OPTION ...]`.

FILE is trained on as the recipe chooses, then with one setting changed at a time, each with SEEDS
seeds. Every run has one core and MINUTES of it; as many run side by side as there are cores. Prints
held-out nats per token, means and ranges over the seeds, and how far the recipe is above the best.
The best of many is partly luck: read the ranges.
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

from rnngen.cores import cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


LOSS = "best_valid_nats_per_token"


def main(file: str, minutes: str = "1", seeds: str = "3", *options: str) -> None:
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

        def tried(changes: list[tuple[str, ...]]) -> list[tuple[dict[str, Any], ...]]:
            """What came of each change with each seed; the losses are printed."""
            runs = [(*c, "--seed", str(seed)) for c in changes for seed in range(int(seeds))]
            found = list(zip(*[pool.map(trained, runs)] * int(seeds), strict=True))
            for change, infos in zip(changes, found, strict=True):
                losses = [info[LOSS] for info in infos]
                spread = f"({min(losses):.4f} to {max(losses):.4f})"
                print(f"{mean_loss(infos):.4f} {spread} {' '.join(change) or 'the recipe'}")
            return found

        [recipe] = tried([()])
        others = tried(list(neighbours(recipe[0]["training"] | recipe[0])))
    best = min(map(mean_loss, [recipe, *others]))
    print(f"the recipe is {mean_loss(recipe) / best - 1:.1%} above the best")


def mean_loss(infos: Iterable[dict[str, Any]]) -> float:
    losses: list[float] = [info[LOSS] for info in infos]
    return statistics.mean(losses)


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
    if settings["ngrams"] > 1:
        yield from (("--ngram-rate", f"{settings['ngram_rate'] * factor:g}") for factor in (0.3, 3))


if __name__ == "__main__":
    main(*sys.argv[1:])
