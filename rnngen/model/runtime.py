"""A trained model at work, one token at a time: one protocol, a NumPy and a torch implementation.

Shapes: B streams, T tokens, V vocabulary, L layers, H hidden units.
State is a tuple of float32 arrays (L, B, H), `(h, c)` for an LSTM and `(h,)` for a GRU, as in
torch.nn, and where the model has n-grams the last tokens, int64 (N - 1, B, 1), each id + 1 or 0.
The second axis is that of streams in all; a state from one runtime can be carried into the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.config import ModelConfig

    IdArray = NDArray[np.int64]
    FloatArray = NDArray[np.float32]
    State = tuple[FloatArray | IdArray, ...]


class Runtime(Protocol):
    @property
    def config(self) -> ModelConfig: ...

    def start(self, batch_size: int) -> State:
        """The empty state of `batch_size` streams: zeros."""
        ...

    def step(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """Advance every stream by one token.

        ids: int64 (B,), each in [0, V).  state: left unchanged.
        Returns unnormalised log-probabilities, float32 (B, V), and the next state.
        Raises ValueError if B differs from the state's.
        """
        ...

    def step_groups(
        self, ids: IdArray, state: State, sizes: Sequence[int]
    ) -> tuple[FloatArray, State]:
        """As `step`, for streams that belong together in groups, which follow one another.

        sizes: of each group, positive, together B.
        Faster with some five streams a group or more. The same up to rounding, which may depend on
        what other streams a group has, but not on other groups.
        """
        ...

    def forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """Advance every stream by T tokens: ids int64 (B, T) -> logits (B, T, V), next state."""
        ...
