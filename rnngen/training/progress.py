"""Where a run stands, and how long it has trained."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Progress:
    """Where a run stands: the numbers in its saved state."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    """Batches of this epoch so far."""
    tokens: int = 0
    seconds: float = 0.0
    """Time trained when this was saved; `Clock` has the time now."""
    total_steps: int | None = None
    """None as long as the length of a run with `minutes` is being measured."""
    best_nats: float | None = None
    best_bits: float | None = None
    without_gain: int = 0
    stopped: str = ""


class Clock:
    """The time trained, earlier parts of a resumed run included."""

    def __init__(self, seconds: float = 0.0) -> None:
        """seconds: what the earlier parts took."""
        self._earlier, self._began = seconds, time.perf_counter()

    def seconds(self) -> float:
        return self._earlier + time.perf_counter() - self._began
