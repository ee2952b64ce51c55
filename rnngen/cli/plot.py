"""`rnngen plot`: the losses of runs as curves."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.plotting.curves import Curve, RunLog, View

EXAMPLES = """
\b
Examples:
  rnngen train corpora/haiku.txt --name mine --minutes 2 && rnngen plot
  rnngen plot mine --x minutes --y bits
  rnngen plot mine --json > curves.jsonl
"""
SAME_TOKENS = 1.01
"""Runs on the same tokens may hold out other parts of the text, with other bytes per token."""
MOST_RUNS = 26
"""As many as there are letters to draw them with."""
LEAST_WIDTH, LARGEST = 44, 10_000
"""Characters; narrower, the legend does not fit."""


def command(
    names: options.RunNames = None,
    x: Annotated[
        str, typer.Option(help="Horizontal axis: step, tokens, minutes or epoch.")
    ] = "step",
    y: Annotated[
        str,
        typer.Option(
            help="Vertical axis: nats per token, or bits per byte of held-out text, which also "
            "compare runs with different tokens."
        ),
    ] = "nats",
    smooth: Annotated[
        float,
        typer.Option(help="Smooth the training losses, from 0 (not at all) to below 1."),
    ] = 0.0,
    first: Annotated[
        float | None, typer.Option("--from", help="Leave out what comes before this x.")
    ] = None,
    log_x: Annotated[bool, typer.Option("--log-x", help="Use a logarithmic x axis.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Draw into a .png, .svg or .pdf file. Needs matplotlib.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the points, one JSON object per line.")
    ] = False,
    width: Annotated[
        int | None,
        typer.Option(help="Width of the chart in characters. Default: that of the terminal."),
    ] = None,
    height: Annotated[int, typer.Option(help="Height of the curves in lines.")] = 16,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Use only ASCII characters.")] = False,
) -> None:
    """Draw the losses of runs, even while they train.

    A run is a name or a folder, as for rnngen sample.
    """
    from rnngen.plotting import curves

    view = curves.View(x, y, smooth, first, log_x)
    if as_json and out:
        raise ConfigError("--json and --out exclude each other. Leave one of them out.")
    _check_size(width, height)
    if out:
        from rnngen.plotting import figure

        figure.file_format(out)
    logs = _read(names or [])
    if len(logs) > MOST_RUNS and not (as_json or out):
        raise ConfigError(f"a chart has room for {MOST_RUNS} runs. Draw more of them with --out.")
    found = curves.curves(logs, view)
    _tell(logs, found, view)
    if as_json:
        _print_points(found, view)
    elif out:
        figure.save(found, view, out)
        options.tell_written(out)
    else:
        _show(found, view, width, height, ascii_only=ascii_only)


def _check_size(width: int | None, height: int) -> None:
    for option, given, least in (("--width", width, LEAST_WIDTH), ("--height", height, 3)):
        if given is not None and not least <= given <= LARGEST:
            raise ConfigError(f"{option} must be from {least} to {LARGEST}, got {given}.")


def _read(names: list[str]) -> list[RunLog]:
    """The logs of the runs asked for, each once; the one last written to if none is named."""
    from rnngen import runs
    from rnngen.plotting.curves import read_log

    paths = {runs.find_log(name).resolve(): name for name in names}
    if not names:
        latest = runs.latest_log()
        paths = {latest: latest.parent.name}
    short = [path.parent.name if path.name == runs.LOG_FILE else path.stem for path in paths]
    return [
        read_log(path, name if short.count(name) == 1 else typed)
        for (path, typed), name in zip(paths.items(), short, strict=True)
    ]


def _tell(logs: Sequence[RunLog], found: Sequence[Curve], view: View) -> None:
    """Say what is not seen in the chart. Raises CheckpointError if nothing is."""
    drawn = {curve.run for curve in found}
    empty = [log.name for log in logs if log.name not in drawn]
    if empty:
        what = "bits per byte" if view.y == "bits" else "loss"
        place = "" if view.first is None else f" from {view.x} {view.first:g} on"
        message = f"{', '.join(empty)}: no {what} was logged{place} so far"
        if not found:
            raise CheckpointError(f"{message}, so there is nothing to draw.")
        console.note(f"rnngen: note: {message}.")
    lengths = [log.bytes_per_token for log in logs if log.bytes_per_token]
    if view.y == "nats" and lengths and max(lengths) > SAME_TOKENS * min(lengths):
        console.note(
            "rnngen: note: the runs have different tokens, so their nats per token do not "
            "compare. Bits per byte do: --y bits."
        )


def _print_points(curves: Sequence[Curve], view: View) -> None:
    for curve in curves:
        for x, y in curve.points:
            facts = {"run": curve.run, "curve": curve.kind, view.x: x, view.y_key: y}
            typer.echo(console.to_json(facts))


def _show(
    curves: Sequence[Curve], view: View, width: int | None, height: int, *, ascii_only: bool
) -> None:
    from rnngen.console import chart, surprise

    chart.show_chart(
        [dataclasses.replace(curve, run=console.one_line(curve.run)) for curve in curves],
        view,
        width=width or max(LEAST_WIDTH, shutil.get_terminal_size().columns),
        height=height,
        coloured=surprise.shows_colour(),
        ascii_only=ascii_only,
    )
