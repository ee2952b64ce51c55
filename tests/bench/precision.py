"""Whether bf16 pays in training on this CPU: `python -m tests.bench.precision`.

One update of a `Learner` in fp32 and in bf16, in turns, for each cell, layer size and number of
rows; medians. `device.LEAST_HIDDEN_SIZE_IN_BF16` is made from the last column of a processor that
has bf16 instructions; others are slower in bf16 throughout.
"""

from __future__ import annotations

import itertools
import statistics
import time

import numpy as np
import torch

from rnngen.config import CELLS, ModelConfig, TrainConfig
from rnngen.dataset.batches import Batch
from rnngen.training.device import choose_precision, choose_threads, has_bf16_instructions
from rnngen.training.learner import Learner
from rnngen.training.processes import SINGLE

VOCAB, LAYERS, STEPS = 128, 2, 64
ROUNDS = 7


def main() -> None:
    cpu = torch.device("cpu")
    print(f"bf16 instructions: {'yes' if has_bf16_instructions() else 'no'}; tokens/s")
    print(f"{'cell':6}{'size':>8}{'B':>4}{'fp32':>10}{'bf16':>10}  ratio  auto takes")
    for cell, hidden, rows in itertools.product(CELLS, (64, 128, 192, 256, 512), (16, 32, 64)):
        model = ModelConfig(VOCAB, cell, hidden, hidden, LAYERS)
        fp32, bf16 = tokens_per_second(model, rows, choose_threads(0, cpu, rows, SINGLE))
        chosen = choose_precision("auto", cpu, model)
        size = f"{LAYERS}x{hidden}"
        print(f"{cell:6}{size:>8}{rows:4}{fp32:10.0f}{bf16:10.0f}{bf16 / fp32:7.2f}  {chosen}")


def tokens_per_second(model: ModelConfig, rows: int, threads: int) -> list[float]:
    """In fp32 and in bf16."""
    ids = np.random.default_rng(0).integers(VOCAB, size=(2, rows, STEPS))
    batch = Batch(ids[0], ids[1], position=1, num_targets=ids[0].size)
    learners = [
        Learner(
            model,
            TrainConfig(batch_size=rows, device="cpu", precision=precision, threads=threads),
            counts=np.ones(VOCAB, np.int64),
            start_id=0,
        )
        for precision in ("fp32", "bf16")
    ]
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS + 1):
        for learner, found in zip(learners, seconds, strict=True):
            began = time.perf_counter()
            learner.update(batch, 1e-3)
            found.append(time.perf_counter() - began)
    # The first round takes the memory.
    return [ids[0].size / statistics.median(found[1:]) for found in seconds]


if __name__ == "__main__":
    main()
