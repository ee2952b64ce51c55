"""Where a run stands, and what came of its last steps."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch


@dataclass
class Progress:
    """Where a run stands: the numbers in its saved state."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0
    total_steps: int | None = None
    best_nats: float | None = None
    best_bits: float | None = None
    without_gain: int = 0
    stopped: str = ""


class StepReport:
    """Losses and speed since the last report."""

    def __init__(self, tokens: int = 0) -> None:
        self._begin(tokens)

    def _begin(self, tokens: int) -> None:
        self._losses: list[torch.Tensor] = []
        self._tokens = tokens
        self._began = time.perf_counter()

    def add(self, loss: torch.Tensor) -> None:
        self._losses.append(loss)

    def finish(self, tokens: int) -> tuple[list[float], float]:
        """The losses and tokens a second; a GPU is waited for here, and not at each step."""
        losses: list[float] = torch.stack(self._losses).tolist()
        seconds = max(1e-9, time.perf_counter() - self._began)
        rate = round((tokens - self._tokens) / seconds, 1)
        self._begin(tokens)
        return losses, rate
