"""A run as it is watched: its events as a moving bar, as lines, or not at all."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from rnngen.console import note, show_corpus, show_recipe, translated_note
from rnngen.console.progress import progress
from rnngen.console.terminal import visible
from rnngen.training.events import (
    Evaluation,
    Planned,
    Prepared,
    Sample,
    Saved,
    Skipped,
    Step,
    Stopped,
)

if TYPE_CHECKING:
    from rnngen.training.events import Event

SECONDS_BETWEEN_LINES = 10.0


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

    def count(self, characters: int) -> None:
        """Show how many characters of the text were cut into tokens."""

    def note(self, line: str) -> None:
        """Show what the library has to say before the run."""

    def observe(self, event: Event) -> None:
        """Show an event."""


class LineView(TrainingView):
    """One line for each thing worth telling, steps at most every ten seconds."""

    def __init__(self) -> None:
        self._counting = ExitStack()
        self._next_step_line = 0.0

    def __enter__(self) -> Self:
        shown = progress("tokenizing", "characters")
        self._count = self._counting.enter_context(shown).update
        return self

    def __exit__(self, *error: Any) -> None:
        self._counting.__exit__(*error)

    def count(self, characters: int) -> None:
        self._count(characters)

    def note(self, line: str) -> None:
        translated_note(line)

    def observe(self, event: Event) -> None:
        self._counting.close()
        if isinstance(event, Prepared):
            show_corpus(event.corpus)
            show_recipe(event.recipe)
        else:
            self.show(event)

    def show(self, event: Event) -> None:
        """Show an event of the run itself."""
        if isinstance(event, Step):
            if time.monotonic() < self._next_step_line:
                return
            self._next_step_line = time.monotonic() + SECONDS_BETWEEN_LINES
        if line := describe(event):
            note(line)


class LiveView(LineView):
    """A bar with speed, loss and time left; evaluations and samples scroll by above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        super().__init__()
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

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        if self._progress.live.is_started:
            self._progress.stop()

    def observe(self, event: Event) -> None:
        super().observe(event)
        self._progress.start()  # not before the settings are shown; again it does nothing

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
        self._progress.console.print(visible(text), style=style, markup=False)


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
        case Prepared() | Saved() | Stopped():
            return ""
    return ""


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.strip("\n").split("\n"))
