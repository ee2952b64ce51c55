"""The model's streams behind the particles of a search: one for all that have read the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.model.softmax import log_sum_exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.model.runtime import Runtime, State

    IntArray = NDArray[np.int64]


class Streams:
    """The model in U streams, one for all particles of a text that have read the same.

    Particles start alike, and those that were resampled from one go on alike while they draw the
    same. Those that are done read no more. The surer the model, the more is shared. A text's
    streams are a group by themselves, so that its bits do not depend on other texts.
    """

    def __init__(self, runtime: Runtime, logits: NDArray[np.float32], state: State) -> None:
        """logits: (U, V), what may follow.  state: the model's, (L, U, H) each."""
        self._runtime, self._state, self.logits = runtime, state, logits
        self.totals = log_sum_exp(logits)  # (U,) log p(v) = logits[u, v] - totals[u]

    @classmethod
    def begin(cls, runtime: Runtime, context: Sequence[int]) -> Streams:
        """One stream that has read `context`, at least one token."""
        state = runtime.start(1)
        for token in context:
            logits, state = runtime.step(np.array([token]), state)
        return cls(runtime, logits, state)

    def after(
        self, texts: IntArray, streams: IntArray, tokens: IntArray
    ) -> tuple[Streams, IntArray]:
        """Each particle's stream reads its token: the new streams, and whose is which (R,).

        texts: (R,), ascending, whose particles they are.  streams, tokens: (R,).
        """
        count, size = self.logits.shape
        # One number for each triple (text, stream, token), so that equal ones are found by sorting.
        # They come out ordered by text, as step_groups wants its groups.
        triples = (texts * count + streams) * size + tokens
        different, which = np.unique(triples, return_inverse=True)  # (U',), (R,)
        read, tokens = different // size % count, different % size
        groups = np.bincount(different // size // count)  # streams of each text
        state = tuple(part[:, read] for part in self._state)  # (L, U', H) each
        stepped = self._runtime.step_groups(tokens, state, groups[groups > 0].tolist())
        return Streams(self._runtime, *stepped), which
