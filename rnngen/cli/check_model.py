"""`rnngen check-model`: whether the files of a model or run are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options

if TYPE_CHECKING:
    from rnngen.inspection import Report

EXAMPLES = """
\b
Examples:
  rnngen check-model haiku
  rnngen check-model checkpoints/my-haiku/model.safetensors
  rnngen check-model haiku --json
"""
DAMAGED = 3
"""Exit code, as of any check that does not hold."""


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            autocompletion=options.model_names,
            help="A model's or run's name, its folder, or one of its files.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print a JSON object per file. docs/scripting.md has its keys."
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing. The exit code tells.")
    ] = False,
) -> None:
    """Check that the files of a model or run are whole, and say what they hold.

    Every part of a file is read and compared with the others, and nothing is computed with it. The
    exit code is 3 if a file is damaged.
    """
    from rnngen import inspection

    reports = inspection.inspect(options.resolve_model(name, quiet=quiet))
    for report in () if quiet else reports:
        if as_json:
            typer.echo(console.to_json(report.to_dict()))
            continue
        typer.echo(f"{console.one_line(str(report.path))}: {_verdict(report)}")
        width = max(len(each.part) for each in report.findings)
        for each in report.findings:
            mark = "" if each.is_right else "damaged: "
            typer.echo(f"  {each.part:<{width}}  {mark}{console.one_line(each.text)}")
    if not all(report.is_whole for report in reports):
        raise typer.Exit(DAMAGED)


def _verdict(report: Report) -> str:
    what = {"model": "a model", "training": "the state of a run", "log": "the log of a run"}
    if report.is_whole:
        return f"{what[report.kind]}, whole"
    return f"{what.get(report.kind, 'no model or state of rnngen')}, damaged"
