"""The bar of a run on a terminal: the time left, the way there, and how it goes."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from rnngen.console import clock


class TimeLeftColumn(ProgressColumn):
    """Counts down to `ends_at`, a field of the task, between two reports of the run."""

    def render(self, task: Task) -> Text:
        ends_at = task.fields["ends_at"]
        text = "measuring" if ends_at is None else f"{clock(ends_at - time.monotonic())} left"
        return Text(f"{text:>10}", no_wrap=True)


def make_bar() -> Progress:
    """A bar; its task has the fields `status` and `ends_at`, None or as `time.monotonic` counts."""
    return Progress(
        TimeLeftColumn(),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[status]}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        expand=True,
    )
