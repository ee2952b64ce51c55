"""What people see: notes, progress and results on stderr. stdout belongs to the product.

Rich is imported when a terminal is there to show it; into files and pipes go plain lines.
"""

from __future__ import annotations

import math
import os
import sys
import time
from bisect import bisect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from rnngen.events import Evaluation, Planned, Sample, Saved, Skipped, Step, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rnngen.events import Event
    from rnngen.recipe import Recipe
    from rnngen.score import Token

SECONDS_BETWEEN_LINES = 10.0


def note(message: str) -> None:
    """One line for the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


def error(message: str) -> None:
    """What went wrong, in one line."""
    note("rnngen: " + " ".join(message.split()))


def table(facts: dict[str, Any]) -> str:
    """Facts as aligned lines; nested ones are indented by their key."""
    flat = {
        f"{key}.{inner}" if inner else key: value
        for key, outer in facts.items()
        for inner, value in (outer.items() if isinstance(outer, dict) else [("", outer)])
    }
    width = max(map(len, flat))
    return "\n".join(f"{key:<{width}}  {_value(value)}" for key, value in flat.items())


@contextmanager
def counting(what: str, unit: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with a growing count; on a terminal the count is seen moving."""
    if quiet or not sys.stderr.isatty():
        yield lambda count: None
        return
    yield lambda count: print(f"\r{what}: {count:,} {unit}", end="", file=sys.stderr, flush=True)
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def show_corpus(facts: dict[str, Any]) -> None:
    """What will be trained on."""
    pieces = "one continuous text"
    if facts["documents"] != "none":
        pieces = f"{facts['num_documents']:,} documents, one a {facts['documents']}"
    note(
        f"{', '.join(facts['names'])}: {facts['bytes']:,} bytes, {facts['tokens']:,} tokens, "
        f"{pieces}; {facts['held_out_tokens']:,} tokens held out"
    )
    note(f"documents: {facts['documents_reason']}")


def show_recipe(recipe: Recipe) -> None:
    """The settings of a run, one a line, each with its reason."""
    settings = recipe.model.to_dict() | recipe.train.to_dict()
    width = max(map(len, recipe.reasons))
    for name, reason in recipe.reasons.items():
        note(f"  {name:<{width}}  {_value(settings[name]):>7}  {reason}")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


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
        if isinstance(event, Planned):
            total = event.total_steps
            self._progress.update(self._task, total=total, total_text=str(total))
        elif isinstance(event, Step):
            self._progress.update(self._task, status=self._status(event))
        elif isinstance(event, Sample):
            self._print(_indented(event.text), style="dim italic")
        elif line := describe(event):
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
    """An event as lines of plain text; empty if it need not be told."""
    match event:
        case Planned():
            return f"{event.total_steps:,} steps in all"
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
            return f"step {event.step}: the loss is not a finite number; step skipped"
        case Saved() | Stopped():
            return ""
    return ""


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.strip("\n").split("\n"))


BITS = (1, 2, 4, 8)
"""Where one colour of surprise ends and the next begins."""
COLOURS = ("", *(f"color(16) on color({c})" for c in (230, 222, 215, 209)))
END_MARK, LINE_MARK = "\u220e", "\u21b5"
CONTROLS = {i: 0x2400 + i for i in range(32) if chr(i) not in "\n\t"}
"""Control characters as pictures: in a coloured text they would steer the terminal."""
TOKENS_PER_PRINT = 1000


def shows_colour() -> bool:
    """Whether stdout is a terminal that may show colours (see no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def show_surprise(tokens: Iterable[Token]) -> None:
    """Texts on stdout, their characters coloured by the bits of surprise in them.

    A character of several tokens has the sum of theirs.
    """
    from rich.console import Console
    from rich.text import Text

    screen, text, bits = Console(highlight=False), Text("bits: "), 0.0
    for name, colour in zip(("under 1", *(f"{b} and more" for b in BITS)), COLOURS, strict=True):
        text.append(f" {name} ", colour).append(" ")
    text.append(f" end {END_MARK}\n")
    line_ended = True
    for count, token in enumerate(tokens, 1):
        bits += token.nats / math.log(2)
        if token.text or token.ends:
            shown = token.text.replace("\n", f"{LINE_MARK}\n").translate(CONTROLS)
            text.append(shown or END_MARK, COLOURS[bisect(BITS, bits)])
            text.append("\n" if token.ends else "")
            bits, line_ended = 0.0, token.ends or shown.endswith("\n")
        if count % TOKENS_PER_PRINT == 0:
            screen.print(text, end="", soft_wrap=True)
            text = Text()
    screen.print(text, end="" if line_ended else "\n", soft_wrap=True)
