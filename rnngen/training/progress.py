"""Where a run stands, and how long it has trained."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

MOMENTS = ("exp_avg", "exp_avg_sq")
"""Tensors of a saved state beside each weight: AdamW's m and v, as torch calls them."""
STOPPED = ("", "finished", "patience")
"""Why a run that was saved has ended, "" if it has not."""


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

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Progress:
        """The numbers of a saved state. Raises TypeError or ValueError for what none has."""
        progress = cls(**values)
        for name in ("step", "epoch", "batch", "tokens", "without_gain"):
            number = getattr(progress, name)
            if type(number) is not int or number < 0:
                raise ValueError(f"{name} is {number!r}")
        if type(progress.total_steps) is not int and progress.total_steps is not None:
            raise ValueError(f"total_steps is {progress.total_steps!r}")
        for name in ("seconds", "best_nats", "best_bits"):
            number = getattr(progress, name)
            if not isinstance(number, int | float) and (number is not None or name == "seconds"):
                raise ValueError(f"{name} is {number!r}")
        if progress.stopped not in STOPPED:
            raise ValueError(f"stopped is {progress.stopped!r}")
        return progress


class Clock:
    """The time trained, earlier parts of a resumed run included."""

    def __init__(self, seconds: float = 0.0) -> None:
        """seconds: what the earlier parts took."""
        self._earlier, self._began = seconds, time.perf_counter()

    def seconds(self) -> float:
        return self._earlier + time.perf_counter() - self._began
