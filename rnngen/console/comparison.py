"""A comparison as it is trained and when it is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rnngen.analysis.report import aligned, tables, verdict
from rnngen.console import note, wrap
from rnngen.counts import count
from rnngen.training.events import Step, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.analysis.compare import Comparison
    from rnngen.training.events import Event

SECONDS_BETWEEN_LINES = 10.0


class ComparisonView:
    """Follows all runs: a line now and then, and one at the end of each."""

    def __init__(self) -> None:
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def observe(self, event: Event) -> None:
        if isinstance(event, Step) and time.monotonic() >= self._next_line:
            total = f"/{event.total_steps}" if event.total_steps else ""
            note(f"  step {event.step}{total}  loss {event.train_nats_per_token:.4f}")
        elif isinstance(event, Stopped) and event.best_valid_bits_per_byte is not None:
            note(
                f"  {event.best_valid_bits_per_byte:.4f} bits per byte after "
                f"{count(event.step, 'step')}, "
                f"{event.seconds:.0f} seconds"
            )
        else:
            return
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES


def lines(comparison: Comparison, width: int) -> Iterator[str]:
    """What `rnngen compare` prints; prose is at most `width` characters wide."""
    for table in tables(comparison):
        *rows, remark = aligned(table)
        yield from rows
        yield from wrap(remark, width)
        yield ""
    for sentence in verdict(comparison):
        yield from wrap(sentence, width)
