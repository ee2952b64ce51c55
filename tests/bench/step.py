"""How long one token takes: NumpyRuntime against torch, and against reading the weights once.

    python -m tests.bench.step

The models are the default ones over 300 tokens, about a million parameters. A stream alone cannot
be faster than its weights can be read, so that is the measure: `read` is one pass (np.max) over all
of them, cached as they would be between two steps.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from rnngen.config import CELLS, ModelConfig
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.shapes import parameter_count, tensor_shapes
from rnngen.model.torch.runtime import TorchRuntime

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnngen.model.runtime import Runtime

ROUNDS = {1: 1000, 64: 30, 1000: 5}
"""How often a step of so many streams is tried; on a shared machine few run undisturbed."""


def main() -> None:
    print(f"{'cell':5}{'streams':>8}{'numpy':>12}{'torch':>12}{'read':>9}  numpy is")
    for cell in CELLS:
        config = ModelConfig(300, cell)
        rng = np.random.default_rng(0)
        weights = {
            name: rng.normal(0, 0.1, shape).astype(np.float32)
            for name, shape in tensor_shapes(config).items()
        }
        flat = np.concatenate([weight.ravel() for weight in weights.values()])
        assert len(flat) == parameter_count(config)
        ours, theirs = NumpyRuntime(config, weights), TorchRuntime(config, weights)
        for streams, rounds in ROUNDS.items():
            read, numpy = fastest([flat.max, stepper(ours, streams)], rounds)
            # By itself: torch's threads go on spinning for a while after each call.
            (torch,) = fastest([stepper(theirs, streams)], rounds)
            print(
                f"{cell:5}{streams:8}{numpy / streams:9.1f} us{torch / streams:9.1f} us"
                f"{read:6.0f} us  {numpy / streams / read:.2f} x read, "
                f"{torch / numpy:.1f} times as fast as torch"
            )


def stepper(runtime: Runtime, streams: int) -> Callable[[], object]:
    """One step of so many streams, each with a token of its own."""
    state = runtime.start(streams)
    ids = np.arange(streams) % runtime.config.vocab_size
    return lambda: runtime.step(ids, state)


def fastest(tasks: list[Callable[[], object]], rounds: int) -> list[float]:
    """Microseconds of the fastest call of each task.

    Tasks take turns, so each meets its share of the machine's good moments, and a turn is three
    calls, so that what a task needs is in the cache at the last of them.
    """
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for index, task in enumerate(tasks):
            for _ in range(3):
                begin = time.perf_counter()
                task()
                best[index] = min(best[index], (time.perf_counter() - begin) * 1e6)
    return best


if __name__ == "__main__":
    main()
