"""How near training comes to the machine's limit: `python -m tests.bench.cells`.

One update of a `Learner` on the CPU, in fp32, beside the loop one would write by hand: embedding,
nn.LSTM or nn.GRU of as many layers, output, clipping, AdamW, with torch's own choice of threads.
The measure is the rate at which a large matrix product is computed, in the same process; a step is
counted as the products it cannot do without, 6 operations for a weight and token. All take turns,
so that a machine that gets slower meanwhile slows all of them; figures are medians. On a busy
machine only the ratio in CPU time says something, and that only if threads do not spin while they
wait: OMP_WAIT_POLICY=PASSIVE.
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from rnngen.config import CELLS, ModelConfig, TrainConfig
from rnngen.dataset.batches import Batch
from rnngen.model.shapes import tensor_shapes
from rnngen.training.learner import Learner

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, SECONDS = 7, 8
"""Of each line, whichever is reached first, but one round to warm up and one that counts."""
VOCAB, LAYERS, STEPS = 128, 2, 64
SIDE = 1536
"""Of the large product: its three matrices together are about as large as a server's L3 cache."""


def main() -> None:
    threads = torch.get_num_threads()
    matrix = torch.randn(SIDE, SIDE)
    print(f"{threads} threads; a step in ms, GFLOP/s and share of the peak")
    print(f"{'cell':6}{'size':>8}{'B':>4}{'peak':>7}{'rnngen':>25}{'plain torch':>25}  rnngen is")
    for hidden, streams, cell in itertools.product((256, 512), (64, 16), CELLS):
        config = ModelConfig(VOCAB, cell, hidden, hidden, LAYERS)
        ids = np.random.default_rng(0).integers(VOCAB, size=(2, streams, STEPS))
        tasks = (lambda: matrix @ matrix, ours(config, ids), plain(config, ids))
        peak, step, by_hand = medians(tasks, threads)
        rate = 2 * SIDE**3 / peak[0] / 1e9
        matrices = [s for n, s in tensor_shapes(config).items() if n.endswith(("hh_l0", "ih_l0"))]
        weights = sum(s[0] * s[1] for s in matrices if len(s) == 2) + VOCAB * hidden
        work = 6 * weights * streams * STEPS / 1e9
        shown = (
            f"{seconds * 1e3:10.0f} {work / seconds:7.1f} {work / seconds / rate:6.2f}"
            for seconds, _ in (step, by_hand)
        )
        times = f"{by_hand[0] / step[0]:.2f} times as fast, {by_hand[1] / step[1]:.2f} in CPU time"
        print(f"{cell:6}{f'{LAYERS}x{hidden}':>8}{streams:4}{rate:7.1f}", *shown, f" {times}")


def ours(config: ModelConfig, ids: np.ndarray) -> Callable[[], object]:
    settings = TrainConfig(
        batch_size=ids.shape[1], device="cpu", precision="fp32", threads=torch.get_num_threads()
    )
    learner = Learner(config, settings, counts=np.ones(VOCAB, np.int64), start_id=0)
    batch = Batch(ids[0], ids[1], position=1, num_targets=ids[0].size)
    return lambda: learner.update(batch, settings.learning_rate)


def plain(config: ModelConfig, ids: np.ndarray) -> Callable[[], object]:
    cell = {"lstm": nn.LSTM, "gru": nn.GRU}[config.cell]
    hidden = config.hidden_size
    embedding, output = nn.Embedding(VOCAB, hidden), nn.Linear(hidden, VOCAB)
    layers = cell(hidden, hidden, LAYERS, batch_first=True)
    parameters = [*embedding.parameters(), *layers.parameters(), *output.parameters()]
    optimizer = torch.optim.AdamW(parameters)
    inputs, targets = torch.from_numpy(ids)

    def step() -> None:
        logits = output(layers(embedding(inputs))[0])
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return step


def medians(tasks: tuple[Callable[[], object], ...], threads: int) -> list[tuple[float, float]]:
    """Seconds of a call of each: on the clock, and of CPU."""
    times: list[list[tuple[float, float]]] = [[] for _ in tasks]
    end = time.perf_counter() + SECONDS
    for done in range(ROUNDS + 1):
        if done > 1 and time.perf_counter() > end:
            break
        for task, found in zip(tasks, times, strict=True):
            torch.set_num_threads(threads)  # whatever the task before has chosen for itself
            began, cpu_began = time.perf_counter(), time.process_time()
            task()
            found.append((time.perf_counter() - began, time.process_time() - cpu_began))
    # The first round takes the memory.
    return [tuple(map(statistics.median, zip(*found[1:], strict=True))) for found in times]


if __name__ == "__main__":
    main()
