"""A run as it is watched: its events as a moving bar, as lines, or not at all."""

from __future__ import annotations

import sys
import textwrap
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from rnngen.console import clock, note, one_line, translated_note
from rnngen.console.plan import show_corpus, show_recipe
from rnngen.console.progress import reading_progress
from rnngen.console.terminal import to_people
from rnngen.controls import visible
from rnngen.counts import count
from rnngen.training.events import (
    Evaluation,
    Limited,
    Planned,
    Prepared,
    Sample,
    Saved,
    Skipped,
    Step,
    Stopped,
)

if TYPE_CHECKING:
    from rnngen.config import TrainConfig
    from rnngen.corpus import Corpus
    from rnngen.training.events import Event

SAMPLE_LINES = 3
LINE_WIDTH = 80
"""Columns of a sample where there is no terminal."""
WIDE = 100
"""Columns from which on a bar also shows the speed."""


def training_view(*, quiet: bool) -> TrainingView:
    """How to show a run: a moving bar on a terminal, else lines; nothing if `quiet`."""
    if quiet:
        return TrainingView()
    return LiveView() if sys.stderr.isatty() else LineView()


class TrainingView:
    """Shows how a text is read and the events of a run; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def open(self, corpus: Corpus) -> None:
        """Show how far the files of a text have been read."""

    def count(self, characters: int) -> None:
        """Show that the text is being cut into tokens."""

    def note(self, line: str) -> None:
        """Show what the library has to say before the run."""

    def observe(self, event: Event) -> None:
        """Show an event."""


class TimeLeft:
    """How long a run will still take, by its events.

    With `minutes` this is what is left of them: the number of steps is adjusted to the time, and
    not the other way round.
    """

    def __init__(self) -> None:
        self._config: TrainConfig | None = None
        self._first: Event | None = None

    @property
    def counts_steps(self) -> bool:
        """Whether the number of steps stands from the beginning, so that it can be shown."""
        return self._config is not None and self._config.minutes is None

    @property
    def minutes(self) -> float | None:
        return None if self._config is None else self._config.minutes

    def observe(self, event: Event) -> None:
        if isinstance(event, Prepared):
            self._config = event.recipe.train
        elif self._first is None:
            self._first = event

    def seconds(self, event: Step) -> float | None:
        """After `event`; None as long as it is not known."""
        if event.total_steps is None or self._first is None or event.step == self._first.step:
            return None
        steps, seconds = event.step - self._first.step, event.seconds - self._first.seconds
        left = (event.total_steps - event.step) * seconds / steps
        if self.minutes is not None:
            left = min(left, 60 * self.minutes - event.seconds)
        return max(0.0, left)


class LineView(TrainingView):
    """One line for each thing worth telling; what moves from step to step is not shown."""

    def __init__(self) -> None:
        self._counting = ExitStack()
        self._left = TimeLeft()

    def __enter__(self) -> Self:
        self._reading = self._counting.enter_context(reading_progress("reading"))
        return self

    def __exit__(self, *error: Any) -> None:
        self._counting.__exit__(*error)

    def open(self, corpus: Corpus) -> None:
        self._reading.open(corpus)

    def count(self, characters: int) -> None:
        self._reading.rename("tokenizing")

    def note(self, line: str) -> None:
        translated_note(line)

    def observe(self, event: Event) -> None:
        self._counting.close()
        self._left.observe(event)
        if isinstance(event, Prepared):
            show_corpus(event.corpus)
            show_recipe(event.recipe)
        else:
            self.show(event)

    def show(self, event: Event) -> None:
        """Show an event of the run itself."""
        if not isinstance(event, Step) and (line := describe(event, self._left)):
            note(line)


class LiveView(LineView):
    """A bar with the time left, the loss and the speed; evaluations and samples scroll by above."""

    def __init__(self) -> None:
        from rnngen.console.bar import make_bar

        super().__init__()
        self._bar = make_bar()
        self._task = self._bar.add_task("", total=None, ends_at=None, status="")
        self._bits_per_byte = ""

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        with to_people():
            if self._bar.live.is_started:
                self._bar.stop()

    def observe(self, event: Event) -> None:
        with to_people():
            super().observe(event)
            self._bar.start()  # not before the settings are shown; again it does nothing

    def show(self, event: Event) -> None:
        width = self._bar.console.width
        if isinstance(event, Step):
            self._move(event, width)
        elif isinstance(event, Sample):
            self._print(shown_sample(event.text, width), style="dim italic")
        elif line := describe(event, self._left):
            self._print(line)
        if isinstance(event, Evaluation):
            self._bits_per_byte = f"  {event.valid_bits_per_byte:.3f} bits/byte"

    def _move(self, event: Step, width: int) -> None:
        left = self._left.seconds(event)
        steps = _steps(event, self._left)
        speed = f"  {event.tokens_per_second:,.0f} tokens/s" if width >= WIDE else ""
        loss = f"  loss {event.train_nats_per_token:.3f}"
        self._bar.update(self._task, status=f"{steps}{loss}{self._bits_per_byte}{speed}")
        if left is not None:
            total, ends_at = event.seconds + left, time.monotonic() + left
            self._bar.update(self._task, completed=event.seconds, total=total, ends_at=ends_at)

    def _print(self, text: str, style: str | None = None) -> None:
        self._bar.console.print(visible(text), style=style, markup=False)


def describe(event: Event, left: TimeLeft) -> str:
    """An event as lines of plain text; empty if there is nothing to show."""
    match event:
        case Planned():
            return _planned(event, left)
        case Step():
            seconds = left.seconds(event)
            time_left = "" if seconds is None else f"{clock(seconds)} left  "
            return (
                f"{time_left}{_steps(event, left)}  epoch {event.epoch:.2f}  "
                f"loss {event.train_nats_per_token:.4f}  rate {event.learning_rate:.2e}  "
                f"{event.tokens_per_second:,.0f} tokens/s"
            )
        case Evaluation():
            mark = "best so far" if event.best else f"{event.without_gain} without gain"
            return (
                f"step {event.step:,}  held-out: {event.valid_nats_per_token:.4f} nats/token  "
                f"{event.valid_bits_per_byte:.4f} bits/byte  ({mark})"
            )
        case Sample():
            return shown_sample(event.text, LINE_WIDTH)
        case Skipped():
            return f"step {event.step:,}  {event.steps} skipped: their loss is not a finite number"
        case Limited():
            return f"What would help most: {event.why}"
        case Prepared() | Saved() | Stopped():
            return ""
    return ""


def _planned(event: Planned, left: TimeLeft) -> str:
    if left.minutes is None:
        return f"{count(event.total_steps, 'step')} in total"
    return f"about {count(event.total_steps, 'step')} in at most {left.minutes:g} minutes"


def _steps(event: Step, left: TimeLeft) -> str:
    total = f"/{event.total_steps:,}" if event.total_steps and left.counts_steps else ""
    return f"step {event.step:,}{total}"


def shown_sample(text: str, width: int) -> str:
    """The beginning of a text in at most `SAMPLE_LINES` lines, indented, fit for a terminal."""
    lines: list[str] = []
    for line in filter(str.strip, text.split("\n")):
        lines += textwrap.wrap(one_line(line), width - 6)
        if len(lines) > SAMPLE_LINES:
            lines = [*lines[: SAMPLE_LINES - 1], f"{lines[SAMPLE_LINES - 1]} \u2026"]
            break
    return "\n".join(f"    {line}" for line in lines)
