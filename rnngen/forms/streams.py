"""The model's streams behind the particles of a search: one for all that have read the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.model.runtime import Runtime, State

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


class Streams:
    """The model in U streams, one for all particles of a text that have read the same.

    Particles start alike, and those drawn anew from one go on alike while they draw the same; those
    that are done read no more. With a surer model more is shared. A text's streams are a group by
    themselves, so that its bits do not depend on other texts.
    """

    def __init__(self, runtime: Runtime, logits: NDArray[np.float32], memory: State) -> None:
        """logits: (U, V), what may follow; memory: the model's state, (L, U, H) each."""
        self._runtime, self._memory, self.logits = runtime, memory, logits
        self.totals = log_sum_exp(logits)

    @classmethod
    def begin(cls, runtime: Runtime, context: Sequence[int]) -> Streams:
        memory = runtime.start(1)
        for token in context:
            logits, memory = runtime.step(np.array([token]), memory)
        return cls(runtime, logits, memory)

    def after(
        self, texts: IntArray, streams: IntArray, tokens: IntArray
    ) -> tuple[Streams, IntArray]:
        """Each particle's stream (R,) reads its token (R,): the new streams, and whose is which.

        texts: (R,), ascending, whose particles they are.
        """
        count, size = self.logits.shape
        different, which = np.unique((texts * count + streams) * size + tokens, return_inverse=True)
        read, tokens = different // size % count, different % size
        groups = np.bincount(different // size // count)
        memory = tuple(part[:, read] for part in self._memory)
        stepped = self._runtime.step_groups(tokens, memory, groups[groups > 0].tolist())
        return Streams(self._runtime, *stepped), which


def log_sum_exp(logits: NDArray[np.float32]) -> FloatArray:
    """log of the sum of exp, for each row: (B,)."""
    top = logits.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.exp(logits - top).sum(axis=1, dtype=np.float64)
    logs: FloatArray = top[:, 0] + np.log(np.maximum(total, 1e-300))
    return logs
