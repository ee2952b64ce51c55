"""The result of a comparison in words: who is ahead, whether chance explains it, what is not known.

The rule: two settings differ if the 95% Welch interval of the difference of their means over seeds
leaves out 0. With one seed there is no spread, so nothing can be told. Any of k settings may come
out best by chance, so of more than two the intervals are widened: those of all k (k - 1) / 2 pairs
hold at once with 95% or more (Bonferroni).
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnngen.analysis.welch import CONFIDENCE, difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.analysis.welch import Difference

RULE = (
    "Rule: two settings differ if the 95% Welch interval of the difference of their means over "
    "seeds leaves out 0."
)


@dataclass(frozen=True)
class Judgement:
    """Settings in order, and the best one against each of the others."""

    order: list[str]
    """Labels, the fewest bits per byte first."""
    seeds: int
    differences: dict[str, Difference]
    """Of each label but the first: its mean minus that of the first."""

    @property
    def winner(self) -> str | None:
        """The setting that is better than every other, if there is one."""
        ahead = all(found.is_real for found in self.differences.values())
        return self.order[0] if ahead else None

    @property
    def sentence(self) -> str:
        best, second = self.order[:2]
        found = self.differences[second]
        if self.seeds < 2:
            return (
                f"{best} is {found.mean:.4f} bits per byte below {second}, but with one seed a "
                "difference cannot be told from chance. Train with `seeds` 3 or more."
            )
        assert found.low is not None
        interval = f"95% interval {found.low:.4f} to {found.high:.4f}"
        if not found.is_real:
            return (
                f"{best} and {second} are equal as far as {self.seeds} seeds can tell: they differ "
                f"by {found.mean:.4f} bits per byte, within the spread over seeds ({interval})."
            )
        return (
            f"{best} is better than {second} by {found.mean:.4f} bits per byte, more than the "
            f"spread over seeds explains ({interval})."
        )

    @property
    def others(self) -> str:
        """How the best one stands to the third and later ones, "" if there are none."""
        if self.seeds < 2:
            return ""
        behind = [label for label in self.order[2:] if self.differences[label].is_real]
        unclear = [label for label in self.order[2:] if not self.differences[label].is_real]
        best = self.order[0]
        parts = [f"{best} is better than {', '.join(behind)}."] if behind else []
        if unclear:
            parts.append(f"{best} cannot be told from {', '.join(unclear)}.")
        if parts:
            parts.append("Intervals are widened so that those of all pairs hold at once with 95%.")
        return " ".join(parts)


def judge(losses: Mapping[str, Sequence[float]]) -> Judgement:
    """losses: label -> bits per byte, one for each seed; of two labels or more."""
    order = sorted(losses, key=lambda label: statistics.fmean(losses[label]))
    best = losses[order[0]]
    confidence = 1 - (1 - CONFIDENCE) / math.comb(len(order), 2)
    return Judgement(
        order,
        min(len(found) for found in losses.values()),
        {label: difference(losses[label], best, confidence) for label in order[1:]},
    )
