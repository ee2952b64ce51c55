"""Dropout whose masks are a function of seed, step and row, whoever computes the row."""

from __future__ import annotations

import torch
from numpy.random import SeedSequence
from torch import Tensor, nn


class Dropout(nn.Module):
    """Zeroes a share of its input's units and scales up the rest; in training only.

    A row of the batch has one mask for all its tokens (Gal & Ghahramani 2016), or one for each:
    docs/benchmarks.md tells where which was better.

    Each row of the batch has a generator of its own, which begins anew at every step: masks depend
    neither on the threads that share the rows nor on anything drawn before, and no generator need
    be saved. Where a draw costs much more than its numbers, on a GPU, all rows a call names share
    the first one's. Until `begin` is called, masks are drawn from torch's global generator.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self._keep = 1 - share
        self._generators: list[torch.Generator] = []

    def begin(self, seed: int, step: int, rows: slice, device: torch.device) -> None:
        """Draw the masks of the given rows of the step's batch from here on."""
        if self._keep == 1:
            return
        own = rows.stop - rows.start if device.type == "cpu" else 1
        while len(self._generators) < own:
            self._generators.append(torch.Generator(device))
        del self._generators[own:]
        for row, generator in enumerate(self._generators, rows.start):
            [state] = SeedSequence([seed, step, row]).generate_state(1)
            generator.manual_seed(int(state))

    def forward(self, x: Tensor, *, each_token: bool = False) -> Tensor:
        """x: (B, T, H), as many rows as `begin` was given."""
        if not self.training or self._keep == 1:
            return x
        mask = x.new_empty(x.shape[0], x.shape[1] if each_token else 1, x.shape[2])
        generators: list[torch.Generator] | list[None] = self._generators or [None]
        for part, generator in zip(mask.chunk(len(generators)), generators, strict=True):
            part.bernoulli_(self._keep, generator=generator)
        return x * mask.div_(self._keep)
