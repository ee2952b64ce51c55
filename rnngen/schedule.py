"""The learning rate as a function of the step."""

from __future__ import annotations

import math


def learning_rate(
    step: int, *, total_steps: int | None, warmup_steps: int, peak: float, final: float
) -> float:
    """Rate of the update number `step` (from 0): a linear rise, then half a cosine down.

    total_steps: None while the length of the run is still being measured; the rate of a warm-up
    step is the same whether it is known or not, so measuring does not change a run.
    final: the rate after the last step, as a share of `peak`.

    The cosine is that of Loshchilov & Hutter (2017), without restarts.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if total_steps is None:
        return peak
    done = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
    return peak * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done)))
