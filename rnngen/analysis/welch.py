"""Whether the means of two small samples differ by more than their spread explains.

Welch's interval of a difference of means (Welch 1947), for samples of sizes n, m with variances
a, b, each estimated from its own sample:

    s^2 = a / n + b / m          df = s^4 / ((a / n)^2 / (n - 1) + (b / m)^2 / (m - 1))
    difference +- t(df) s        t(df): the 97.5% quantile of Student's distribution
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
"""Of an interval, unless another is asked for."""
STEPS = 2000
"""Of the integral of Student's density; Simpson's rule, so that the error is below 1e-9."""


@dataclass(frozen=True)
class Difference:
    """The mean of one sample minus that of another."""

    mean: float
    low: float | None
    """The interval; None if a sample has fewer than two values."""
    high: float | None

    @property
    def is_real(self) -> bool:
        """Whether the interval leaves out 0: the difference exceeds the spread."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def difference(
    one: Sequence[float], other: Sequence[float], confidence: float = CONFIDENCE
) -> Difference:
    """The mean of `one` minus that of `other`, with its interval."""
    mean = statistics.fmean(one) - statistics.fmean(other)
    if min(len(one), len(other)) < 2:
        return Difference(mean, None, None)
    parts = [statistics.variance(sample) / len(sample) for sample in (one, other)]
    variance = sum(parts)
    if variance == 0:  # the same number each time: there is no spread
        return Difference(mean, mean, mean)
    freedom = variance**2 / sum(
        part**2 / (len(sample) - 1) for part, sample in zip(parts, (one, other), strict=True)
    )
    margin = t_quantile(freedom, confidence) * math.sqrt(variance)
    return Difference(mean, mean - margin, mean + margin)


def t_quantile(freedom: float, confidence: float = CONFIDENCE) -> float:
    """t such that Student's distribution has this share of its mass in [-t, t].

    freedom: at least 1.
    """
    low, high = 0.0, 1.0
    while _mass(high, freedom) < confidence:
        high *= 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _mass(middle, freedom) < confidence else (low, middle)
    return high


def _mass(t: float, freedom: float) -> float:
    """The probability of [-t, t].

    With x = sqrt(freedom) tan u the density becomes a power of cos u, on a bounded range:
    2 integral of cos(u)^(freedom - 1) from 0 to atan(t / sqrt(freedom)), over B(1/2, freedom / 2).
    """
    u = np.linspace(0, math.atan(t / math.sqrt(freedom)), STEPS + 1)
    density = np.cos(u) ** (freedom - 1)
    total = density[0] + 4 * density[1::2].sum() + 2 * density[2:-1:2].sum() + density[-1]
    log_beta = math.lgamma(0.5) + math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2)
    return float(2 * total * u[1] / 3 / math.exp(log_beta))
