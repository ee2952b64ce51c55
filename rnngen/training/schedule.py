"""How long a run is, and what is due at which of its steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.config import TrainConfig

UNMEASURED_STEPS = 3
"""The first steps also allocate and compile; they do not tell the speed of the others."""
MEASURED_SHARE = 0.08
"""A timed run is measured until this share of its time has passed, or its warm-up is over."""


class Schedule:
    """The steps of a run, by its settings and the size of its text.

    Nothing here looks at a clock: what was measured is passed in, and a total made from it is to be
    kept until `adjust_total` changes it.
    """

    def __init__(self, config: TrainConfig, *, batches_per_epoch: int, held_out: int) -> None:
        """held_out: tokens read at each evaluation."""
        self._config = config
        self._held_out = held_out
        self.is_timed = config.minutes is not None
        most = [] if config.steps is None else [config.steps]
        if config.epochs is not None:
            most.append(max(1, math.ceil(config.epochs * batches_per_epoch)))
        self.given_steps: int | None = min(most, default=None)
        """`steps` or `epochs` in steps, whichever is less; None if neither was given."""
        self.warmup_steps = config.warmup_steps
        if self.given_steps is not None:
            self.warmup_steps = min(self.warmup_steps, self.given_steps // 5)

    def learning_rate(self, step: int, total_steps: int | None) -> float:
        """The rate of update number `step`, from 0."""
        return learning_rate(
            step,
            total_steps=total_steps,
            warmup_steps=self.warmup_steps,
            peak=self._config.learning_rate,
            final=self._config.final_rate,
        )

    def total_from_speed(
        self, step: int, tokens: int, seconds: float, step_seconds: Sequence[float]
    ) -> int | None:
        """The total of a run with `minutes`, after `step` steps; None as long as it is not known.

        tokens, seconds: read and spent since the run began.  step_seconds: of the steps measured.
        """
        minutes = self._config.minutes
        assert minutes is not None
        if self.given_steps is not None and step >= self.given_steps:
            return self.given_steps
        enough = step >= self.warmup_steps or seconds > MEASURED_SHARE * minutes * 60
        if not enough or len(step_seconds) <= UNMEASURED_STEPS:
            return None
        timed = step_seconds[UNMEASURED_STEPS:]
        seconds_per_step = sum(timed) / len(timed)
        # Reading forward only costs about a third of a training step.
        evaluation = self._held_out * seconds_per_step * step / tokens / 3
        left = minutes * 60 - seconds - evaluation * self._config.evaluations
        return self._at_most_given(step + max(0, int(left / seconds_per_step)))

    def total_to_new_end(self, step: int, seconds: float) -> int | None:
        """The total of a run that has come to `step` in so many seconds and has another end now.

        None if that end is past.
        """
        total = self.given_steps if self._config.minutes is None else self._in_time(step, seconds)
        assert total is not None
        return total if total > step else None

    def adjust_total(self, step: int, total_steps: int, seconds: float) -> int:
        """The total of a run with `minutes` by its speed so far, evaluations and all.

        Of the steps that were left, half stay, so that the rate still comes down smoothly.
        """
        least = step + (total_steps - step + 1) // 2
        return max(least, self._in_time(step, seconds))

    def _in_time(self, step: int, seconds: float) -> int:
        minutes = self._config.minutes
        assert minutes is not None
        return self._at_most_given(int(step * minutes * 60 / max(seconds, 1e-9)))

    def _at_most_given(self, steps: int) -> int:
        return steps if self.given_steps is None else min(steps, self.given_steps)

    def is_adjusting_due(self, step: int, total_steps: int | None) -> bool:
        """In the middle between two evaluations of a run with `minutes`."""
        if self._config.minutes is None or total_steps is None or step >= total_steps:
            return False
        halves = [2 * k * self._config.evaluations // total_steps for k in (step - 1, step)]
        return (halves[1] + 1) // 2 > (halves[0] + 1) // 2

    def is_evaluation_due(self, step: int, total_steps: int | None) -> bool:
        """The evaluations divide the run evenly; the last one is at its end."""
        count = self._config.evaluations
        if total_steps is None:
            return False
        return step * count // total_steps > (step - 1) * count // total_steps


def learning_rate(
    step: int, *, total_steps: int | None, warmup_steps: int, peak: float, final: float
) -> float:
    """Rate of the update number `step` (from 0): a linear rise, then half a cosine down.

    total_steps: None while the length of the run is still being measured; the rate of a warm-up
    step is the same whether it is known or not, and the peak is kept until it is.
    final: the rate after the last step, as a share of `peak`.

    The cosine is that of Loshchilov & Hutter (2017), without restarts.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if total_steps is None:
        return peak
    done = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
    return peak * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done)))
