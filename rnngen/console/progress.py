"""How far long work has come, as a line on stderr that moves: n of total, and the time left.

    writing  37 of 100 texts  37%  0:12 left

It is there only on a terminal, and only once the work has taken a while.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rnngen.console import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.corpus import Corpus

SHOWN_AFTER = 0.5
"""Seconds; what is done sooner needs no line."""
BETWEEN = 0.1
"""Seconds between two looks of the line."""
LEAST_SHARE, LEAST_SECONDS = 0.03, 10
"""What must be done, or have passed, before the time left is more than a guess."""
BYTES = "bytes"
"""A unit that is shown in MB."""


class ProgressLine:
    """Shows how much is done. Without a terminal it shows nothing."""

    def __init__(
        self,
        what: str,
        unit: str,
        total: float | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """what: is being done, as "writing".  total: None where it is not known."""
        self.what, self.unit, self.total = what, unit, total
        self.done = 0.0
        self.is_measured = True
        """Whether `done` says how far the work is."""
        self._clock = clock
        self._began = clock()
        self._next = self._began + SHOWN_AFTER
        self._is_shown = not quiet and terminal.can_move()

    def update(self, done: float) -> None:
        """So much is done now, in all."""
        self.done = done
        if not self._is_shown:
            return
        now = self._clock()
        if now >= self._next:
            self._next = now + BETWEEN
            terminal.show_line(self.line)

    def show(self) -> None:
        """Show the line at once: the work is known to take long."""
        if self._is_shown:
            terminal.show_line(self.line)

    def restart(self) -> None:
        """The work begins anew: the time left is that of this round."""
        self.done = 0.0
        self._began = self._clock()

    def line(self) -> str:
        """How far it is now."""
        if not self.is_measured:
            return f"{self.what} ..."
        if not self.total:
            return f"{self.what}  {_amount(self.done, self.unit)}"
        done = min(self.done, self.total)
        parts = [f"{self.what}  {_of(done, self.total, self.unit)}", f"{done / self.total:.0%}"]
        passed = self._clock() - self._began
        if done and (done >= LEAST_SHARE * self.total or passed > LEAST_SECONDS):
            left = passed * (self.total - done) / done
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)


@contextmanager
def progress(
    what: str,
    unit: str,
    total: float | None = None,
    *,
    quiet: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[ProgressLine]:
    """Shows how far the work of the block has come; the line goes with it."""
    shown = ProgressLine(what, unit, total, quiet=quiet, clock=clock)
    try:
        yield shown
    finally:
        terminal.remove_line()


@contextmanager
def reading_progress(
    what: str, corpus: Corpus | None = None, *, quiet: bool = False
) -> Iterator[ReadingProgress]:
    """Shows how far the files of a corpus have been read within the block."""
    from rnngen.corpus.watch import watch_reading

    with progress(what, BYTES, quiet=quiet) as shown:
        reading = ReadingProgress(shown)
        if corpus is not None:
            reading.open(corpus)
        with watch_reading(reading.read):
            yield reading


class ReadingProgress:
    """The place in all files of a corpus, by their sizes on disk.

    Files are read in order, perhaps several times, so the place in the one being read says all.
    """

    def __init__(self, shown: ProgressLine) -> None:
        self.shown = shown
        self._offsets: dict[str, int] = {}  # of each file, the sizes of those before it
        self._place = 0
        self._share: float | None = None

    def open(self, corpus: Corpus) -> None:
        """These are the files."""
        size = 0
        for source in corpus.sources:
            self._offsets[source.path] = size
            size += source.size
        self.shown.total = size

    def read(self, path: str, place: int) -> None:
        """A file has been read up to a place, in bytes on disk."""
        if path not in self._offsets:
            return
        before, self._place = self._place, self._offsets[path] + place
        if self._share is not None:  # reading is ahead of the work
            self.work(self._share * before / max(before, self._place, 1))
            return
        if self._place < before:
            self.shown.restart()
        self.shown.update(self._place)

    def rename(self, what: str) -> None:
        """From here on, this is being done."""
        self.shown.what, self.shown.is_measured = what, True

    def wait(self, what: str) -> None:
        """From here on this is being done, and reading does not tell how far it is."""
        self.shown.what, self.shown.is_measured = what, False
        self.shown.show()

    def work(self, share: float) -> None:
        """The work takes longer than reading: so much of what was read is done, from 0 to 1."""
        self._share = share
        self.shown.update(max(self.shown.done, self._place * share))


def duration(seconds: float) -> str:
    """Minutes and seconds, and hours where there are some.

    >>> duration(62), duration(3723)
    ('1:02', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _of(done: float, total: float, unit: str) -> str:
    if unit == BYTES:
        return f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
    return f"{done:,.0f} of {total:,.0f} {unit}"


def _amount(done: float, unit: str) -> str:
    return f"{done / 1e6:.1f} MB" if unit == BYTES else f"{done:,.0f} {unit}"
