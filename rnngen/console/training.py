"""A run as it is watched: its events as a moving bar, as lines, or not at all."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rnngen.console import note
from rnngen.training.events import Evaluation, Planned, Sample, Saved, Skipped, Step, Stopped

if TYPE_CHECKING:
    from rnngen.training.events import Event

SECONDS_BETWEEN_LINES = 10.0


def training_view(*, quiet: bool) -> TrainingView:
    """How to show a run: a moving bar on a terminal, else lines; nothing if `quiet`."""
    if quiet:
        return TrainingView()
    return LiveView() if sys.stderr.isatty() else LineView()


class TrainingView:
    """Shows the events of a run; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: Event) -> None:
        pass


class LineView(TrainingView):
    """One line for each thing worth telling, steps at most every ten seconds."""

    def __init__(self) -> None:
        self._next_step_line = 0.0

    def show(self, event: Event) -> None:
        if isinstance(event, Step):
            if time.monotonic() < self._next_step_line:
                return
            self._next_step_line = time.monotonic() + SECONDS_BETWEEN_LINES
        if line := describe(event):
            note(line)


class LiveView(TrainingView):
    """A bar with speed, loss and time left; evaluations and samples scroll by above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("step {task.completed:.0f}/{task.fields[total_text]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, total_text="?", status="measuring")
        self._bits_per_byte = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        self._progress.update(self._task, completed=event.step)
        if isinstance(event, Planned | Step) and (total := event.total_steps):
            self._progress.update(self._task, total=total, total_text=str(total))
        if isinstance(event, Step):
            self._progress.update(self._task, status=self._status(event))
        elif isinstance(event, Sample):
            self._print(_indented(event.text), style="dim italic")
        elif not isinstance(event, Planned) and (line := describe(event)):
            self._print(line)
        if isinstance(event, Evaluation):
            self._bits_per_byte = f" {event.valid_bits_per_byte:.3f} bits/byte "

    def _status(self, event: Step) -> str:
        return (
            f"loss {event.train_nats_per_token:.3f} {self._bits_per_byte}"
            f"rate {event.learning_rate:.1e} {event.tokens_per_second:,.0f} tokens/s"
        )

    def _print(self, text: str, style: str | None = None) -> None:
        self._progress.console.print(text, style=style, markup=False)


def describe(event: Event) -> str:
    """An event as lines of plain text; empty if there is nothing to show."""
    match event:
        case Planned():
            return f"{event.total_steps:,} steps in total"
        case Step():
            total = f"/{event.total_steps}" if event.total_steps else ""
            return (
                f"step {event.step}{total}  epoch {event.epoch:.2f}  "
                f"loss {event.train_nats_per_token:.4f}  rate {event.learning_rate:.2e}  "
                f"{event.tokens_per_second:,.0f} tokens/s"
            )
        case Evaluation():
            mark = "best so far" if event.best else f"{event.without_gain} without gain"
            return (
                f"step {event.step}  held-out: {event.valid_nats_per_token:.4f} nats/token  "
                f"{event.valid_bits_per_byte:.4f} bits/byte  ({mark})"
            )
        case Sample():
            return _indented(event.text)
        case Skipped():
            return f"step {event.step}  {event.steps} skipped: their loss is not a finite number"
        case Saved() | Stopped():
            return ""
    return ""


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.strip("\n").split("\n"))
