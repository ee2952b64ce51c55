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
    """The model in U streams, one for all particles of a group that have read the same.

    Particles start alike, and those that were resampled from one go on alike while they draw the
    same. Those that are done read no more. The surer the model, the more is shared. The particles
    of a text, or of several drafts of one, are a group by themselves, so that the bits of a text do
    not depend on other texts.
    """

    def __init__(
        self, runtime: Runtime, logits: NDArray[np.float32], state: State, *, alone: bool
    ) -> None:
        """logits: (U, V), what may follow.  state: the model's, (L, U, H) each.

        alone: each group is one stream, which is faster stepped by itself.
        """
        self._runtime, self._state, self.logits = runtime, state, logits
        self._alone = alone
        self.totals = log_sum_exp(logits)  # (U,) log p(v) = logits[u, v] - totals[u]

    @classmethod
    def begin(cls, runtime: Runtime, context: Sequence[int], *, alone: bool) -> Streams:
        """One stream that has read `context`, at least one token."""
        state = runtime.start(1)
        for token in context:
            logits, state = _step(runtime, np.array([token]), state, [1], alone=alone)
        return cls(runtime, logits, state, alone=alone)

    def after(
        self, groups: IntArray, streams: IntArray, tokens: IntArray
    ) -> tuple[Streams, IntArray]:
        """Each particle's stream reads its token: the new streams, and whose is which (R,).

        groups: (R,), ascending, whose particles they are.  streams, tokens: (R,).
        """
        count, size = self.logits.shape
        # One number for each triple (group, stream, token), so that equal ones are found by
        # sorting. They come out ordered by group, as step_groups wants them.
        triples = (groups * count + streams) * size + tokens
        different, which = np.unique(triples, return_inverse=True)  # (U',), (R,)
        read, tokens = different // size % count, different % size
        sizes = np.bincount(different // size // count)  # streams of each group
        state = tuple(part[:, read] for part in self._state)  # (L, U', H) each
        stepped = _step(self._runtime, tokens, state, sizes[sizes > 0].tolist(), alone=self._alone)
        return Streams(self._runtime, *stepped, alone=self._alone), which


def _step(
    runtime: Runtime, tokens: IntArray, state: State, sizes: list[int], *, alone: bool
) -> tuple[NDArray[np.float32], State]:
    return runtime.step(tokens, state) if alone else runtime.step_groups(tokens, state, sizes)
