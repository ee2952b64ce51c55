"""How many steps a run has: given, or found by measuring.

Only here do seconds decide anything; the rest of a run goes by `Progress.total_steps`, which is
saved. So two runs whose totals agree have the same weights, however fast each was.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from rnngen.training.processes import Group
    from rnngen.training.progress import Clock, Progress
    from rnngen.training.schedule import Schedule


class StepBudget:
    """Keeps `progress.total_steps`; the first process measures for all."""

    def __init__(self, schedule: Schedule, progress: Progress, clock: Clock, group: Group) -> None:
        self._schedule, self._progress = schedule, progress
        self._clock, self._group = clock, group
        self._step_seconds: list[float] = []
        if progress.total_steps is None and not schedule.is_timed:
            progress.total_steps = schedule.given_steps

    def move_end(self) -> bool:
        """Go on to the end that the settings have now; False if it is past.

        Nothing needs to be measured: the speed up to the saved state is known.
        """
        progress = self._progress
        progress.stopped = ""
        progress.total_steps = self._schedule.total_to_new_end(progress.step, progress.seconds)
        return progress.total_steps is not None

    def begin_step(self) -> None:
        self._began = time.perf_counter()

    def end_step(self, loss: torch.Tensor) -> bool:
        """Measure a step that gave this loss; whether the total has become known by it."""
        progress, schedule = self._progress, self._schedule
        step, total = progress.step, progress.total_steps
        if total is None:
            loss.item()  # a GPU's time is that until it has the number
            self._step_seconds.append(time.perf_counter() - self._began)
            progress.total_steps = self._group.broadcast(
                schedule.total_from_speed(
                    step, progress.tokens, self._clock.seconds(), self._step_seconds
                )
            )
            return progress.total_steps is not None
        if schedule.is_adjusting_due(step, total):
            adjusted = schedule.adjust_total(step, total, self._clock.seconds())
            progress.total_steps = self._group.broadcast(adjusted)
        return False
