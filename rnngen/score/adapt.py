"""Dynamic evaluation: a model that learns from the text it reads, as it reads it.

Krause et al. 2018 (arXiv:1709.07432). Each stretch is scored first; then one gradient step is made
on it, each weight's gradient divided by the root of its mean square. They took that mean over the
training text, which a checkpoint does not hold; here it is over the stretches read so far.

Nothing is scored by weights that have seen it, yet the figure depends on the order of the texts and
says less about the model than about the model and this way of reading: compare it with its like.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from rnngen.errors import ConfigError
from rnngen.model.torch.rnnlm import RNNLM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rnngen.config import ModelConfig
    from rnngen.model.runtime import IdArray
    from rnngen.score.reader import Nats

STRETCH = 32
"""Tokens between two steps: shorter ones adapt sooner, and cost more."""
EPSILON = 1e-5


class AdaptingReader:
    """The Reader protocol with weights of its own, which change with every stretch."""

    def __init__(
        self, config: ModelConfig, weights: Mapping[str, NDArray[np.float32]], rate: float
    ) -> None:
        """weights: copied.  rate: the step of a weight whose gradient is as large as ever."""
        if not 0 < rate < math.inf:
            raise ConfigError(f"`adapt_rate` must be above 0, got {rate:g}. Try 0.001.")
        self.on_read: Callable[[int], None] = lambda count: None
        self._model = RNNLM(config)
        self._model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        self._model.eval()  # no dropout: the text is read once
        self._squares = [torch.zeros_like(weight) for weight in self._model.parameters()]
        self._rate = rate
        self._steps = 0
        self._state = self._model.start(1)

    def read_batch(self, rows: Sequence[IdArray]) -> list[Nats]:
        """One after the other: what is learned from a text is used for the next."""
        return [self.read_next(row, first=True) for row in rows]

    def read_next(self, row: IdArray, *, first: bool) -> Nats:
        """See Reader. Raises ConfigError if the steps are too long for the text."""
        if first:
            self._state = self._model.start(1)
        starts = range(0, max(1, len(row) - 1), STRETCH)
        nats = np.concatenate([self._read(row[i : i + STRETCH + 1]) for i in starts])
        if not np.isfinite(nats).all():
            raise ConfigError(
                f"`adapt_rate` {self._rate:g} is too high for this text: the weights grew without "
                "bound. Lower it."
            )
        return nats

    def _read(self, row: IdArray) -> Nats:
        ids = torch.from_numpy(row)
        logits, state = self._model(ids[None, :-1], self._state)
        self._state = tuple(part.detach() for part in state)
        loss = F.cross_entropy(logits[0], ids[1:], reduction="none")
        if len(loss):
            self._learn(loss.mean())
        self.on_read(len(loss))
        return loss.detach().double().numpy()

    def _learn(self, loss: torch.Tensor) -> None:
        self._model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._steps += 1
        with torch.no_grad():
            for weight, squares in zip(self._model.parameters(), self._squares, strict=True):
                assert weight.grad is not None
                squares += weight.grad**2
                root = (squares / self._steps).sqrt()
                weight.sub_(weight.grad / (root + EPSILON), alpha=self._rate)
